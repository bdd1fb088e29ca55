"""MLP: the branch mode with one hidden layer; the classical control of about the size of the quantum networks."""

from __future__ import annotations

from qvecsim.decision.branch import networks
from qvecsim.decision.branch.learner import Branch


class Mlp(Branch):
    """Learns online from the first slot, on top of the price rule."""

    def network(self, ties: tuple[int, ...], outputs: int) -> networks.Network:
        """36 hyperbolic tangents."""
        return networks.Mlp(len(ties), outputs)
