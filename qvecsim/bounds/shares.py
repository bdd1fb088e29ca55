"""Sharing a band or a clock among those who wait for it: the square-root rule. Level: closed form."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from qvecsim.types import Floats


class Share(NamedTuple):
    """What each gets, and what it comes to."""

    part: Floats  # (K,) of the capacity, in its unit
    total_s: float  # sum of work over part


def square_root_share(work: Floats, capacity: float) -> Share:
    """Least sum of ``work / part``, s, over parts that add up to ``capacity``: parts go as the roots of the work.

    ``work`` (K,) >= 0: cycles for a clock in Hz, or bits over bit/s/Hz for a band in Hz. By Cauchy-Schwarz
    (sum of sqrt(w))^2 <= (sum of w/c) (sum of c), with equality where c goes as sqrt(w); so the least sum is
    (sum of sqrt(w))^2 / capacity. Who has no work gets nothing and waits for nothing.
    """
    root = np.sqrt(work)
    whole = float(root.sum())
    if whole == 0.0:
        return Share(np.zeros(len(root)), 0.0)
    total_s = whole * whole / capacity if capacity > 0.0 else math.inf
    return Share(capacity * root / whole, total_s)
