"""One circuit for the whole batch: NumPy with buffers, the batch last, a few samples at a time. Level: speed.

The same numbers as the plain form in ``each``, which a test compares. A layer of RY is a product of blocks of three
or four qubits; with the batch as last axis each is a few wide real matrix products. Chunks of samples stay in cache,
and buffers are made once: allocating them anew takes longer than the products.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from qvecsim.arrays import Array
from qvecsim.decision.quantum.vqc import Circuit, generators, rotation
from qvecsim.types import Floats

CHUNK_BYTES = 1 << 19  # of a buffer with both planes, so that two fit into a second-level cache of 1 MB


@dataclass(frozen=True)
class Plan:
    """A circuit with its angles, ready to be applied: blocks from the most significant qubits down, phases."""

    circuit: Circuit
    blocks: list[list[Floats]]  # of each layer, (2^k, 2^k)
    phases: list[tuple[Floats, Floats]]  # of each layer, cosine and sine (states, 1)
    sweeps: dict[tuple[int, object], Sweep] = field(default_factory=dict, compare=False, repr=False)

    def sweep(self, batch: int, dtype: np.dtype) -> Sweep:
        """Buffers for so many samples, made once."""
        if (batch, dtype) not in self.sweeps:
            self.sweeps[batch, dtype] = Sweep(self, batch, dtype)
        return self.sweeps[batch, dtype]

    @property
    def chunk(self) -> int:
        """Samples at a time."""
        return max(8, CHUNK_BYTES // (2 * 8 * self.circuit.states))


def plan(circuit: Circuit, angles: Floats) -> Plan:
    """``angles`` is (layers, rotations, qubits), rad."""
    blocks = [[rotation(turns[0, low:high]) for low, high in spans(circuit.qubits)] for turns in angles]
    phases = []
    if len(circuit.rotations) == 2:
        phase = (circuit.bits - 0.5) @ angles[:, 1, :].T
        signs = circuit.ring_signs[:, None].astype(angles.dtype)
        phases = [(np.cos(of[:, None]) * signs, np.sin(of[:, None]) * signs) for of in phase.T]
    return Plan(circuit, blocks, phases)


def spans(qubits: int) -> list[tuple[int, int]]:
    """The qubits of each block, from the most significant down: as few blocks as can be of at most four, equal."""
    count = -(-qubits // 4)
    edges = [round(index * qubits / count) for index in range(count, -1, -1)]
    return list(zip(edges[1:], edges[:-1], strict=True))


class Sweep:
    """Two buffers for a chunk of samples, which change places at every gate; ``front`` is the state as it stands."""

    def __init__(self, ready: Plan, batch: int, dtype: np.dtype) -> None:
        self.plan = ready
        shape = (2, ready.circuit.states, batch)
        self.front, self.rear = np.empty(shape, dtype), np.empty(shape, dtype)
        self.scratch = np.empty(shape[1:], dtype)
        self.planes = 1

    def load(self, states: Floats) -> None:
        """Begin with real states, (states, batch)."""
        self.front[0], self.planes = states, 1

    @property
    def state(self) -> Floats:
        """(planes, states, batch)."""
        return self.front[: self.planes]

    def swap(self) -> None:
        """What was written becomes the state."""
        self.front, self.rear = self.rear, self.front

    def turn(self, blocks: list[Floats], transposed: bool = False) -> None:
        """All RY of a layer, or back."""
        before, rest = self.planes, self.front[0].size
        for block in blocks:
            size = len(block)
            rest //= size
            shape = before, size, rest
            target = self.rear[: self.planes].reshape(shape)
            np.matmul(block.T if transposed else block, self.state.reshape(shape), out=target)
            before *= size
            self.swap()

    def move(self, source: Array) -> None:
        """A permutation of the basis states."""
        np.take(self.state, source, axis=1, out=self.rear[: self.planes], mode="clip")
        self.swap()

    def phase(self, cosine: Floats, sine: Floats) -> None:
        """Phases of the basis states; a real state becomes a complex one."""
        (real, imaginary), (to_real, to_imaginary) = self.front, self.rear
        np.multiply(real, cosine, out=to_real)
        np.multiply(real, sine, out=to_imaginary)
        if self.planes == 2:
            to_real -= np.multiply(imaginary, sine, out=self.scratch)
            to_imaginary += np.multiply(imaginary, cosine, out=self.scratch)
        self.planes = 2
        self.swap()

    def entangle(self, layer: int, back: bool = False) -> None:
        """The ring of a layer with its RZ, or back; the last layer's phases change no probability."""
        circuit = self.plan.circuit
        if circuit.ansatz == "ry_cnot":
            self.move(circuit.scattered if back else circuit.gathered)
        elif layer < circuit.layers - 1:
            cosine, sine = self.plan.phases[layer]
            self.phase(cosine, -sine if back else sine)

    def run(self, states: Floats, turned: list[Floats] | None = None) -> Floats:
        """The states at the end, (planes, states, batch); ``turned`` receives those after each layer's rotations."""
        self.load(states)
        for layer, blocks in enumerate(self.plan.blocks):
            self.turn(blocks)
            if turned is not None:
                turned.append(self.state.copy())
            self.entangle(layer)
        return self.state

    def back(self, grad: Floats, turned: list[Floats]) -> tuple[Floats, Floats]:
        """Gradients of the angles (layers, rotations, qubits), added over the chunk, and of the states."""
        circuit = self.plan.circuit
        of_angles = np.zeros(circuit.angle_shape, grad.dtype)
        self.planes = len(grad)
        self.state[:] = grad
        for layer in reversed(range(circuit.layers)):
            states = turned[layer]
            self.entangle(layer, back=True)
            if self.planes == 2 and len(circuit.rotations) == 2:
                of_angles[layer, 1] = of_phases(circuit, states, self.state)
            self.planes = len(states)
            of_angles[layer, 0] = of_turns(self.plan.blocks[layer], states, self.state)
            self.turn(self.plan.blocks[layer], transposed=True)
        return of_angles, self.state[0]


