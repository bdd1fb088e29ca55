"""The radio channel between vehicles and roadside units: path gain by distance times fading.

A model takes (distance_m, fading, radio), and a fourth argument named ``surroundings`` if it wants places and speeds.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from qvecsim.errors import PluginError, ScenarioError
from qvecsim.plugin import own_code
from qvecsim.scenario.parameters import Radio
from qvecsim.types import Floats
from qvecsim.world.channels import street
from qvecsim.world.channels.pathloss import SPEED_OF_LIGHT_M_S
from qvecsim.world.channels.surroundings import Surroundings

# (distance_m, fading of mean 1, radio, surroundings) -> power gain, (V, M) each; a model may leave out the last.
Channel = Callable[[Floats, Floats, Radio, Surroundings], Floats]


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

    asked = placed(own)

    def gain(distance_m: Floats, fading: Floats, radio: Radio, surroundings: Surroundings) -> Floats:
        with own_code("world.channel", reference):
            found: Floats = asked(distance_m, fading, radio, surroundings)
        if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiu":
            kind = found.dtype if isinstance(found, np.ndarray) else type(found).__name__
            raise PluginError(
                f"'world.channel' {reference} must return gains as a NumPy array of numbers (got {kind})."
            )
        return found

    return gain


def placed(model: Callable[..., Floats]) -> Channel:
    """A model that is handed its surroundings, whether it asks for them or not."""
    if _asks(model):
        return lambda distance_m, fading, radio, surroundings: model(
            distance_m, fading, radio, surroundings=surroundings
        )
    return lambda distance_m, fading, radio, surroundings: model(distance_m, fading, radio)


def _asks(model: Callable[..., Floats]) -> bool:
    try:
        return "surroundings" in inspect.signature(model).parameters
    except (TypeError, ValueError):  # built in, without a signature
        return False


CHANNELS: dict[str, Callable[..., Floats]] = {
    "log_distance": log_distance,
    "free_space": free_space,
    "tr37885_urban": street.urban,
    "tr37885_highway": street.highway,
    "tr38901_umi": street.umi,
}
