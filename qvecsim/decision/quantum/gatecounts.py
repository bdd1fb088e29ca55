"""Gates of the circuits that are used, without transpiling them. Level: closed forms and a table, held to Qiskit's.

All are for {rz, sx, x, cx}, every pair of qubits connected, Qiskit's level 1 with seed 1 (2.6), states, angles and
phases without special values. Importing Qiskit and transpiling takes a second, these take none.
"""

from __future__ import annotations

from functools import cache

from qvecsim.decision.quantum.cost import Counts
from qvecsim.decision.quantum.vqc import Circuit

# One-qubit gates and depth by qubits. They differ from state to state, by a quarter for four qubits; these are those
# of the state that ``aer.sample_state`` draws.
ENCODING = {
    1: (4, 4),
    2: (8, 6),
    3: (16, 15),
    4: (34, 36),
    5: (89, 103),
    6: (181, 224),
    7: (412, 514),
    8: (972, 1198),
    9: (2115, 2593),
    10: (4152, 5138),
}
# cx, one-qubit gates and depth of an iteration by qubits, where they follow no law.
ITERATION = {1: (0, 2, 2), 2: (2, 13, 11), 3: (12, 30, 26), 4: (28, 50, 57), 5: (72, 130, 157)}
PHASED = {1: (0, 5, 5), 2: (4, 15, 13), 3: (12, 28, 28), 4: (40, 77, 81), 5: (88, 171, 179)}


@cache
def encoding(qubits: int) -> Counts:
    """Of preparing a state of real amplitudes: 2^n - n - 1 cx."""
    if qubits not in ENCODING:
        from qvecsim.decision.quantum import aer

        return aer.counts(aer.encoding(aer.sample_state(qubits)))
    return Counts(qubits, 2**qubits - qubits - 1, *ENCODING[qubits])


@cache
def body(circuit: Circuit) -> Counts:
    """Of the variational circuit."""
    qubits, layers = circuit.qubits, circuit.layers
    if not layers:
        return Counts(qubits, 0, 0, 0)
    if circuit.ansatz == "ry_cnot":
        return Counts(1, 0, 4, 4) if qubits == 1 else Counts(qubits, qubits, 4 * qubits, qubits + 4).times(layers)
    if qubits == 1:
        return Counts(1, 0, *((4, 4) if layers == 1 else (5, 5)))
    first, more = (12, 9), (9, 6)
    if qubits > 2:  # CZ is cx between two Hadamard gates, of which neighbouring layers share some
        first, more = (8 * qubits + 2, 4 * qubits + 5), (8 * qubits - 1, 4 * qubits + 1)
    one_qubit, depth = (a + (layers - 1) * b for a, b in zip(first, more, strict=True))
    return Counts(qubits, len(circuit.ring) * layers, one_qubit, depth)


@cache
def evaluation(circuit: Circuit) -> Counts:
    """Of encoding and circuit: what is run for the values of one sample."""
    return encoding(circuit.qubits).then(body(circuit))


def start(qubits: int) -> Counts:
    """Of the register of all actions: a Hadamard gate on each qubit."""
    return Counts(qubits, 0, 3 * qubits, 3)


def iteration(qubits: int, phased: bool = False) -> Counts:
    """Of oracle and diffusion with one marked action, the last; ``phased`` has phases in the place of signs."""
    known = PHASED if phased else ITERATION
    if qubits in known:
        return Counts(qubits, *known[qubits])
    square = 8 * qubits * qubits
    return Counts(qubits, square - 24 * qubits + 20, square + 5 * qubits - 40, 56 * qubits - 118)


def search(qubits: int, iterations: int, phased: bool = False) -> Counts:
    """Of the start and its iterations: measured once."""
    return start(qubits).then(iteration(qubits, phased).times(iterations))
