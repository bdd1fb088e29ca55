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
    left = np.ones(len(rsu), dtype=bool)
    heard = heard_w.copy()
    order = np.lexsort((received_w, rsu))
    while True:
        failing = left & ~at_once(received_w, rsu, heard, noise_w, threshold)
        weakest = order[failing[order]]
        if not len(weakest):
            return left
        # Sorted by unit, then power: the first of each unit is its weakest.
        units, first = np.unique(rsu[weakest], return_index=True)
        left[weakest[first]] = False
        heard[units] -= received_w[weakest[first]]
