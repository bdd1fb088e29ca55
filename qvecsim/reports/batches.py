"""How far a mean of one run may be trusted: the method of batch means (Law, Simulation Modeling and Analysis, 2015).

The run is cut into equal times. Their sums differ by chance and by what the traffic does; if they are as good as
independent, Student's interval of the ratio estimator (Cochran, Sampling Techniques, 1977, 2.11) covers the mean of an
endless run like this one. It says nothing about other seeds or other roads.
"""

from __future__ import annotations

import math

import numpy as np

from qvecsim.results.intervals import LEVEL, Interval, t_quantile
from qvecsim.types import Floats, Ints

BATCHES = 20
LEAST_BATCHES = 5
LEAST_SLOTS = 10  # in a batch


def count_of(slots: int) -> int:
    """Into how many batches a run is cut; 0 where it is too short to be."""
    batches = min(BATCHES, slots // LEAST_SLOTS)
    return batches if batches >= LEAST_BATCHES else 0


def batch_of(slot: Ints, slots: int, batches: int) -> Ints:
    """In which batch each slot is."""
    return np.minimum(np.asarray(slot, np.int64) * batches // max(slots, 1), batches - 1)


def sums(batch: Ints, values: Floats, batches: int) -> Floats:
    """What the values add up to in each batch; NaN counts as nothing."""
    return np.bincount(batch, weights=np.nan_to_num(values, nan=0.0), minlength=batches).astype(np.float64)


def ratio(above: Floats, below: Floats) -> Interval | None:
    """The interval of the sum of ``above`` over that of ``below``, from their sums in each batch."""
    batches = len(above)
    if batches < LEAST_BATCHES or not below.sum() > 0:
        return None
    mean = float(above.sum() / below.sum())
    rest = above - mean * below
    error = math.sqrt(float(rest @ rest) / (batches * (batches - 1))) / float(below.mean())
    reach = t_quantile((1 + LEVEL) / 2, batches - 1) * error
    return mean - reach, mean + reach
