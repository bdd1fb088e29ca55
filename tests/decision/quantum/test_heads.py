from __future__ import annotations

import numpy as np
import pytest

from qvecsim.arrays import to_host
from qvecsim.decision.quantum import heads

SIZES = (4, 3, 2)


def actions():
    return list(np.ndindex(SIZES))


def test_a_joint_head_is_what_it_is(rng):
    outputs = rng.standard_normal((5, 24))
    np.testing.assert_array_equal(outputs @ heads.joint(SIZES), outputs)


def test_an_additive_head_adds_the_parts(rng):
    outputs = rng.standard_normal(9)
    expected = [outputs[one] + outputs[4 + two] + outputs[7 + three] for one, two, three in actions()]
    np.testing.assert_allclose(outputs @ heads.additive(SIZES), expected, rtol=1e-14)


def test_a_dueling_head_has_the_state_s_value_as_its_mean(rng):
    outputs = rng.standard_normal(10)
    values = outputs @ heads.dueling(SIZES)
    assert values.mean() == pytest.approx(outputs[0])
    shifted = outputs + np.repeat([0.0, 5.0, -2.0, 1.0], [1, *SIZES])
    np.testing.assert_allclose(shifted @ heads.dueling(SIZES), values, rtol=1e-12)


def test_a_referred_head_tells_what_others_are_worth_beyond_the_first(rng):
    outputs = rng.standard_normal(10)
    values = outputs @ heads.referred(SIZES)
    assert values[0] == outputs[0]
    beyond = outputs.copy()
    beyond[[1, 5, 8]] = 0.0  # the first choices
    expected = [outputs[0] + beyond[1 + one] + beyond[5 + two] + beyond[8 + three] for one, two, three in actions()]
    np.testing.assert_allclose(values, expected, rtol=1e-14)


@pytest.mark.parametrize("head", [heads.additive, heads.dueling])
def test_the_best_choices_are_the_best_action(head, rng, xp):
    matrix = head(SIZES)
    outputs = rng.standard_normal((50, len(matrix)))
    best = [to_host(xp.argmax(part, axis=1)) for part in heads.branches(xp.asarray(outputs), SIZES)]
    assert [part.shape[1] for part in heads.branches(outputs, SIZES)] == list(SIZES)
    np.testing.assert_array_equal(np.ravel_multi_index(best, SIZES), np.argmax(outputs @ matrix, axis=1))
