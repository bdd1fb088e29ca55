"""k-means by Lloyd (1982), without chance: the same places always give the same centres."""

from __future__ import annotations

import numpy as np

from qvecsim.types import Floats, Ints

PASSES_MAX = 100
STILL_M = 0.01  # centres that move less stand still
AT_ONCE = 1 << 20  # distances held in memory


def kmeans(x_m: Floats, y_m: Floats, weight: Floats, count: int) -> tuple[Floats, Floats]:
    """X and y of ``count`` centres of weighted places, to the centimetre; places must be as many at least."""
    place = np.stack([x_m, y_m], axis=1)
    centre = seeds(place, weight, count)
    for _ in range(PASSES_MAX):
        before, nearest = centre, closest(place, centre)
        heavy = np.bincount(nearest, weights=weight, minlength=count)
        middle = np.stack([np.bincount(nearest, weights=weight * axis, minlength=count) for axis in place.T], axis=1)
        # A centre that is nobody's nearest stays where it is.
        centre = np.where(heavy[:, None] > 0, middle / np.maximum(heavy, 1e-300)[:, None], before)
        if np.abs(centre - before).max() < STILL_M:
            break
    centre = centre.round(2)
    return centre[:, 0], centre[:, 1]


def seeds(place: Floats, weight: Floats, count: int) -> Floats:
    """The place nearest to the mean, then again and again the one that costs most: weight times squared distance.

    k-means++ (Arthur and Vassilvitskii 2007) draws by this cost; taking its maximum needs no random numbers, and
    unlike the farthest place it is no lonely one.
    """
    mean = (weight[:, None] * place).sum(axis=0) / weight.sum()
    chosen = [int(np.argmin(_squared(place, mean)))]
    gap = _squared(place, place[chosen[0]])
    while len(chosen) < count:
        chosen.append(int(np.argmax(weight * gap)))
        gap = np.minimum(gap, _squared(place, place[chosen[-1]]))
    return place[chosen]


def closest(place: Floats, centre: Floats) -> Ints:
    """The number of the nearest centre of each place; of equals the first."""
    rows = max(1, AT_ONCE // len(centre))
    origin = centre.mean(axis=0)  # squares of large numbers would cost the small differences their digits
    middle = centre - origin
    half = (middle**2).sum(axis=1) / 2
    # The nearest centre c of p has the greatest p.c - c.c/2.
    parts = (place[first : first + rows] - origin for first in range(0, len(place), rows))
    return np.concatenate([np.argmax(part @ middle.T - half, axis=1) for part in parts])


def _squared(place: Floats, point: Floats) -> Floats:
    squared: Floats = ((place - point) ** 2).sum(axis=1)
    return squared
