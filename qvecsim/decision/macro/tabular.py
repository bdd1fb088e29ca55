"""Learners with tables over 108 states: slot by slot, without replay, for any number of vehicles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qvecsim.decision.learning.saved import read, save
from qvecsim.decision.macro.bins import state as state_of
from qvecsim.decision.macro.choosing import USUAL_RATE
from qvecsim.decision.macro.expand import expand
from qvecsim.decision.macro.menu import Menu
from qvecsim.decision.macro.observe import limits
from qvecsim.decision.macro.tides import Tides
from qvecsim.decision.policy import Learner
from qvecsim.errors import PolicyError
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Action, Floats, Ints, Observation, Step

FOREIGN = "'state' must be that of a learner of this kind: the same scheme and menu (it is another's)."


@dataclass(frozen=True)
class Settings:
    """How it learns."""

    rate: float = 0.1  # vartheta of (31), for ``learning.learning_rate`` at its default
    explored: int = 1_600  # decisions until the last of it
    warmup: int = 64  # decisions whose mean reward is the level that tables begin at
    gain: float = 1.0  # of what a surprise turns a register by, where there is one


class Taken(NamedTuple):
    """A decision whose outcome is awaited."""

    slot: int
    state: int
    choice: int


class Tabular(Learner):
    """Subclasses say which ``tables`` they begin with, how they choose, and what they note.

    Attributes: ``tables``, ``level`` (what a state is worth before anything is known of it), ``decisions``,
    ``updates``.
    """

    settings = Settings()

    def __init__(self, scenario: Scenario, streams: Streams) -> None:
        super().__init__(scenario, streams)
        self.menu, self.limits, self.tides = Menu(scenario), limits(scenario), Tides(scenario)
        self.rate = min(self.settings.rate * scenario.learning.learning_rate / USUAL_RATE, 1.0)
        self.discount = scenario.learning.discount
        self.tables: dict[str, Any] = self.begun()
        self.level, self.decisions, self.updates = 0.0, 0, 0
        self.losses: list[float] = []
        self.taken: dict[int, Taken] = {}

    def begun(self) -> dict[str, Floats]:
        """The tables before anything is learned."""
        raise NotImplementedError(f"{type(self).__name__} must define begun().")

    def choose(self, states: Ints, draws: Floats | None) -> Ints:
        """(batch,) a macro action for each state; ``draws`` (batch, parts, rounds, 2), None: the best."""
        raise NotImplementedError(f"{type(self).__name__} must define choose(states, draws).")

    def note(self, state: int, choice: int, reward: float, after: int) -> float:
        """Learn from one slot; what it was wrong by."""
        raise NotImplementedError(f"{type(self).__name__} must define note(state, choice, reward, after).")

    def shape(self) -> tuple[int, ...]:
        """Of the draws that one choice takes."""
        return (1,)

    def restart(self, streams: Streams) -> None:
        """Another run begins: what was learned stays, what was under way is forgotten."""
        self.streams = streams
        self.tides.known.clear()
        self.taken.clear()
        self.losses.clear()

    def decide(self, observation: Observation) -> Action:
        """The action for one world."""
        return self.act([observation])[0]

    def act(self, observations: list[Observation]) -> list[Action]:
        """World by world, each by its state."""
        states = np.array([state_of(seen, self.limits) for seen in observations], dtype=np.int64)
        choice = self.choose(states, self._drawn(observations))
        for world, seen in enumerate(observations):
            self.taken[world] = Taken(seen.slot, int(states[world]), int(choice[world]))
        return [
            expand(seen, self.menu, int(choice[world]), self.tides.of(world, seen))
            for world, seen in enumerate(observations)
        ]

    def learn(self, steps: list[Step]) -> None:
        """Learn from this slot of every world, one after the other."""
        self.tides.flow(steps)
        for world, step in enumerate(steps):
            taken = self.taken.pop(world, None)
            if self.frozen or taken is None or taken.slot != step.observation.slot:
                continue
            self._level(step.reward)
            self.decisions += 1
            if step.next_observation is not None and self.decisions > self.settings.warmup:
                after = state_of(step.next_observation, self.limits)
                self.losses.append(self.note(taken.state, taken.choice, step.reward, after) ** 2)
                self.updates += 1

    def save(self, path: str | Path) -> str:
        """Write the tables; their SHA-256 is returned, and checked on reading."""
        return save(path, self.tables)

    def load(self, path: str | Path) -> None:
        """Take what was learned elsewhere, and only decide from now on."""
        found = read(path)
        if _shapes(found) != _shapes(self.tables):
            raise PolicyError(f"'{path}' must hold the tables {_shapes(self.tables)} (got {_shapes(found)}).")
        self.tables, self.frozen = found, True

    def state(self) -> dict[str, NDArray[Any]]:
        """Tables and counts."""
        counts = np.array([self.decisions, self.updates], dtype=np.int64)
        tables = {name: np.array(table) for name, table in self.tables.items()}
        return tables | {"counts": counts, "level": np.array(self.level)}

    def resume(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from what ``state`` gave."""
        tables = {name: np.array(state[name]) for name in self.tables if name in state}
        if _shapes(tables) != _shapes(self.tables) or not {"counts", "level"} <= state.keys():
            raise PolicyError(FOREIGN)
        self.tables, self.level = tables, float(state["level"])
        self.decisions, self.updates = (int(count) for count in state["counts"])

    def progress(self) -> dict[str, float]:
        """Decisions and updates so far, the share that explores, and the mean squared surprise."""
        loss = float(np.mean(self.losses)) if self.losses else float("nan")
        counts = {"decisions": float(self.decisions), "updates": float(self.updates)}
        return counts | {"epsilon": 0.0 if self.frozen else self.epsilon(), "loss": loss}

    def epsilon(self) -> float:
        """The share of decisions that explore."""
        raise NotImplementedError(f"{type(self).__name__} must define epsilon().")

    def _drawn(self, observations: Sequence[Observation]) -> Floats | None:
        if self.frozen:
            return None
        drawn = [
            self.streams.at(f"policy/{world}" if world else "policy", seen.slot).random(self.shape())
            for world, seen in enumerate(observations)
        ]
        return np.array(drawn).reshape(len(drawn), *self.shape())

    def _level(self, reward: float) -> None:
        """The mean reward of the warm-up for ever: a table of zeros would make everything new look good."""
        if self.decisions < self.settings.warmup:
            self.level += reward / (1.0 - self.discount) / self.settings.warmup


def _shapes(tables: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: table.shape for name, table in tables.items()}
