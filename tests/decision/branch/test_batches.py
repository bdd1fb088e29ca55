from __future__ import annotations

import numpy as np
import pytest

from qvecsim.decision.branch.batches import MOST_BATCHES, TASKS_A_BATCH, batches, urgent_first

from ..sight import seen


@pytest.mark.parametrize("tasks", [0, 1, 4, 5, 6, 23, 99, 500, 5000])
def test_batches_are_consecutive_and_leave_nobody_out(tasks):
    parts = batches(tasks)
    rows = [row for part in parts for row in range(tasks)[part]]
    assert rows == list(range(tasks))
    lengths = [part.stop - part.start for part in parts]
    assert all(lengths)
    assert max(lengths, default=0) - min(lengths, default=0) <= 1
    assert len(parts) == min(-(-tasks // TASKS_A_BATCH), MOST_BATCHES)


def test_one_by_one_is_one_task_a_batch():
    assert [part.stop - part.start for part in batches(70, 1, 10**9)] == [1] * 70


def test_the_most_urgent_come_first_and_equals_by_task():
    observation = seen(5, left_s=[0.3, -0.1, 0.3, 2.0, 0.1], task=[9, 8, 4, 3, 2], deciding=[1, 1, 1, 1, 0])
    assert urgent_first(observation).tolist() == [1, 2, 0, 3]


def test_nobody_decides():
    assert not len(urgent_first(seen(3, deciding=False)))
    assert not len(urgent_first(seen(0)))


def test_the_order_does_not_depend_on_rows():
    rng = np.random.default_rng(3)
    left_s, task = rng.uniform(0, 1, 30), rng.permutation(30)
    one = seen(30, left_s=left_s, task=task)
    shuffle = rng.permutation(30)
    other = seen(30, left_s=left_s[shuffle], task=task[shuffle])
    assert one.task[urgent_first(one)].tolist() == other.task[urgent_first(other)].tolist()
