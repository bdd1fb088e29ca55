"""Section IV-B.3: the variational circuit, what its gates are. Level: one frozen description, small arrays from it.

Each layer turns every qubit and then entangles neighbours on a ring. Qubit 0 is the least significant bit of a
state's index, as in Qiskit. All of it is told once, in ``gates``; the simulators here and the circuits in ``aer``
are held to it by tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np

from qvecsim.arrays import Array, Library, namespace
from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.types import Floats, Ints

ANSATZE = {"ry_cnot": ("ry",), "ry_rz_cz": ("ry", "rz")}  # the rotations of a layer, in their order
READOUTS = ("z", "zz", "prob")


class Gate(NamedTuple):
    """One gate: its name, its qubits (control first), and which angle turns it (layer, rotation, qubit)."""

    name: str
    qubits: tuple[int, ...]
    angle: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class Circuit:
    """A variational circuit: ``layers`` of rotations and a ring, and what is measured at its end.

    ``ry_cnot`` has RY and a ring of CNOT, and stays real. ``ry_rz_cz`` has RY, RZ and a ring of CZ. With
    ``reupload`` every sample turns the gates by angles of its own; without, the circuit is one and the same matrix
    for all samples. No layer at all leaves the encoded state as it is: a control.
    """

    qubits: int
    layers: int = 1
    ansatz: str = "ry_cnot"
    readout: str = "zz"
    reupload: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.qubits <= 14:
            raise ScenarioError(f"'vqc.qubits' must be from 1 to 14 (got {self.qubits}).")
        if self.layers < 0:
            raise ScenarioError(f"'vqc.layers' must not be negative (got {self.layers}).")
        if self.ansatz not in ANSATZE:
            hint = did_you_mean(self.ansatz, ANSATZE)
            raise ScenarioError(f"'vqc.ansatz' must be known (got '{self.ansatz}'). {hint}")
        if self.readout not in READOUTS:
            hint = did_you_mean(self.readout, READOUTS)
            raise ScenarioError(f"'vqc.readout' must be known (got '{self.readout}'). {hint}")

    @property
    def states(self) -> int:
        """Basis states, 2^qubits."""
        return int(2**self.qubits)

    @property
    def rotations(self) -> tuple[str, ...]:
        """The rotations of each qubit in a layer."""
        return ANSATZE[self.ansatz]

    @property
    def angle_shape(self) -> tuple[int, int, int]:
        """Angles, rad: (layers, rotations, qubits)."""
        return self.layers, len(self.rotations), self.qubits

    @cached_property
    def ring(self) -> list[tuple[int, int]]:
        """Neighbours on the ring; two qubits have one CZ, for a second one would undo it, but a CNOT each way."""
        if self.qubits == 1:
            return []
        pairs = [(qubit, (qubit + 1) % self.qubits) for qubit in range(self.qubits)]
        return pairs[:1] if self.qubits == 2 and self.ansatz == "ry_rz_cz" else pairs

    @cached_property
    def bits(self) -> Ints:
        """The value of each qubit in each basis state, (states, qubits)."""
        return np.arange(self.states)[:, None] >> np.arange(self.qubits) & 1

    @cached_property
    def gathered(self) -> Ints:
        """The ring of CNOT as a permutation: where each amplitude of the next state stands in the last."""
        index = np.arange(self.states)
        for control, target in reversed(self.ring):
            index = index ^ ((index >> control & 1) << target)
        return index

    @cached_property
    def scattered(self) -> Ints:
        """The way back."""
        return np.argsort(self.gathered)

    @cached_property
    def ring_signs(self) -> Floats:
        """The ring of CZ as signs, (states,)."""
        signs = np.ones(self.states)
        for one, other in self.ring:
            signs = signs * (1 - 2 * (self.bits[:, one] & self.bits[:, other]))
        return signs

    @cached_property
    def readings(self) -> Floats:
        """What each basis state reads, (measured, states): 1, Z_i and Z_i Z_j, all of one measurement setting.

        ``prob`` reads 2^qubits times the probability of each state, eq. (44) taken literally.
        """
        if self.readout == "prob":
            return self.states * np.eye(self.states)
        spins = (1.0 - 2.0 * self.bits).T
        rows = [np.ones(self.states), *spins]
        if self.readout == "zz":
            rows += [spins[one] * spins[other] for one, other in combinations(range(self.qubits), 2)]
        return np.stack(rows)


def gates(circuit: Circuit) -> Iterator[Gate]:
    """The circuit gate by gate, without the preparation of its state."""
    entangle = "cx" if circuit.ansatz == "ry_cnot" else "cz"
    for layer in range(circuit.layers):
        for kind, rotation in enumerate(circuit.rotations):
            for qubit in range(circuit.qubits):
                yield Gate(rotation, (qubit,), (layer, kind, qubit))
        yield from (Gate(entangle, pair) for pair in circuit.ring)


def initial(circuit: Circuit, uniforms: Array, width_rad: float = 0.3) -> Array:
    """Angles between plus and minus ``width_rad``; ``uniforms`` is (layers, rotations, qubits) in [0, 1)."""
    return (2.0 * uniforms - 1.0) * width_rad


def reuploaded(circuit: Circuit, angles: Array, scales: Array, states: Array) -> Array:
    """Each sample's own angles, (layers, rotations, qubits, batch): the shared ones, and its state's entries scaled."""
    return angles[..., None] + scales[..., None] * states[: circuit.qubits, :]


def rotation(angles: Array, back: bool = False) -> Array:
    """RY on qubits side by side as one matrix, (..., 2^qubits, 2^qubits); ``angles`` (..., qubits), rad.

    An entry is a product of one cosine or sine for each qubit, and which depends on the exclusive or of row and
    column alone: 2^qubits products, and a table that says where each goes with which sign. ``back`` is the transpose.
    """
    xp = namespace(angles)
    size = 2 ** angles.shape[-1]
    places = xp.asarray(rotation_table(angles.shape[-1])[1 if back else 0])
    return xp.reshape(xp.take(rotation_products(angles), places, axis=-1), (*angles.shape[:-1], size, size))


def rotation_products(angles: Array) -> Array:
    """What ``rotation`` is made of: a product for each pattern of equal and differing bits, and their negatives."""
    xp = namespace(angles)
    cosine, sine = xp.cos(angles / 2.0), xp.sin(angles / 2.0)
    head = angles.shape[:-1]
    products = xp.ones((*head, 1), dtype=angles.dtype)
    for qubit in range(angles.shape[-1]):
        of_qubit = xp.stack([cosine[..., qubit], sine[..., qubit]], axis=-1)
        products = xp.reshape(of_qubit[..., :, None] * products[..., None, :], (*head, 2 ** (qubit + 1)))
    return xp.reshape(xp.stack([products, -products], axis=-2), (*head, 2 * products.shape[-1]))


@cache
def rotation_table(qubits: int) -> Ints:
    """Where the entries of ``rotation`` and of its transpose stand among its products and their negatives, (2, 4^q)."""
    row, column = np.arange(2**qubits)[:, None], np.arange(2**qubits)
    negative = np.stack([np.bitwise_count(column & ~row), np.bitwise_count(row & ~column)]) & 1
    places: Ints = (negative.astype(np.int64) * 2**qubits + (row ^ column)).reshape(2, -1)
    return places


def generators(xp: Library, qubits: int, dtype: object) -> Array:
    """(4^qubits, qubits): d/d angle of ``rotation`` is this matrix times it, one for each qubit."""
    return xp.asarray(_generators(qubits), dtype=dtype)


@cache
def _generators(qubits: int) -> Floats:
    turn = np.array([[0.0, -0.5], [0.5, 0.0]])
    each = [np.kron(np.kron(np.eye(2 ** (qubits - 1 - qubit)), turn), np.eye(2**qubit)) for qubit in range(qubits)]
    return np.stack([matrix.reshape(-1) for matrix in each], axis=1)
