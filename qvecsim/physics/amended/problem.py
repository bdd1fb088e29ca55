"""Section III-E, eqs. (22)-(23), mended: a sum of numbers without unit, and leave to compute locally. Level: terms."""

from __future__ import annotations

import numpy as np

from qvecsim.physics.paper.problem import (
    CONSTRAINTS,
    Number,
    c1,
    c2,
    c3,
    c4,
    c5,
    c6,
    c8,
    c9,
    c11,
    c12,
    c13,
    c14,
    c15a,
    failures,
)
from qvecsim.types import Floats

__all__ = [
    "CONSTRAINTS",
    "c1",
    "c2",
    "c3",
    "c4",
    "c5",
    "c6",
    "c7",
    "c8",
    "c9",
    "c10",
    "c11",
    "c12",
    "c13",
    "c14",
    "c15a",
    "c15b",
    "failures",
    "objective",
]


def objective(
    key_rate_bps: Floats,
    latency_s: Floats,
    block_s: Floats,
    latency_weight: float,
    key_scale: float,
    reference_bps: float,
    reference_s: float,
    reference_block_s: float,
    slot_s: float,
) -> tuple[float, float, float]:
    """Differs from eq. (22): each part is relative to a reference, the keys per link, so ``key_scale`` is idle.

    Keys and finality cost as long as they last, so that a run's sum does not depend on how it is cut into slots: both
    count ``slot_s / reference_s``. A latency is counted once.
    """
    with np.errstate(divide="ignore"):
        key = np.divide((1.0 - latency_weight) * reference_bps * np.size(key_rate_bps), np.sum(key_rate_bps))
    latency = latency_weight * np.sum(latency_s) / reference_s
    lasts = slot_s / reference_s
    return float(key * lasts), float(latency), float(latency_weight * np.sum(block_s) / reference_block_s * lasts)


def c7(band_hz_sum: Number, bandwidth_hz: Number, users: Number) -> int:
    """Differs from eq. (23): C7, RSUs whose users have more than the whole band each, but for rounding."""
    return failures(np.less_equal(band_hz_sum, np.multiply(bandwidth_hz, users) * (1.0 + 1e-9)))


def c10(offload: Floats) -> int:
    """Differs from eq. (23): C10, vehicles that offload to more than one RSU; none is local computing."""
    return failures(np.less_equal(np.sum(offload, axis=1), 1))


def c15b(stake_bit: Number, transactions: Number) -> int:
    """Differs from eq. (23): the second C15, stakes and transactions that are not whole numbers from 0 on."""
    return sum(
        failures(np.greater_equal(values, 0) & np.equal(values, np.floor(values)))
        for values in (stake_bit, transactions)
    )
