"""Linear: the branch mode with a linear network; a control for every network that claims to be more."""

from __future__ import annotations

from qvecsim.decision.branch import networks
from qvecsim.decision.branch.learner import Branch


class Linear(Branch):
    """Learns online from the first slot, on top of the price rule."""

    def network(self, ties: tuple[int, ...], outputs: int) -> networks.Network:
        """Weighted sums."""
        return networks.Linear(len(ties), outputs)
