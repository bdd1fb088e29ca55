"""RARS (V-A, scheme 2): resource allocation with random selection."""

from __future__ import annotations

import numpy as np

from qvecsim.decision.policy import Policy
from qvecsim.types import Action, Observation


class Rars(Policy):
    """Each task picks evenly among its vehicle and the units in range; detectors and producer are drawn as well."""

    def decide(self, observation: Observation) -> Action:
        """Draw everything."""
        draw = self.random(observation)
        options = observation.reachable.sum(axis=1)
        pick = np.floor(draw.random(len(observation)) * (options + 1)).astype(np.int64)  # 0 is local
        rsu = np.argmax(np.cumsum(observation.reachable, axis=1) >= np.maximum(pick, 1)[:, None], axis=1)
        action = observation.action(pick > 0, rsu)
        levels = np.asarray(observation.efficiencies)
        efficiency = levels[draw.integers(len(levels), size=len(action.efficiency))]
        return Action(
            efficiency,
            action.offload,
            action.rsu,
            int(draw.integers(len(observation.edge_hz))),
            action.bandwidth,
            action.block_bit,
        )
