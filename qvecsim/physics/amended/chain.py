"""Section III-D, eqs. (18)-(21), mended: a stake is weighed at once, a vote is signed. Level: one equation."""

from __future__ import annotations

from qvecsim.physics.paper.chain import finality_s, generation_s, slowest_s, verification_s
from qvecsim.types import Floats

__all__ = ["finality_s", "generation_s", "propagation_s", "slowest_s", "verification_s"]


def propagation_s(
    stake_bit: float,
    weight_s_per_bit: float,
    vote_bit: float,
    bandwidth_bps: float | Floats,
    weight_s: float,
    vote_s: float,
) -> float:
    """Differs from eq. (19): a stake is a counter, weighed in ``weight_s`` whatever its size; a vote is signed, s."""
    return weight_s + vote_s + slowest_s(vote_bit, bandwidth_bps)
