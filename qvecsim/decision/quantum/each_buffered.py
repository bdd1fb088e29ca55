"""A circuit of its own for every sample: NumPy with buffers, a few samples at a time. Level: speed.

The same numbers as the plain form in ``each``, which a test compares. Here the matrices and phases of a layer are
made when it is their turn, and where those of the last one were.
"""

from __future__ import annotations

import numpy as np

from qvecsim.decision.quantum.vqc import Circuit, rotation_products, rotation_table
from qvecsim.types import Floats

CHUNK = 64  # samples at a time; fewer where a buffer would have more than
CHUNK_BYTES = 1 << 19


class Sweep:
    """Buffers for a chunk of samples: two of (batch, 2, states) that change places, ``front`` being the state."""

    def __init__(self, circuit: Circuit, batch: int, dtype: np.dtype) -> None:
        self.circuit = circuit
        self.low, self.width = circuit.qubits // 2, 2 ** (circuit.qubits // 2)
        self.height = circuit.states // self.width
        self.front, self.rear = (np.empty((batch, 2, self.height, self.width), dtype) for _ in range(2))
        self.rows, self.columns = (np.empty((batch, size, size), dtype) for size in (self.height, self.width))
        self.scratch = np.empty((batch, self.height, self.width), dtype)
        self.turns = np.empty((batch, 2, self.height, self.width), dtype)  # cosine and sine
        self.signs = circuit.ring_signs.reshape(self.height, self.width).astype(dtype)
        self.halves = (circuit.bits - 0.5).astype(dtype)
        self.planes = 1

    def run(self, angles: Floats, states: Floats) -> Floats:
        """The states at the end, (batch, planes, height, width); the last layer's phases are left out."""
        self.front.reshape(len(states), 2, -1)[:, 0], self.planes = states, 1
        of_rows = rotation_products(angles[:, :, 0, self.low :])
        of_columns = rotation_products(angles[:, :, 0, : self.low])
        for layer in range(self.circuit.layers):
            self.turn(of_rows[:, layer], of_columns[:, layer])
            if self.circuit.ansatz == "ry_cnot":
                self.move()
            elif layer < self.circuit.layers - 1:
                self.phase(angles[:, layer, 1])
        return self.front[:, : self.planes]

    def turn(self, of_rows: Floats, of_columns: Floats) -> None:
        """All RY of a layer, from the products that its matrices are made of."""
        batch = len(self.front)
        upper, lower = rotation_table(self.circuit.qubits - self.low)[0], rotation_table(self.low)[1]
        np.take(of_rows, upper, axis=1, out=self.rows.reshape(batch, -1), mode="clip")
        np.take(of_columns, lower, axis=1, out=self.columns.reshape(batch, -1), mode="clip")
        tall, rows = (batch, 2 * self.height, self.width), self.planes * self.height
        np.matmul(self.rows[:, None], self.front[:, : self.planes], out=self.rear[:, : self.planes])
        np.matmul(self.rear.reshape(tall)[:, :rows], self.columns, out=self.front.reshape(tall)[:, :rows])

    def move(self) -> None:
        """The ring of CNOT."""
        flat = len(self.front), 2, -1
        np.take(self.front.reshape(flat), self.circuit.gathered, axis=2, out=self.rear.reshape(flat), mode="clip")
        self.front, self.rear = self.rear, self.front

    def phase(self, angles: Floats) -> None:
        """The phases of RZ and CZ; ``angles`` (batch, qubits)."""
        self.phases(angles)
        real, imaginary = self.front[:, 0], self.front[:, 1]
        np.multiply(real[:, None], self.turns, out=self.rear)
        if self.planes == 2:
            self.rear[:, 0] -= np.multiply(imaginary, self.turns[:, 1], out=self.scratch)
            self.rear[:, 1] += np.multiply(imaginary, self.turns[:, 0], out=self.scratch)
        self.planes = 2
        self.front, self.rear = self.rear, self.front

    def phases(self, angles: Floats) -> None:
        """Cosine and sine of each state's phase, the sum of that of its upper and that of its lower qubits.

        cos(u + l) = cos u cos l - sin u sin l, and the sine alike, for all pairs: a product of two thin matrices.
        """
        upper = angles[:, self.low :] @ self.halves[:: self.width, self.low :].T
        lower = angles[:, : self.low] @ self.halves[: self.width, : self.low].T
        c, s = np.cos(upper), np.sin(upper)
        left = np.stack([np.stack([c, -s], axis=-1), np.stack([s, c], axis=-1)], axis=1)
        right = np.stack([np.cos(lower), np.sin(lower)], axis=1)
        np.matmul(left, right[:, None], out=self.turns)
        self.turns *= self.signs


def probabilities(circuit: Circuit, angles: Floats, states: Floats) -> Floats:
    """(batch, states) of each basis state at the end; ``angles`` (batch, layers, rotations, qubits)."""
    found = np.empty(states.shape, states.dtype)
    chunk = max(1, min(CHUNK, CHUNK_BYTES // (2 * 8 * circuit.states)))
    sweep = Sweep(circuit, min(chunk, len(states)), states.dtype)
    for begin in range(0, len(states), chunk):
        span = slice(begin, begin + chunk)
        if len(states[span]) != len(sweep.front):
            sweep = Sweep(circuit, len(states[span]), states.dtype)
        end = sweep.run(angles[span], states[span])
        target = found[span].reshape(end.shape[0], *end.shape[2:])
        np.multiply(end[:, 0], end[:, 0], out=target)
        if end.shape[1] == 2:
            target += np.multiply(end[:, 1], end[:, 1], out=sweep.scratch)
    return found
