from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from scipy.stats import chisquare

from qvecsim.arrays import to_host
from qvecsim.decision.quantum import aer, cost, evolution, grover, register
from qvecsim.decision.quantum.vqc import ANSATZE, Circuit
from qvecsim.errors import ScenarioError

SHAPES = [(ansatz, qubits, layers) for ansatz in ANSATZE for qubits, layers in ((1, 2), (2, 2), (4, 1), (6, 3))]


def case(circuit, rng):
    state = rng.standard_normal(circuit.states)
    return rng.normal(size=circuit.angle_shape), state / np.linalg.norm(state)


@pytest.mark.parametrize(("ansatz", "qubits", "layers"), SHAPES)
def test_states_agree_with_aer(ansatz, qubits, layers, rng, xp):
    circuit = Circuit(qubits, layers, ansatz)
    angles, state = case(circuit, rng)
    planes = to_host(evolution.unitary(circuit, xp.asarray(angles), whole=True)).reshape(-1, 2**qubits, 2**qubits)
    own = (planes[0] + 1j * planes[1] if len(planes) == 2 else planes[0]) @ state
    found = aer.amplitudes(aer.evaluation(circuit, angles, state))
    found = found * np.exp(1j * np.angle(np.vdot(found, own)))  # a phase of the whole is no state's
    np.testing.assert_allclose(found, own, atol=1e-10)
    ready = evolution.built(circuit, xp.asarray(angles))
    chances = to_host(evolution.probabilities(ready, xp.asarray(state[:, None])))
    np.testing.assert_allclose(np.abs(found) ** 2, chances[:, 0], atol=1e-10)


@pytest.mark.parametrize("ansatz", ANSATZE)
def test_reuploaded_circuits_agree_with_aer(ansatz, rng, xp):
    circuit = Circuit(3, 2, ansatz, reupload=True)
    angles, state = case(circuit, rng)
    scales = rng.normal(size=circuit.angle_shape)
    ready = evolution.built(circuit, xp.asarray(angles), xp.asarray(scales))
    chances = to_host(evolution.probabilities(ready, xp.asarray(state[:, None])))
    found = aer.amplitudes(aer.evaluation(circuit, angles + scales * state[:3], state))
    np.testing.assert_allclose(np.abs(found) ** 2, chances[:, 0], atol=1e-10)


def test_gradients_agree_with_parameter_shift_on_aer(rng):
    circuit = Circuit(4, 2, "ry_rz_cz")
    angles, state = case(circuit, rng)
    weights = rng.standard_normal(16)

    def loss(turned):
        return weights @ np.abs(aer.amplitudes(aer.evaluation(circuit, turned, state))) ** 2

    ready = evolution.built(circuit, angles)
    slopes, _ = evolution.gradient(ready, state[:, None], weights[:, None])
    for place in ((0, 0, 1), (0, 1, 2), (1, 0, 3), (1, 1, 0)):
        step = np.zeros(circuit.angle_shape)
        step[place] = np.pi / 2.0
        shifted = (loss(angles + step) - loss(angles - step)) / 2.0
        assert slopes["angles"][place] == pytest.approx(shifted, abs=1e-9)


@pytest.mark.parametrize("order", grover.ORDERS)
@pytest.mark.parametrize(("qubits", "marked"), [(1, [1]), (2, [2]), (4, [5]), (4, [0, 9, 15])])
def test_searches_agree_with_aer(order, qubits, marked):
    mark = np.isin(np.arange(2**qubits), marked)
    for iterations in (0, 1, 3):
        found = np.abs(aer.amplitudes(aer.search(qubits, marked, iterations, order))) ** 2
        stepped = register.iterated(register.uniform(qubits), mark, iterations, order)
        np.testing.assert_allclose(found, stepped**2, atol=1e-10)
        share = np.array(len(marked) / 2**qubits)
        law = float(grover.success(share, np.array(float(iterations)), order))
        assert found[mark].sum() == pytest.approx(law, abs=1e-10)


@pytest.mark.parametrize("marked", [[3], [0, 5, 14]])
def test_fixed_point_searches_agree_with_aer(marked):
    queries = grover.fixed_point_queries(0.3, 1 / 16)
    of_diffusion, of_oracle = grover.fixed_point_phases(queries, 0.3)
    built = aer.phased(4, marked, of_oracle, [-phase for phase in of_diffusion])
    law = float(grover.fixed_point_success(np.array(len(marked) / 16), queries, 0.3))
    assert np.sum(np.abs(aer.amplitudes(built)[marked]) ** 2) == pytest.approx(law, abs=1e-10)


