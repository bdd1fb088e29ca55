"""Finite keys with two decoys, the weaker nearly vacuum: Lim, Curty, Walenta, Xu, Zbinden (2014). Level: bounds."""

from __future__ import annotations

import numpy as np

from qvecsim.physics.field.finite import Counts, Security, bounds, emission, length, phase_error
from qvecsim.types import Floats

TERMS = 21  # error terms that make up the secrecy


def vacuum_least(low: Floats, high: Floats, intensity: Floats, share: Floats) -> Floats:
    """Lim et al. (2014), eq. (2): clicks of pulses without photon, at least."""
    _, weak, vacuum = intensity
    found = emission(0, intensity, share) * (weak * low[2] - vacuum * high[1]) / (weak - vacuum)
    return np.asarray(np.maximum(found, 0.0))


def singles_least(low: Floats, high: Floats, vacuum_clicks: Floats, intensity: Floats, share: Floats) -> Floats:
    """Lim et al. (2014), eq. (3): clicks of pulses with one photon, at least."""
    signal, weak, vacuum = intensity
    squares = weak**2 - vacuum**2
    rest = high[0] - vacuum_clicks / emission(0, intensity, share)
    found = low[1] - high[2] - squares / signal**2 * rest
    return np.asarray(
        np.maximum(emission(1, intensity, share) * signal * found / (signal * (weak - vacuum) - squares), 0.0)
    )


def single_errors_most(low: Floats, high: Floats, intensity: Floats, share: Floats) -> Floats:
    """Lim et al. (2014), eq. (4): errors of pulses with one photon, at most."""
    _, weak, vacuum = intensity
    return np.asarray(np.maximum(emission(1, intensity, share) * (high[1] - low[2]) / (weak - vacuum), 0.0))


def secret_length(counts: Counts, intensity: Floats, share: Floats, security: Security) -> Floats:
    """Lim et al. (2014), eqs. (1)-(5): secret bits of a block, less than 0 for none."""
    failure = np.asarray(security.secrecy) / TERMS
    key, check = (bounds(seen, intensity, share, failure) for seen in (counts.key, counts.check))
    wrong = bounds(counts.check_error, intensity, share, failure)
    vacuum = vacuum_least(*key, intensity, share)
    keyed = singles_least(*key, vacuum, intensity, share)
    checked = singles_least(*check, vacuum_least(*check, intensity, share), intensity, share)
    phase = phase_error(single_errors_most(*wrong, intensity, share), checked, keyed, failure)
    return length(vacuum, keyed, phase, counts, security, TERMS)
