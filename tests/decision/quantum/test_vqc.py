from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from qvecsim.arrays import to_host
from qvecsim.decision.quantum import each, each_buffered, evolution, shared, vqc
from qvecsim.decision.quantum.vqc import ANSATZE, Circuit
from qvecsim.errors import ScenarioError

from .gatewise import Z, on, unitary

SHAPES = [(qubits, layers, ansatz) for ansatz in ANSATZE for qubits, layers in ((1, 2), (2, 2), (3, 0), (3, 1), (5, 3))]
every_shape = pytest.mark.parametrize(("qubits", "layers", "ansatz"), SHAPES)


def states_of(rng, circuit, batch=4):
    found = rng.standard_normal((circuit.states, batch))
    return found / np.linalg.norm(found, axis=0)


def loss(circuit, angles, scales, states, weights):
    return float(np.sum(weights * evolution.probabilities(evolution.built(circuit, angles, scales), states)))


@every_shape
def test_probabilities_are_those_of_the_gates_one_by_one(qubits, layers, ansatz, rng, xp):
    circuit = Circuit(qubits, layers, ansatz)
    angles, states = rng.normal(size=circuit.angle_shape), states_of(rng, circuit)
    expected = np.abs(unitary(circuit, angles) @ states) ** 2
    ready = evolution.built(circuit, xp.asarray(angles))
    np.testing.assert_allclose(to_host(evolution.probabilities(ready, xp.asarray(states))), expected, atol=1e-14)


@every_shape
def test_the_whole_matrix_is_that_of_the_gates_and_unitary(qubits, layers, ansatz, rng, xp):
    circuit = Circuit(qubits, layers, ansatz)
    angles = rng.normal(size=circuit.angle_shape)
    planes = to_host(evolution.unitary(circuit, xp.asarray(angles), whole=True)).reshape(-1, 2**qubits, 2**qubits)
    matrix = planes[0] + 1j * planes[1] if len(planes) == 2 else planes[0]
    np.testing.assert_allclose(matrix, unitary(circuit, angles), atol=1e-14)
    np.testing.assert_allclose(matrix @ matrix.conj().T, np.eye(2**qubits), atol=1e-14)


@pytest.mark.parametrize("ansatz", ANSATZE)
@pytest.mark.parametrize("qubits", [4, 8, 9])
def test_all_forms_of_simulation_agree(qubits, ansatz, rng):
    circuit = Circuit(qubits, 3, ansatz)
    angles, states = rng.normal(size=circuit.angle_shape), states_of(rng, circuit, 70)
    weights = rng.standard_normal(states.shape)
    layers = each.layers(circuit, angles[None])
    ends, turned = each.run(circuit, layers, states.T)
    plain = np.sum(ends * ends, axis=1).T
    own = np.broadcast_to(angles, (70, *angles.shape))
    matrix = evolution.Built(circuit, angles, None, evolution.unitary(circuit, angles), None)
    plan = shared.plan(circuit, angles)
    for found in (
        shared.probabilities(plan, states),
        each_buffered.probabilities(circuit, own, states.T).T,
        evolution.probabilities(matrix, states),
    ):
        np.testing.assert_allclose(found, plain, atol=1e-14)
    of_angles, of_states = each.back(circuit, layers, turned, 2.0 * ends * weights.T[:, None])
    for slopes, back in (shared.gradient(plan, states, weights), evolution.gradient(matrix, states, weights)):
        slopes = slopes["angles"] if isinstance(slopes, dict) else slopes
        np.testing.assert_allclose(slopes, of_angles.sum(axis=0), atol=1e-11)
        np.testing.assert_allclose(back, of_states.T, atol=1e-12)


@pytest.mark.parametrize("batch", [1, 8, 23])
def test_chunks_of_any_size_give_the_same(batch, rng, monkeypatch):
    circuit = Circuit(5, 2, "ry_rz_cz")
    angles, states = rng.normal(size=circuit.angle_shape), states_of(rng, circuit, batch)
    own, weights = rng.normal(size=(batch, *circuit.angle_shape)), rng.standard_normal(states.shape)
    plan = shared.plan(circuit, angles)
    found = [shared.probabilities(plan, states), each_buffered.probabilities(circuit, own, states.T)]
    found += shared.gradient(plan, states, weights)
    monkeypatch.setattr(shared, "CHUNK_BYTES", 1)  # eight at a time
    monkeypatch.setattr(each_buffered, "CHUNK", 3)
    again = [shared.probabilities(plan, states), each_buffered.probabilities(circuit, own, states.T)]
    again += shared.gradient(plan, states, weights)
    for one, other in zip(found, again, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-13)


