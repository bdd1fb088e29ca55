"""Which tasks start in a slot: in the vehicle, on the air, or not yet; keys leave their pools here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qvecsim.physics.encryption import continued, needed
from qvecsim.physics.moves import Inputs, Moves, Start, on_air
from qvecsim.rows import which
from qvecsim.types import (
    DROPPED,
    LOCAL,
    NO_KEY,
    NO_SIGNAL,
    UNDECIDED,
    UPLINK,
    Bools,
    Fleet,
    Floats,
    Ints,
    Records,
    Uploads,
)
from qvecsim.units import NEVER_NS, ns_array

RATE_FLOOR_BPS = 1e-9  # an upload at less never ends; the floor only keeps the division finite


def heads(tasks: Records, fleet: Fleet) -> tuple[Ints, Ints]:
    """(V,) the row of each vehicle's first undecided task (-1: none), and how many it has."""
    undecided = which(tasks["phase"] == UNDECIDED)
    row = fleet.vehicle.searchsorted(tasks["vehicle"][undecided])
    head = np.full(len(fleet), -1, dtype=np.int64)
    head[row[::-1]] = undecided[::-1]  # the last write, which is the oldest task, stays
    return head, np.bincount(row, minlength=len(fleet))


def grants(link: Ints, due_ns: Ints, task: Ints, key_bit: Ints, need_bit: Ints) -> Bools:
    """Which requests get their whole key: by deadline, then id; never more than the pool holds.

    A request that is larger than what is left does not keep smaller ones behind it from theirs.
    """
    granted = np.ones(len(link), dtype=bool)
    if not need_bit.any():
        return granted
    order = np.lexsort((task, due_ns, link))
    pool, asked_bit = link[order], need_bit[order]
    if asked_bit[0] == asked_bit.min() == asked_bit.max():
        rank = np.arange(len(link)) - pool.searchsorted(pool)
        granted[order] = (rank + 1) * asked_bit <= key_bit[pool]
        return granted
    left_bit = key_bit.tolist()
    for index, one, bits in zip(order.tolist(), pool.tolist(), asked_bit.tolist(), strict=True):
        granted[index] = bits <= left_bit[one]
        left_bit[one] -= bits if granted[index] else 0
    return granted


def decide(inputs: Inputs, moves: Moves) -> Start:
    """Who may start what: transmitter free, in range, admitted to the uplink, a whole key, in this order."""
    state, action, prm = inputs.state, inputs.action, inputs.prm
    row = which(inputs.head >= 0)
    task = inputs.head[row]
    asked = action.offload[row]
    rsu = np.where(asked, action.rsu[row], 0)
    busy = asked & (state.uplink_free_ns[row] > state.time_ns)
    asks = asked & ~busy
    near = asks & (inputs.draws.distance_m[row, rsu] <= prm.world.range_m)
    uploads = _uploads(inputs, moves.tasks, task, row, near, rsu)
    admitted = inputs.profile.vec.admitted(uploads, inputs.draws, prm)
    refused = asks & ~admitted
    need = needed(prm.keys, state.sessions, row, rsu, payload_bit(moves.tasks, task), state.time_ns)
    keyless = _keyless(inputs, moves.tasks, task, admitted, rsu, need.key_bit)
    sent = admitted & (~keyless | (prm.keys.missing == "expose"))
    rates = inputs.profile.vec.uplink(replace(uploads, offload=sent), action, inputs.scene, inputs.draws, prm)
    local = ~asked | (keyless & (prm.keys.missing == "local")) | (refused & (prm.radio.refused == "local"))
    waits_key = keyless & (prm.keys.missing == "wait")
    return Start(task, row, asked, local, sent, busy, keyless, waits_key, refused, rates, need)


def payload_bit(tasks: Records, index: Ints) -> Ints:
    """What travels over the air for these tasks, there and back."""
    both: Ints = tasks["input_bit"][index] + tasks["result_bit"][index]
    return both


def _keyless(inputs: Inputs, tasks: Records, task: Ints, asks: Bools, rsu: Ints, need_bit: Ints) -> Bools:
    """(D,) who asks and finds no whole key above the reserve."""
    want = which(asks)
    link = inputs.scene.rsu_link[rsu[want]]
    due_ns, number = tasks["due_ns"][task[want]], tasks["task"][task[want]]
    keyless = np.zeros(len(task), dtype=bool)
    key_bit = np.maximum(inputs.state.key_bit - inputs.prm.keys.reserved_bit, 0)
    keyless[want] = ~grants(link, due_ns, number, key_bit, need_bit[want])
    return keyless


def _uploads(inputs: Inputs, tasks: Records, task: Ints, row: Ints, asks: Bools, rsu: Ints) -> Uploads:
    fleet, scene = inputs.state.fleet, inputs.scene
    under_way = on_air(tasks, inputs.state.time_ns)
    return Uploads(
        row=row,
        offload=asks,
        rsu=rsu,
        sender=fleet.vehicle.searchsorted(tasks["vehicle"][under_way]),
        sender_rsu=tasks["rsu"][under_way],
        input_bit=tasks["input_bit"][task],
        result_bit=tasks["result_bit"][task],
        cycles=tasks["cycles"][task],
        tx_power_w=scene.tx_power_w[fleet.vehicle],
        local_hz=scene.local_hz[fleet.vehicle],
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
    sent = which(start.sent)
    index, row, rates = start.task[sent], start.row[sent], start.rates
    rsu, now, tasks, prm = inputs.action.rsu[row], inputs.state.time_ns, moves.tasks, inputs.prm
    uplink_ns = ns_array(tasks["input_bit"][index] / np.maximum(rates.rate_bps[sent], RATE_FLOOR_BPS))
    keyless = start.keyless[sent]
    key_bit = np.where(keyless, 0, start.need.key_bit[sent])
    tasks["phase"][index], tasks["decided_ns"][index], tasks["rsu"][index] = UPLINK, now, rsu
    tasks["rate_bps"][index], tasks["sinr"][index] = rates.rate_bps[sent], rates.sinr[sent]
    tasks["arrival_ns"][index] = now + uplink_ns
    tasks["key_bit"][index], tasks["exposed"][index] = key_bit, keyless | (prm.keys.encryption == "none")
    moves.uplink_free_ns[row] = now + uplink_ns
    np.add.at(moves.withdrawn_bit, inputs.scene.rsu_link[rsu], key_bit)
    unit, resumed = np.where(keyless, -1, rsu), start.need.resumed[sent]
    payload = payload_bit(tasks, index)
    moves.sessions = continued(prm.keys, moves.sessions, row, unit, payload, resumed, now)


def _drop(inputs: Inputs, moves: Moves, index: Ints, reason: int) -> None:
    moves.tasks["outcome"][index], moves.tasks["reason"][index] = DROPPED, reason
    moves.tasks["end_ns"][index] = inputs.state.time_ns
