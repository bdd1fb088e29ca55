"""TN-QDRL, Algorithm 2: a chain of tensors, amplitudes, a variational circuit, Grover's selection.

In branch mode each deciding task is one sample, in macro mode the whole system is: its inputs go through a matrix
product state whose cores are shared by the features of a type (34)-(40), become the amplitudes of four qubits
(41)-(44), and a layer of the circuit and a linear head make them values. Grover's search takes an action (45)-(50).
The rest is ``branch.learner`` (batches that see each other's load, the price rule as prior, credit by hindsight) or
``macro.learner`` (macro actions, double DQN), the same for all schemes that learn so; what is quantum about it, and
what is not, is told in docs/quantum.md and docs/learning.md.
"""

from __future__ import annotations

from typing import ClassVar

from qvecsim.decision.branch import networks
from qvecsim.decision.headed import Headed
from qvecsim.decision.macro.learner import Macro
from qvecsim.decision.measured import measured
from qvecsim.decision.quantum.mps import Mps
from qvecsim.decision.quantum.network import Network
from qvecsim.decision.quantum.vqc import Circuit
from qvecsim.scenario.parameters import Scenario

QUBITS = 4  # 16 features of the chain


def chained(ties: tuple[int, ...], outputs: int, layers: int = 1) -> Network:
    """A chain over all inputs, tied by their type, and the circuit."""
    chain = Mps(ties, bond_dim=4, features=2**QUBITS)
    return Network(chain, Circuit(qubits=QUBITS, layers=layers), outputs)


class Chained:
    """The network of both modes."""

    circuits: ClassVar[bool] = True
    scenario: Scenario
    layers = 1
    trains_chain = True

    def network(self, ties: tuple[int, ...], outputs: int) -> networks.Network:
        """Decides by the backend that the scenario names."""
        own = chained(ties, outputs, self.layers)
        return measured(own, self.scenario.decision, trains_state=self.trains_chain)


class Tnqdrl(Chained, Headed):
    """Learns online from its first slot, on top of the price rule."""


class TnqdrlMacro(Chained, Macro):
    """One register of macro actions for all vehicles."""
