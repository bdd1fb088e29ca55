"""What is known about a mean of few numbers: Student's interval, and the percentile bootstrap beside it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qvecsim.types import Floats

LEVEL = 0.95
RESAMPLES = 10_000
SEED = 1  # equal numbers have equal intervals

Interval = tuple[float, float]


def student(values: Floats) -> Interval | None:
    """Student's interval of the mean at ``LEVEL``: exact for normal values; None for fewer than two."""
    if len(values) < 2:
        return None
    reach = t_quantile((1 + LEVEL) / 2, len(values) - 1) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return float(np.mean(values)) - reach, float(np.mean(values)) + reach


def bootstrap(values: Floats) -> Interval | None:
    """Percentile bootstrap of the mean at ``LEVEL`` (Efron 1979); None for fewer than two.

    It assumes no shape, but is too narrow for few values.
    """
    if len(values) < 2:
        return None
    draw = np.random.Generator(np.random.PCG64(SEED))
    means = values[draw.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def t_quantile(share: float, freedom: int) -> float:
    """The value that Student's t with whole degrees of freedom exceeds with probability 1 - ``share`` >= 1/2."""
    low, high = 0.0, 1.0
    while t_share(high, freedom) < share:
        low, high = high, 2 * high
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if t_share(middle, freedom) < share else (low, middle)
    return high


def t_share(value: float, freedom: int) -> float:
    """Distribution function of Student's t at ``value`` >= 0: Abramowitz and Stegun (1964), 26.7.3 and 26.7.4."""
    angle = math.atan(value / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    if freedom % 2:
        series = cosine * _series(cosine**2, freedom // 2, first=3)
        return 0.5 + (angle + sine * series) / math.pi
    return 0.5 + sine * _series(cosine**2, freedom // 2, first=2) / 2


def _series(square: float, terms: int, first: int) -> float:
    """1 + (1/2) x + (1 3)/(2 4) x^2 + ... with ``first`` 2, or 1 + (2/3) x + (2 4)/(3 5) x^2 + ... with 3."""
    total, term = 0.0, 1.0
    for index in range(terms):
        total += term
        term *= square * (first - 1 + 2 * index) / (first + 2 * index)
    return total


def plain(interval: Interval | None) -> Any:
    """As JSON has it."""
    return None if interval is None else list(interval)
