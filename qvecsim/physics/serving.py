"""What moves on in a slot: tasks reach their server and are served, results set out for their vehicle."""

from __future__ import annotations

import numpy as np

from qvecsim.physics.moves import Inputs, Moves
from qvecsim.physics.queue import DISCIPLINES
from qvecsim.rows import taken, which
from qvecsim.types import (
    RETURN,
    SERVER,
    UPLINK,
    Floats,
    Ints,
    Records,
    Scene,
)
from qvecsim.units import NEVER_NS, NS_PER_S, ns_array


def serve(inputs: Inputs, moves: Moves) -> tuple[Ints, Ints]:
    """Tasks whose last bit arrives in this slot join their server; their rows, and (M,) the work they bring."""
    tasks, servers = moves.tasks, len(inputs.scene.rsu)
    index = which((tasks["phase"] == UPLINK) & (tasks["arrival_ns"] < inputs.end_ns))
    # Rows are in the order of ids, and lexsort is stable: equal arrivals are served by id.
    index = index[np.lexsort((tasks["arrival_ns"][index], tasks["rsu"][index]))]
    rsu, arrival_ns = tasks["rsu"][index], tasks["arrival_ns"][index]
    # The bound keeps the sum of all, one after the other, within the clock.
    longest_ns = NEVER_NS // (len(index) + 1)
    service_ns = np.minimum(ns_array(tasks["cycles"][index] / inputs.scene.edge_hz[rsu]), longest_ns)
    queue = DISCIPLINES[inputs.prm.edge.queue]
    start_ns, free_ns = queue(rsu, arrival_ns, service_ns, moves.server_free_ns)
    moves.server_free_ns = np.minimum(free_ns, NEVER_NS)
    tasks["phase"][index] = SERVER
    work_j = tasks["cycles"][index] * inputs.prm.edge.energy_per_cycle_j
    tasks["energy_j"][index] = sent_j(taken(tasks, index), inputs.scene, inputs.end_ns) + work_j
    tasks["service_start_ns"][index], tasks["service_end_ns"][index] = start_ns, start_ns + service_ns
    work_ns = np.zeros(servers, dtype=np.int64)
    np.add.at(work_ns, rsu, service_ns)
    return index, work_ns


def sent_j(tasks: Records, scene: Scene, now_ns: int) -> Floats:
    """Energy that the uploads of these tasks have radiated by now."""
    until_ns = np.minimum(tasks["arrival_ns"], now_ns)
    values: Floats = scene.tx_power_w[tasks["vehicle"]] * (until_ns - tasks["decided_ns"]) / NS_PER_S
    return values


def give_back(inputs: Inputs, moves: Moves) -> None:
    """Results that are ready in this slot set out, by the unit that is now nearest to their vehicle."""
    tasks, fleet, prm = moves.tasks, inputs.state.fleet, inputs.prm
    index = which((tasks["phase"] == SERVER) & (tasks["service_end_ns"] < inputs.end_ns))
    row = fleet.vehicle.searchsorted(tasks["vehicle"][index])
    nearest = inputs.draws.nearest[row]
    handover = nearest != tasks["rsu"][index]
    downlink_bps = inputs.profile.vec.downlink(inputs.draws.gain[row, nearest], prm)
    back_s = inputs.profile.vec.give_back(tasks["result_bit"][index], tasks["rate_bps"][index], downlink_bps, prm)
    tasks["handover"][index], tasks["phase"][index] = handover, RETURN
    tasks["end_ns"][index] = tasks["service_end_ns"][index] + ns_array(back_s + handover * prm.edge.wired_s)
