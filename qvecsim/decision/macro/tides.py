"""What the price rule knows of each world: its moving averages, which a macro action that asks it needs."""

from __future__ import annotations

from qvecsim.decision.branch.prices import Rule, Tide, flowed, mean_deadline_s, still
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Observation, Step


class Tides:
    """The averages of several worlds in step, by their place in the list."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.memory_s = Rule().memory * mean_deadline_s(scenario)
        self.known: dict[int, Tide] = {}

    def of(self, world: int, observation: Observation) -> Tide:
        """Those of a world; at its beginning nothing has been seen."""
        units = len(observation.edge_hz)
        tide = self.known.get(world)
        return tide if tide is not None and len(tide.inflow_hz) == units else still(units)

    def flow(self, steps: list[Step]) -> None:
        """One slot later."""
        for world, step in enumerate(steps):
            self.known[world] = flowed(self.of(world, step.observation), step, self.scenario, self.memory_s)
