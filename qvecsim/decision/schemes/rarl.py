"""RARL (V-A, scheme 3): resource allocation with classic reinforcement learning, Q-learning on a table.

States are five quantities in bins (``macro.bins``), actions those of macro mode, for any number of vehicles. The table
has a value for each choice of each part, added up; its joint form, one for each macro action, is ``rarl-joint``.
"""

from __future__ import annotations

import numpy as np

from qvecsim.decision.learning import bellman
from qvecsim.decision.macro import explore
from qvecsim.decision.macro.bins import STATES
from qvecsim.decision.macro.tabular import Tabular
from qvecsim.decision.quantum import heads
from qvecsim.types import Floats, Ints


class Rarl(Tabular):
    """Epsilon-greedy, by the law of the registers that TN-QDRL has."""

    joint = False

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many choices are valued by themselves."""
        return (len(self.menu),) if self.joint else self.menu.sizes

    def begun(self) -> dict[str, Floats]:
        """(states, outputs): how much more a choice is worth than the level."""
        self.matrix = heads.additive(self.sizes)
        return {"table": np.zeros((STATES, len(self.matrix)))}

    def shape(self) -> tuple[int, ...]:
        """A register a part."""
        return (len(self.sizes), 1, 2)

    def choose(self, states: Ints, draws: Floats | None) -> Ints:
        """The best choice of each part, or any."""
        parts = heads.branches(self.tables["table"][states], self.sizes)
        return explore.chosen(parts, draws, "epsilon", self.decisions / self.settings.explored)[0]

    def note(self, state: int, choice: int, reward: float, after: int) -> float:
        """(31), the change shared by the entries that are added up."""
        table, column = self.tables["table"], self.matrix[:, choice]
        value = self.level + table[state] @ column
        best = self.level + sum(float(part.max()) for part in heads.branches(table[after][None], self.sizes))
        new = bellman.tabular(value, np.float64(reward), np.float64(best), self.rate, self.discount)
        table[state] += (new - value) / (column @ column) * column
        return float(new - value) / self.rate

    def epsilon(self) -> float:
        """That of the first part, which places the tasks."""
        return explore.epsilon(self.sizes[0], self.decisions / self.settings.explored)
