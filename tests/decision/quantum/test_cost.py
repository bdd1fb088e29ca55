from __future__ import annotations

import pytest

from qvecsim.decision.quantum.cost import Counts, Resources, coherent, decision, executed, update, update_circuits
from qvecsim.decision.quantum.vqc import Circuit
from qvecsim.errors import ScenarioError

EVALUATION = Counts(qubits=4, cx=23, one_qubit=82, depth=60)
START, ITERATION = Counts(6, 0, 18, 3), Counts(6, 164, 278, 218)


def test_circuits_in_a_row_and_repeated():
    assert Counts(2, 1, 2, 3).then(Counts(3, 10, 20, 30)) == Counts(3, 11, 22, 33)
    assert Counts(2, 1, 2, 3).times(4) == Counts(2, 4, 8, 12)
    assert ITERATION.times(6) == Counts(6, 984, 1668, 1308)


def test_a_decision_by_hand():
    found = decision(EVALUATION, START, ITERATION, shots=1000, iterations=6)
    assert found == Resources(
        qubits=6,
        cx=23 + 984,
        one_qubit=82 + 18 + 1668,
        depth=60 + 3 + 1308,
        shots=1001,
        oracle_calls=6,
        circuits=2,
        cx_shots=23 * 1000 + 984,
        volume=4 * 60 * 1000 + 6 * 1311,
    )


def test_records_add_up():
    one, other = executed(EVALUATION, 10), executed(ITERATION, 1, circuits=3, oracle_calls=2)
    both = one + other
    assert (both.qubits, both.circuits, both.shots, both.oracle_calls) == (6, 4, 13, 6)
    assert both.cx_shots == 230 + 3 * 164
    assert one + Resources() == one
    assert sum([one, other], Resources()) == both


@pytest.mark.parametrize(("qubits", "circuits"), [(6, 162), (4, 54)])
def test_parameter_shift_of_three_layers(qubits, circuits):
    """2 for each of 3 n angles, 2 for each of 2^n - 1 angles of the preparation."""
    assert update_circuits(Circuit(qubits, 3), "parameter_shift") == circuits
    assert update_circuits(Circuit(qubits, 3), "parameter_shift", trains_state=False) == 6 * qubits
    assert update_circuits(Circuit(qubits, 3, "ry_rz_cz"), "parameter_shift", trains_state=False) == 12 * qubits


def test_updates_by_method():
    assert update(EVALUATION, Circuit(4, 3), "adjoint", batch=64, shots=1000) == Resources()
    assert update(EVALUATION, Circuit(4, 3), "spsa", batch=64, shots=1000).circuits == 128
    found = update(EVALUATION, Circuit(4, 3), "parameter_shift", batch=64, shots=1000)
    assert (found.circuits, found.shots, found.cx_shots) == (54 * 64, 54 * 64_000, 23 * 54 * 64_000)
    with pytest.raises(ScenarioError, match=r"'gradient' must be known \(got 'shift'\). Known: adjoint"):
        update_circuits(Circuit(4), "shift")


def test_a_coherent_oracle_evaluates_many_times_both_ways():
    assert coherent(EVALUATION, 0.1) == EVALUATION.times(16)  # ceil(7.85) and back