@pytest.mark.parametrize("reupload", [False, True])
@every_shape
def test_gradients_equal_finite_differences_and_parameter_shift(qubits, layers, ansatz, reupload, rng, xp):
    circuit = Circuit(qubits, layers, ansatz, reupload=reupload)
    angles, scales = rng.normal(size=(2, *circuit.angle_shape))
    scales = scales if reupload else None
    states, weights = states_of(rng, circuit), rng.standard_normal((circuit.states, 4))
    ready = evolution.built(circuit, xp.asarray(angles), None if scales is None else xp.asarray(scales))
    slopes, of_states = evolution.gradient(ready, xp.asarray(states), xp.asarray(weights))
    slopes = {name: to_host(array) for name, array in slopes.items()}
    assert set(slopes) == ({"angles", "scales"} if reupload else {"angles"})
    for place in np.ndindex(circuit.angle_shape):
        step = np.zeros(circuit.angle_shape)
        step[place] = 1.0
        found = [loss(circuit, angles + size * step, scales, states, weights) for size in (1e-6, -1e-6)]
        assert slopes["angles"][place] == pytest.approx((found[0] - found[1]) / 2e-6, abs=1e-6)
        turned = [loss(circuit, angles + size * step, scales, states, weights) for size in (np.pi / 2, -np.pi / 2)]
        assert slopes["angles"][place] == pytest.approx((turned[0] - turned[1]) / 2.0, abs=1e-9)
        if reupload:
            found = [loss(circuit, angles, scales + size * step, states, weights) for size in (1e-6, -1e-6)]
            assert slopes["scales"][place] == pytest.approx((found[0] - found[1]) / 2e-6, abs=1e-6)
    for place in ((0, 0), (circuit.states - 1, 3), (1, 2)):
        step = np.zeros(states.shape)
        step[place] = 1e-6
        found = [loss(circuit, angles, scales, states + sign * step, weights) for sign in (1, -1)]
        assert to_host(of_states)[place] == pytest.approx((found[0] - found[1]) / 2e-6, abs=1e-6)


@pytest.mark.parametrize("ansatz", ANSATZE)
def test_reuploading_is_a_circuit_of_its_own_for_each_sample(ansatz, rng, xp):
    circuit = Circuit(4, 2, ansatz, reupload=True)
    angles, scales = rng.normal(size=(2, *circuit.angle_shape))
    states = states_of(rng, circuit)
    ready = evolution.built(circuit, xp.asarray(angles), xp.asarray(scales))
    found = to_host(evolution.probabilities(ready, xp.asarray(states)))
    for sample in range(4):
        matrix = unitary(circuit, angles + scales * states[:4, sample])
        np.testing.assert_allclose(found[:, sample], np.abs(matrix @ states[:, sample]) ** 2, atol=1e-14)


@pytest.mark.parametrize("qubits", [1, 2, 3, 5])
def test_readings_are_the_diagonals_of_z_and_zz(qubits):
    spins = [np.diag(on(Z, qubit, qubits)) for qubit in range(qubits)]
    pairs = [one * other for one, other in combinations(spins, 2)]
    np.testing.assert_array_equal(Circuit(qubits, readout="z").readings, [np.ones(2**qubits), *spins])
    np.testing.assert_array_equal(Circuit(qubits, readout="zz").readings, [np.ones(2**qubits), *spins, *pairs])
    np.testing.assert_array_equal(Circuit(qubits, readout="prob").readings, 2**qubits * np.eye(2**qubits))


def test_literal_probabilities_sum_to_a_constant(rng):
    """Why ``prob`` cannot represent the value of a state: whatever it is, its readings sum to 2^qubits."""
    circuit = Circuit(3, 2, readout="prob")
    ready = evolution.built(circuit, rng.normal(size=circuit.angle_shape))
    read = evolution.expectations(circuit, evolution.probabilities(ready, states_of(rng, circuit)))
    np.testing.assert_allclose(read.sum(axis=0), 8.0, rtol=1e-14)


def test_angles_begin_within_their_width(rng, xp):
    circuit = Circuit(4, 3, "ry_rz_cz")
    angles = to_host(vqc.initial(circuit, xp.asarray(rng.random(circuit.angle_shape))))
    assert angles.shape == (3, 2, 4)
    assert -0.3 < angles.min() < 0.0 < angles.max() < 0.3


def test_shots_estimate_probabilities_within_their_error(rng, xp):
    """Each frequency of S shots is binomial: within five standard deviations, and the error falls as 1 / sqrt(S)."""
    chances = rng.random((8, 3))
    chances /= chances.sum(axis=0)
    errors = []
    for shots in (100, 10_000, 200_000):
        found = to_host(evolution.frequencies(xp.asarray(chances), xp.asarray(rng.random((shots, 3)))))
        np.testing.assert_allclose(found.sum(axis=0), 1.0, rtol=1e-12)
        assert np.all(np.abs(found - chances) <= 5.0 * np.sqrt(chances * (1.0 - chances) / shots))
        errors.append(np.abs(found - chances).max())
    assert errors[0] > errors[1] > errors[2]


@pytest.mark.parametrize("qubits", range(1, 15))
def test_blocks_cover_all_qubits_once(qubits):
    spans = shared.spans(qubits)
    assert spans[0][1] == qubits
    assert spans[-1][0] == 0
    assert all(one[0] == other[1] for one, other in pairwise(spans))
    assert max(high - low for low, high in spans) <= 4


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"qubits": 0}, r"'vqc.qubits' must be from 1 to 14 \(got 0\)"),
        ({"qubits": 15}, r"'vqc.qubits' must be from 1 to 14 \(got 15\)"),
        ({"qubits": 2, "layers": -1}, "'vqc.layers' must not be negative"),
        ({"qubits": 2, "ansatz": "ry_cz"}, r"'vqc.ansatz' must be known \(got 'ry_cz'\). Did you mean"),
        ({"qubits": 2, "readout": "x"}, r"'vqc.readout' must be known \(got 'x'\). Known: prob, z, zz"),
    ],
)
def test_impossible_circuits_are_refused(settings, said):
    with pytest.raises(ScenarioError, match=said):
        Circuit(**settings)
