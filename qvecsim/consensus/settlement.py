"""Algorithm 1, lines 12-25, for those whom a round concerns. Level: one round."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qvecsim.consensus.verdict import Verdict
from qvecsim.scenario.parameters import Chain


def settled(rules: Any, stake_bit: NDArray[Any], producer: int, verdict: Verdict, prm: Chain) -> NDArray[Any]:
    """Stakes after a round: who did not take part is neither paid nor charged, and no decision moves nothing."""
    if not (verdict.final or verdict.slashed):
        return stake_bit
    if verdict.concerned.all():
        after: NDArray[Any] = rules.settle(stake_bit, producer, not verdict.slashed, prm)
        return after
    some = np.flatnonzero(verdict.concerned)
    moved = rules.settle(stake_bit[some], int(some.searchsorted(producer)), not verdict.slashed, prm)
    after = stake_bit.astype(moved.dtype)
    after[some] = moved
    return after
