"""Fading within a slot's place: power gains of mean 1, drawn anew for each slot, vehicle and unit. Level: arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from qvecsim.scenario.parameters import Radio
from qvecsim.streams import Streams
from qvecsim.types import Floats
from qvecsim.units import from_db


class Fading(NamedTuple):
    """What a link in sight meets, and what one meets whose direct path is blocked; (V, M) each."""

    gain: Floats
    scattered: Floats


def rician(scattered: Floats, phase_rad: Floats, k: float) -> Floats:
    """Power gain of a direct path that is ``k`` times as strong as what is scattered (Rice 1944); 0: Rayleigh.

    ``scattered`` is exponential of mean 1, ``phase_rad`` uniform: together a complex normal number.
    """
    real = np.sqrt(k) + np.sqrt(scattered) * np.cos(phase_rad)
    power: Floats = np.square(real) + scattered * np.square(np.sin(phase_rad))
    return power / (1.0 + k)


def _rayleigh(streams: Streams, slot: int, shape: tuple[int, ...], radio: Radio) -> Fading:
    scattered = streams.at("fading", slot).standard_exponential(shape)
    return Fading(scattered, scattered)


def _rician(streams: Streams, slot: int, shape: tuple[int, ...], radio: Radio) -> Fading:
    scattered = streams.at("fading", slot).standard_exponential(shape)
    phase_rad = 2.0 * np.pi * streams.at("fading_phase", slot).random(shape)
    return Fading(rician(scattered, phase_rad, from_db(radio.rician_k_db)), scattered)


def _none(streams: Streams, slot: int, shape: tuple[int, ...], radio: Radio) -> Fading:
    return Fading(np.ones(shape), np.ones(shape))


FADINGS: dict[str, Callable[[Streams, int, tuple[int, ...], Radio], Fading]] = {
    "rayleigh": _rayleigh,
    "rician": _rician,
    "none": _none,
}


def fading(streams: Streams, slot: int, shape: tuple[int, ...], radio: Radio) -> Fading:
    """What the scenario's fading is in a slot."""
    return FADINGS[radio.fading](streams, slot, shape, radio)
