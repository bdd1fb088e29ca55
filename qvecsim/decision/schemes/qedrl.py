"""QeDRL-like: the paper's rival [47] as far as its abstract tells it; the same circuit without a tensor network.

All inputs become the amplitudes of as many qubits as they need. The original's text and code are not public, so this is
"-like": it differs from TN-QDRL in the chain alone.
"""

from __future__ import annotations

from qvecsim.decision.branch import networks
from qvecsim.decision.branch.learner import Branch
from qvecsim.decision.measured import measured
from qvecsim.decision.quantum.network import Network
from qvecsim.decision.quantum.vqc import Circuit


class Qedrl(Branch):
    """Learns online from its first slot, on top of the price rule."""

    circuits = True

    def network(self, ties: tuple[int, ...], outputs: int) -> networks.Network:
        """The inputs as amplitudes, and the circuit."""
        qubits = max((len(ties) - 1).bit_length(), 1)
        return measured(Network(None, Circuit(qubits=qubits, layers=1), outputs), self.scenario.decision)
