"""Price: each task weighs its own delay and deadline against what it costs the others."""

from __future__ import annotations

import numpy as np

from qvecsim.decision.branch.batches import MOST_BATCHES, TASKS_A_BATCH
from qvecsim.decision.branch.cheapest import by_price
from qvecsim.decision.branch.prices import Rule, Tide, flowed, mean_deadline_s, still
from qvecsim.decision.policy import Policy
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Action, Observation, Step


class Price(Policy):
    """Batches of tasks, most urgent first; each sees the load of those before, all see prices of the load to come."""

    rule = Rule()
    tasks_a_batch = TASKS_A_BATCH
    most_batches = MOST_BATCHES

    def __init__(self, scenario: Scenario, streams: Streams) -> None:
        super().__init__(scenario, streams)
        self.unit_s = mean_deadline_s(scenario)
        self.tide: Tide | None = None

    def decide(self, observation: Observation) -> Action:
        """Batch after batch takes what is cheapest."""
        tide = self.tide or still(len(observation.edge_hz))
        size, most = self.tasks_a_batch, self.most_batches
        unit = by_price(observation, self.scenario, tide, self.rule, self.unit_s, size, most)
        return observation.action(unit >= 0, np.maximum(unit, 0))

    def learn(self, steps: list[Step]) -> None:
        """The averages move on."""
        for step in steps:
            tide = self.tide or still(len(step.observation.edge_hz))
            self.tide = flowed(tide, step, self.scenario, self.rule.memory * self.unit_s)


class OneByOne(Price):
    """The same, each task after the other, which takes as many times longer as a batch has tasks."""

    tasks_a_batch = 1
    most_batches = 10**9
