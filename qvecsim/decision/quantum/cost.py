"""Fig. 10: what a decision and an update would take on quantum hardware. Level: bookkeeping.

Gates are counted in the set {rz, sx, x, cx} with every pair of qubits connected; ``aer`` does the counting. Figures of
cost mean something only with the number of shots, the gate set and the convention for the oracle beside them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import NamedTuple

from qvecsim.decision.quantum.vqc import Circuit
from qvecsim.errors import ScenarioError, did_you_mean

GATE_SET = ("rz", "sx", "x", "cx")


class Counts(NamedTuple):
    """One circuit, run once."""

    qubits: int
    cx: int
    one_qubit: int
    depth: int

    def then(self, other: Counts) -> Counts:
        """One after the other on the same qubits."""
        return Counts(max(self.qubits, other.qubits), *(a + b for a, b in zip(self[1:], other[1:], strict=True)))

    def times(self, number: int) -> Counts:
        """Repeated within one circuit."""
        return Counts(self.qubits, *(number * count for count in self[1:]))


@dataclass(frozen=True)
class Resources:
    """What several circuits took. All but ``qubits``, the largest register, are sums over the circuits that ran.

    ``cx``, ``one_qubit`` and ``depth`` count each circuit once. ``cx_shots`` and ``volume`` are the two composites:
    cx times shots, and qubits times depth times shots, the space-time volume.
    """

    qubits: int = 0
    cx: int = 0
    one_qubit: int = 0
    depth: int = 0
    shots: int = 0
    oracle_calls: int = 0
    circuits: int = 0
    cx_shots: int = 0
    volume: int = 0

    def __add__(self, other: Resources) -> Resources:
        sums = {field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)}
        return Resources(**{**sums, "qubits": max(self.qubits, other.qubits)})


def executed(counts: Counts, shots: int, *, circuits: int = 1, oracle_calls: int = 0) -> Resources:
    """Circuits of one kind, each with as many shots; ``oracle_calls`` are those of one circuit."""
    runs = circuits * shots
    return Resources(
        qubits=counts.qubits if circuits else 0,
        cx=circuits * counts.cx,
        one_qubit=circuits * counts.one_qubit,
        depth=circuits * counts.depth,
        shots=runs,
        oracle_calls=circuits * oracle_calls,
        circuits=circuits,
        cx_shots=counts.cx * runs,
        volume=counts.qubits * counts.depth * runs,
    )


def decision(evaluation: Counts, start: Counts, iteration: Counts, *, shots: int, iterations: int) -> Resources:
    """One decision: the values from ``shots`` runs of encoding and circuit, then one measurement of the register."""
    search = start.then(iteration.times(iterations))
    return executed(evaluation, shots) + executed(search, 1, oracle_calls=iterations)


def coherent(evaluation: Counts, precision: float) -> Counts:
    """An oracle that finds the values itself, by amplitude estimation to ``precision``; its comparator is not counted.

    ceil(pi / (4 precision)) times the evaluation and its inverse. The other convention, ``phase_mark``, is a
    controlled sign on an action that is known already: all that can be simulated, and far cheaper.
    """
    return evaluation.times(2 * math.ceil(math.pi / (4.0 * precision)))


def update_circuits(circuit: Circuit, method: str, *, trains_state: bool = True) -> int:
    """Circuits for one sample's gradient: none by backpropagation, for that is what a simulator does.

    By parameter shift two for each angle, and two for each angle of the state's preparation if what comes before
    the circuit is trained as well; two in all by simultaneous perturbation (SPSA).
    """
    angles = math.prod(circuit.angle_shape)
    known = {
        "adjoint": 0,
        "parameter_shift": 2 * angles + (2 * (circuit.states - 1) if trains_state else 0),
        "spsa": 2,
    }
    if method not in known:
        raise ScenarioError(f"'gradient' must be known (got '{method}'). {did_you_mean(method, known)}")
    return known[method]


def update(
    evaluation: Counts, circuit: Circuit, method: str, *, batch: int, shots: int, trains_state: bool = True
) -> Resources:
    """One update from a mini-batch."""
    return executed(evaluation, shots, circuits=batch * update_circuits(circuit, method, trains_state=trains_state))
