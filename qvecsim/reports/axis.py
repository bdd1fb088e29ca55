"""Axes: round numbers that cover what there is."""

from __future__ import annotations

import math
from typing import NamedTuple

LEAST = 1e-300  # below it powers of ten are no numbers any more
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Axis(NamedTuple):
    """From ``low`` to ``high``, both ticks of it; drawn from ``begin`` to ``end``."""

    low: float
    high: float
    ticks: tuple[float, ...]
    begin: float
    end: float

    def at(self, value: float) -> float:
        """Where a value is drawn."""
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)


def spanning(low: float, high: float, count: int, begin: float, end: float) -> Axis:
    """An axis of about ``count`` steps whose ends are ticks, around low ... high."""
    if not math.isfinite(low) or not math.isfinite(high):
        low, high = 0.0, 1.0
    if high - low <= max(1e-9 * max(abs(low), abs(high)), LEAST):
        low, high = (low - abs(low) / 2, high + abs(high) / 2) if abs(low) > LEAST else (0.0, 1.0)
    step = _step((high - low) / count)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(float(f"{index * step:.12g}") for index in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks, begin, end)


def within(whole: Axis, least: float, most: float) -> Axis:
    """The part of an axis that lies from ``least`` to ``most``, which are round numbers themselves."""
    low, high = max(whole.low, least), min(whole.high, most)
    return Axis(low, high, tuple(tick for tick in whole.ticks if low <= tick <= high), whole.begin, whole.end)


def along(low: float, high: float, count: int, begin: float, end: float) -> Axis:
    """An axis that ends where the values end, for time: its ticks are the round numbers between."""
    whole = spanning(low, high, count, begin, end)
    if high <= low:
        return whole
    return Axis(low, high, tuple(tick for tick in whole.ticks if low <= tick <= high), begin, end)


def _step(least: float) -> float:
    """The next round number from ``least`` on."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * step for step in STEPS if power * step >= least * (1 - 1e-9))
