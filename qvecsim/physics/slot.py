"""One slot through the models, pure: (State, Action, draws) -> what starts, what moves on, and what it costs.

qkd -> keys -> vec -> servers -> way back -> chain -> problem. No clock and no SimPy; the kernel turns the result into
the next State. Instants of a task are rounded once to integer nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from qvecsim.physics.profile import Profile
from qvecsim.physics.queue import DISCIPLINES
from qvecsim.rows import joined, taken
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import (
    DROPPED,
    LOCAL,
    NO_KEY,
    NO_SIGNAL,
    RETURN,
    SERVER,
    UNDECIDED,
    UPLINK,
    Action,
    Bools,
    Draws,
    Finality,
    Fleet,
    Floats,
    Ints,
    Latencies,
    Links,
    Rates,
    Records,
    Scene,
    State,
    Terms,
    Uploads,
)
from qvecsim.units import NEVER_NS, NS_PER_S, ns_array

RATE_FLOOR_BPS = 1e-9  # an upload at less never ends; the floor only keeps the division finite


class Inputs(NamedTuple):
    """What a slot is computed from."""

    state: State
    head: Ints  # (V,) first of what ``heads`` returns
    action: Action
    draws: Draws
    scene: Scene
    profile: Profile
    prm: Scenario
    end_ns: int  # of the slot, which is half-open


@dataclass
class Moves:
    """The slot's own copies, written as it goes; they become the next State."""

    tasks: Records
    vehicle_free_ns: Ints
    uplink_free_ns: Ints
    server_free_ns: Ints
    withdrawn_bit: Ints  # (L,)


class Start(NamedTuple):
    """What the decision came to; D rows, one a deciding vehicle."""

    task: Ints  # row of ``tasks``
    row: Ints  # row of the fleet
    asked: Bools  # wanted to offload
    local: Bools
    sent: Bools
    busy: Bools  # waits for its own transmitter
    keyless: Bools  # found no whole key
    waits_key: Bools  # and waits for one
    refused: Bools  # not admitted to the uplink
    rates: Rates


@dataclass(frozen=True)
class Slot:
    """All that one slot did."""

    moves: Moves
    start: Start
    arrived: Ints  # rows of tasks whose last bit reached a server
    served: Ints  # (M,) how many, by server
    work_ns: Ints  # (M,) their service times
    links: Links
    finality: Finality
    terms: Terms
    guards: Ints
    violations: Ints


def slot(inputs: Inputs) -> Slot:
    """The whole slot."""
    state, prm, profile = inputs.state, inputs.prm, inputs.profile
    moves = Moves(
        joined(state.tasks),
        state.vehicle_free_ns.copy(),
        state.uplink_free_ns.copy(),
        state.server_free_ns,
        np.zeros_like(state.key_bit),
    )
    links = profile.qkd(state, inputs.action, inputs.scene, inputs.draws, prm)
    start = decide(inputs, moves)
    latencies = predict(inputs, moves, start)
    begin(inputs, moves, start)
    arrived, work_ns = serve(inputs, moves)
    give_back(inputs, moves)
    finality = next_block(inputs)
    terms = profile.problem(links, latencies, finality, prm)
    promise(moves, start, terms)
    seams = (links, start.rates, terms)
    return Slot(
        moves,
        start,
        arrived,
        np.bincount(moves.tasks["rsu"][arrived], minlength=len(inputs.scene.rsu)),
        work_ns,
        links,
        finality,
        terms,
        np.sum([seam.guards for seam in seams], axis=0),
        np.sum([seam.violations for seam in seams], axis=0),
    )


def heads(tasks: Records, fleet: Fleet) -> tuple[Ints, Ints]:
    """(V,) the row of each vehicle's first undecided task (-1: none), and how many it has."""
    undecided = np.flatnonzero(tasks["phase"] == UNDECIDED)
    row = np.searchsorted(fleet.vehicle, tasks["vehicle"][undecided])
    head = np.full(len(fleet), -1, dtype=np.int64)
    head[row[::-1]] = undecided[::-1]  # the last write, which is the oldest task, stays
    return head, np.bincount(row, minlength=len(fleet))


def on_air(tasks: Records, now_ns: int) -> Ints:
    """Rows of the uploads under way; one whose last bit arrives at this very instant is over."""
    return np.flatnonzero((tasks["phase"] == UPLINK) & (tasks["arrival_ns"] > now_ns))


def grants(link: Ints, due_ns: Ints, task: Ints, key_bit: Ints, need_bit: int) -> Bools:
    """Which requests get their whole key: by deadline, then id; never more than the pool holds."""
    if need_bit == 0:
        return np.ones(len(link), dtype=bool)
    order = np.lexsort((task, due_ns, link))
    sorted_link = link[order]
    rank = np.arange(len(link)) - np.searchsorted(sorted_link, sorted_link)
    granted = np.empty(len(link), dtype=bool)
    granted[order] = (rank + 1) * need_bit <= key_bit[sorted_link]
    return granted


