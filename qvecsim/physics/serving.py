"""What moves on in a slot: tasks reach their server and are served, results set out for their vehicle."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from qvecsim.physics import rooted, sharing
from qvecsim.physics.lending import Owns
from qvecsim.physics.moves import Inputs, Moves
from qvecsim.physics.queue import DISCIPLINES, backlog_ns, fcfs
from qvecsim.physics.sharing import Shared
from qvecsim.rows import taken, which
from qvecsim.scenario.parameters import Edge
from qvecsim.types import (
    RETURN,
    SERVER,
    UPLINK,
    Bools,
    Draws,
    Floats,
    Ints,
    Records,
)
from qvecsim.units import NEVER_NS, NS_PER_S, ns_array


def serve(inputs: Inputs, moves: Moves, owns: Owns) -> tuple[Ints, Ints]:
    """Tasks whose last bit arrives in this slot join their server; their rows, and (M,) the work they bring.

    ``owns`` are the own times of servers that lend, see ``lending``.
    """
    tasks, servers = moves.tasks, len(inputs.scene.rsu)
    index = which((tasks["phase"] == UPLINK) & (tasks["arrival_ns"] < inputs.end_ns))
    # Rows are in the order of ids, and lexsort is stable: equal arrivals are served by id.
    index = index[np.lexsort((tasks["arrival_ns"][index], tasks["rsu"][index]))]
    rsu = tasks["rsu"][index]
    # The bound keeps the sum of all, one after the other, within the clock.
    longest_ns = NEVER_NS // (len(index) + 1)
    service_ns = np.minimum(ns_array(tasks["cycles"][index] / inputs.scene.edge_hz[rsu]), longest_ns)
    tasks["phase"][index] = SERVER
    work_j = tasks["cycles"][index] * inputs.prm.edge.energy_per_cycle_j
    tasks["energy_j"][index] = sent_j(taken(tasks, index), inputs.end_ns) + work_j
    SERVICES[inputs.prm.edge.queue](inputs, moves, index, service_ns, owns)
    work_ns = np.zeros(servers, dtype=np.int64)
    np.add.at(work_ns, rsu, service_ns)
    return index, work_ns


def _in_turn(inputs: Inputs, moves: Moves, index: Ints, service_ns: Ints, owns: Owns) -> None:
    """Each has a processor to itself from its start to its end."""
    tasks, queue = moves.tasks, DISCIPLINES[inputs.prm.edge.queue]
    rsu, arrival_ns = tasks["rsu"][index], _joined_ns(tasks, index, owns)
    start_ns, free_ns = queue(rsu, arrival_ns, service_ns, moves.server_free_ns)
    moves.server_free_ns = _free_ns(free_ns, owns)
    tasks["service_start_ns"][index], tasks["service_end_ns"][index] = start_ns, start_ns + service_ns
    for unit, own in owns.items():
        there = which((tasks["phase"] == SERVER) & (tasks["rsu"] == unit))
        for name, before in (("service_start_ns", "arrival_ns"), ("service_end_ns", "service_start_ns")):
            tasks[name][there] = np.maximum(own.clock(tasks[name][there]), tasks[before][there])


def _joined_ns(tasks: Records, index: Ints, owns: Owns) -> Ints:
    """When tasks join their server, in its own time."""
    rsu, arrival_ns = tasks["rsu"][index], tasks["arrival_ns"][index]
    for unit, own in owns.items():
        here = which(rsu == unit)
        arrival_ns[here] = own.own(arrival_ns[here])
    return arrival_ns


def _free_ns(own_ns: Ints, owns: Owns) -> Ints:
    """When servers are free, from the same in their own time."""
    free_ns: Ints = np.minimum(own_ns, NEVER_NS)
    for unit, own in owns.items():
        free_ns[unit] = own.clock(free_ns[unit])
    return free_ns


def _shared(inputs: Inputs, moves: Moves, index: Ints, service_ns: Ints, owns: Owns) -> None:
    """All share their server from their arrival on; an end that later arrivals may put off is a forecast till then.

    A server is idle when it would be with any discipline that never rests. The work of a task whose vehicle has left
    is done all the same.
    """
    tasks = moves.tasks
    rsu, arrival_ns = tasks["rsu"][index], _joined_ns(tasks, index, owns)
    rule = SHARINGS[inputs.prm.edge.queue]
    coming = np.zeros(len(index), moves.jobs.dtype)
    coming["rsu"], coming["task"], coming["left_ns"] = rsu, tasks["task"][index], service_ns
    if "work_ns" in (coming.dtype.names or ()):
        coming["work_ns"] = service_ns
    served = _served(rule, inputs, moves.jobs, coming, arrival_ns, owns)
    _, free_ns = fcfs(rsu, arrival_ns, service_ns, moves.server_free_ns)
    moves.server_free_ns, moves.jobs = _free_ns(free_ns, owns), served.jobs
    tasks["service_start_ns"][index] = tasks["arrival_ns"][index]
    _write_ends(tasks, served.task, served.end_ns)
    _write_ends(tasks, served.jobs["task"], rule.emptied_ns(served.jobs, inputs.end_ns, NEVER_NS))


def _served(rule: Sharing, inputs: Inputs, jobs: Records, coming: Records, arrival_ns: Ints, owns: Owns) -> Shared:
    """All servers till the end of the slot; those that lend each in its own time."""
    now, end_ns, lenders = inputs.state.time_ns, inputs.end_ns, list(owns)

    def till(until_ns: int, there: Bools, new: Bools) -> Shared:
        return rule.shared(taken(jobs, there), taken(coming, new), arrival_ns[new], now, until_ns)

    parts = [till(end_ns, ~np.isin(jobs["rsu"], lenders), ~np.isin(coming["rsu"], lenders))]
    for unit, own in owns.items():
        part = till(own.own_ns(end_ns), jobs["rsu"] == unit, coming["rsu"] == unit)
        parts.append(part._replace(end_ns=own.clock(part.end_ns)))
    return Shared(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _write_ends(tasks: Records, task: Ints, end_ns: Ints) -> None:
    """Ends beside their tasks, those that are still there; rounded, none is before its task came."""
    row = tasks["task"].searchsorted(task)
    here = which(row < len(tasks))
    here = here[tasks["task"][row[here]] == task[here]]
    tasks["service_end_ns"][row[here]] = np.maximum(end_ns[here], tasks["arrival_ns"][row[here]])


class Sharing(NamedTuple):
    """A way to share a server: what comes to an end, when the rest would, and what it adds to one more."""

    shared: Callable[[Records, Records, Ints, int, int], Shared]
    emptied_ns: Callable[[Records, int, int], Ints]
    sharing_ns: Callable[[Records, Ints], Ints]


SHARINGS = {
    "ps": Sharing(sharing.shared, sharing.emptied_ns, sharing.sharing_ns),
    "sqrt": Sharing(rooted.rooted, rooted.emptied_ns, rooted.sharing_ns),
}
SERVICES: dict[str, Callable[[Inputs, Moves, Ints, Ints, Owns], None]] = {
    **dict.fromkeys(DISCIPLINES, _in_turn),
    **dict.fromkeys(SHARINGS, _shared),
}


def idle(units: int, edge: Edge) -> Ints:
    """When the servers are free at the start: (M,), or (M, k) where each has k processors."""
    return np.zeros((units, edge.servers) if edge.queue == "servers" else units, dtype=np.int64)


def ahead_s(inputs: Inputs, compute_s: Floats) -> Floats:
    """(M,) or (D, M) what stands before a task that would arrive now, s; ``compute_s`` (D, M) is its own work."""
    state = inputs.state
    if inputs.prm.edge.queue in SHARINGS:
        return SHARINGS[inputs.prm.edge.queue].sharing_ns(state.jobs, ns_array(compute_s)) / NS_PER_S
    return backlog_ns(state.server_free_ns, state.time_ns) / NS_PER_S


def sent_j(tasks: Records, now_ns: int) -> Floats:
    """Energy that the uploads of these tasks have radiated by now."""
    until_ns = np.minimum(tasks["arrival_ns"], now_ns)
    values: Floats = tasks["tx_power_w"] * (until_ns - tasks["decided_ns"]) / NS_PER_S
    return values


def give_back(inputs: Inputs, moves: Moves) -> None:
    """Results that are ready in this slot set out, by that unit which works and is now nearest to their vehicle."""
    tasks, fleet, prm = moves.tasks, inputs.state.fleet, inputs.prm
    index = which((tasks["phase"] == SERVER) & (tasks["service_end_ns"] < inputs.end_ns))
    row = fleet.vehicle.searchsorted(tasks["vehicle"][index])
    nearest = _nearest(inputs.draws, row)
    handover = nearest != tasks["rsu"][index]
    downlink_bps = inputs.profile.vec.downlink(inputs.draws.gain[row, nearest], prm)
    back_s = inputs.profile.vec.give_back(tasks["result_bit"][index], tasks["rate_bps"][index], downlink_bps, prm)
    tasks["handover"][index], tasks["phase"][index], tasks["back_rsu"][index] = handover, RETURN, nearest
    tasks["end_ns"][index] = tasks["service_end_ns"][index] + ns_array(back_s + handover * prm.edge.wired_s)


def _nearest(draws: Draws, row: Ints) -> Ints:
    """(R,) the closest unit to each of these vehicles that works; one does, for it has just served a task."""
    up = draws.outages.unit_up
    if up.all():
        return draws.nearest[row]
    closest: Ints = np.where(up, draws.distance_m[row], np.inf).argmin(axis=1)
    return closest
