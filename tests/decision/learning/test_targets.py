from __future__ import annotations

import numpy as np
import pytest

from qvecsim.arrays import to_host
from qvecsim.decision.learning import targets


def test_double_dqn_by_hand(xp):
    """One network chooses, the other says what it is worth; the last state of an episode is worth nothing more."""
    online = xp.asarray([[1.0, 3.0, 2.0], [5.0, -xp.inf, 4.0], [0.0, 0.0, 9.0]])
    averaged = xp.asarray([[10.0, 20.0, 30.0], [1.0, 99.0, 2.0], [7.0, 7.0, 7.0]])
    found = targets.double_dqn(xp.asarray([0.5, 0.0, -1.0]), xp.asarray([0.9, 0.9, 0.0]), online, averaged)
    assert to_host(found).tolist() == pytest.approx([18.5, 0.9, -1.0])


def test_values_of_invalid_actions_do_not_reach_a_target(xp):
    online = xp.asarray([[-xp.inf, 1.0]])
    averaged = xp.asarray([[-xp.inf, 2.0]])
    found = targets.double_dqn(xp.asarray([0.0]), xp.asarray([0.5]), online, averaged)
    assert to_host(found).tolist() == [1.0]


def test_huber_by_hand_and_by_its_slope(rng, xp):
    loss, slope = targets.huber(xp.asarray([0.0, 1.0, -1.0, 2.0, -5.0]), 2.0)
    assert to_host(loss).tolist() == [0.0, 0.5, 0.5, 2.0, 8.0]
    assert to_host(slope).tolist() == [0.0, 1.0, -1.0, 2.0, -2.0]
    errors = rng.normal(0.0, 3.0, 200)
    rise = targets.huber(errors + 1e-6, 2.0)[0] - targets.huber(errors - 1e-6, 2.0)[0]
    np.testing.assert_allclose(targets.huber(errors, 2.0)[1], rise / 2e-6, atol=1e-6)


def test_the_gradient_of_a_mini_batch(rng, xp):
    values, goals = rng.normal(0.0, 2.0, (8, 4)), rng.normal(0.0, 2.0, 8)
    actions = rng.integers(0, 4, 8)
    loss, slope = targets.of_values(xp.asarray(values), xp.asarray(actions), xp.asarray(goals), 1.5)
    assert float(loss) == pytest.approx(targets.huber(values[np.arange(8), actions] - goals, 1.5)[0].mean())
    for place in np.ndindex(8, 4):
        step = np.zeros((8, 4))
        step[place] = 1e-6
        rise = [float(targets.of_values(values + sign * step, actions, goals, 1.5)[0]) for sign in (1, -1)]
        assert to_host(slope)[place] == pytest.approx((rise[0] - rise[1]) / 2e-6, abs=1e-8)
