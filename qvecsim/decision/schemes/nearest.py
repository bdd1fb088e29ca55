"""Nearest: offload to the closest roadside unit whenever one is in range; the habit that most studies start from."""

from __future__ import annotations

import numpy as np

from qvecsim.decision.policy import Policy
from qvecsim.types import Action, Observation


class Nearest(Policy):
    """Knows distances and nothing else."""

    def decide(self, observation: Observation) -> Action:
        """The closest unit, or local where none is in range."""
        some = np.asarray(observation.reachable.any(axis=1))
        return observation.action(some, observation.nearest)
