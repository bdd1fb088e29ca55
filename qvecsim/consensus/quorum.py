"""Algorithm 1, line 10: when a vote stands. Level: exact integers."""

from __future__ import annotations

from qvecsim.types import Bools, Ints


def quorum(weight: Ints, agree: Bools) -> bool:
    """Whether strictly more than 2/3 of the weight agrees; exact for whole weights."""
    return bool(3 * sum(weight[agree].tolist()) > 2 * sum(weight.tolist()))