def of_turns(blocks: list[Floats], states: Floats, grad: Floats) -> Floats:
    """(qubits,): each block's product of gradient and turned state, read by the generators of its qubits."""
    found, before, rest = [], len(states), states[0].size
    for block in blocks:
        size = len(block)
        rest //= size
        shape = before, size, rest
        product = np.matmul(grad.reshape(shape), states.reshape(shape).transpose(0, 2, 1)).sum(axis=0)
        found.append(product.reshape(-1) @ generators(np, size.bit_length() - 1, grad.dtype))
        before *= size
    return np.concatenate(found[::-1])


def of_phases(circuit: Circuit, states: Floats, grad: Floats) -> Floats:
    """(qubits,): Im(conj(state) gradient), read by the phase that each angle turns."""
    turned = np.einsum("sb,sb->s", states[0], grad[1])
    if len(states) == 2:
        turned -= np.einsum("sb,sb->s", states[1], grad[0])
    found: Floats = turned @ (circuit.bits - 0.5).astype(grad.dtype)
    return found


def probabilities(ready: Plan, states: Floats) -> Floats:
    """(states, batch): of each basis state at the end."""
    found = np.empty_like(states)
    for begin, sweep, columns in _chunks(ready, states):
        end = sweep.run(columns)
        target = found[:, begin : begin + columns.shape[1]]
        np.multiply(end[0], end[0], out=target)
        if len(end) == 2:
            target += np.multiply(end[1], end[1], out=sweep.scratch)
    return found


def gradient(ready: Plan, states: Floats, of_probabilities: Floats) -> tuple[Floats, Floats]:
    """Gradients of the angles, added over the batch, and of the states, from that of the probabilities."""
    of_angles = np.zeros(ready.circuit.angle_shape, states.dtype)
    of_states = np.empty_like(states)
    for begin, sweep, columns in _chunks(ready, states):
        span = slice(begin, begin + columns.shape[1])
        turned: list[Floats] = []
        end = sweep.run(columns, turned)
        added, of_states[:, span] = sweep.back(2.0 * end * of_probabilities[:, span], turned)
        of_angles += added
    return of_angles, of_states


def _chunks(ready: Plan, states: Floats) -> Iterator[tuple[int, Sweep, Floats]]:
    """Where each chunk begins, the buffers for it, and its states."""
    for begin in range(0, states.shape[1], ready.chunk):
        columns = states[:, begin : begin + ready.chunk]
        yield begin, ready.sweep(columns.shape[1], states.dtype), columns
