"""Linear: weighted sums of the inputs; a control for every network that claims to be more."""

from __future__ import annotations

from qvecsim.decision.branch import networks
from qvecsim.decision.headed import Headed
from qvecsim.decision.macro.learner import Macro


class Sums:
    """The network of both modes."""

    def network(self, ties: tuple[int, ...], outputs: int) -> networks.Network:
        """Weighted sums."""
        return networks.Linear(len(ties), outputs)


class Linear(Sums, Headed):
    """Learns online from the first slot, on top of the price rule."""


class LinearMacro(Sums, Macro):
    """The same over macro actions."""
