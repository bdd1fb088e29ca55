"""Finite keys with one decoy: Rusca, Boaron, Gruenenfelder, Martin, Zbinden (2018). Level: bounds.

Appl. Phys. Lett. 112, 171104, appendix A. Print leaves the weight e^k / p_k out of (A18) and takes over 21 from the
two-decoy work in (A21); here are the weight, and the 19 terms that make up the secrecy with one decoy.
"""

from __future__ import annotations

import numpy as np

from qvecsim.physics.field.finite import Counts, Security, bounds, deviation, emission, length, phase_error
from qvecsim.types import Floats

TERMS = 19  # error terms that make up the secrecy


def vacuum_least(low: Floats, high: Floats, intensity: Floats, share: Floats) -> Floats:
    """Rusca et al. (2018), eq. (A19): clicks of pulses without photon, at least."""
    signal, weak = intensity
    return np.asarray(
        np.maximum(emission(0, intensity, share) * (signal * low[1] - weak * high[0]) / (signal - weak), 0.0)
    )


def vacuum_most(error_high: Floats, clicks: Floats, intensity: Floats, share: Floats, failure: Floats) -> Floats:
    """Rusca et al. (2018), eq. (A16): clicks of pulses without photon, at most: half of them are errors.

    Each intensity gives a bound; the lower one counts.
    """
    errors = emission(0, intensity, share) * error_high.min(axis=0)
    return np.asarray(2.0 * (errors + deviation(clicks, failure)))


def singles_least(low: Floats, high: Floats, vacuum_clicks: Floats, intensity: Floats, share: Floats) -> Floats:
    """Rusca et al. (2018), eq. (A17): clicks of pulses with one photon, at least."""
    signal, weak = intensity
    ratio = (weak / signal) ** 2
    found = low[1] - ratio * high[0] - (1.0 - ratio) * vacuum_clicks / emission(0, intensity, share)
    return np.asarray(np.maximum(emission(1, intensity, share) * signal * found / (weak * (signal - weak)), 0.0))


def single_errors_most(low: Floats, high: Floats, intensity: Floats, share: Floats) -> Floats:
    """Rusca et al. (2018), eq. (A22): errors of pulses with one photon, at most."""
    signal, weak = intensity
    return np.asarray(np.maximum(emission(1, intensity, share) * (high[0] - low[1]) / (signal - weak), 0.0))


def secret_length(counts: Counts, intensity: Floats, share: Floats, security: Security) -> Floats:
    """Rusca et al. (2018), eq. (A25): secret bits of a block, less than 0 for none."""
    failure = np.asarray(security.secrecy) / TERMS
    key, key_wrong, check, check_wrong = (bounds(seen, intensity, share, failure) for seen in counts)
    most = [
        vacuum_most(wrong[1], seen.sum(axis=0), intensity, share, failure)
        for wrong, seen in ((key_wrong, counts.key), (check_wrong, counts.check))
    ]
    keyed = singles_least(*key, most[0], intensity, share)
    checked = singles_least(*check, most[1], intensity, share)
    phase = phase_error(single_errors_most(*check_wrong, intensity, share), checked, keyed, failure)
    return length(vacuum_least(*key, intensity, share), keyed, phase, counts, security, TERMS)
