"""Key pools: whole bits in, whole keys out; what a full pool cannot take is counted, never lost from the books."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.types import Floats, Ints


class Deposit(NamedTuple):
    """What a slot's key generation did to the pools; generated = change of stored + overflow, per link."""

    stored_bit: Ints
    fraction: Floats
    generated_bit: Ints
    overflow_bit: Ints


def deposit(stored_bit: Ints, fraction: Floats, key_rate_bps: Floats, slot_s: float, capacity_bit: int) -> Deposit:
    """Add one slot's keys; the part below one bit is carried to the next slot."""
    exact = key_rate_bps * slot_s + fraction
    generated = np.floor(exact).astype(np.int64)
    stored = np.minimum(stored_bit + generated, capacity_bit)
    return Deposit(stored, exact - generated, generated, stored_bit + generated - stored)
