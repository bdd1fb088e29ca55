"""Sequential batches: who decides together, and who sees whose load. Level: rows of an observation."""

from __future__ import annotations

import itertools

import numpy as np

from qvecsim.types import Ints, Observation

TASKS_A_BATCH = 5
MOST_BATCHES = 24


def batches(tasks: int, tasks_a_batch: int = TASKS_A_BATCH, most: int = MOST_BATCHES) -> list[slice]:
    """Consecutive parts of ``tasks``, about ``tasks_a_batch`` long but not more than ``most``; none of no tasks.

    Those of a batch decide at once and see the load of the batches before. One task a batch is one by one.
    """
    count = min(-(-tasks // tasks_a_batch), most)
    edges = [tasks * index // count for index in range(count + 1)] if count else []
    return [slice(begin, end) for begin, end in itertools.pairwise(edges)]


def urgent_first(observation: Observation) -> Ints:
    """The deciding rows by deadline, then by task: pools serve in this order, so whoever is first finds its key."""
    rows = np.flatnonzero(observation.deciding)
    return rows[np.lexsort((observation.task[rows], observation.left_s[rows]))]
