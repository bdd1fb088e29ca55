"""The road and the tasks at the end of a slot: what fell due, who left, who came, and what goes on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.physics.serving import sent_j
from qvecsim.physics.slot import Slot
from qvecsim.rows import joined, taken, which
from qvecsim.types import DONE, DROPPED, IN_FLIGHT, LATE, LEFT, LOCAL, RETURN, UPLINK, Fleet, Ints, Records, State
from qvecsim.world.world import World


class Turnover(NamedTuple):
    """What one boundary changes."""

    born: Records
    ended: Records
    active: Records
    fleet: Fleet  # from now on
    came: Ints  # vehicles
    gone: Ints
    vehicle_free_ns: Ints  # row by row of the new fleet
    uplink_free_ns: Ints


def turnover(world: World, state: State, slot: Slot, end_ns: int) -> Turnover:
    """Deliveries first, then leavers, then arrivals."""
    born = world.births(state.slot, state.fleet, state.busy, state.tasks_born)
    tasks = joined(slot.moves.tasks, born)
    _deliver(tasks, end_ns)
    fleet = _next_fleet(world, state)
    gone, came = _changes(state.fleet, fleet)
    _leave(tasks, gone, end_ns)
    over = tasks["outcome"] != IN_FLIGHT
    ended, active = taken(tasks, over), taken(tasks, ~over)
    return Turnover(born, ended, active, fleet, came, gone, *_carry(state.fleet, fleet, slot, active))


def _deliver(tasks: Records, end_ns: int) -> None:
    """Results that are where they are wanted by now; they are done, or late."""
    phase = tasks["phase"]
    due = ((phase == LOCAL) | (phase == RETURN)) & (tasks["end_ns"] <= end_ns) & (tasks["outcome"] == IN_FLIGHT)
    index = which(due)
    tasks["outcome"][index] = np.where(tasks["end_ns"][index] <= tasks["due_ns"][index], DONE, LATE)


def _next_fleet(world: World, state: State) -> Fleet:
    """Who is on the road at the next boundary; at the end of the trace nobody departs."""
    return world.fleet(state.slot + 1) if state.slot + 1 < world.slots else state.fleet


def _changes(before: Fleet, after: Fleet) -> tuple[Ints, Ints]:
    """Who left, and who came."""
    if np.array_equal(before.vehicle, after.vehicle):
        return before.vehicle[:0], before.vehicle[:0]
    gone = before.vehicle[~np.isin(before.vehicle, after.vehicle, assume_unique=True)]
    return gone, after.vehicle[~np.isin(after.vehicle, before.vehicle, assume_unique=True)]


def _leave(tasks: Records, gone: Ints, end_ns: int) -> None:
    """Who leaves takes along what is undecided, unsent or undelivered; its own processor goes on computing."""
    if not len(gone):
        return
    lost = np.isin(tasks["vehicle"], gone) & (tasks["phase"] != LOCAL) & (tasks["outcome"] == IN_FLIGHT)
    index = which(lost)
    cut = index[tasks["phase"][index] == UPLINK]
    tasks["energy_j"][cut] = sent_j(taken(tasks, cut), end_ns)
    tasks["outcome"][index], tasks["reason"][index], tasks["end_ns"][index] = DROPPED, LEFT, end_ns


def _carry(before: Fleet, after: Fleet, slot: Slot, active: Records) -> tuple[Ints, Ints]:
    """The vehicles' processors and transmitters, row by row of the new fleet."""
    vehicle_free, uplink_free = slot.moves.vehicle_free_ns, slot.moves.uplink_free_ns
    if before.vehicle is after.vehicle or np.array_equal(before.vehicle, after.vehicle):
        return vehicle_free, uplink_free
    _, old, new = np.intersect1d(before.vehicle, after.vehicle, assume_unique=True, return_indices=True)
    moved_vehicle, moved_uplink = np.zeros((2, len(after)), dtype=np.int64)
    moved_vehicle[new], moved_uplink[new] = vehicle_free[old], uplink_free[old]
    # Who comes back finds its processor as busy as it left it.
    local = taken(active, active["phase"] == LOCAL)
    row = after.vehicle.searchsorted(local["vehicle"])
    here = which(row < len(after))
    here = here[after.vehicle[row[here]] == local["vehicle"][here]]
    np.maximum.at(moved_vehicle, row[here], local["end_ns"][here])
    return moved_vehicle, moved_uplink
