"""Key pools as arrays, one entry a link: what a slot brings, what a full pool spills, and the state of the buffer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.scenario.parameters import Keys
from qvecsim.types import Floats, Ints

STATES = ("ready", "warning", "charging", "empty")
READY, WARNING, CHARGING, EMPTY = range(4)
THRESHOLD_SHARE = 10  # ours: the threshold, where none is given, is this part of the capacity


class Fill(NamedTuple):
    """What a slot's key generation did to the pools; generated = change of stored + overflow, per link."""

    stored_bit: Ints
    fraction: Floats
    generated_bit: Ints
    overflow_bit: Ints


def filled(stored_bit: Ints, fraction: Floats, key_rate_bps: Floats, slot_s: float, capacity_bit: int) -> Fill:
    """Add one slot's keys, bit; the part below one bit is carried to the next slot."""
    exact = key_rate_bps * slot_s + fraction
    generated = np.floor(exact).astype(np.int64)
    stored = np.minimum(stored_bit + generated, capacity_bit)
    return Fill(stored, exact - generated, generated, stored_bit + generated - stored)


def spendable(stored_bit: Ints, reserved_bit: int) -> Ints:
    """What may be withdrawn, bit: all that lies above the reserve, which the link keeps for its own authentication."""
    return np.maximum(stored_bit - reserved_bit, 0)


def threshold_bit(keys: Keys) -> int:
    """The level below which a buffer warns, bit."""
    if keys.threshold_bit is not None:
        return keys.threshold_bit
    return max(keys.capacity_bit // THRESHOLD_SHARE, keys.reserved_bit)


def buffer_state(stored_bit: Ints, before: Ints, reserved_bit: int, threshold_bit: int) -> Ints:
    """The state of each buffer from its level and the state before.

    As QKDNetSim defines it (Mehic et al. 2017, Quantum Inf. Process. 16:253; QKDNetSim 2 manual, "QKD Buffer"): ready
    from Mthr on; empty at or below Mmin; between them warning on the way down from ready, charging on the way up from
    empty. Where both levels are the same, empty goes first.
    """
    falling = (before == READY) | (before == WARNING)
    between = np.where(falling, WARNING, CHARGING)
    above = np.where(stored_bit >= threshold_bit, READY, between)
    return np.where(stored_bit <= reserved_bit, EMPTY, above).astype(np.int64)
