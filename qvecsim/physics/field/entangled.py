"""BBM92: pairs from parametric down-conversion, keys without end. Level: one formula, one function.

X. Ma, C.-H. F. Fung, H.-K. Lo, Phys. Rev. A 76, 012307 (2007). All is per pump pulse; ``pairs`` is lambda, half of the
mean number of pairs; ``here`` and ``there`` are the efficiencies from the source to the clicks of the two receivers.
"""

from __future__ import annotations

import numpy as np

from qvecsim.physics.field.decoy import BACKGROUND_ERROR
from qvecsim.physics.paper.qkd import entropy
from qvecsim.types import Floats

Number = float | Floats


def single_gain(pairs: Number, efficiency: Number, background: Number) -> Floats:
    """Ma, Fung, Lo (2007), the first terms of eq. (9): chance of a click at one receiver."""
    return np.asarray(1.0 - (1.0 - background) / np.square(1.0 + np.multiply(efficiency, pairs)))


def gain(pairs: Number, here: Number, there: Number, background: Number) -> Floats:
    """Ma, Fung, Lo (2007), eq. (9): chance of a coincidence.

    1 - 1/(1 + x)^2 is written without the difference, which would leave few digits at high loss.
    """
    a, b = np.multiply(here, pairs), np.multiply(there, pairs)
    both = a + b - np.multiply(here, b)
    silent = 1.0 - background
    # 1 - s A - s B + s^2 C with A, B, C = 1/(1 + x)^2: the parts of order 1 and s cancel by hand.
    least_a, least_b, least = _lost(a), _lost(b), _lost(both)
    return np.asarray(np.square(background) + silent * (least_a + least_b) - np.square(silent) * least)


def _lost(x: Floats) -> Floats:
    """1 - 1/(1 + x)^2."""
    return x * (2.0 + x) / np.square(1.0 + x)


def error_gain(pairs: Number, here: Number, there: Number, background: Number, misalignment: Number) -> Floats:
    """Ma, Fung, Lo (2007), eq. (10): chance of a coincidence that is wrong."""
    a, b = np.multiply(here, pairs), np.multiply(there, pairs)
    right = 2.0 * (BACKGROUND_ERROR - misalignment) * here * b * (1.0 + pairs)
    right = right / ((1.0 + a) * (1.0 + b) * (1.0 + a + b - np.multiply(here, b)))
    return np.asarray(BACKGROUND_ERROR * gain(pairs, here, there, background) - right)


def secret_bits(sifting: float, gain: Number, qber: Number, error_correction: float) -> Floats:
    """Koashi, Preskill (2003), as in Ma, Fung, Lo (2007): secret bits of one-way post-processing, below 0 for none."""
    return np.asarray(sifting * gain * (1.0 - (1.0 + error_correction) * entropy(np.asarray(qber))))