@pytest.mark.parametrize(("qubits", "wanted"), [(1, 0.8), (1, 1.0), (2, 0.6), (3, 0.5)])
def test_matched_phases_agree_with_aer(qubits, wanted):
    phase, reached = grover.matched_phase(np.array([2.0**-qubits]), np.array([wanted]))
    found = np.abs(aer.amplitudes(aer.phased(qubits, [1], phase, phase))) ** 2
    assert reached[0] == pytest.approx(wanted)
    assert found[1] == pytest.approx(wanted, abs=1e-10)


def test_shots_follow_the_exact_law_and_the_seed(rng):
    circuit = Circuit(3, 2)
    angles, state = case(circuit, rng)
    built = aer.evaluation(circuit, angles, state)
    exact = evolution.probabilities(evolution.built(circuit, angles), state[:, None])[:, 0]
    found = aer.frequencies(built, 20_000, seed=3)
    assert chisquare(found * 20_000, exact / exact.sum() * 20_000).pvalue > 1e-4
    assert (aer.frequencies(built, 20_000, seed=3) == found).all()
    assert (aer.frequencies(built, 20_000, seed=4) != found).any()


def test_noise_begins_at_nothing_and_ends_at_ignorance():
    built = aer.search(3, [5], 2)
    clean = np.abs(aer.amplitudes(built)) ** 2
    none, some, much = (
        aer.frequencies(built, 20_000, seed=1, noise=aer.noise_model(*errors))
        for errors in ((0.0, 0.0, 0.0), (0.001, 0.02, 0.01), (1.0, 1.0, 0.5))
    )
    np.testing.assert_allclose(none, clean, atol=5 * 0.5 / np.sqrt(20_000))
    np.testing.assert_allclose(much, 1 / 8, atol=5 * 0.5 / np.sqrt(20_000))
    assert 1 / 8 < some[5] < clean[5] - 0.05


def test_misread_bits_by_hand():
    """|00> with one bit in ten misread: 0.81, 0.09, 0.09, 0.01."""
    built = aer.body(Circuit(2, 1), np.zeros((1, 1, 2)))
    found = aer.frequencies(built, 50_000, seed=1, noise=aer.noise_model(0.0, 0.0, 0.1))
    np.testing.assert_allclose(found, [0.81, 0.09, 0.09, 0.01], atol=0.01)


@pytest.mark.parametrize(("qubits", "cx", "depth"), [(4, 28, 57), (6, 164, 218), (8, 340, 330), (10, 580, 442)])
def test_gates_of_one_iteration(qubits, cx, depth):
    start, iteration = aer.search_counts(qubits)
    assert (iteration.cx, iteration.depth) == (cx, depth)
    assert start == cost.Counts(qubits, 0, 3 * qubits, 3)


@pytest.mark.parametrize("qubits", [2, 4, 5, 6])
def test_gates_of_encoding_and_circuit(qubits):
    """2^n - n - 1 cx for real amplitudes without structure, n for each ring."""
    assert aer.evaluation_counts(Circuit(qubits, 3)).cx == 2**qubits - qubits - 1 + 3 * qubits
    assert aer.counts(aer.body(Circuit(qubits, 3), 0.1 + np.ones((3, 1, qubits)))).cx == 3 * qubits


@pytest.mark.parametrize(("qubits", "cx_shots"), [(4, 23_984), (6, 75_984), (7, 141_984)])
def test_the_first_composite_of_a_decision(qubits, cx_shots):
    """A thousand shots, three layers, 64 actions, six iterations."""
    found = cost.decision(aer.evaluation_counts(Circuit(qubits, 3)), *aer.search_counts(6), shots=1000, iterations=6)
    assert found.cx_shots == cx_shots
    assert found.oracle_calls == 6


@pytest.mark.skipif(find_spec("pylatexenc") is not None, reason="pylatexenc is installed")
@pytest.mark.parametrize("style", ["latex_source", "mpl"])
def test_drawings_that_need_more_say_what(style):
    with pytest.raises(ScenarioError, match=rf"'style' must be text on this machine \(got '{style}'\)\. .*pip install"):
        aer.picture(aer.start(1), style)


def test_circuits_are_written_and_drawn():
    built = aer.search(2, [1], 1)
    text = aer.qasm3(built)
    assert text.startswith("OPENQASM 3.0;")
    assert "cx q[0], q[1];" in text
    assert "q_1" in aer.picture(built)
    with pytest.raises(ScenarioError, match=r"'style' must be known \(got 'svg'\)"):
        aer.picture(built, "svg")
