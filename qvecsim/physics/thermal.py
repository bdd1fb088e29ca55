"""How the surroundings of the detectors move: temperature F(t) of (3), and the slow drift beside it. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from qvecsim.scenario.parameters import Qkd
from qvecsim.types import Floats


class Climate(NamedTuple):
    """What the next slot starts from."""

    temperature_k: Floats  # (Q,)
    drift: Floats  # (2, Q)
    heat_k: Floats  # (Q,)


def climate(
    time_s: float, slot_s: float, drift: Floats, heat_k: Floats, efficiency: Floats, noise: Floats, q: Qkd
) -> Climate:
    """A day's sine, an Ornstein-Uhlenbeck drift, and the heat of the detector's own efficiency, ``slot_s`` later."""
    kept = math.exp(-slot_s / q.temperature_memory_s)
    drift = kept * drift + math.sqrt(1.0 - kept * kept) * noise
    heat_k = kept * heat_k + (1.0 - kept) * q.heating_k * efficiency
    return Climate(temperature(time_s, drift, heat_k, q), drift, heat_k)


def temperature(time_s: float, drift: Floats, heat_k: Floats, q: Qkd) -> Floats:
    """F(t), kelvin: the mean, a day's sine, the drift, and what the detector adds."""
    sine = math.sin(2.0 * math.pi * time_s / q.temperature_period_s)
    values: Floats = q.temperature_k + q.temperature_swing_k * sine + q.temperature_drift_k * drift[0] + heat_k
    return np.maximum(values, 0.0)