def decide(inputs: Inputs, moves: Moves) -> Start:
    """Who may start what: transmitter free, in range, admitted to the uplink, a whole key, in this order."""
    state, action, prm = inputs.state, inputs.action, inputs.prm
    row = np.flatnonzero(inputs.head >= 0)
    task = inputs.head[row]
    asked = action.offload[row]
    rsu = np.where(asked, action.rsu[row], 0)
    busy = asked & (state.uplink_free_ns[row] > state.time_ns)
    asks = asked & ~busy
    near = asks & (inputs.draws.distance_m[row, rsu] <= prm.world.range_m)
    uploads = _uploads(inputs, moves.tasks, task, row, near, rsu)
    admitted = inputs.profile.vec.admitted(uploads, inputs.draws, prm)
    refused = asks & ~admitted
    keyless = _keyless(inputs, moves.tasks, task, admitted, rsu)
    sent = admitted & (~keyless | (prm.keys.missing == "expose"))
    rates = inputs.profile.vec.uplink(replace(uploads, offload=sent), action, inputs.scene, inputs.draws, prm)
    local = ~asked | (keyless & (prm.keys.missing == "local")) | (refused & (prm.radio.refused == "local"))
    waits_key = keyless & (prm.keys.missing == "wait")
    return Start(task, row, asked, local, sent, busy, keyless, waits_key, refused, rates)


def _keyless(inputs: Inputs, tasks: Records, task: Ints, asks: Bools, rsu: Ints) -> Bools:
    """(D,) who asks and finds no whole key."""
    want = np.flatnonzero(asks)
    link = inputs.scene.rsu_link[rsu[want]]
    due_ns, number = tasks["due_ns"][task[want]], tasks["task"][task[want]]
    keyless = np.zeros(len(task), dtype=bool)
    keyless[want] = ~grants(link, due_ns, number, inputs.state.key_bit, inputs.prm.keys.per_task_bit)
    return keyless


def _uploads(inputs: Inputs, tasks: Records, task: Ints, row: Ints, asks: Bools, rsu: Ints) -> Uploads:
    fleet, scene = inputs.state.fleet, inputs.scene
    under_way = on_air(tasks, inputs.state.time_ns)
    return Uploads(
        row=row,
        offload=asks,
        rsu=rsu,
        sender=np.searchsorted(fleet.vehicle, tasks["vehicle"][under_way]),
        sender_rsu=tasks["rsu"][under_way],
        input_bit=tasks["input_bit"][task],
        result_bit=tasks["result_bit"][task],
        cycles=tasks["cycles"][task],
        tx_power_w=scene.tx_power_w[fleet.vehicle],
        local_hz=scene.local_hz[fleet.vehicle],
    )


