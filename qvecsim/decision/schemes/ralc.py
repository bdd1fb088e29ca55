"""RALC (V-A, scheme 1): resource allocation with only local computing."""

from __future__ import annotations

from qvecsim.decision.policy import Policy
from qvecsim.types import Action, Observation


class Ralc(Policy):
    """Every task stays in its vehicle."""

    def decide(self, observation: Observation) -> Action:
        """Offload nothing."""
        return observation.action()
