"""Learning curves as verdicts: scores between two references, when a level is reached, and by how much sooner.

A curve is what a learner's evaluations came to, one number each, at rising places of an axis (episodes, slots,
updates, CPU seconds). A score is 0 at one reference and 1 at the other; it is not clipped.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from qvecsim.results.intervals import LEVEL, RESAMPLES, SEED, Interval
from qvecsim.study.survival import restricted_means
from qvecsim.types import Bools, Floats, Ints

SMOOTHED = 3  # evaluations


class Reached(NamedTuple):
    """(seeds,) when each got there, or when it was last seen not to have."""

    times: Floats
    reached: Bools


class Speedup(NamedTuple):
    """One learner against another: ratio of their restricted mean times E_a / E_b, in two readings."""

    saved: float  # 1 - E_a / E_b: share of the other's time that is not needed
    saved_interval: Interval
    faster: float  # E_b / E_a - 1: how much faster
    faster_interval: Interval
    sooner: float  # share of resamples in which E_a < E_b, ties half


def score(values: Floats, low: float, high: float) -> Floats:
    """Values on the scale on which one reference is 0 and the other 1."""
    return (values - low) / (high - low)


def smoothed(values: Floats, over: int = SMOOTHED) -> Floats:
    """Mean of each value and those before it along the last axis, at most ``over``."""
    total = np.cumsum(values, axis=-1)
    lagged = np.concatenate([np.zeros_like(total[..., :over]), total[..., :-over]], axis=-1)[..., : values.shape[-1]]
    return np.asarray(total - lagged) / np.minimum(np.arange(values.shape[-1]) + 1, over)


def first(places: Floats, scores: Floats, level: float, horizon: float = np.inf) -> Reached:
    """Where each smoothed curve (seeds, evaluations) first has a score of ``level``, within ``horizon``.

    ``places`` are of the same shape. Who is not there by then is censored there, or at the end of its curve.
    """
    there = (smoothed(scores) >= level) & (places <= horizon)
    reached: Bools = np.asarray(there.any(axis=1))
    at = places[np.arange(len(places)), there.argmax(axis=1)]
    return Reached(np.where(reached, at, np.minimum(places[:, -1], horizon)), reached)


def area(places: Floats, scores: Floats) -> Floats:
    """(seeds,) mean height of each curve over its whole axis, by trapezoids."""
    width = places[:, -1] - places[:, 0]
    return np.asarray(np.trapezoid(scores, places, axis=1) / width)


def final(scores: Floats, last: int = 5) -> Floats:
    """(seeds,) mean of the last evaluations."""
    return np.asarray(scores[:, -last:].mean(axis=1))


def speedup(one: Reached, other: Reached, horizon: float) -> Speedup:
    """Both on the same seeds, which are resampled together: a percentile bootstrap at ``LEVEL`` (Efron 1979)."""
    whole = np.ones((1, len(one.times)), dtype=np.int64)
    counts = np.concatenate([whole, resampled(len(one.times))])
    mine, theirs = (np.maximum(restricted_means(*each, horizon, counts), 1e-9) for each in (one, other))
    saved, faster = 1.0 - mine / theirs, theirs / mine - 1.0
    sooner = np.mean((mine[1:] < theirs[1:]) + 0.5 * (mine[1:] == theirs[1:]))
    return Speedup(float(saved[0]), quantiles(saved[1:]), float(faster[0]), quantiles(faster[1:]), float(sooner))


def resampled(seeds: int, resamples: int = RESAMPLES) -> Ints:
    """(resamples, seeds) how often each seed is drawn; the same every time."""
    draw = np.random.Generator(np.random.PCG64(SEED))
    return np.asarray(draw.multinomial(seeds, np.full(seeds, 1.0 / seeds), resamples))


def quantiles(values: Floats) -> Interval:
    """The middle ``LEVEL`` of them."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def mean_interval(values: Floats) -> tuple[float, Interval]:
    """A mean over seeds and its percentile bootstrap."""
    counts: Any = resampled(len(values))
    return float(values.mean()), quantiles(counts @ values / len(values))
