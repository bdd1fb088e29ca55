"""Correlated normal numbers that belong to places: shadowing without memory. Level: a sum of waves.

Every unit has a landscape of its own, drawn once for a run; a vehicle reads it where it is. So what it meets along its
way is correlated over the distance travelled, a second vehicle at the same place meets the same, and a run that is
taken up from a checkpoint meets it again, because nothing is remembered.

With wave vectors drawn from its spectrum the sum has exactly the wanted autocorrelation, in the mean over landscapes
(Cai, Giannakis 2003). exp(-r/d) in the plane has the spectrum (1 + k^2 d^2)^(-3/2), whose distribution of wave numbers
is 1 - (1 + k^2 d^2)^(-1/2) (Gudmundson 1991 for the autocorrelation).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from qvecsim.streams import Streams
from qvecsim.types import Floats

TURN_RAD = 2.0 * math.pi
WAVES = 64  # the excess kurtosis of a sum of K waves is -3/(2K), here -0.02


class Waves(NamedTuple):
    """The waves of each unit's landscape; lengths are relative to the decorrelation distance."""

    east: Floats  # (M, K) turns per decorrelation distance
    north: Floats
    phase: Floats  # turns


@lru_cache(maxsize=64)
def waves(streams: Streams, name: str, units: int) -> Waves:
    """The waves of landscape ``name`` in a run; wave numbers are drawn from equal parts of their distribution."""
    draw = streams.at(f"landscape/{name}")
    share = (np.arange(WAVES) + draw.random((units, WAVES))) / WAVES
    number = np.sqrt(np.square(1.0 / (1.0 - share)) - 1.0)
    heading, phase = draw.random((2, units, WAVES))
    number /= TURN_RAD
    return Waves(number * np.cos(TURN_RAD * heading), number * np.sin(TURN_RAD * heading), phase)


def height(of: Waves, x_m: Floats, y_m: Floats, decorrelation_m: float) -> Floats:
    """(V, M) of mean 0 and variance 1 at these places, with autocorrelation exp(-distance / decorrelation)."""
    x, y = (x_m / decorrelation_m)[:, None], (y_m / decorrelation_m)[:, None]
    heights = np.empty((len(x), len(of.east)))
    for unit, (east, north, phase) in enumerate(zip(*of, strict=True)):
        turns = x * east
        turns += y * north
        turns += phase
        turns -= np.rint(turns)
        turns *= TURN_RAD
        # Whole turns are gone, so that single precision, which is eight times as fast, is wrong by 2e-7.
        heights[:, unit] = np.cos(turns.astype(np.float32)).sum(axis=1, dtype=np.float64)
    heights *= math.sqrt(2.0 / WAVES)
    return heights
