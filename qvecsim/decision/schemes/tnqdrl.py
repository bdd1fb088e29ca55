"""TN-QDRL, Algorithm 2 in branch mode: a chain of tensors, amplitudes, a variational circuit, Grover's selection.

Each deciding task is one sample: its inputs go through a matrix product state whose cores are shared by the features
of a type (34)-(40), become the amplitudes of four qubits (41)-(44), and a layer of the circuit and a linear head make
them the values of its options. A turn of Grover's search with matched phases takes one (45)-(50). The rest, batches
that see each other's load, the price rule as prior and credit by hindsight, is ``branch.learner``, the same for all
schemes that learn so; what is quantum about it, and what is not, is told in docs/quantum.md and docs/learning.md.
"""

from __future__ import annotations

from qvecsim.decision.branch import networks
from qvecsim.decision.branch.learner import Branch
from qvecsim.decision.measured import measured
from qvecsim.decision.quantum.mps import Mps
from qvecsim.decision.quantum.network import Network
from qvecsim.decision.quantum.vqc import Circuit

QUBITS = 4  # 16 features of the chain


class Tnqdrl(Branch):
    """Learns online from its first slot, on top of the price rule."""

    circuits = True
    layers = 1
    trains_chain = True

    def network(self, ties: tuple[int, ...], outputs: int) -> networks.Network:
        """The chain over all inputs, tied by their type, and the circuit."""
        chain = Mps(ties, bond_dim=4, features=2**QUBITS)
        network = Network(chain, Circuit(qubits=QUBITS, layers=self.layers), outputs)
        return measured(network, self.scenario.decision, trains_state=self.trains_chain)
