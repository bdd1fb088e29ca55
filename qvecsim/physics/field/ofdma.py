"""Uplink OFDMA in equal parts: each unit's active uploads share its band and do not disturb each other. Level: arrays.

The comparison for ``noma``: all power goes into a part of the band, whose noise is that part of the whole band's
(Tse, Viswanath 2005, 6.1.3; at one unit it is ``noma.orthogonal``). K uploads are rows; powers are those received, W.
"""

from __future__ import annotations

import numpy as np

from qvecsim.types import Bools, Floats, Ints


def sharers(unit: Ints, units: int) -> Ints:
    """(M,) how many uploads each unit has."""
    return np.bincount(unit, minlength=units)


def snr(received_w: Floats, users: Ints, noise_w: float) -> Floats:
    """In one of ``users`` parts: the noise of the whole band, W, shrinks with the part, the power does not."""
    return np.asarray(received_w * users / noise_w)


def admissible(received_w: Floats, unit: Ints, asks: Bools, noise_w: float, threshold: float) -> Bools:
    """(K,) who of those who ask may start: as many as reach the threshold in the part that they then have.

    At each unit the strongest ones, as many as the weakest of them allows. Parts shrink with every one more and SNRs
    grow, so that no upload under way falls below the threshold, and no other choice admits more.
    """
    index = np.flatnonzero(asks)
    index = index[np.lexsort((-received_w[index], unit[index]))]
    there = unit[index]
    rank = np.arange(len(index)) - there.searchsorted(there)
    units = int(unit.max(initial=-1)) + 1
    users = sharers(unit[~asks], units)[there] + rank + 1
    passes = snr(received_w[index], users, noise_w) >= threshold
    kept = np.zeros(units, dtype=np.int64)
    np.maximum.at(kept, there[passes], rank[passes] + 1)
    passed = np.zeros(len(unit), dtype=bool)
    passed[index] = rank < kept[there]
    return passed
