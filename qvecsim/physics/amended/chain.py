"""Section III-D, eqs. (18)-(21), mended: a stake is weighed in no time of its own. Level: one equation."""

from __future__ import annotations

import numpy as np

from qvecsim.physics.paper.chain import finality_s, generation_s, verification_s
from qvecsim.types import Floats

__all__ = ["finality_s", "generation_s", "propagation_s", "verification_s"]


def propagation_s(
    stake_bit: float, weight_s_per_bit: float, vote_bit: float, bandwidth_bps: Floats, weight_s: float
) -> float:
    """Differs from eq. (19): a stake is a counter, weighed in ``weight_s`` whatever its size, s."""
    with np.errstate(divide="ignore"):
        return float(weight_s + np.max(np.divide(vote_bit, bandwidth_bps), initial=0.0))
