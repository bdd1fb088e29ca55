"""Fewer points that still show everything: the mean, the least and the greatest of each of some equal intervals."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from qvecsim.types import Floats, Ints

POINTS = 360  # a chart is not much wider in pixels
DIGITS = 7


class Thin(NamedTuple):
    """(P,) means, minima and maxima; NaN where there was nothing."""

    mean: Floats
    low: Floats
    high: Floats


def edges(count: int, points: int = POINTS) -> Ints:
    """Where the intervals of ``count`` values begin, and the end of the last; at most ``points`` intervals."""
    return np.linspace(0, count, min(points, count) + 1).astype(np.int64)


def thin(values: Any, points: int = POINTS) -> Thin:
    """The values of equal steps in at most ``points`` intervals."""
    values = np.asarray(values, dtype=np.float64)
    if len(values) <= points:
        return Thin(values, values, values)
    first = edges(len(values), points)[:-1]
    there = np.isfinite(values)
    count = np.add.reduceat(there.astype(np.int64), first)
    total = np.add.reduceat(np.where(there, values, 0.0), first)
    mean = np.divide(total, count, out=np.full(len(first), np.nan), where=count > 0)
    low = np.minimum.reduceat(np.where(there, values, np.inf), first)
    high = np.maximum.reduceat(np.where(there, values, -np.inf), first)
    return Thin(mean, np.where(count > 0, low, np.nan), np.where(count > 0, high, np.nan))


def sums(values: Any, points: int = POINTS) -> Floats:
    """What the values of each interval add up to."""
    whole: Floats = np.asarray(values, dtype=np.float64)
    return np.add.reduceat(whole, edges(len(whole), points)[:-1]) if len(whole) else whole


def begins(times: Any, points: int = POINTS) -> Floats:
    """When each interval begins."""
    instants: Floats = np.asarray(times, dtype=np.float64)
    return instants[edges(len(instants), points)[:-1]]


def plain(values: Any) -> list[Any]:
    """For JSON: seven digits, whole numbers as such, None for nothing."""
    return [None if value != value else _short(value) for value in np.asarray(values, dtype=np.float64).tolist()]


def _short(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) < 2**53 else float(f"{value:.{DIGITS}g}")
