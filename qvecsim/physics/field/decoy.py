"""Decoy-state BB84 with weak coherent pulses, keys without end. Level: one formula, one function.

X. Ma, B. Qi, Y. Zhao, H.-K. Lo, Phys. Rev. A 72, 012326 (2005). All is per pulse: ``background`` is Y_0, ``efficiency``
eta from the source to the click, ``misalignment`` e_d, ``intensity`` the mean photon number. Beside the paper's terms,
a click is followed by an afterpulse with probability ``afterpulse``, wrong half the time, as in Lim et al. (2014).
"""

from __future__ import annotations

import numpy as np

from qvecsim.physics.paper.qkd import entropy
from qvecsim.types import Floats

Number = float | Floats

BACKGROUND_ERROR = 0.5  # e_0: a click without light is wrong half the time


def gain(intensity: Number, efficiency: Number, background: Number, afterpulse: Number = 0.0) -> Floats:
    """Ma et al. (2005), eq. (10): chance of a click."""
    return np.asarray((background - np.expm1(-np.multiply(efficiency, intensity))) * (1.0 + afterpulse))


def error_gain(
    intensity: Number, efficiency: Number, background: Number, misalignment: Number, afterpulse: Number = 0.0
) -> Floats:
    """Ma et al. (2005), eq. (11): chance of a click that is wrong."""
    arrives = -np.expm1(-np.multiply(efficiency, intensity))
    return np.asarray(
        BACKGROUND_ERROR * background + misalignment * arrives + 0.5 * afterpulse * (background + arrives)
    )


def single_yield(efficiency: Number, background: Number, afterpulse: Number = 0.0) -> Floats:
    """Ma et al. (2005), eq. (7): chance of a click, given one photon; eq. (10) leaves the product out."""
    return np.asarray((background + efficiency - np.multiply(background, efficiency)) * (1.0 + afterpulse))


def single_error(efficiency: Number, background: Number, misalignment: Number, afterpulse: Number = 0.0) -> Floats:
    """Ma et al. (2005), eq. (9): error rate of single photons."""
    clicks = single_yield(efficiency, background)
    wrong = BACKGROUND_ERROR * background + misalignment * efficiency + 0.5 * afterpulse * clicks
    return error_rate(wrong, clicks * (1.0 + afterpulse))


def error_rate(wrong: Number, clicks: Number) -> Floats:
    """Share of clicks that are wrong; 1/2, which is no information, where there are none, and at most.

    The printed sums count a click of light and background twice, in the errors: with both at their worst, that is more.
    """
    wrong, clicks = np.broadcast_arrays(np.asarray(wrong, dtype=float), np.asarray(clicks, dtype=float))
    share = np.divide(wrong, clicks, out=np.full(wrong.shape, 0.5), where=clicks > 0.0)
    return np.asarray(np.minimum(share, 0.5))


def single_yield_bound(
    signal: Floats, weak: Floats, signal_gain: Floats, weak_gain: Floats, vacuum_gain: Floats
) -> Floats:
    """Ma et al. (2005), eq. (34): least yield of single photons, from a weak and a vacuum decoy."""
    ratio = (weak / signal) ** 2
    rest = weak_gain * np.exp(weak) - signal_gain * np.exp(signal) * ratio - (1.0 - ratio) * vacuum_gain
    return np.asarray(np.maximum(rest * signal / (signal * weak - weak**2), 0.0))


def single_error_bound(weak: Floats, weak_error_gain: Floats, vacuum_gain: Floats, single_yield: Floats) -> Floats:
    """Ma et al. (2005), eq. (37): greatest error rate of single photons, from a weak and a vacuum decoy."""
    wrong = np.maximum(weak_error_gain * np.exp(weak) - BACKGROUND_ERROR * vacuum_gain, 0.0)
    return error_rate(wrong, single_yield * weak)


def secret_bits(
    sifting: float,
    intensity: Number,
    gain: Number,
    qber: Number,
    single_yield: Number,
    single_error: Number,
    error_correction: float,
) -> Floats:
    """Ma et al. (2005), eq. (1), from Gottesman, Lo, Luetkenhaus, Preskill (2004): secret bits, below 0 for none."""
    single_gain = single_yield * intensity * np.exp(-np.asarray(intensity))
    return np.asarray(sifting * (single_gain * (1.0 - entropy(single_error)) - gain * error_correction * entropy(qber)))
