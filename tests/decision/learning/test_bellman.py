from __future__ import annotations

import numpy as np
import pytest

from qvecsim.arrays import to_host
from qvecsim.decision.learning import bellman

STATES, ACTIONS, DISCOUNT = 6, 3, 0.8


@pytest.fixture
def process(rng):
    """A made-up process of six states and three actions: rewards, and transitions that sum to one."""
    transitions = rng.random((STATES, ACTIONS, STATES)) ** 4
    return rng.standard_normal((STATES, ACTIONS)), transitions / transitions.sum(axis=2, keepdims=True)


def solved(rewards, transitions):
    """The best policy's values by trying all 3^6 policies and solving the linear equations of each."""
    best = np.full((STATES, ACTIONS), -np.inf)
    for policy in np.ndindex((ACTIONS,) * STATES):
        rows = np.arange(STATES), np.array(policy)
        values = np.linalg.solve(np.eye(STATES) - DISCOUNT * transitions[rows], rewards[rows])
        best = np.maximum(best, rewards + DISCOUNT * transitions @ values)
    return best


def test_returns_by_hand(xp):
    found = bellman.discounted(xp.asarray([[1.0, 2.0, 4.0], [0.0, 0.0, 1.0]]), 0.5)
    assert to_host(found).tolist() == [3.0, 0.25]


def test_sweeps_reach_the_optimum_of_all_policies(process, xp):
    rewards, transitions = map(xp.asarray, process)
    values = xp.zeros((STATES, ACTIONS))
    for _ in range(200):
        values = bellman.optimal(values, rewards, transitions, DISCOUNT)
    np.testing.assert_allclose(to_host(values), solved(*process), atol=1e-10)
    policy = np.eye(ACTIONS)[to_host(bellman.greedy(values))]
    again = bellman.evaluated(values, rewards, transitions, xp.asarray(policy), DISCOUNT)
    np.testing.assert_allclose(to_host(again), to_host(values), atol=1e-10)


def test_q_learning_reaches_the_optimum(process, rng):
    """All entries at once with a rate of 1 / sweep^0.7: the law of large numbers does the expectation."""
    rewards, transitions = process
    values = np.zeros((STATES, ACTIONS))
    edges = transitions.cumsum(axis=2)
    for sweep in range(1, 20_001):
        ahead = (rng.random((STATES, ACTIONS, 1)) > edges).sum(axis=2).clip(0, STATES - 1)
        values = bellman.tabular(values, rewards, values.max(axis=1)[ahead], sweep**-0.7, DISCOUNT)
    best = solved(rewards, transitions)
    np.testing.assert_allclose(values, best, atol=0.05)
    assert (values.argmax(axis=1) == best.argmax(axis=1)).all()
