"""Rested: a hand-made rule for macro mode that gives detectors time to cool. What learners have to find by themselves.

It sees one thing that no single macro action does, the temperature, and one that none forgets, the queues.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qvecsim.decision.branch.prices import mean_deadline_s, still
from qvecsim.decision.macro.menu import BACKLOG
from qvecsim.decision.macro.place import placed
from qvecsim.decision.policy import Policy
from qvecsim.types import Action, Observation


class Rested(Policy):
    """Each detector runs at its highest level while less than ``warm_k`` above its surroundings; else it rests."""

    warm_k = 18.0
    placing = (BACKLOG, 1 / 3)

    def decide(self, observation: Observation) -> Action:
        """A third of the tasks goes to where the least work waits."""
        seen, tide = observation, still(len(observation.edge_hz))
        unit = placed(seen, self.scenario, self.placing, tide, mean_deadline_s(self.scenario))
        cool = seen.temperature_k - self.scenario.qkd.temperature_k < self.warm_k
        efficiency = np.where(cool, max(seen.efficiencies), min(seen.efficiencies))
        return replace(seen.action(unit >= 0, np.maximum(unit, 0)), efficiency=efficiency)
