"""Section IV-C step by step: the register of actions as a state. Level: one small state, for tests and for reading.

The printed |A-perp> of eq. (47), (|0> - |1>)/sqrt(2^b), is a state of one qubit and not normalised: it mixes the
part that is orthogonal to the marked action with the ancilla that turns a bit flip into a sign. Here each is itself.
"""

from __future__ import annotations

import numpy as np

from qvecsim.types import Bools, Floats


def hadamard(qubits: int) -> Floats:
    """Eq. (46): the Hadamard transform of all qubits; in print the power is of the matrix, and so is the root."""
    matrix = np.ones((1, 1))
    for _ in range(qubits):
        matrix = np.kron(matrix, np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2.0))
    return matrix


def uniform(qubits: int) -> Floats:
    """Eq. (45): the start, all actions alike: the first column of the transform."""
    return hadamard(qubits)[:, 0]


def parts(state: Floats, marked: Bools) -> tuple[Floats, Floats]:
    """Eq. (47): the normalised marked and unmarked part of a state, |A> and |A-perp>."""
    hit, miss = np.where(marked, state, 0.0), np.where(marked, 0.0, state)
    return hit / np.linalg.norm(hit), miss / np.linalg.norm(miss)


def oracle(state: Floats, marked: Bools) -> Floats:
    """Eq. (49): the sign of every marked action turned; the exponent is the mark, in print the state's own name."""
    return np.where(marked, -state, state)


def diffusion(state: Floats, start: Floats) -> Floats:
    """2 |start><start| - 1: the reflection about the start."""
    return 2.0 * start * (start @ state) - state


def iterated(start: Floats, marked: Bools, iterations: int, order: str = "diffusion_after_oracle") -> Floats:
    """Eq. (50): the state after G^tau; ``order`` is that of G = D O, of G = O D, or of (50) read literally."""
    state = start
    if order == "printed":
        state = oracle(state, marked)
        for _ in range(iterations):
            state = diffusion(state, start)
    for _ in range(iterations if order != "printed" else 0):
        if order == "diffusion_after_oracle":
            state = diffusion(oracle(state, marked), start)
        else:
            state = oracle(diffusion(state, start), marked)
    return state
