"""Which tasks start in a slot: in the vehicle, on the air, or not yet; keys leave their pools here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qvecsim.physics.encryption import continued, needed
from qvecsim.physics.failing import serving
from qvecsim.physics.moves import Inputs, Keyed, Moves, Start, Wanted, on_air
from qvecsim.rows import which
from qvecsim.types import (
    DROPPED,
    LOCAL,
    NO_KEY,
    NO_SIGNAL,
    NO_STORE,
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


def decide(inputs: Inputs, moves: Moves) -> Start:
    """Who may start what: transmitter free, in range, admitted to the uplink, a whole key, in this order."""
    state, action, prm = inputs.state, inputs.action, inputs.prm
    row = which(inputs.head >= 0)
    task = inputs.head[row]
    asked = action.offload[row]
    rsu = np.where(asked, action.rsu[row], 0)
    busy = asked & (state.uplink_free_ns[row] > state.time_ns)
    asks = asked & ~busy
    open_ = serving(inputs.draws.outages)[rsu]
    near = asks & open_ & (inputs.draws.distance_m[row, rsu] <= prm.world.range_m)
    uploads = _uploads(inputs, moves.tasks, task, row, near, rsu)
    admitted = inputs.profile.vec.admitted(uploads, inputs.draws, prm)
    refused = asks & ~admitted
    need = needed(prm.keys, state.sessions, row, rsu, payload_bit(moves.tasks, task), state.time_ns)
    keys = _keyed(inputs, moves, task, admitted, rsu, need.key_bit)
    keyless = keys.missing
    sent = admitted & (~keyless | (prm.keys.missing == "expose"))
    rates = inputs.profile.vec.uplink(replace(uploads, offload=sent), action, inputs.scene, inputs.draws, prm)
    local = ~asked | (keyless & (prm.keys.missing == "local")) | (refused & (prm.radio.refused == "local"))
    waits_key = keyless & (prm.keys.missing == "wait")
    return Start(task, row, asked, local, sent, busy, keys, waits_key, refused, rates, need)


def payload_bit(tasks: Records, index: Ints) -> Ints:
    """What travels over the air for these tasks, there and back."""
    both: Ints = tasks["input_bit"][index] + tasks["result_bit"][index]
    return both


def _keyed(inputs: Inputs, moves: Moves, task: Ints, asks: Bools, rsu: Ints, need_bit: Ints) -> Keyed:
    """Keys for those who ask and need one: served by deadline, then by number; the pools pay here."""
    missing, unstored, rerouted = np.zeros((3, len(task)), dtype=bool)
    keyed = Keyed(missing, unstored, np.zeros_like(need_bit), np.full_like(need_bit, -1), rerouted)
    want = which(asks & (need_bit > 0))
    if not len(want):
        return keyed
    tasks = moves.tasks
    want = want[np.lexsort((tasks["task"][task[want]], tasks["due_ns"][task[want]]))]
    granted = inputs.grant(Wanted(tasks["vehicle"][task[want]], rsu[want], need_bit[want]))
    answer = (~granted.whole, granted.unstored, granted.pool_bit, granted.fault, granted.rerouted)
    for column, values in zip(keyed, answer, strict=True):
        column[want] = values
    moves.consumed_bit, moves.relayed_bit, moves.store_bit = (
        granted.consumed_bit,
        granted.relayed_bit,
        granted.store_bit,
    )
    return keyed


def _uploads(inputs: Inputs, tasks: Records, task: Ints, row: Ints, asks: Bools, rsu: Ints) -> Uploads:
    fleet, scene = inputs.state.fleet, inputs.scene
    under_way = on_air(tasks, inputs.state.time_ns)
    return Uploads(
        row=row,
        offload=asks,
        rsu=rsu,
        sender=fleet.vehicle.searchsorted(tasks["vehicle"][under_way]),
        sender_rsu=tasks["rsu"][under_way],
        sender_w=tasks["tx_power_w"][under_way],
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
        _drop(inputs, moves, start.task[start.keys.missing & ~start.keys.unstored], NO_KEY)
        _drop(inputs, moves, start.task[start.keys.unstored], NO_STORE)
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
    keyless = start.keys.missing[sent]
    key_bit = np.where(keyless, 0, start.need.key_bit[sent])
    tasks["pool_bit"][index], tasks["rerouted"][index] = start.keys.pool_bit[sent], start.keys.rerouted[sent]
    tasks["phase"][index], tasks["decided_ns"][index], tasks["rsu"][index] = UPLINK, now, rsu
    tasks["rate_bps"][index], tasks["sinr"][index] = rates.rate_bps[sent], rates.sinr[sent]
    tasks["tx_power_w"][index] = _power_w(inputs, row, rsu)
    tasks["arrival_ns"][index] = now + uplink_ns
    tasks["key_bit"][index], tasks["exposed"][index] = key_bit, keyless | (prm.keys.encryption == "none")
    moves.uplink_free_ns[row] = now + uplink_ns
    unit, resumed = np.where(keyless, -1, rsu), start.need.resumed[sent]
    payload = payload_bit(tasks, index)
    moves.sessions = continued(prm.keys, moves.sessions, row, unit, payload, resumed, now)


def _power_w(inputs: Inputs, row: Ints, rsu: Ints) -> Floats:
    """What uploads that begin have from now on."""
    limit_w, power = inputs.scene.tx_power_w[inputs.state.fleet.vehicle[row]], inputs.profile.vec.power
    return limit_w if power is None else power(limit_w, inputs.draws.gain[row, rsu], inputs.prm)


def _drop(inputs: Inputs, moves: Moves, index: Ints, reason: int) -> None:
    moves.tasks["outcome"][index], moves.tasks["reason"][index] = DROPPED, reason
    moves.tasks["end_ns"][index] = inputs.state.time_ns
