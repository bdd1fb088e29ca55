"""Double DQN with a next state over a menu of few choices, a register a part: what macro mode and heads have in common.

One decision a slot; its reward is that of (22). The network's outputs are the value of the state and the advantage of
every choice (a dueling head), so that 2^beta values need a handful of outputs. An average of the parameters is the
target, and is what decides in the end (Polyak and Juditsky 1992). That a run ends is no end of the process: its last
slot has no next state and is not learned from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from qvecsim.decision.branch.features import Seen
from qvecsim.decision.branch.networks import Network
from qvecsim.decision.fitted import Fitted
from qvecsim.decision.learning.replay import Replay
from qvecsim.decision.learning.targets import double_dqn, of_values
from qvecsim.decision.macro import explore
from qvecsim.decision.macro.menu import Menu
from qvecsim.decision.measured import estimates, searched
from qvecsim.decision.quantum import heads
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import ONCE, Streams
from qvecsim.types import Floats, Ints, Observation, Step

USUAL_RATE = 0.01  # ``learning.learning_rate`` for which the rates are meant as they stand


@dataclass(frozen=True)
class Settings:
    """How it learns."""

    # Chain, label, angles and head of the quantum networks learn best at different rates; others have one.
    rates: Mapping[str, float] = field(
        default_factory=lambda: {"cores": 0.0037, "label": 0.005, "angles": 0.004, "scales": 0.004, "head": 0.02}
    )
    rate: float = 0.003  # of blocks that ``rates`` does not name
    rate_end: float = 0.1
    trained: int = 4_800  # updates until then
    joint: bool = False  # one output for each macro action, and one register
    scale: float = 3.0  # of the outputs
    spread: float = 0.1  # of the head at the beginning
    explore: str = "dong"  # or another of ``macro.explore``
    explored: int = 1_600  # decisions until the last of it
    average: float = 0.01  # share of the new parameters in the average
    batch: int = 64
    updates: float = 0.5  # for each decision
    warmup: int = 64  # decisions before the first update
    buffer: int = 4_000
    huber: float = 2.0
    clip: float = 10.0
    relative: bool = False  # rewards count in their standard deviation of the warm-up
    prior: float = 0.0  # what a choice is worth beyond the first of its part, before anything is learned
    shrink: float = 0.0  # how strongly what the others are worth is drawn back to that
    steady: bool = False  # decides by the average while it learns, too


class View(Protocol):
    """What is seen of an observation."""

    ties: tuple[int, ...]  # the type of each input

    def inputs(self, observation: Observation) -> Seen:
        """One row of inputs, (N,), and how many had to be clipped."""


class Taken(NamedTuple):
    """A decision whose outcome is awaited."""

    slot: int
    inputs: Floats
    choice: int


class Choosing(Fitted):
    """Which choice of a menu is good, by what is seen. Subclasses say which ``network``, and what becomes of a choice.

    ``offset`` is the level of all values, from the mean reward of the warm-up: it spares the network from finding it.
    ``unit`` is the reward that counts as 1. ``oracle_calls`` counts what the registers have taken.
    """

    settings = Settings()

    def __init__(self, scenario: Scenario, streams: Streams, menu: Menu, sight: View) -> None:
        super().__init__(scenario, streams)
        s = self.settings
        explore.mode_of(s.explore)
        self.menu, self.sight = menu, sight
        self.matrix = s.scale * (menu.joint if s.joint else menu.additive)
        self.used = self.matrix.any(axis=1)
        others = 1.0 - menu.joint[0] if s.joint else menu.others
        self.prior, self.shrink = s.prior / s.scale * others, s.shrink * others
        self.net = self.network(self.sight.ties, len(self.matrix))
        draw, size = self._draws("network", 0, ONCE), self.net.size
        self._begin(self.net.initial(draw.standard_normal(size), draw.random(size), spread=s.spread))
        width = ((len(self.sight.ties),), np.float32)
        columns: dict[str, tuple[tuple[int, ...], Any]] = {"inputs": width, "after": width}
        self.replay = Replay(np, s.buffer, columns | {"choice": ((), np.int64), "reward": ((), np.float64)})
        self.offset, self.unit, self.oracle_calls = 0.0, 1.0, 0
        self.taken: dict[int, Taken] = {}
        self.looks: dict[int, tuple[Observation, Seen]] = {}

    def network(self, ties: tuple[int, ...], outputs: int) -> Network:
        """Anything with ``values`` and ``vjp``, see ``branch.networks``; ``ties`` is the type of each input."""
        raise NotImplementedError(f"{type(self).__name__} must define network(ties, outputs).")

    def rates(self) -> dict[str, float]:
        """The learning rate of each block of parameters; ``learning.learning_rate`` scales all of them."""
        s, scale = self.settings, self.scenario.learning.learning_rate / USUAL_RATE
        return {name: scale * s.rates.get(name, s.rate) for name in self.parameters}

    def restart(self, streams: Streams) -> None:
        """Another run begins: what was learned stays, what was under way is forgotten."""
        super().restart(streams)
        self.taken.clear()
        self.looks.clear()

    def choose(self, observations: list[Observation]) -> Ints:
        """The number of a choice for each world, (worlds,); all worlds are valued at once."""
        inputs = np.stack([self._look(world, seen).inputs for world, seen in enumerate(observations)])
        known = self.average if self.frozen or self.settings.steady else self.parameters
        outputs = estimates(self.net, known, inputs, self._draws("shots", 0, observations[0].slot))
        parts, draws = self._parts(outputs * self.used + self.prior), self._drawn(observations)
        choice, searches = explore.chosen(parts, draws, self.settings.explore, self._progress())
        self._count(searches)
        for world, seen in enumerate(observations):
            self.taken[world] = Taken(seen.slot, inputs[world], int(choice[world]))
        return choice

    def learn(self, steps: list[Step]) -> None:
        """Note what came of it in each world, then learn as much as so many decisions are worth."""
        if not self.frozen and steps:
            for world, step in enumerate(steps):
                self._note(world, step)
            self._study(len(steps), steps[0].observation.slot)

    def values(self, inputs: Floats, known: Mapping[str, Any]) -> Floats:
        """(batch, choices) of ``inputs`` (batch, N) by parameters, in units of ``unit``."""
        return self._valued(self.net.values(known, inputs))

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything learned and counted so far; what is under way in a run is not in it, as after a ``restart``."""
        own = {"offset": self.offset, "unit": self.unit, "oracle_calls": self.oracle_calls}
        return super().state() | {name: np.array(value) for name, value in own.items()}

    def resume(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from what ``state`` gave."""
        super().resume(state)
        self.offset, self.unit = float(state["offset"]), float(state["unit"])
        self.oracle_calls = int(state["oracle_calls"])

    def _look(self, world: int, observation: Observation) -> Seen:
        """Its inputs, made once: what comes after one slot is what the next begins with."""
        last = self.looks.get(world)
        if last is None or last[0] is not observation:
            last = self.looks[world] = observation, self.sight.inputs(observation)
            self.clipped += last[1].clipped
            self.inputs += last[1].inputs.size
        return last[1]

    def _valued(self, outputs: Floats) -> Floats:
        """(batch, choices) from the outputs of the network."""
        values: Floats = (outputs + self.prior) @ self.matrix + self.offset
        return values

    def _parts(self, outputs: Floats) -> list[Floats]:
        """The values of each register's choices."""
        return [outputs] if self.settings.joint else heads.branches(outputs, self.menu.sizes)

    def _drawn(self, observations: list[Observation]) -> Floats | None:
        if self.frozen:
            return None
        shape = (1 if self.settings.joint else len(self.menu.sizes), explore.ROUNDS, 2)
        return np.stack(
            [self._draws("policy", world, seen.slot).random(shape) for world, seen in enumerate(observations)]
        )

    def _progress(self) -> float:
        """The share of the exploration that is over."""
        return self.decisions / self.settings.explored

    def _epsilon(self) -> float:
        """That of the first register, which places the tasks."""
        size = len(self.menu) if self.settings.joint else self.menu.sizes[0]
        return 0.0 if self.frozen else explore.epsilon(size, self._progress())

    def _count(self, searches: list[explore.Search]) -> None:
        """Note what the registers took."""
        for options, iterations, phased in searches:
            self.oracle_calls += int(iterations.sum())
            for turns, rows in Counter(iterations[iterations > 0].tolist()).items():
                searched(self.net, rows, options, turns, phased)

    def _note(self, world: int, step: Step) -> None:
        """Keep the decision, if it is known what came after it."""
        taken, after = self.taken.pop(world, None), step.next_observation
        if taken is None or taken.slot != step.observation.slot:
            return
        self.decisions += 1
        if after is not None:
            row = {"inputs": taken.inputs, "after": self._look(world, after).inputs}
            self.replay.add(
                **{name: values[None] for name, values in row.items()},
                choice=np.array([taken.choice]),
                reward=np.array([step.reward]),
            )

    def _study(self, count: int, slot: int) -> None:
        s = self.settings
        if len(self.replay) < s.warmup:
            return
        if not (self.updates or self.offset):
            rewards = self.replay.columns["reward"][: len(self.replay)]
            self.unit = (float(rewards.std()) or 1.0) if s.relative else 1.0
            self.offset = float(rewards.mean()) / self.unit / (1.0 - self.scenario.learning.discount)
        self.owed += s.updates * count
        updates, self.owed = int(self.owed), self.owed % 1
        if updates:
            for draws in self._draws("study", 0, slot).random((updates, s.batch)):
                self._update(self.replay.sample(draws))

    def _update(self, rows: dict[str, Any]) -> None:
        """Towards the reward and what the next state is worth: the network chooses, its average says."""
        inputs, after = (rows[name].astype(np.float64) for name in ("inputs", "after"))
        discounts = np.full(len(inputs), self.scenario.learning.discount)
        ahead, worth = self.values(after, self.parameters), self.values(after, self.average)
        targets = double_dqn(rows["reward"] / self.unit, discounts, ahead, worth)
        outputs, back = self.net.vjp(self.parameters, inputs)
        loss, of_these = of_values(self._valued(outputs), rows["choice"], targets, self.settings.huber)
        self._descend(back(of_these @ self.matrix.T + self.shrink * outputs / len(outputs)), float(loss))
