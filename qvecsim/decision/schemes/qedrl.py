"""QeDRL-like: the paper's rival [47] as far as its abstract tells it; the same circuit without a tensor network.

All inputs become the amplitudes of as many qubits as they need. The original's text and code are not public, so this is
"-like": it differs from TN-QDRL in the chain alone.
"""

from __future__ import annotations

from typing import ClassVar

from qvecsim.decision.branch import networks
from qvecsim.decision.headed import Headed
from qvecsim.decision.macro.learner import Macro
from qvecsim.decision.measured import measured
from qvecsim.decision.quantum.network import Network
from qvecsim.decision.quantum.vqc import Circuit
from qvecsim.scenario.parameters import Scenario


class Encoded:
    """The network of both modes."""

    circuits: ClassVar[bool] = True
    scenario: Scenario

    def network(self, ties: tuple[int, ...], outputs: int) -> networks.Network:
        """The inputs as amplitudes, and the circuit."""
        qubits = max((len(ties) - 1).bit_length(), 1)
        return measured(Network(None, Circuit(qubits=qubits, layers=1), outputs), self.scenario.decision)


class Qedrl(Encoded, Headed):
    """Learns online from its first slot, on top of the price rule."""


class QedrlMacro(Encoded, Macro):
    """The same over macro actions."""
