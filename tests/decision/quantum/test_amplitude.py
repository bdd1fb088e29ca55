from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.arrays import to_host
from qvecsim.decision.quantum import amplitude


@given(st.integers(1, 5000))
def test_a_register_is_as_small_as_can_be(dimension):
    size = 2 ** amplitude.qubits(dimension)
    assert dimension <= size
    assert size < 2 * dimension or size == 2


def test_a_state_by_hand(xp):
    states, norms = amplitude.encoded(xp.asarray([[3.0], [0.0], [-4.0]]))
    np.testing.assert_allclose(to_host(states)[:, 0], [0.6, 0.0, -0.8, 0.0], rtol=1e-15)
    assert to_host(norms).tolist() == pytest.approx([5.0])


def test_states_are_normalised_at_any_scale(rng, xp):
    features = rng.standard_normal((5, 6)) * 10.0 ** np.array([-300, -160, -20, 0, 20, 300])
    states, _ = amplitude.encoded(xp.asarray(features))
    np.testing.assert_allclose(np.linalg.norm(to_host(states), axis=0), 1.0, rtol=1e-14)
    np.testing.assert_allclose(to_host(amplitude.encoded(xp.asarray(features * 8.0))[0]), to_host(states), rtol=1e-14)


def test_nothing_becomes_the_ground_state_and_has_no_gradient(xp):
    states, norms = amplitude.encoded(xp.zeros((3, 2)))
    assert to_host(states).tolist() == [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    slope = to_host(amplitude.gradient(states, norms, xp.ones((4, 2)), 3))
    assert slope.tolist() == np.zeros((3, 2)).tolist()


def test_the_gradient_against_finite_differences_and_its_direction(rng, xp):
    features, weights = rng.standard_normal((5, 3)), rng.standard_normal((8, 3))
    states, norms = amplitude.encoded(xp.asarray(features))
    slope = to_host(amplitude.gradient(states, norms, xp.asarray(weights), 5))
    np.testing.assert_allclose(np.sum(slope * features, axis=0), 0.0, atol=1e-14)  # length does not matter
    for place in np.ndindex(5, 3):
        step = np.zeros((5, 3))
        step[place] = 1e-6
        rise = [np.sum(weights * amplitude.encoded(features + sign * step)[0]) for sign in (1, -1)]
        assert slope[place] == pytest.approx((rise[0] - rise[1]) / 2e-6, abs=1e-8)
