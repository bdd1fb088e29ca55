from __future__ import annotations

import numpy as np
import pytest

from qvecsim.decision.branch.networks import Linear, Mlp, Traced

NETWORKS = [Linear(7, 3), Mlp(7, 3, hidden=5), Linear(1, 1), Mlp(2, 1, hidden=1)]


def begun(network, seed=1):
    rng = np.random.default_rng(seed)
    parameters = network.initial(rng.standard_normal(network.size), rng.random(network.size), bias=0.3, spread=0.7)
    return rng, {name: array + 0.1 * rng.standard_normal(array.shape) for name, array in parameters.items()}


@pytest.mark.parametrize("network", NETWORKS)
def test_gradients_against_finite_differences(network):
    rng, parameters = begun(network)
    inputs, of_values = rng.random((6, network.inputs)), rng.standard_normal((6, network.outputs))
    values, back = network.vjp(parameters, inputs)
    assert np.array_equal(values, network.values(parameters, inputs))
    found = back(of_values)
    assert found.keys() == parameters.keys()
    for name, array in parameters.items():
        assert found[name].shape == array.shape
        for place in np.ndindex(array.shape):
            ends = []
            for sign in (1, -1):
                moved = array.copy()
                moved[place] += sign * 1e-5
                ends.append(float(np.sum(of_values * network.values(parameters | {name: moved}, inputs))))
            assert found[name][place] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-6)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_size_is_that_of_the_parameters(network):
    _, parameters = begun(network)
    assert network.size == sum(array.size for array in parameters.values())


def test_the_mlp_has_the_size_that_it_is_compared_at():
    assert Mlp(48, 4).size == 1912


@pytest.mark.parametrize("network", NETWORKS)
def test_no_spread_begins_at_the_bias(network):
    rng = np.random.default_rng(2)
    draws = rng.standard_normal(network.size), rng.random(network.size)
    parameters = network.initial(*draws, bias=-1.5, spread=0.0)
    assert (network.values(parameters, rng.random((4, network.inputs))) == -1.5).all()
    assert np.any(network.values(network.initial(*draws), rng.random((4, network.inputs))) != 0)


def test_rows_are_valued_alone():
    rng, parameters = begun(NETWORKS[1])
    inputs = rng.random((9, 7))
    whole = NETWORKS[1].values(parameters, inputs)
    assert NETWORKS[1].values(parameters, inputs[3:4]) == pytest.approx(whole[3:4])


class Built:
    """A linear network in the shape of those that are built first."""

    inner = Linear(7, 3)
    size = inner.size
    builds = 0

    def initial(self, *draws, **named):
        return self.inner.initial(*draws, **named)

    def build(self, parameters):
        self.builds += 1
        return dict(parameters)

    def values(self, built, inputs):
        return self.inner.values(built, inputs)

    def traced(self, built, inputs):
        return self.inner.vjp(built, inputs)

    def gradient(self, built, trace, of_values):
        return trace(of_values)


def test_a_network_that_is_built_first_is_built_once_for_equal_parameters():
    inner = Built()
    network = Traced(inner)
    rng, parameters = begun(network)
    inputs, of_values = rng.random((4, 7)), rng.random((4, 3))
    for _ in range(3):
        assert np.array_equal(network.values(parameters, inputs), inner.inner.values(parameters, inputs))
    found = network.vjp(parameters, inputs)[1](of_values)
    for name, array in inner.inner.vjp(parameters, inputs)[1](of_values).items():
        assert np.array_equal(found[name], array)
    assert inner.builds == 1
    network.values(dict(parameters), inputs)
    assert inner.builds == 2