def predict(inputs: Inputs, moves: Moves, start: Start) -> Latencies:
    """What each task that starts can expect, from (15)-(16), its age, and the backlogs of this instant."""
    state, rates, now = inputs.state, start.rates, inputs.state.time_ns
    some = np.flatnonzero(start.local | start.sent)
    task, row = start.task[some], start.row[some]
    born_ns = moves.tasks["born_ns"][task]
    age_s = (now - born_ns) / NS_PER_S
    processor_s = np.maximum(state.vehicle_free_ns[row] - now, 0) / NS_PER_S
    backlog_s = np.maximum(state.server_free_ns - now, 0) / NS_PER_S
    offload_s, back_s = rates.offload_s[some], rates.back_s[some]
    uplink_s = offload_s - back_s - moves.tasks["cycles"][task][:, None] / inputs.scene.edge_hz
    offload_s = offload_s + np.maximum(backlog_s - uplink_s, 0.0)
    indicator = np.zeros(offload_s.shape, dtype=np.int64)
    sent = np.flatnonzero(start.sent[some])
    indicator[sent, inputs.action.rsu[row[sent]]] = 1
    undecided = np.count_nonzero(moves.tasks["phase"] == UNDECIDED) - len(some)
    slot_ns = inputs.end_ns - now
    return Latencies(
        indicator,
        age_s + processor_s + rates.local_s[some],
        age_s[:, None] + offload_s,
        (moves.tasks["due_ns"][task] - born_ns) / NS_PER_S,
        # A slot charges the tasks that were undecided when it began; that of the birth did not.
        (now - (born_ns // slot_ns + 1) * slot_ns) / NS_PER_S,
        undecided * slot_ns / NS_PER_S,
    )


def begin(inputs: Inputs, moves: Moves, start: Start) -> None:
    """Write down what starts, what waits for a key, and what is given up."""
    prm = inputs.prm
    _compute(inputs, moves, start.task[start.local], start.row[start.local], start.rates.local_s[start.local])
    _send(inputs, moves, start)
    if prm.keys.missing == "drop":
        _drop(inputs, moves, start.task[start.keyless], NO_KEY)
    moves.tasks["key_wait_ns"][start.task[start.waits_key]] += inputs.end_ns - inputs.state.time_ns
    if prm.radio.refused == "drop":
        _drop(inputs, moves, start.task[start.refused & ~start.local], NO_SIGNAL)


def _compute(inputs: Inputs, moves: Moves, index: Ints, row: Ints, local_s: Floats) -> None:
    """The vehicle's own processor, first come first served, one task a slot."""
    now, tasks = inputs.state.time_ns, moves.tasks
    begin_ns = np.maximum(moves.vehicle_free_ns[row], now)
    end_ns = np.minimum(begin_ns + ns_array(local_s), NEVER_NS)
    tasks["phase"][index], tasks["decided_ns"][index] = LOCAL, now
    tasks["service_start_ns"][index], tasks["service_end_ns"][index], tasks["end_ns"][index] = begin_ns, end_ns, end_ns
    tasks["energy_j"][index] = tasks["cycles"][index] * inputs.prm.vehicles.energy_per_cycle_j
    moves.vehicle_free_ns[row] = end_ns


def _send(inputs: Inputs, moves: Moves, start: Start) -> None:
    """Uploads that begin: their key leaves the pool now, their rate holds until the last bit."""
    sent = np.flatnonzero(start.sent)
    index, row, rates = start.task[sent], start.row[sent], start.rates
    rsu, now, tasks, prm = inputs.action.rsu[row], inputs.state.time_ns, moves.tasks, inputs.prm
    uplink_ns = ns_array(tasks["input_bit"][index] / np.maximum(rates.rate_bps[sent], RATE_FLOOR_BPS))
    key_bit = np.where(start.keyless[sent], 0, prm.keys.per_task_bit)
    tasks["phase"][index], tasks["decided_ns"][index], tasks["rsu"][index] = UPLINK, now, rsu
    tasks["rate_bps"][index], tasks["sinr"][index] = rates.rate_bps[sent], rates.sinr[sent]
    tasks["arrival_ns"][index] = now + uplink_ns
    tasks["key_bit"][index], tasks["exposed"][index] = key_bit, start.keyless[sent]
    moves.uplink_free_ns[row] = now + uplink_ns
    np.add.at(moves.withdrawn_bit, inputs.scene.rsu_link[rsu], key_bit)


def _drop(inputs: Inputs, moves: Moves, index: Ints, reason: int) -> None:
    moves.tasks["outcome"][index], moves.tasks["reason"][index] = DROPPED, reason
    moves.tasks["end_ns"][index] = inputs.state.time_ns


def serve(inputs: Inputs, moves: Moves) -> tuple[Ints, Ints]:
    """Tasks whose last bit arrives in this slot join their server; their rows, and (M,) the work they bring."""
    tasks, servers = moves.tasks, len(inputs.scene.rsu)
    index = np.flatnonzero((tasks["phase"] == UPLINK) & (tasks["arrival_ns"] < inputs.end_ns))
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
    index = np.flatnonzero((tasks["phase"] == SERVER) & (tasks["service_end_ns"] < inputs.end_ns))
    row = np.searchsorted(fleet.vehicle, tasks["vehicle"][index])
    nearest = inputs.draws.nearest[row]
    handover = nearest != tasks["rsu"][index]
    downlink_bps = inputs.profile.vec.downlink(inputs.draws.gain[row, nearest], prm)
    back_s = inputs.profile.vec.give_back(tasks["result_bit"][index], tasks["rate_bps"][index], downlink_bps, prm)
    tasks["handover"][index], tasks["phase"][index] = handover, RETURN
    tasks["end_ns"][index] = tasks["service_end_ns"][index] + ns_array(back_s + handover * prm.edge.wired_s)


def next_block(inputs: Inputs) -> Finality:
    """What the next block would cost if it were made now."""
    state, c = inputs.state, inputs.prm.chain
    stake = state.stake_bit
    producer = inputs.action.producer if inputs.action.producer >= 0 else int(np.argmax(stake))
    transactions = min(len(state.pending), max(inputs.action.block_bit - c.header_bit, 0) // c.transaction_bit)
    return inputs.profile.chain(state, producer, transactions, state.interval_s, inputs.prm)


def promise(moves: Moves, start: Start, terms: Terms) -> None:
    """Write the predicted latency of each task that starts beside it."""
    moves.tasks["predicted_s"][start.task[start.local | start.sent]] = terms.latency_s
