"""Decisions from outcomes: the exact law in the limit, Aer's without noise, and every circuit counted."""

from __future__ import annotations

import array_api_strict
import numpy as np
import pytest
from scipy.stats import chi2, chi2_contingency

from qvecsim import arrays
from qvecsim.decision.branch.networks import Linear
from qvecsim.decision.measured import Measured, Spent, estimates, measured, outcomes, searched, spent
from qvecsim.decision.quantum import aer, gatecounts
from qvecsim.decision.quantum.cost import Resources, executed
from qvecsim.decision.quantum.mps import Mps
from qvecsim.decision.quantum.network import Network
from qvecsim.decision.quantum.vqc import Circuit
from qvecsim.errors import ScenarioError
from qvecsim.scenario.parameters import Decision, Noise

INPUTS, ROWS = 6, 5
SHOTS = 4_000


def network(chain=True, **circuit):
    ties = Mps(tuple(range(INPUTS)), bond_dim=4, features=16) if chain else None
    return Network(ties, Circuit(4 if chain else 3, layers=2, **circuit), outputs=3)


def case(network, seed=1):
    """Parameters that are far from their beginning, and inputs."""
    rng = np.random.default_rng(seed)
    found = network.initial(rng.standard_normal(network.size), rng.random(network.size), spread=1.0)
    return {name: array + 0.3 * rng.standard_normal(array.shape) for name, array in found.items()}, rng.random(
        (ROWS, INPUTS)
    )


def drawn(seed=7):
    return np.random.default_rng(seed)


def test_exact_decisions_are_the_values():
    made = Measured(network())
    parameters, inputs = case(made.network)
    assert np.array_equal(made.estimates(parameters, inputs, drawn()), made.values(parameters, inputs))


def test_the_estimate_comes_to_the_value_as_one_over_the_root_of_the_shots():
    parameters, inputs = case(network())
    exact = Measured(network()).values(parameters, inputs)
    scale = np.abs(parameters["head"]).sum()  # no reading has a larger deviation than one
    errors = {}
    for shots in (10**2, 10**4, 10**6, 10**12):
        found = Measured(network(), backend="shots", shots=shots).estimates(parameters, inputs, drawn())
        errors[shots] = np.abs(found - exact).max()
        assert 0 < errors[shots] < 4 * scale / np.sqrt(shots)
    assert errors[10**12] < 1e-5
    assert errors[10**12] < errors[10**6] < errors[10**4] < errors[10**2]


def test_estimates_are_unbiased_and_deviate_as_the_law_says():
    made = Measured(network(readout="z"), backend="shots", shots=50)
    parameters, inputs = case(made.network)
    repeated = np.repeat(inputs[:1], 20_000, axis=0)
    found = made.estimates(parameters, repeated, drawn())
    chances = made.network.chances(made.network.build(parameters), inputs[:1])[:, 0]
    of_states = made.network.circuit.readings.T @ parameters["head"]  # what each outcome is worth
    mean = chances @ of_states
    deviation = np.sqrt((chances @ of_states**2 - mean**2) / 50)
    np.testing.assert_allclose(found.mean(axis=0), mean, atol=5 * deviation.max() / np.sqrt(20_000))
    np.testing.assert_allclose(found.std(axis=0), deviation, rtol=0.03)


def test_outcomes_follow_the_law_by_chi_square():
    rng = np.random.default_rng(3)
    law = rng.dirichlet(np.ones(8), size=200).T
    found = outcomes(law, 5_000, rng) * 5_000
    assert np.array_equal(found.sum(axis=0), np.full(200, 5_000.0))
    statistic = ((found - 5_000 * law) ** 2 / (5_000 * law)).sum()
    assert 1e-4 < chi2.sf(statistic, 200 * 7) < 1 - 1e-4


def test_equal_draws_give_equal_estimates_and_others_others():
    for backend in ("shots", "aer"):
        made = Measured(network(), backend=backend, shots=200)
        parameters, inputs = case(made.network)
        one, again, other = (made.estimates(parameters, inputs[:2], drawn(seed)) for seed in (1, 1, 2))
        assert np.array_equal(one, again)
        assert not np.array_equal(one, other)


@pytest.mark.parametrize("noise", [None, (0.0, 0.0, 0.0)])
@pytest.mark.parametrize("how", [{}, {"ansatz": "ry_rz_cz"}, {"chain": False, "reupload": True}])
def test_aer_without_noise_is_what_shots_draws(how, noise):
    made = network(**how)
    parameters, inputs = case(made)
    built = made.build(parameters)
    law, states = made.chances(built, inputs), made.states(built, inputs)
    angles = parameters["angles"]
    if made.circuit.reupload:
        angles = angles[..., None] + parameters["scales"][..., None] * states[: made.circuit.qubits]
    model = None if noise is None else aer.noise_model(*noise)
    ran = aer.sampled(made.circuit, angles, states, SHOTS, 11, model) * SHOTS
    for column, chances in enumerate(law.T):
        likely = chances * SHOTS >= 5
        assert ran[~likely, column].sum() <= 5 + 10 * chances[~likely].sum() * SHOTS
        pair = np.stack([ran[likely, column], outcomes(law, SHOTS, drawn())[likely, column] * SHOTS])
        assert chi2_contingency(pair[:, pair.sum(axis=0) > 0]).pvalue > 1e-4


