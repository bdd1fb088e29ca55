"""Counted without Qiskit, and with it."""

from __future__ import annotations

import numpy as np
import pytest

from qvecsim.decision.quantum import aer, gatecounts
from qvecsim.decision.quantum.vqc import ANSATZE, Circuit


@pytest.mark.parametrize("qubits", gatecounts.ENCODING)
def test_encoding_against_qiskit(qubits):
    assert gatecounts.encoding(qubits) == aer.counts(aer.encoding(aer.sample_state(qubits)))


def test_an_encoding_beyond_the_table_is_transpiled(monkeypatch):
    known = gatecounts.encoding(3)
    monkeypatch.setattr(gatecounts, "ENCODING", {})
    assert gatecounts.encoding.__wrapped__(3) == known


@pytest.mark.parametrize("ansatz", ANSATZE)
@pytest.mark.parametrize("qubits", [1, 2, 3, 4, 5, 6, 8])
def test_circuits_against_qiskit(ansatz, qubits):
    for layers in (0, 1, 2, 3, 5):
        circuit = Circuit(qubits, layers, ansatz)
        turns = 0.1 + np.random.default_rng(layers).random(circuit.angle_shape)
        assert gatecounts.body(circuit) == aer.counts(aer.body(circuit, turns)), layers


@pytest.mark.parametrize("qubits", [2, 4, 6])
def test_an_evaluation_is_counted_as_it_is_transpiled(qubits):
    assert gatecounts.evaluation(Circuit(qubits, 3)) == aer.evaluation_counts(Circuit(qubits, 3))


@pytest.mark.parametrize("qubits", range(1, 13))
def test_searches_against_qiskit(qubits):
    """From six qubits on by a law that was read off up to ten."""
    for phase in (None, 0.7):
        start, iteration = aer.search_counts(qubits, phase)
        assert gatecounts.start(qubits) == start
        assert gatecounts.iteration(qubits, phase is not None) == iteration
        assert gatecounts.search(qubits, 3, phase is not None) == start.then(iteration.times(3))
