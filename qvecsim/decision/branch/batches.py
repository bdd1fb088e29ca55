"""Sequential batches: who decides together, and who sees whose load. Level: rows of an observation."""

from __future__ import annotations

import numpy as np

from qvecsim.types import Ints, Observation

TASKS_A_BATCH = 5
MOST_BATCHES = 64


def batches(rows: Ints, tasks_a_batch: int = TASKS_A_BATCH, most: int = MOST_BATCHES) -> list[Ints]:
    """Consecutive parts of ``rows``, about ``tasks_a_batch`` long but not more than ``most``; none of no rows.

    Those of a batch decide at once and see the load of the batches before. One task a batch is one by one.
    """
    if not len(rows):
        return []
    count = min(max(-(-len(rows) // tasks_a_batch), 1), most, len(rows))
    return np.array_split(rows, count)


def urgent_first(observation: Observation) -> Ints:
    """The deciding rows by deadline, then by task: pools serve in this order, so whoever is first finds its key."""
    rows = np.flatnonzero(observation.deciding)
    return rows[np.lexsort((observation.task[rows], observation.left_s[rows]))]
