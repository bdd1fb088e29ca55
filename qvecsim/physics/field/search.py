"""A bounded maximum of one function at many places at once, without gradients and without chance."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

from qvecsim.types import Floats

FIRST, LAST, ROUNDS = 0.2, 1e-5, 300  # first and last step; most rounds


def maximum(value: Callable[[Floats], Floats], starts: Floats, places: int) -> Floats:
    """Where in the unit cube ``value`` is greatest, (D, places), from the best of the ``starts`` (D, S) on.

    R. Hooke, T. A. Jeeves, J. ACM 8, 212 (1961), along the diagonals of two axes, too. ``value`` takes points
    (D, ..., places) and gives (..., places). A step that gains is followed by a longer one, a round without gain by a
    shorter one.
    """
    axes = _directions(len(starts))  # (D, K)
    shares = np.repeat(starts[:, :, None], places, axis=2).astype(np.float64)  # (D, S, P)
    step = np.full(shares.shape[1:], FIRST)
    best = value(shares)
    for _ in range(ROUNDS):
        tried = np.clip(shares[:, None] + axes[:, :, None, None] * step, 0.0, 1.0)  # (D, K, S, P)
        found = value(tried)
        chosen = found.argmax(axis=0)[None]
        gained = np.take_along_axis(found, chosen, axis=0)[0]
        better = gained > best
        moved = np.take_along_axis(tried, chosen[None], axis=1)[:, 0]
        shares = np.where(better, moved, shares)
        best = np.where(better, gained, best)
        step = np.where(better, np.minimum(1.5 * step, FIRST), 0.5 * step)
        if step.max() < LAST:
            break
    winner: Floats = np.take_along_axis(shares, best.argmax(axis=0)[None, None], axis=1)[:, 0]
    return winner


def _directions(axes: int) -> Floats:
    """Both ways along every axis and every diagonal of two of them, (D, K)."""
    unit = np.eye(axes)
    across = [one + way * two for one, two in combinations(unit, 2) for way in (1.0, -1.0)]
    ways = np.array([*unit, *across])
    return np.concatenate([ways, -ways]).T
