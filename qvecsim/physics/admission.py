"""Who may start to send: Table II's SINR threshold, as an admission rule at the roadside unit."""

from __future__ import annotations

import numpy as np

from qvecsim.types import Bools, Floats, Ints


def at_once(received_w: Floats, rsu: Ints, heard_w: Floats, noise_w: float, threshold: float) -> Bools:
    """Everyone who asks is measured against everyone who asks, once; what fails is refused."""
    return received_w / (heard_w[rsu] - received_w + noise_w) >= threshold


def weakest_first(received_w: Floats, rsu: Ints, heard_w: Floats, noise_w: float, threshold: float) -> Bools:
    """Each unit turns the weakest away, one by one, until all that remain reach the threshold together.

    ``received_w`` (K,) at the chosen unit, ``heard_w`` (M,) all that the unit hears, those who ask included.
    """
    order = np.lexsort((-received_w, rsu))
    unit, power_w = rsu[order], received_w[order]
    before = np.cumsum(power_w) - power_w
    first = unit.searchsorted(unit)
    stronger_w = before - before[first]
    others_w = heard_w - np.bincount(rsu, received_w, len(heard_w))
    # Of those that remain the weakest has the worst SINR, so its own decides; the last that passes is the weakest kept.
    passes = power_w >= threshold * (np.maximum(others_w, 0.0)[unit] + stronger_w + noise_w)
    rank = np.arange(len(unit)) - first
    kept = np.zeros(len(heard_w), dtype=np.int64)
    np.maximum.at(kept, unit[passes], rank[passes] + 1)
    admitted = np.empty(len(rsu), dtype=bool)
    admitted[order] = rank < kept[unit]
    return admitted
