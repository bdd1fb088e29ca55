from __future__ import annotations

from math import prod

import numpy as np
import pytest

from qvecsim.arrays import to_host
from qvecsim.decision.quantum import amplitude, evolution
from qvecsim.decision.quantum.mps import Mps
from qvecsim.decision.quantum.network import Network
from qvecsim.decision.quantum.vqc import Circuit
from qvecsim.errors import PolicyError, ScenarioError

NETWORKS = {
    "default": Network(Mps((0, 1, 2) * 13, 4, 16), Circuit(4), 6),
    "untied": Network(Mps(tuple(range(9)), 3, 7), Circuit(3, 2, "ry_rz_cz", "z"), 2),
    "own circuits": Network(Mps((0, 1) * 5, 3, 8), Circuit(3, 2, "ry_rz_cz", reupload=True), 3),
    "no layers": Network(Mps((0, 1) * 20, 4, 16), Circuit(4, 0), 5),
    "literal": Network(Mps((0, 0, 1, 1), 4, 8), Circuit(3, 2, readout="prob"), 4),
    "no chain": Network(None, Circuit(3, 3), 4),
}
each_network = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)


def parameters(network, rng):
    found = network.initial(rng.standard_normal(network.size), rng.random(network.size))
    return {name: array + 0.2 * rng.standard_normal(array.shape) for name, array in found.items()}


def inputs_of(network, rng, batch=5):
    return rng.random((batch, network.chain.inputs if network.chain else 6))


def moved(xp, found):
    return {name: xp.asarray(array) for name, array in found.items()}


@each_network
def test_every_gradient_against_finite_differences(network, rng, xp):
    found, inputs = parameters(network, rng), inputs_of(network, rng)
    weights = rng.standard_normal((5, network.outputs))

    def loss(changed):
        return float(np.sum(weights * network.values(network.build(changed), inputs)))

    built = network.build(moved(xp, found))
    values, trace = network.traced(built, xp.asarray(inputs))
    slopes = network.gradient(built, trace, xp.asarray(weights))
    assert float(np.sum(weights * to_host(values))) == pytest.approx(loss(found), rel=1e-12)
    assert {name: to_host(array).shape for name, array in slopes.items()} == network.shapes
    for name, array in found.items():
        for place in rng.choice(array.size, min(6, array.size), replace=False) if array.size else ():
            step = np.zeros(array.size)
            step[place] = 1e-6
            step = step.reshape(array.shape)
            rise = loss({**found, name: array + step}) - loss({**found, name: array - step})
            assert to_host(slopes[name]).reshape(-1)[place] == pytest.approx(rise / 2e-6, abs=1e-6)


@each_network
def test_values_are_the_same_whole_by_rows_and_traced(network, rng, xp):
    built = network.build(moved(xp, parameters(network, rng)))
    inputs = inputs_of(network, rng)
    whole = to_host(network.values(built, xp.asarray(inputs)))
    assert whole.shape == (5, network.outputs)
    np.testing.assert_allclose(to_host(network.traced(built, xp.asarray(inputs))[0]), whole, rtol=1e-13)
    for row in range(5):
        alone = to_host(network.values(built, xp.asarray(inputs[row : row + 1])))
        np.testing.assert_allclose(alone[0], whole[row], rtol=1e-12, atol=1e-14)


@each_network
def test_parameters_have_the_shapes_that_are_told(network, rng):
    found = network.initial(rng.standard_normal(network.size), rng.random(network.size), bias=-3.0)
    assert {name: array.shape for name, array in found.items()} == network.shapes
    assert network.size == sum(prod(shape) for shape in network.shapes.values())
    if network.circuit.readout != "prob":
        assert (found["head"][0] == -3.0).all()


def test_the_number_of_parameters_depends_on_the_types_and_not_on_the_inputs():
    sizes = {Network(Mps((0, 1, 2) * count), Circuit(4), 8).size for count in (4, 40, 400)}
    assert sizes == {3 * 2 * 16 + 16 * 16 + 4 + 11 * 8}


def test_single_precision_stays_and_is_near(rng, xp):
    network = NETWORKS["default"]
    found, inputs = parameters(network, rng), inputs_of(network, rng)
    built = network.build(moved(xp, {name: array.astype(np.float32) for name, array in found.items()}))
    values, trace = network.traced(built, xp.asarray(inputs.astype(np.float32)))
    assert values.dtype == xp.float32
    slopes = network.gradient(built, trace, values)
    assert all(array.dtype == xp.float32 for array in slopes.values())
    np.testing.assert_allclose(to_host(values), network.values(network.build(found), inputs), atol=2e-4)


def form(network, found, states):
    """Values as a function of the encoded state, of any length."""
    circuit = network.circuit
    ready = evolution.built(circuit, found["angles"], found.get("scales"))
    return evolution.expectations(circuit, evolution.probabilities(ready, states)).T @ found["head"]


@pytest.mark.parametrize(("reupload", "quadratic"), [(False, True), (True, False)])
def test_without_reuploading_a_value_is_a_quadratic_form_of_the_state(reupload, quadratic, rng):
    """The parallelogram law holds for quadratic forms and for nothing else: no circuit of this kind is more."""
    network = Network(Mps((0, 1), 4, 8), Circuit(3, 3, "ry_rz_cz", reupload=reupload), 2)
    found = parameters(network, rng)
    one, other = rng.standard_normal((2, 8, 6))
    both = form(network, found, one + other) + form(network, found, one - other)
    apart = 2.0 * form(network, found, one) + 2.0 * form(network, found, other)
    assert np.allclose(both, apart, rtol=1e-12) == quadratic


def test_the_form_s_matrix_gives_the_values_classically(rng):
    network = NETWORKS["default"]
    found, inputs = parameters(network, rng), inputs_of(network, rng)
    unitary = evolution.unitary(network.circuit, found["angles"])
    observables = np.einsum("ka,ks->as", found["head"], network.circuit.readings)
    matrices = np.einsum("si,as,sj->aij", unitary, observables, unitary)
    states, _ = amplitude.encoded(network._features(network.build(found), inputs))
    expected = np.einsum("ib,aij,jb->ba", states, matrices, states)
    np.testing.assert_allclose(network.values(network.build(found), inputs), expected, rtol=1e-10)


def test_inputs_that_do_not_fit_are_refused(rng):
    for name, width, said in (("untied", 8, r"shape \(batch, 9\) \(got \(2, 8\)\)"), ("no chain", 9, "Take 4 qubits")):
        built = NETWORKS[name].build(parameters(NETWORKS[name], rng))
        for call in (NETWORKS[name].values, NETWORKS[name].traced):
            with pytest.raises(PolicyError, match=said):
                call(built, rng.random((2, width)))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ScenarioError, match=r"'vqc.qubits' must fit 'mps.features' \(got 4 and 8\). Take 3 qubits"):
        Network(Mps((0, 1), 4, 8), Circuit(4), 2)
    with pytest.raises(ScenarioError, match=r"'outputs' must be at least 1 \(got 0\)"):
        Network(Mps((0, 1), 4, 16), Circuit(4), 0)
