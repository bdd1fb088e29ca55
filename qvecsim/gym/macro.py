"""Mode ``macro``: one of the 2^beta macro actions for the whole system, as Algorithm 2 has it.

What is shown is the state (24) as the scenario's ``decision.observation`` has it, with places for
``decision.vehicles`` vehicles. ``rule`` is the macro action that is scheme ``price``.
"""

from __future__ import annotations

import numpy as np

from qvecsim.decision.branch.prices import Rule, Tide, flowed, mean_deadline_s, still
from qvecsim.decision.macro.expand import expand
from qvecsim.decision.macro.menu import Menu
from qvecsim.decision.macro.observe import Sight as Inputs
from qvecsim.gym.sight import Sight, Spaces
from qvecsim.kernel.simulation import Simulation
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Action, Ints, Observation, Step


class Whole:
    """One choice, of as many as the register of ``decision.macro_qubits`` qubits holds."""

    SETTINGS = ()

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.menu = scenario, Menu(scenario)
        self.inputs = Inputs(scenario)
        self.inputs.inputs(Simulation(scenario).observe())  # refuses at once what has too many vehicles
        self.memory_s = Rule().memory * mean_deadline_s(scenario)
        self.tide: Tide | None = None
        self.spaces = Spaces((len(self.inputs.ties),), np.array(len(self.menu), dtype=np.int64))

    def begin(self) -> None:
        """Another run begins."""
        self.tide = None

    def look(self, observation: Observation) -> Sight:
        """The state as one row; every macro action is valid."""
        seen = self.inputs.inputs(observation)
        valid = np.ones((1, len(self.menu)), dtype=bool)
        rule = np.array(self.menu.price, dtype=np.int64)
        asked = int(np.count_nonzero(observation.deciding))
        return Sight(seen.inputs.astype(np.float32), valid, rule, asked, 0, seen.clipped)

    def act(self, observation: Observation, sight: Sight, choice: Ints) -> Action:
        """The macro action, expanded."""
        return expand(observation, self.menu, int(choice), self._tide(observation))

    def learn(self, step: Step) -> None:
        """The averages of what comes move on, for the macro actions that place by price."""
        self.tide = flowed(self._tide(step.observation), step, self.scenario, self.memory_s)

    def _tide(self, observation: Observation) -> Tide:
        return self.tide or still(len(observation.edge_hz))
