"""What single-photon detectors do beside detecting: temperature, background, dead time, drift. Level: one formula."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qvecsim.types import Floats

Number = float | Floats

BOLTZMANN_EV_PER_K = 8.617333262e-5  # CODATA 2018
COLDEST_K = 1e-3  # here nothing is generated any more, and its inverse is finite


def efficiency(
    receiver: float, level: Number, coefficient: Number, temperature_k: Number, reference_k: Number
) -> Floats:
    """Ours: the receiver's efficiency at the level an action sets, less a share for each kelvin above the reference.

    The form is that of (3), mended. ``level`` scales the efficiency alone: the background stays, so a lower one gains
    nothing but a cooler detector.
    """
    return np.asarray(receiver * level * (1.0 - coefficient * (temperature_k - reference_k)))


def background(at_reference: float, activation_ev: float, temperature_k: Number, reference_k: Number) -> Floats:
    """Ours: background a gate, Arrhenius' law for thermally generated carriers; 1 at most."""
    colder = 1.0 / reference_k - 1.0 / np.maximum(temperature_k, COLDEST_K)
    raised = np.exp(np.minimum(activation_ev / BOLTZMANN_EV_PER_K * colder, 700.0))  # what a float can hold
    return np.minimum(at_reference * raised, 1.0)


def misaligned(misalignment: float, phase_rad: Number) -> Floats:
    """Ours: e_d when the phase has drifted, which scales the contrast 1 - 2 e_d by its cosine; 1/2 at most."""
    return 0.5 * (1.0 - (1.0 - 2.0 * misalignment) * np.maximum(np.cos(phase_rad), 0.0))


def non_paralysable(click_hz: Number, dead_time_s: float) -> Floats:
    """Knoll (2010), sec. 4.VII: share of clicks that are counted where clicks in the dead time are lost."""
    return np.asarray(1.0 / (1.0 + np.multiply(click_hz, dead_time_s)))


def paralysable(click_hz: Number, dead_time_s: float) -> Floats:
    """Knoll (2010), sec. 4.VII: share of clicks that are counted where each click begins the dead time anew."""
    return np.asarray(np.exp(-np.multiply(click_hz, dead_time_s)))


DEAD_TIMES: dict[str, Callable[[Number, float], Floats]] = {
    "non_paralysable": non_paralysable,
    "paralysable": paralysable,
}
