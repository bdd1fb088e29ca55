"""Whether a vehicle and a unit see each other: probabilities by distance, and the state at a place. Level: arrays.

``distance_m`` is the distance on the ground.
"""

from __future__ import annotations

import numpy as np

from qvecsim.types import Floats, Ints

LOS, NLOSV, NLOS = range(3)  # in sight, behind a vehicle, behind buildings
SIGHTS = ("los", "nlosv", "nlos")


def urban_los(distance_m: Floats) -> Floats:
    """3GPP TR 37.885 (2019), table 6.2.1-2: probability of LOS along a street; what is left is NLOSv."""
    return np.minimum(1.05 * np.exp(-0.0114 * distance_m), 1.0)


def highway_los(distance_m: Floats) -> Floats:
    """3GPP TR 37.885 (2019), table 6.2.1-2: probability of LOS on a highway; what is left is NLOSv."""
    near = np.minimum(2.1013e-6 * np.square(distance_m) - 0.002 * distance_m + 1.0193, 1.0)
    return np.where(distance_m <= 475.0, near, np.maximum(0.54 - 0.001 * (distance_m - 475.0), 0.0))


def umi_los(distance_m: Floats) -> Floats:
    """3GPP TR 38.901 (2022), table 7.4.2-1: probability of LOS in a street canyon; what is left is NLOS."""
    far_m = np.maximum(distance_m, 18.0)
    return 18.0 / far_m + np.exp(-far_m / 36.0) * (1.0 - 18.0 / far_m)


def states(probability: Floats, normal: Floats, otherwise: int) -> Ints:
    """LOS with this probability, else ``otherwise``; ``normal`` is standard normal, and near places have near values.

    3GPP TR 38.901 (2022), 7.6.3.3: one spatially consistent uniform number is compared with the probability.
    """
    return np.where(uniform(normal) < probability, LOS, otherwise)


def uniform(normal: Floats) -> Floats:
    """Uniform from standard normal numbers: the distribution function, to 7.5e-8 (Abramowitz, Stegun 1964, 26.2.17)."""
    size = np.abs(normal)
    t = 1.0 / (1.0 + 0.2316419 * size)
    series = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail = np.exp(-0.5 * np.square(size)) / np.sqrt(2.0 * np.pi) * series
    found: Floats = np.where(normal < 0.0, tail, 1.0 - tail)
    return found
