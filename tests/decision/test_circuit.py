"""``qvecsim.circuit``: what a policy runs, written so that others run the same."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

import qvecsim
from qvecsim.decision.schemes import policy_class
from qvecsim.errors import PolicyError, ResultError
from qvecsim.types import DONE

from .branch.city import driven, world
from .quantum.gatewise import controlled, on

GATE = re.compile(r"(?:(rz)\((.*)\)|(sx|x|cx)) q\[(\d+)\](?:, q\[(\d+)\])?;")
HALF = {"sx": np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2, "x": np.array([[0.0, 1.0], [1.0, 0.0]])}


def made(scheme="tnqdrl", seed=5):
    """A policy of which something else than its beginning is left."""
    policy = policy_class(scheme)(world(20).scenario, world(20).streams)
    rng = np.random.default_rng(seed)
    policy.average = {name: array + rng.standard_normal(array.shape) for name, array in policy.average.items()}
    return policy


def run(text):
    """The state at the end of an OpenQASM 3 text in the gate set, by whole matrices: a reader of our own."""
    head, *lines = text.strip().splitlines()
    assert head == "OPENQASM 3.0;"
    assert lines[0] == 'include "stdgates.inc";'
    qubits = int(re.fullmatch(r"qubit\[(\d+)\] q;", lines[1])[1])
    state = np.eye(2**qubits, dtype=complex)[0]
    for line in lines[2:]:
        rz, angle, other, first, second = GATE.fullmatch(line).groups()
        if other == "cx":
            state = controlled(HALF["x"], int(first), int(second), qubits) @ state
        elif rz:
            half = number(angle) / 2
            state = on(np.diag([np.exp(-1j * half), np.exp(1j * half)]), int(first), qubits) @ state
        else:
            state = on(HALF[other], int(first), qubits) @ state
    return state


def number(angle):
    """``pi/2``, ``-3*pi/4`` or digits."""
    times = re.fullmatch(r"(-?)(?:(\d+)\*)?pi(?:/(\d+))?", angle)
    if times is None:
        return float(angle)
    return float(times[1] + "1") * np.pi * int(times[2] or 1) / int(times[3] or 1)


def expected(policy, inputs=None):
    """Our own simulator's."""
    network = policy.net.network
    built = network.build(policy.average)
    start = np.eye(2**network.circuit.qubits)[0] if inputs is None else network.states(built, inputs[None])[:, 0]
    return start if built.circuit.unitary is None else built.circuit.unitary @ start


@pytest.mark.parametrize("scheme", ["tnqdrl", "tn-only", "vqc-random", "qedrl"])
def test_the_text_gives_the_same_state_when_it_is_read(scheme):
    policy, inputs = made(scheme), np.random.default_rng(2).random(48)
    for given in (None, inputs):
        ours = expected(policy, given)
        state = run(qvecsim.circuit(policy, given).qasm3())
        state = state * np.exp(1j * np.angle(np.vdot(state, ours)))  # a phase of the whole is no state's
        np.testing.assert_allclose(state, ours, atol=1e-10)


def test_qiskit_reads_the_text_as_well():
    pytest.importorskip("qiskit_qasm3_import")
    import qiskit.qasm3
    from qiskit.quantum_info import Statevector

    policy = made()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        state = np.asarray(Statevector(qiskit.qasm3.loads(qvecsim.circuit(policy).qasm3())))
    ours = expected(policy)
    assert abs(np.vdot(state, ours)) == pytest.approx(1.0, abs=1e-10)


def test_a_policy_and_what_it_kept_have_the_same_circuit(tmp_path):
    for scheme in ("tnqdrl", "tn-only", "qedrl"):
        policy = made(scheme)
        policy.save(tmp_path / "policy.npz")
        text = qvecsim.circuit(policy).qasm3()
        for place in (tmp_path / "policy.npz", tmp_path, str(tmp_path)):
            found = qvecsim.circuit(place)
            assert found.qasm3() == text
            assert found.circuit == policy.net.network.circuit


def test_it_is_drawn_and_one_may_see_the_rotations():
    drawn = qvecsim.circuit(made()).draw()
    assert drawn.count("Ry(") == 4
    assert "q_3" in drawn


def test_its_resources_are_what_a_run_counts_for_a_decision():
    policy = made()
    policy.frozen = True
    ended, _ = driven(policy, 20)
    spent = policy.spent()
    assert (ended["outcome"] == DONE).any()
    assert spent.decisions > 0
    one = qvecsim.circuit(policy).resources()
    assert spent.deciding.cx_shots == spent.decisions * one.cx_shots
    assert spent.deciding.volume == spent.decisions * one.volume
    assert (one.circuits, one.shots, one.qubits) == (1, 1000, 4)


def test_inputs_of_a_file_without_a_chain_are_encoded(tmp_path):
    policy, inputs = made("qedrl"), np.random.default_rng(2).random(48)
    policy.save(tmp_path / "own.npz")
    assert np.array_equal(qvecsim.circuit(tmp_path / "own.npz", inputs).state, expected_state(policy, inputs))


def expected_state(policy, inputs):
    return policy.net.network.states(policy.net.network.build(policy.average), inputs[None])[:, 0]


def test_what_has_no_circuit_is_told(tmp_path):
    policy = policy_class("mlp")(world(20).scenario, world(20).streams)
    with pytest.raises(PolicyError, match=r"'policy' must have a quantum circuit \(got Mlp\)\. Try scheme tnqdrl"):
        qvecsim.circuit(policy)
    policy.save(tmp_path / "mlp.npz")
    with pytest.raises(PolicyError, match=r"parameters of a quantum circuit \(got bias, head, offset, weights\)"):
        qvecsim.circuit(tmp_path / "mlp.npz")
    with pytest.raises(ResultError, match=r"must be a file \(got none\)"):
        qvecsim.circuit(tmp_path / "nothing.npz")
    made().save(tmp_path / "tn.npz")
    with pytest.raises(PolicyError, match=r"'inputs' must be left out for the file"):
        qvecsim.circuit(tmp_path / "tn.npz", np.zeros(48))
