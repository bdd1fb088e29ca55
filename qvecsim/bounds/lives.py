"""What a run's world says of each of its tasks, whoever decides: when it can be decided, and what becomes of it alone.

Births, departures and deadlines do not depend on the policy. Level: arrays, one row a task.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qvecsim.physics.encryption import fresh_bit, in_sessions
from qvecsim.physics.starting import payload_bit
from qvecsim.types import Bools, Floats, Ints, Records
from qvecsim.units import NS_PER_S
from qvecsim.world.world import World

ROUNDING_S = 2e-9  # three durations of a task are rounded to whole nanoseconds, each by half of one at most


@dataclass(frozen=True)
class Life:
    """(N,) what is known of each task of a run, whoever decides."""

    first: Ints  # slot at whose boundary it can be decided first
    gone: Ints  # slot at whose boundary its vehicle has left; the number of slots: never
    local_s: Floats  # latency in its vehicle, at least
    dropped_s: Floats  # what being given up counts as, at least; infinite where that cannot happen
    flight_s: Floats  # its age when the run ends, if it has no end by then
    deadline_s: Floats
    pending: Bools  # its deadline is not before the end of the run, so that in flight it has missed nothing
    need_bit: Ints  # key bits that an offload withdraws at least

    @property
    def alone_s(self) -> Floats:
        """(N,) the least that it costs without any unit."""
        return np.minimum(np.minimum(self.local_s, self.dropped_s), self.flight_s)


def life(world: World, tasks: Records) -> Life:
    """What the world says of these tasks."""
    prm, slot_ns = world.scenario, world.slot_ns
    first, end_ns = tasks["born_ns"] // slot_ns + 1, world.slots * slot_ns
    gone = departures(world, tasks["vehicle"], first - 1)
    age_s = (first * slot_ns - tasks["born_ns"]) / NS_PER_S
    flight_s = (end_ns - tasks["born_ns"]) / NS_PER_S
    local_s = age_s + tasks["cycles"] / world.scene.local_hz[tasks["vehicle"]] - ROUNDING_S
    stays = (first < gone) & (first < world.slots)
    drops = "drop" in (prm.radio.refused, prm.keys.missing) or bool(world.faults.happenings)
    dropped_s = np.where((gone < world.slots) | drops, age_s + prm.objective.drop_s, np.inf)
    keyed = prm.keys.missing != "expose" and not in_sessions(prm.keys)
    need_bit = fresh_bit(prm.keys, payload_bit(tasks, np.arange(len(tasks)))) * keyed
    return Life(
        first,
        gone,
        np.where(stays, local_s, np.inf),
        dropped_s,
        flight_s,
        (tasks["due_ns"] - tasks["born_ns"]) / NS_PER_S,
        tasks["due_ns"] >= end_ns,
        need_bit,
    )


def departures(world: World, vehicle: Ints, slot: Ints) -> Ints:
    """(N,) first slot after ``slot`` in which each vehicle is not on the road any more; the last boundary is none."""
    left: list[Ints] = []
    before = world.fleet(0).vehicle
    for following in range(1, world.slots):
        after = world.fleet(following).vehicle
        if before is not after and not np.array_equal(before, after):
            gone = before[~np.isin(before, after, assume_unique=True)]
            left.append(gone * (world.slots + 1) + following)
        before = after
    codes = np.sort(np.concatenate(left)) if left else np.zeros(0, dtype=np.int64)
    place = codes.searchsorted(vehicle * (world.slots + 1) + slot + 1)
    found = np.append(codes, -1)[place]
    same = (place < len(codes)) & (found // (world.slots + 1) == vehicle)
    return np.where(same, found % (world.slots + 1), world.slots)
