"""Section IV-C for small registers: which option is taken, by the closed form of one phase-matched Grover turn.

A task has 1 + k options, some of them invalid. Plain iterations are exact for one of four, do nothing for one of two,
and there is nothing in between; with matched phases one turn makes the best of up to four as likely as wished. The
rest is spread evenly, which is epsilon-greedy. Level: arrays; draws are handed in.
"""

from __future__ import annotations

import numpy as np

from qvecsim.types import Floats, Ints


def chances(values: Floats, epsilon: float) -> Floats:
    """(n, options) how likely each option is: 1 - epsilon for the best, epsilon shared by all that are valid."""
    valid = np.isfinite(values)
    even = epsilon * valid / valid.sum(axis=1, keepdims=True)
    even[np.arange(len(values)), values.argmax(axis=1)] += 1.0 - epsilon
    law: Floats = even
    return law


def taken(values: Floats, epsilon: float, draws: Floats | None) -> Ints:
    """(n,) the option measured; without ``draws`` (n,) in [0, 1), the best. Values of minus infinity are invalid."""
    if draws is None or epsilon <= 0:
        best: Ints = values.argmax(axis=1)
        return best
    edges = np.cumsum(chances(values, epsilon), axis=1)
    passed: Ints = np.sum(edges <= draws[:, None] * edges[:, -1:], axis=1)
    return passed
