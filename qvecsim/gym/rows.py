"""Mode ``branch``: a fixed number of rows, one a task, the most urgent first, and a choice for each of them.

What a row shows are the inputs of the branch mode, seen as the price rule goes through the tasks: each sees the load
of those before it as if the rule had decided them. So the choice ``rule`` is scheme ``price`` to the last bit, and an
agent departs from there. Tasks beyond the rows are decided by the rule, after the agent's and seeing their load.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.decision.branch.batches import batches, urgent_first
from qvecsim.decision.branch.cheapest import cheapest
from qvecsim.decision.branch.estimate import Booked, Estimate
from qvecsim.decision.branch.features import Own, bounds, candidates, features, width
from qvecsim.decision.branch.prices import Priced, Rule, Tide, flowed, priced, still
from qvecsim.gym.sight import Shown, Sight, Spaces, whole
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Action, Floats, Ints, Observation, Step

HEAD = 2  # columns before the inputs: whether there is a task, and whether the rule would offload it
MOST_ROWS, MOST_CANDIDATES = 4096, 64


class Told(NamedTuple):
    """A batch as the rule saw it: options, in order, and inputs."""

    near: Ints  # (n, k) candidate units, -1 where there are too few
    inputs: Floats  # (n, N)
    rule: Ints  # (n,) as a choice
    clipped: int


class Rows:
    """``rows`` tasks at most; option 0 is the vehicle itself, 1 ... ``candidates`` are units, the cheapest first."""

    SETTINGS = ("rows", "candidates")

    def __init__(self, scenario: Scenario, rows: int = 24, candidates: int = 3) -> None:
        self.scenario = scenario
        self.rows = whole("rows", rows, 1, MOST_ROWS)
        self.candidates = whole("candidates", candidates, 1, MOST_CANDIDATES)
        self.rule, self.limits = Rule(), bounds(scenario)
        self.tide: Tide | None = None
        self.spaces = Spaces(
            (self.rows, HEAD + width(self.candidates)), np.full(self.rows, 1 + self.candidates, dtype=np.int64)
        )

    def begin(self) -> None:
        """Another run begins."""
        self.tide = None

    def look(self, observation: Observation) -> Sight:
        """The first rows as the rule goes through them."""
        rows = urgent_first(observation)
        booked, tide = Booked(observation, self.scenario, rows), self._tide(observation)
        own, told = Own(booked, self.rule, tide, self.limits), []
        for part in batches(len(rows)):
            if part.start >= self.rows:
                break
            told.append(self._tell(booked, part, tide, own))
        asked = min(len(rows), self.rows)
        near = self._filled([part.near for part in told], asked, self.candidates, -1)
        rule = np.zeros(self.rows, dtype=np.int64)
        rule[:asked] = np.concatenate([part.rule for part in told] or [rule])[:asked]
        clipped = sum(part.clipped for part in told)
        shown = self._shown([part.inputs for part in told], asked, rule)
        return Sight(shown, _valid(near), rule, asked, len(rows) - asked, clipped, near)

    def act(self, observation: Observation, sight: Sight, choice: Ints) -> Action:
        """The agent's units, then the rule's for the tasks beyond; an option that is not there is the vehicle."""
        rows = urgent_first(observation)
        booked, tide = Booked(observation, self.scenario, rows), self._tide(observation)
        unit = np.full(len(observation), -1, dtype=np.int64)
        chosen = np.where(choice > 0, sight.about[np.arange(self.rows), choice - 1], -1)[: sight.asked]
        for part in batches(len(rows)):
            told = booked.estimate(part)
            taken = chosen[part]
            if len(taken) < part.stop - part.start:
                taken = np.concatenate([taken, cheapest(self._priced(booked, part, told, tide))[len(taken) :]])
            booked.take(part, taken, told)
            unit[rows[part]] = taken
        return observation.action(unit >= 0, np.maximum(unit, 0))

    def learn(self, step: Step) -> None:
        """The averages of what comes move on."""
        memory_s = self.rule.memory * self.limits.unit_s
        self.tide = flowed(self._tide(step.observation), step, self.scenario, memory_s)

    def _tell(self, booked: Booked, part: slice, tide: Tide, own: Own) -> Told:
        """One batch, which the rule then decides."""
        told = booked.estimate(part)
        costs = self._priced(booked, part, told, tide)
        near = candidates(costs, self.candidates)
        seen = features(booked, part, told, costs, near.unit, tide, own)
        best = cheapest(costs)
        booked.take(part, best, told)
        # The cheapest unit is the first candidate, so the rule takes that one or the vehicle.
        return Told(near.unit, seen.inputs, (best >= 0).astype(np.int64), seen.clipped)

    def _priced(self, booked: Booked, part: slice, told: Estimate, tide: Tide) -> Priced:
        return priced(booked, part, told, tide, self.rule, self.limits.unit_s)

    def _tide(self, observation: Observation) -> Tide:
        return self.tide or still(len(observation.edge_hz))

    def _shown(self, inputs: list[Floats], asked: int, rule: Ints) -> Shown:
        """(rows, HEAD + N) of numbers in [0, 1]; rows without a task are 0."""
        table = np.zeros(self.spaces.shape, dtype=np.float32)
        table[:asked, 0] = 1.0
        table[:, 1] = rule
        table[:, HEAD:] = self._filled(inputs, asked, self.spaces.shape[1] - HEAD, 0)
        return table

    def _filled(self, parts: list[Ints] | list[Floats], asked: int, columns: int, empty: int) -> Ints | Floats:
        """The parts, one after the other, in a table of a fixed number of rows."""
        table = np.full((self.rows, columns), empty, dtype=parts[0].dtype if parts else np.int64)
        if parts:
            table[:asked] = np.concatenate(parts)[:asked]
        return table


def _valid(near: Ints | Floats) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """(rows, 1 + k); the vehicle is always there."""
    valid = np.ones((len(near), 1 + near.shape[1]), dtype=bool)
    valid[:, 1:] = near >= 0
    return valid
