from __future__ import annotations

import math

import numpy as np
import pytest

from qvecsim.arrays import to_host
from qvecsim.decision.learning.adam import Adam, clipped, decayed, polyak
from qvecsim.errors import ScenarioError


def test_the_first_step_is_as_long_as_the_rate_of_the_block(xp):
    parameters = {"cores": xp.zeros((2, 2)), "head": xp.zeros(3), "fixed": xp.ones(1)}
    gradients = {"cores": xp.ones((2, 2)) * 7.0, "head": -xp.ones(3) * 1e-3, "fixed": xp.ones(1)}
    adam = Adam({"cores": 0.1, "head": 0.02})
    found, moments = adam.step(parameters, gradients, adam.begin(parameters))
    np.testing.assert_allclose(to_host(found["cores"]), -0.1, rtol=1e-6)
    np.testing.assert_allclose(to_host(found["head"]), 0.02, rtol=1e-4)
    assert to_host(found["fixed"]).tolist() == [1.0]
    assert moments.steps == 1
    assert to_host(parameters["cores"]).tolist() == [[0.0, 0.0], [0.0, 0.0]]  # what came in stays


def test_many_steps_against_the_algorithm_as_published(rng, xp):
    adam = Adam({"x": 0.05}, betas=(0.9, 0.99), epsilon=1e-8)
    x, m, v = 1.0, 0.0, 0.0
    parameters = {"x": xp.asarray([1.0])}
    moments = adam.begin(parameters)
    for step, slope in enumerate(rng.standard_normal(50), start=1):
        m, v = 0.9 * m + 0.1 * slope, 0.99 * v + 0.01 * slope**2
        x -= 0.5 * 0.05 * (m / (1 - 0.9**step)) / (math.sqrt(v / (1 - 0.99**step)) + 1e-8)
        parameters, moments = adam.step(parameters, {"x": xp.asarray([slope])}, moments, scale=0.5)
    assert float(parameters["x"][0]) == pytest.approx(x, rel=1e-12)


def test_it_finds_the_bottom_of_a_valley():
    adam, parameters = Adam({"x": 0.05}), {"x": np.array([3.0, -2.0])}
    moments = adam.begin(parameters)
    for step in range(2000):
        slope = {"x": np.array([1.0, 100.0]) * (parameters["x"] - np.array([0.5, 0.25]))}
        parameters, moments = adam.step(parameters, slope, moments, decayed(step / 2000, 0.01))
    np.testing.assert_allclose(parameters["x"], [0.5, 0.25], atol=1e-3)


def test_a_rate_for_no_block_is_refused():
    with pytest.raises(ScenarioError, match=r"'lr' must name blocks there are \(got 'angle'\). Did you mean 'angles'"):
        Adam({"angle": 0.1}).begin({"angles": np.zeros(1)})


def test_long_gradients_are_shortened_together(xp):
    gradients = {"one": xp.asarray([3.0]), "two": xp.asarray([[4.0]])}
    assert {name: float(xp.sum(array)) for name, array in clipped(gradients, 5.0).items()} == {"one": 3.0, "two": 4.0}
    short = clipped(gradients, 1.0)
    assert float(short["one"][0]) == pytest.approx(0.6)
    assert float(short["two"][0, 0]) == pytest.approx(0.8)


def test_decay_and_average(xp):
    assert [decayed(progress, 0.1) for progress in (0.0, 0.5, 1.0, 2.0)] == pytest.approx([1.0, 0.55, 0.1, 0.1])
    average = {"x": xp.asarray([0.0])}
    for _ in range(3):
        average = polyak(average, {"x": xp.asarray([1.0])}, 0.25)
    assert float(average["x"][0]) == pytest.approx(1.0 - 0.75**3)
