"""The radio channel between vehicles and roadside units: path gain by distance times fading."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from qvecsim.scenario.parameters import Radio
from qvecsim.types import Floats

SPEED_OF_LIGHT_M_S = 299_792_458.0

# (distance_m (V, M), fading (V, M) of mean 1, radio) -> power gain (V, M)
Channel = Callable[[Floats, Floats, Radio], Floats]


def reference_gain(carrier_hz: float) -> float:
    """Free-space power gain at 1 m (Friis 1946)."""
    return (SPEED_OF_LIGHT_M_S / (4.0 * math.pi * carrier_hz)) ** 2


def log_distance(distance_m: Floats, fading: Floats, radio: Radio) -> Floats:
    """Log-distance law from a free-space reference at 1 m, with Rayleigh fading (an exponential power gain)."""
    path: Floats = np.power(np.maximum(distance_m, 1.0), -radio.exponent)
    return path * fading * reference_gain(radio.carrier_hz)


def free_space(distance_m: Floats, fading: Floats, radio: Radio) -> Floats:
    """Free space without fading: the brightest sky that a test or a bound can ask for."""
    return reference_gain(radio.carrier_hz) / np.square(np.maximum(distance_m, 1.0))


CHANNELS: dict[str, Channel] = {"log_distance": log_distance, "free_space": free_space}
