"""Algorithm 1, beside it: dividing whole bits so that none is lost. Level: exact integers of any size."""

from __future__ import annotations

from collections.abc import Sequence


def share(amount: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of ``amount`` by largest remainder, the lower index first among equals; even if no weight is."""
    total = sum(weights)
    if total == 0:
        weights, total = [1] * len(weights), len(weights)
    parts = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda node: (-(amount * weights[node] % total), node))
    for node in by_remainder[: amount - sum(parts)]:
        parts[node] += 1
    return parts
