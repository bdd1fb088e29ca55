"""TN-QDRL in macro mode with one thing changed: schemes of ablation.yaml."""

from __future__ import annotations

from dataclasses import replace

from qvecsim.decision.branch import networks
from qvecsim.decision.quantum.mps import Mps
from qvecsim.decision.quantum.network import Network
from qvecsim.decision.quantum.vqc import Circuit
from qvecsim.decision.schemes.tnqdrl import TnqdrlMacro


class Varied(TnqdrlMacro):
    """As ``tnqdrl``: bond dimension chi 4, 4 qubits for d = 16 features, one layer."""

    bond_dim, qubits = 4, 4

    def network(self, ties: tuple[int, ...], outputs: int) -> networks.Network:
        """The chain and the circuit."""
        chain = Mps(ties, bond_dim=self.bond_dim, features=2**self.qubits)
        return networks.Traced(Network(chain, Circuit(qubits=self.qubits, layers=self.layers), outputs))


class Chi2(Varied):
    """Bond dimension 2, which carries 4 features at most."""

    bond_dim, qubits = 2, 2


class Chi8(Varied):
    """Bond dimension 8."""

    bond_dim = 8


class D4(Varied):
    """4 features."""

    qubits = 2


class D8(Varied):
    """8 features."""

    qubits = 3


class Layers3(Varied):
    """Three layers."""

    layers = 3


class Sooner(Varied):
    """Grover's iterations rise to their greatest number in a quarter of the decisions."""

    settings = replace(TnqdrlMacro.settings, explored=400)


class Later(Varied):
    """Grover's iterations rise to their greatest number in four times as many decisions."""

    settings = replace(TnqdrlMacro.settings, explored=6_400)
