"""What a learner asks of a quantum network: exact values to learn from, estimates to decide by, and what they took.

A learner knows three functions, ``estimates``, ``searched`` and ``spent``; with a network that has no circuit they
are its values, nothing and None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from qvecsim import arrays
from qvecsim.arrays import to_host
from qvecsim.decision.branch.networks import Pullback, Traced
from qvecsim.decision.quantum import amplitude, gatecounts
from qvecsim.decision.quantum.cost import Resources, executed, update_circuits
from qvecsim.decision.quantum.network import Built, Network
from qvecsim.decision.quantum.vqc import reuploaded
from qvecsim.scenario.parameters import Decision
from qvecsim.types import Floats

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Spent:
    """What circuits took: for how many decisions and from how many examples, and the resources of either."""

    decisions: int
    examples: int
    deciding: Resources
    training: Resources

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.decisions + other.decisions,
            self.examples + other.examples,
            self.deciding + other.deciding,
            self.training + other.training,
        )


class Valued(Protocol):
    """A network as every learner has one."""

    def values(self, parameters: Parameters, inputs: Floats) -> Floats:
        """(n, options)."""


@dataclass
class Measured(Traced):
    """A quantum network whose decisions are taken by ``backend``, and whose circuits are counted.

    ``values`` and ``vjp`` are exact, whatever the backend, and counted as training by the parameter-shift rule:
    a circuit for each value, two for each angle, and where what is before the circuit learns as well
    (``trains_state``) two for each angle of the encoding. ``estimates`` are what decisions go by, counted as such.
    Each circuit counts ``shots``, with ``exact`` as well: it is what hardware would take for such an estimate.
    """

    network: Network
    backend: str = "exact"
    shots: int = 1000
    noise: tuple[float, float, float] | None = None  # of one- and two-qubit gates and of readout, for aer
    trains_state: bool = True
    _decided: int = 0
    _valued: int = 0
    _shifted: int = 0
    _searches: Counter[tuple[int, int, bool]] = field(default_factory=Counter)

    def values(self, parameters: Parameters, inputs: Floats) -> Floats:
        """(n, outputs), exact."""
        self._valued += len(inputs)
        return super().values(parameters, inputs)

    def vjp(self, parameters: Parameters, inputs: Floats) -> tuple[Floats, Pullback]:
        """Values and the way back, exact."""
        self._valued += len(inputs)
        self._shifted += len(inputs)
        return super().vjp(parameters, inputs)

    def estimates(self, parameters: Parameters, inputs: Floats, draws: np.random.Generator) -> Floats:
        """(n, outputs): exact, or from the shares of so many outcomes of each sample's circuit."""
        self._decided += len(inputs)
        if not len(inputs):
            return np.zeros((0, self.network.outputs))
        if self.backend == "exact":
            return super().values(parameters, inputs)
        built, there = self._from(parameters), self.library.asarray(inputs)
        if self.backend == "shots":
            shares = outcomes(to_host(self.network.chances(built, there)), self.shots, draws)
        else:
            shares = self._by_aer(built, to_host(self.network.states(built, there)), draws)
        values: Floats = self.network.valued(parameters, shares)
        return values

    def searched(self, rows: int, options: int, iterations: int = 1, phased: bool = False) -> None:
        """Each of ``rows`` was selected among ``options`` by one Grover search."""
        self._searches[amplitude.qubits(options), iterations, phased] += rows

    def per_decision(self) -> Resources:
        """Of one sample's values."""
        return executed(gatecounts.evaluation(self.network.circuit), self.shots)

    def spent(self) -> Spent:
        """Since this was last asked."""
        circuit, trains_state = self.network.circuit, self.trains_state and self.network.chain is not None
        shifts = update_circuits(circuit, "parameter_shift", trains_state=trains_state)
        evaluation = gatecounts.evaluation(circuit)
        deciding = executed(evaluation, self.shots, circuits=self._decided)
        for (qubits, iterations, phased), rows in self._searches.items():
            search = gatecounts.search(qubits, iterations, phased)
            deciding += executed(search, 1, circuits=rows, oracle_calls=iterations)
        training = executed(evaluation, self.shots, circuits=self._valued + shifts * self._shifted)
        found = Spent(self._decided, self._shifted, deciding, training)
        self._decided = self._valued = self._shifted = 0
        self._searches.clear()
        return found

    def _by_aer(self, built: Built, states: Floats, draws: np.random.Generator) -> Floats:
        from qvecsim.decision.quantum import aer

        circuit, angles = self.network.circuit, to_host(built.circuit.angles)
        if circuit.reupload:
            angles = reuploaded(circuit, angles, to_host(built.circuit.scales), states)
        model = None if self.noise is None else aer.noise_model(*self.noise)
        seed = int(draws.integers(2**31))
        return aer.sampled(circuit, angles, states, self.shots, seed, model)


def measured(network: Network, how: Decision, *, trains_state: bool = True) -> Measured:
    """A network as group ``decision`` of a scenario says; ``trains_state``: what is before its circuit learns."""
    library, n = arrays.module(how.device, "decision.device"), how.noise
    noise = None if n is None else (n.depolarizing_1q, n.depolarizing_2q, n.readout)
    return Measured(network, library, backend=how.backend, shots=how.shots, noise=noise, trains_state=trains_state)


def outcomes(chances: Floats, shots: int, draws: np.random.Generator) -> Floats:
    """Measured shares of the basis states, (states, batch), from their probabilities: one multinomial draw a sample."""
    # Rounding may leave a sum a little above one, which NumPy refuses.
    law = np.maximum(chances.T, 0.0)
    found: Floats = draws.multinomial(shots, law / law.sum(axis=1, keepdims=True)).T / shots
    return found


def estimates(network: Valued, parameters: Parameters, inputs: Floats, draws: np.random.Generator) -> Floats:
    """What a decision goes by, (n, options): what ``network`` measures, or its values if it measures nothing."""
    if isinstance(network, Measured):
        return network.estimates(parameters, inputs, draws)
    return network.values(parameters, inputs)


def searched(network: object, rows: int, options: int, iterations: int = 1, phased: bool = False) -> None:
    """Note that each of ``rows`` was selected among ``options`` by one Grover search, if ``network`` has a circuit."""
    if isinstance(network, Measured):
        network.searched(rows, options, iterations, phased)


def spent(network: object) -> Spent | None:
    """What its circuits took since last asked; None if it has none."""
    return network.spent() if isinstance(network, Measured) else None
