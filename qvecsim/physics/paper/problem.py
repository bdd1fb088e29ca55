"""Section III-E: the objective (22) and the constraints (23), as printed. Level: terms and counts, no decision.

A constraint counts the entries for which it does not hold; NaN holds nothing.
"""

from __future__ import annotations

import numpy as np

from qvecsim.types import Floats

Number = float | Floats

CONSTRAINTS: tuple[str, ...] = (
    *("C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12", "C13", "C14"),
    *("C15a", "C15b"),  # the paper has two C15
)


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
    """Eq. (22): the terms of keys, latency and blocks, to be added: 1/(bit/s) and s; references and slot are idle."""
    with np.errstate(divide="ignore"):
        key = np.divide(1.0 - latency_weight, key_scale * np.sum(key_rate_bps))
    return float(key), float(latency_weight * np.sum(latency_s)), float(latency_weight * np.sum(block_s))


def failures(holds: object) -> int:
    """How many entries do not hold."""
    if isinstance(holds, bool | np.bool_):
        return 0 if holds else 1
    entries = np.asarray(holds)
    return entries.size - int(np.count_nonzero(entries))


def c1(transmittance: Number) -> int:
    """Eq. (23): C1, transmittances outside [0, 1]."""
    return failures(np.less_equal(0.0, transmittance) & np.less_equal(transmittance, 1.0))


def c2(key_rate_bps: Number) -> int:
    """Eq. (23): C2, key rates below 0."""
    return failures(np.greater_equal(key_rate_bps, 0.0))


def c3(tx_power_w: Number, limit_w: Number) -> int:
    """Eq. (23): C3, powers above the limit."""
    return failures(np.less_equal(tx_power_w, limit_w))


def c4(gain: Number, limit: Number) -> int:
    """Eq. (23): C4, channel gains above the limit."""
    return failures(np.less_equal(gain, limit))


def c5(latency_s: Number, deadline_s: Number) -> int:
    """Eq. (23): C5, latencies beyond the deadline."""
    return failures(np.less_equal(latency_s, deadline_s))


def c6(finality_s: Number, deadline_s: Number) -> int:
    """Eq. (23): C6, times to finality beyond the deadline."""
    return failures(np.less_equal(finality_s, deadline_s))


def c7(band_hz_sum: Number, bandwidth_hz: Number, users: Number) -> int:
    """Eq. (23): C7, RSUs with users whose bands do not add up to the whole, but for rounding."""
    return failures(np.isclose(band_hz_sum, bandwidth_hz, rtol=1e-9, atol=0.0) | np.equal(users, 0))


def c8(validator_band_hz: Number, limit_hz: Number) -> int:
    """Eq. (23): C8, validators whose bands to the others exceed what the vehicles leave, but for rounding."""
    return failures(np.less_equal(validator_band_hz, np.multiply(limit_hz, 1.0 + 1e-9)))


def c9(offload: Number) -> int:
    """Eq. (23): C9, offloading indicators (V, M) that are neither 0 nor 1."""
    return failures(np.equal(offload, 0) | np.equal(offload, 1))


def c10(offload: Floats) -> int:
    """Eq. (23): C10, vehicles that do not offload to exactly one RSU, which forbids computing locally."""
    return failures(np.equal(np.sum(offload, axis=1), 1))


def c11(elected: Number) -> int:
    """Eq. (23): C11, election indicators (W,) that are neither 0 nor 1."""
    return failures(np.equal(elected, 0) | np.equal(elected, 1))


def c12(elected: Floats) -> int:
    """Eq. (23): C12, 1 unless exactly one validator is elected."""
    return failures(np.equal(np.sum(elected), 1))


def c13(rate_bps: Number) -> int:
    """Eq. (23): C13, upload rates below 0."""
    return failures(np.greater_equal(rate_bps, 0.0))


def c14(edge_hz: Number, block_hz: Number, weight_s: Number) -> int:
    """Eq. (23): C14, clocks of servers and of block making, and times of weighing a key, below 0."""
    return sum(failures(np.greater_equal(values, 0.0)) for values in (edge_hz, block_hz, weight_s))


def c15a(block_bit: Number, header_bit: Number, vote_bit: Number) -> int:
    """Eq. (23): the first C15, sizes of blocks, headers and votes below 0."""
    return sum(failures(np.greater_equal(values, 0.0)) for values in (block_bit, header_bit, vote_bit))


def c15b(stake_bit: Number, transactions: Number) -> int:
    """Eq. (23): the second C15, stakes and transactions that are not whole numbers from 1 on."""
    return sum(
        failures(np.greater_equal(values, 1) & np.equal(values, np.floor(values)))
        for values in (stake_bit, transactions)
    )
