"""Section III-D: what a block costs, eqs. (18)-(21), as printed. Level: one equation, one function."""

from __future__ import annotations

import math

import numpy as np

from qvecsim.types import Floats


def generation_s(cycles_per_bit: float, block_bit: float, clock_hz: float) -> float:
    """Eq. (18): making a block, s."""
    return cycles_per_bit * block_bit / clock_hz


def slowest_s(vote_bit: float, bandwidth_bps: float | Floats) -> float:
    """The longest of the votes' ways, s; never there where a band is 0, at once where there is no other node."""
    narrowest = bandwidth_bps if isinstance(bandwidth_bps, float) else float(np.min(bandwidth_bps, initial=np.inf))
    return vote_bit / narrowest if narrowest > 0 else math.inf


def propagation_s(
    stake_bit: float,
    weight_s_per_bit: float,
    vote_bit: float,
    bandwidth_bps: float | Floats,
    weight_s: float,
    vote_s: float,
) -> float:
    """Eq. (19): weighing the producer's keys one by one and the slowest of its votes, s."""
    return stake_bit * weight_s_per_bit + slowest_s(vote_bit, bandwidth_bps)


def verification_s(header_bit: float, transaction_bit: float, transactions: float, transaction_s: float) -> float:
    """Eq. (20): checking a block, s; the header counts as a part of a transaction."""
    return (header_bit / transaction_bit + transactions) * transaction_s


def finality_s(generation_s: float, propagation_s: float, verification_s: float, elected: float) -> float:
    """Eq. (21): time to finality, s, of the elected validator; 0 for the others."""
    return (generation_s + propagation_s + verification_s) * elected
