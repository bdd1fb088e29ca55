"""A circuit gate by gate with whole matrices: slow, short, and written from the definition of each gate alone."""

from __future__ import annotations

import numpy as np

from qvecsim.decision.quantum.vqc import gates

Z = np.diag([1.0, -1.0])


def on(matrix, qubit, qubits):
    """A one-qubit gate as a matrix of all qubits, qubit 0 being the last factor."""
    return np.kron(np.kron(np.eye(2 ** (qubits - 1 - qubit)), matrix), np.eye(2**qubit))


def turn(name, angle):
    half = angle / 2.0
    if name == "ry":
        return np.array([[np.cos(half), -np.sin(half)], [np.sin(half), np.cos(half)]])
    return np.diag([np.exp(-1j * half), np.exp(1j * half)])


def controlled(matrix, control, target, qubits):
    zero, one = np.diag([1.0, 0.0]), np.diag([0.0, 1.0])
    return on(zero, control, qubits) + on(one, control, qubits) @ on(matrix, target, qubits)


def unitary(circuit, angles):
    matrix = np.eye(circuit.states, dtype=complex)
    for gate in gates(circuit):
        if gate.angle is not None:
            step = on(turn(gate.name, angles[gate.angle]), gate.qubits[0], circuit.qubits)
        else:
            flip = np.array([[0.0, 1.0], [1.0, 0.0]]) if gate.name == "cx" else Z
            step = controlled(flip, *gate.qubits, circuit.qubits)
        matrix = step @ matrix
    return matrix
