"""The radio channel between vehicles and roadside units: path gain by distance times fading."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from qvecsim.errors import PluginError, ScenarioError
from qvecsim.plugin import own_code
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
    path = falloff(np.maximum(distance_m, 1.0), radio.exponent)
    path *= fading
    path *= reference_gain(radio.carrier_hz)
    return path


def falloff(distance_m: Floats, exponent: float) -> Floats:
    """Distance to the power of minus ``exponent``; by multiplication where it is a small whole number."""
    if exponent in (2.0, 3.0, 4.0):
        product = distance_m * distance_m
        for _ in range(int(exponent) - 2):
            product *= distance_m
        return np.reciprocal(product, out=product)
    return np.power(distance_m, -exponent)


def free_space(distance_m: Floats, fading: Floats, radio: Radio) -> Floats:
    """Free space without fading: the brightest sky that a test or a bound can ask for."""
    return reference_gain(radio.carrier_hz) / np.square(np.maximum(distance_m, 1.0))


def watched(reference: str, own: Any) -> Channel:
    """A channel of the user's own; what it raises, and what it returns that is no gain, become one line."""
    if not callable(own):
        raise ScenarioError(f"'world.channel' must name a function (got '{reference}').")

    def gain(distance_m: Floats, fading: Floats, radio: Radio) -> Floats:
        with own_code("world.channel", reference):
            found: Floats = own(distance_m, fading, radio)
        if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiu":
            kind = found.dtype if isinstance(found, np.ndarray) else type(found).__name__
            raise PluginError(
                f"'world.channel' {reference} must return gains as a NumPy array of numbers (got {kind})."
            )
        return found

    return gain


CHANNELS: dict[str, Channel] = {"log_distance": log_distance, "free_space": free_space}
