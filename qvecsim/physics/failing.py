"""What a failed unit or server takes along: tasks that are on their way to it, wait there, or come back from it."""

from __future__ import annotations

import numpy as np

from qvecsim.physics.moves import Inputs, Moves
from qvecsim.physics.serving import sent_j
from qvecsim.rows import taken, which
from qvecsim.types import (
    DROPPED,
    LOST,
    RETURN,
    RSU_DOWN,
    SERVER,
    SERVER_DOWN,
    UPLINK,
    Bools,
    Ints,
    Outages,
)


def serving(outages: Outages) -> Bools:
    """(M,) units that take tasks: they and their servers work."""
    up: Bools = outages.unit_up & outages.server_up
    return up


def fail(inputs: Inputs, moves: Moves) -> None:
    """Drop what a failure at this boundary takes along; the vehicles' transmitters are free from the next one on."""
    outages, tasks = inputs.draws.outages, moves.tasks
    if serving(outages).all():
        return
    phase, unit = tasks["phase"], tasks["rsu"]
    there = (phase == UPLINK) | (phase == SERVER) | (phase == RETURN)
    at = np.where(phase == RETURN, tasks["back_rsu"], unit)  # from where a result is on its way
    no_unit = there & ~outages.unit_up[at]
    no_server = there & ~no_unit & ~outages.server_up[unit] & (phase != RETURN)
    _drop(inputs, moves, which(no_unit), RSU_DOWN)
    _drop(inputs, moves, which(no_server), SERVER_DOWN)
    moves.server_free_ns = moves.server_free_ns.copy()
    moves.server_free_ns[~serving(outages)] = inputs.state.time_ns
    moves.jobs = taken(moves.jobs, serving(outages)[moves.jobs["rsu"]])


def _drop(inputs: Inputs, moves: Moves, index: Ints, reason: int) -> None:
    tasks, now_ns = moves.tasks, inputs.state.time_ns
    cut = index[tasks["phase"][index] == UPLINK]
    tasks["energy_j"][cut] = sent_j(taken(tasks, cut), now_ns)
    row = inputs.state.fleet.vehicle.searchsorted(tasks["vehicle"][cut])
    moves.uplink_free_ns[row] = now_ns
    tasks["phase"][index], tasks["outcome"][index] = LOST, DROPPED
    tasks["reason"][index], tasks["end_ns"][index] = reason, now_ns