def test_aer_s_values_are_the_exact_ones_within_the_error_of_the_shots():
    made = Measured(network(), backend="aer", shots=SHOTS)
    parameters, inputs = case(made.network)
    found = made.estimates(parameters, inputs, drawn())
    scale = np.abs(parameters["head"]).sum(axis=0).max()
    assert 0 < np.abs(found - Measured(network()).values(parameters, inputs)).max() < 4 * scale / np.sqrt(SHOTS)


def test_much_noise_leaves_the_bias_of_the_head():
    """Bits that are read at random have Z and ZZ of zero."""
    made = Measured(network(), backend="aer", shots=SHOTS, noise=(0.0, 0.0, 0.5))
    parameters, inputs = case(made.network)
    scale = np.abs(parameters["head"]).sum(axis=0).max()
    found = made.estimates(parameters, inputs[:2], drawn())
    np.testing.assert_allclose(found, np.tile(parameters["head"][0], (2, 1)), atol=5 * scale / np.sqrt(SHOTS))


def test_a_device_decides_as_the_processor_does_for_the_same_draws():
    """The array API to the letter stands in for CuPy."""
    parameters, inputs = case(network())
    for backend in ("exact", "shots"):
        one, other = (Measured(network(), library, backend=backend) for library in (np, array_api_strict))
        ours, theirs = (made.estimates(parameters, inputs, drawn()) for made in (one, other))
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
        slopes = [made.vjp(parameters, inputs)[1](np.ones((ROWS, 3))) for made in (one, other)]
        assert slopes[0].keys() == slopes[1].keys()
        for name, array in slopes[0].items():
            assert type(slopes[1][name]) is np.ndarray
            np.testing.assert_allclose(slopes[1][name], array, atol=1e-10)


def test_every_circuit_is_counted_once():
    made = Measured(network(), shots=100)
    parameters, inputs = case(made.network)
    assert made.spent() == Spent(0, 0, Resources(), Resources())
    made.estimates(parameters, inputs, drawn())
    made.searched(ROWS, 4, phased=True)
    made.vjp(parameters, inputs)
    evaluation = gatecounts.evaluation(made.network.circuit)
    found = made.spent()
    deciding = executed(evaluation, 100, circuits=ROWS) + executed(
        gatecounts.search(2, 1, True), 1, circuits=ROWS, oracle_calls=1
    )
    # A value, and two shifts for each of 8 angles and of the 15 of the encoding.
    assert found == Spent(ROWS, ROWS, deciding, executed(evaluation, 100, circuits=ROWS * (1 + 16 + 30)))
    assert made.spent() == Spent(0, 0, Resources(), Resources())
    assert found + found == Spent(2 * ROWS, 2 * ROWS, deciding + deciding, found.training + found.training)


@pytest.mark.parametrize("how", [{"chain": False}, {"trains_state": False}])
def test_what_does_not_learn_before_the_circuit_is_not_shifted(how):
    trains = how.pop("trains_state", True)
    made = Measured(network(**how), shots=10, trains_state=trains)
    parameters, inputs = case(made.network)
    made.vjp(parameters, inputs)
    assert made.spent().training.circuits == ROWS * (1 + 2 * made.network.circuit.qubits * 2)


def test_a_batch_of_nobody_takes_nothing():
    made = Measured(network(), backend="shots")
    parameters, inputs = case(made.network)
    assert made.estimates(parameters, inputs[:0], drawn()).shape == (0, 3)
    assert made.spent().deciding == Resources()


def test_a_network_without_a_circuit_gives_its_values_and_takes_nothing():
    plain = Linear(INPUTS, 3)
    parameters = plain.initial(drawn().random(plain.size), drawn().random(plain.size))
    inputs = drawn().random((4, INPUTS))
    assert np.array_equal(estimates(plain, parameters, inputs, drawn()), plain.values(parameters, inputs))
    searched(plain, 4, 3)
    assert spent(plain) is None


def test_the_scenario_says_how():
    how = Decision(backend="aer", shots=30, noise=Noise(readout=0.25, depolarizing_2q=0.5))
    made = measured(network(), how, trains_state=False)
    assert (made.backend, made.shots, made.noise, made.trains_state) == ("aer", 30, (0.0, 0.5, 0.25), False)
    assert made.library is np
    assert measured(network(), Decision()).noise is None


@pytest.mark.skipif(not arrays._why_not(), reason="a CUDA device is there")
def test_without_a_device_cuda_is_refused_in_one_line_and_auto_is_the_processor():
    assert measured(network(), Decision(device="auto")).library is np
    with pytest.raises(
        ScenarioError, match=r"^'decision.device' must be auto or cpu on this machine \(got 'cuda'\): .*$"
    ):
        measured(network(), Decision(device="cuda"))
