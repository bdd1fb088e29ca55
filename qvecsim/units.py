"""Conversions, and the only place that makes them; inside, everything is SI (fibre: km and dB/km)."""

from __future__ import annotations

import math
from typing import overload

import numpy as np
from numpy.typing import NDArray

NS_PER_S = 1_000_000_000
ZERO_CELSIUS_K = 273.15
MS_PER_S = 1000.0
BIT_PER_BYTE = 8


def ns(seconds: float) -> int:
    """Seconds as integer nanoseconds, rounded once, half to even."""
    return round(seconds * NS_PER_S)


def ns_array(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Seconds as integer nanoseconds, rounded once, half to even; beyond the clock means never."""
    whole: NDArray[np.int64] = np.rint(np.minimum(seconds, NEVER_NS / NS_PER_S) * NS_PER_S).astype(np.int64)
    return whole


# Half of the clock's range (145 years), so that the sum of two instants does not overflow; a float can be equal to it.
NEVER_NS = 4_600_000_000_000_000_000


@overload
def from_db(level_db: float) -> float: ...
@overload
def from_db(level_db: NDArray[np.float64]) -> NDArray[np.float64]: ...
def from_db(level_db: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """A ratio from decibels."""
    return 10.0 ** (level_db / 10.0)


def db(ratio: float) -> float:
    """Decibels from a ratio."""
    return 10.0 * math.log10(ratio)


def dbm_to_w(level_dbm: float) -> float:
    """Watt from dBm."""
    return float(10.0 ** ((level_dbm - 30.0) / 10.0))


def w_to_dbm(power_w: float) -> float:
    """DBm from watt."""
    return db(power_w) + 30.0
