"""Section III: where an equation leaves its domain the value is put back and the hit is counted. Level: arrays."""

from __future__ import annotations

import numpy as np

from qvecsim.types import Floats

GUARDS: tuple[str, ...] = (
    "eq3.clamp",  # detector efficiency into [0, 1]
    "eq4.above_one",  # system efficiency above 1; counted only, (9) as printed needs it
    "eq6.cap",  # signal up to the pairs that there are
    "eq8.floor",  # noise from its minimum
    "eq9.clamp",  # error rate into [0, 1/2]
    "eq12.floor",  # key rate from 0
    "gain.clip",  # channel gain into its limits
    "eq22.cap",  # key term where no key is made
)


def clamp(values: Floats, low: float, high: float) -> tuple[Floats, int]:
    """Values put into [low, high], and how many were not there."""
    if np.size(values) and np.min(values) >= low and np.max(values) <= high:
        return values, 0  # the usual case, in two passes
    inside = (values >= low) & (values <= high)
    return np.clip(values, low, high), int(np.size(inside) - np.count_nonzero(inside))


def floor(values: Floats, low: float | Floats) -> tuple[Floats, int]:
    """Values put to ``low`` at least, and how many were below."""
    return np.maximum(values, low), int(np.count_nonzero(values < low))


def cap(values: Floats, high: float | Floats) -> tuple[Floats, int]:
    """Values put to ``high`` at most, and how many were above."""
    return np.minimum(values, high), int(np.count_nonzero(values > high))


def above(values: Floats, high: float | Floats) -> int:
    """How many values are above ``high``; they stay as they are."""
    return int(np.count_nonzero(values > high))
