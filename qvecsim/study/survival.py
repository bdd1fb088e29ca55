"""How long until something happens, where some have not got there: pure functions of arrays.

``times`` are when a learner got there, or when it was last seen not to have (``reached`` False, which is censored).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.types import Bools, Floats, Ints


class Survival(NamedTuple):
    """A step function: the share that is not there yet from each instant on, beginning at 1."""

    times: Floats  # rising
    share: Floats  # from that instant on


def kaplan_meier(times: Floats, reached: Bools) -> Survival:
    """The product-limit estimate of Kaplan and Meier (1958)."""
    instants = np.unique(times[reached])
    at_risk = (times[:, None] >= instants).sum(axis=0)
    ended = ((times[:, None] == instants) & reached[:, None]).sum(axis=0)
    return Survival(instants, np.cumprod(1.0 - ended / at_risk))


def median(times: Floats, reached: Bools) -> float:
    """The first instant at which half are there; infinite where it was not seen."""
    found = kaplan_meier(times, reached)
    half = np.flatnonzero(found.share <= 0.5)
    return float(found.times[half[0]]) if len(half) else float("inf")


def restricted_mean(times: Floats, reached: Bools, horizon: float) -> float:
    """Mean time until there, or until ``horizon``: the area below the estimate (Irwin 1949)."""
    return float(restricted_means(times, reached, horizon, np.ones((1, len(times)), dtype=np.int64))[0])


def restricted_means(times: Floats, reached: Bools, horizon: float, counts: Ints) -> Floats:
    """(R,) the same for R resamples, in which each learner counts ``counts`` (R, n) times."""
    # One after the other, those who got there before those censored at the same instant: ties need no grouping.
    order = np.lexsort((~reached, times))
    counted, ends, seen = counts[:, order], np.minimum(times[order], horizon), reached[order]
    at_risk = counted[:, ::-1].cumsum(axis=1)[:, ::-1]
    left = np.where(seen, 1.0 - counted / np.maximum(at_risk, 1), 1.0)
    share = np.concatenate([np.ones((len(counts), 1)), np.cumprod(left, axis=1)], axis=1)
    widths = np.diff(np.concatenate([[0.0], ends, [horizon]]))
    return np.asarray(share @ widths)
