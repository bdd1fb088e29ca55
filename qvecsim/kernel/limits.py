"""What really limits a plan, counted on what a slot did: one place a task, each server's clock, each pool's keys.

``physics.field.problem`` has these constraints; here a slot of any profile is asked, by what happened in it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.keys.pools import spendable
from qvecsim.physics.failing import serving
from qvecsim.physics.field import problem
from qvecsim.physics.queue import processors
from qvecsim.physics.serving import SHARINGS
from qvecsim.physics.slot import Slot
from qvecsim.rows import which
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import UNDECIDED, Ints, Outages, Records, Scene, State
from qvecsim.units import ns


class Over(NamedTuple):
    """How many of them a slot went beyond."""

    targets: int  # tasks
    capacity: int  # servers
    keys: int  # pools


def over(state: State, slot: Slot, scene: Scene, outages: Outages, prm: Scenario) -> Over:
    """The counts of a slot that began with ``state``."""
    return Over(_targets(state, slot), _capacity(state, slot, scene, outages, prm), _keys(state, slot, scene, prm))


def _targets(state: State, slot: Slot) -> int:
    """Tasks that begin in more than one place: in the vehicle, at a unit, or where they began in an earlier slot."""
    start = slot.start
    before = state.tasks["phase"][start.task] != UNDECIDED
    return problem.targets(np.stack([start.local, start.sent, before], axis=1).astype(np.int64))


def _capacity(state: State, slot: Slot, scene: Scene, outages: Outages, prm: Scenario) -> int:
    """Servers that give their tasks more than the clocks of all their processors.

    Where each task has a processor to itself, this is asked at the instant at which a server has the most of them, and
    whoever has left does not count; where all share one, it is asked about the whole slot.
    """
    slot_ns, units = ns(prm.slot_s), len(scene.rsu)
    if prm.edge.queue in SHARINGS:
        clocks = _done_ns(state, slot, outages) / slot_ns
    else:
        clocks = busiest(slot.moves.tasks, state.time_ns, slot_ns, units).astype(np.float64)
    some = which(clocks > 0)
    given_hz, indicator = (clocks * scene.edge_hz)[some], some[:, None] == np.arange(units)
    return problem.capacity(given_hz, indicator, processors(state.server_free_ns) * scene.edge_hz)


def busiest(tasks: Records, begin_ns: int, slot_ns: int, units: int) -> Ints:
    """(M,) the most tasks that each server has in service at one time of a slot."""
    here = which((tasks["rsu"] >= 0) & (tasks["service_end_ns"] > begin_ns))
    start_ns, end_ns = (
        np.clip(tasks[name][here] - begin_ns, 0, slot_ns) for name in ("service_start_ns", "service_end_ns")
    )
    # The servers' slots one after the other on one line: what lies before a server's has begun and ended.
    place = tasks["rsu"][here] * (slot_ns + 1)
    begun, ended = place + start_ns, place + end_ns
    at_once = np.sort(begun).searchsorted(begun, "right") - np.sort(ended).searchsorted(begun, "right")
    most = np.zeros(units, dtype=np.int64)
    np.maximum.at(most, tasks["rsu"][here], at_once)
    return most


def _done_ns(state: State, slot: Slot, outages: Outages) -> Ints:
    """(M,) the work that shared servers have done, less what rounding may add: a nanosecond a pair of jobs."""
    before, after = (_left_ns(jobs, len(slot.work_ns)) for jobs in (state.jobs, slot.moves.jobs))
    jobs = np.bincount(state.jobs["rsu"], minlength=len(slot.work_ns)) + slot.served
    done_ns: Ints = before * serving(outages) + slot.work_ns - after - jobs**2
    return done_ns


def _left_ns(jobs: Records, units: int) -> Ints:
    left_ns = np.zeros(units, dtype=np.int64)
    np.add.at(left_ns, jobs["rsu"], jobs["left_ns"])
    return left_ns


def _keys(state: State, slot: Slot, scene: Scene, prm: Scenario) -> int:
    """Pools that had less, above their reserve, than they paid and than uploads without a key would have needed.

    What such an upload lacks is asked of its unit's own link.
    """
    start, moves = slot.start, slot.moves
    left_bit = spendable(state.key_bit, prm.keys.reserved_bit) - moves.consumed_bit - moves.relayed_bit
    bare = which(start.sent & start.keys.missing & ~start.keys.unstored)
    indicator = moves.tasks["rsu"][start.task[bare]][:, None] == np.arange(len(scene.rsu))
    return problem.keys(start.need.key_bit[bare], indicator, scene.rsu_link, left_bit)
