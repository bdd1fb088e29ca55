"""The books of key pools and session keys at the end of a slot: whole bits in, whole keys out, nothing unaccounted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.keys.ages import History, at, life_slots, outlived, written
from qvecsim.keys.pools import filled
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Fleet, Floats, Ints, Sessions, State


class Deposit(NamedTuple):
    """The pools after a slot; generated = change of stored + consumed + relayed + expired + overflow, per link."""

    stored_bit: Ints
    fraction: Floats
    generated_bit: Ints
    overflow_bit: Ints
    expired_bit: Ints
    history: History


def settled(state: State, paid_bit: Ints, key_rate_bps: Floats, prm: Scenario) -> Deposit:
    """Withdraw what the pools have paid, discard what is too old, deposit what the slot made, in this order."""
    keys = prm.keys
    left_bit = state.key_bit - paid_bit
    expired_bit = _expired(state, left_bit, prm)
    fill = filled(left_bit - expired_bit, state.key_fraction, key_rate_bps, prm.slot_s, keys.capacity_bit)
    kept_bit = fill.generated_bit - fill.overflow_bit
    return Deposit(*fill, expired_bit, _remembered(state, kept_bit, prm))


def _expired(state: State, left_bit: Ints, prm: Scenario) -> Ints:
    if prm.keys.expiry_s is None:
        return np.zeros_like(left_bit)
    return outlived(state.key_history, state.slot, left_bit, life_slots(prm.keys.expiry_s, prm.slot_s))


def _remembered(state: State, kept_bit: Ints, prm: Scenario) -> History:
    """The record of what came in, with this slot's row and no more than keys can live for."""
    if prm.keys.expiry_s is None:
        return ()
    following = state.slot + 1
    taken_in_bit = at(state.key_history, state.slot, state.slot) + kept_bit
    oldest = following - life_slots(prm.keys.expiry_s, prm.slot_s) + 1
    return written(state.key_history, following, taken_in_bit, oldest)


def no_sessions(vehicles: int) -> Sessions:
    """Nobody shares a key with a unit."""
    nothing = np.zeros(vehicles, dtype=np.int64)
    return Sessions(nothing - 1, nothing, nothing)


def sessions_of(before: Fleet, after: Fleet, sessions: Sessions) -> Sessions:
    """The sessions, row by row of the new fleet; who leaves ends its own, and comes back without one."""
    if before.vehicle is after.vehicle or np.array_equal(before.vehicle, after.vehicle):
        return sessions
    moved = no_sessions(len(after))
    if (sessions.rsu < 0).all():
        return moved
    _, old, new = np.intersect1d(before.vehicle, after.vehicle, assume_unique=True, return_indices=True)
    columns = [column.copy() for column in (moved.rsu, moved.keyed_ns, moved.left_bit)]
    for column, known in zip(columns, (sessions.rsu, sessions.keyed_ns, sessions.left_bit), strict=True):
        column[new] = known[old]
    return Sessions(*columns)
