"""A policy for every vehicle that learns: sequential batches, a price rule as prior, credit by hindsight.

Values are those of a network plus the prior, Q = prior + network(inputs); a task has its own processor and the best
few units to choose from. The network is the same for all tasks and units. There is no next state: what a task does to
its own vehicle's future and to the others is in its credit, so that nothing is discounted.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from qvecsim.decision.branch import explore
from qvecsim.decision.branch.batches import TASKS_A_BATCH, batches, urgent_first
from qvecsim.decision.branch.estimate import Booked, Estimate
from qvecsim.decision.branch.features import Near, Own, bounds, candidates, features, ties, width
from qvecsim.decision.branch.hindsight import Asked, Example, Hindsight
from qvecsim.decision.branch.networks import Network
from qvecsim.decision.branch.prices import Priced, Rule, Tide, flowed, priced, still
from qvecsim.decision.branch.together import together
from qvecsim.decision.fitted import Fitted
from qvecsim.decision.learning.adam import decayed
from qvecsim.decision.learning.replay import Replay
from qvecsim.decision.learning.targets import of_values
from qvecsim.decision.measured import estimates, searched
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Action, Floats, Ints, Observation, Step


@dataclass(frozen=True)
class Settings:
    """How it learns; what the branch mode was measured with, but for what is said."""

    candidates: int = 3
    tasks_a_batch: int = TASKS_A_BATCH
    prior: bool = True  # the price rule; without it, options are valued from nothing
    epsilon: tuple[float, float] = (0.01, 0.01)  # at the beginning, and in the end
    explored: int = 20_000  # decisions until then
    rate: float = 0.001
    average: float = 0.02  # share of the new parameters in the average that decides
    rate_end: float = 0.1  # of ``rate``
    trained: int = 3_000  # updates until then
    batch: int = 256
    updates: float = 0.05  # for each decision whose effects became known
    updates_most: int = 8  # at a time
    warmup: int = 1_000  # decisions before the first update
    buffer: int = 60_000
    kept: int = 128  # decisions of a boundary that are learned from; of more, evenly spaced ones
    huber: float = 1.0
    clip: float = 10.0
    spread: float = 0.0  # of the head at the beginning: with the prior the first decisions are those of the rule


class Taken(NamedTuple):
    """What became of a batch."""

    asked: Asked
    unit: Ints  # (n,) -1: the vehicle
    received_w: Floats  # (n,) at the unit, 0 in the vehicle
    clipped: int


class Branch(Fitted):
    """Subclasses say which ``network``. It learns online from the first slot, unless ``load`` gave it what to know.

    Attributes: ``parameters``, their running ``average``, which decides, ``frozen`` (decides by what it knows, without
    exploring and learning), ``updates`` and ``decisions`` so far, ``clipped`` (inputs that had to be brought into
    [0, 1]) of ``inputs`` (all there were).
    """

    settings = Settings()
    rule = Rule()

    def __init__(self, scenario: Scenario, streams: Streams) -> None:
        super().__init__(scenario, streams)
        s = self.settings
        self.limits = bounds(scenario)
        self.net = self.network(ties(s.candidates), 1 + s.candidates)
        draw, size = streams.at("network"), self.net.size
        bias = 0.0 if s.prior else -1.5
        self._begin(
            self.net.initial(
                draw.standard_normal(size), draw.random(size), bias=bias, spread=s.spread if s.prior else 1.0
            )
        )
        columns = {"inputs": ((width(s.candidates),), np.float32), "prior": ((1 + s.candidates,), np.float64)}
        self.replay = Replay(np, s.buffer, columns | {"choice": ((), np.int64), "reward": ((), np.float64)})
        self.tides: dict[int, Tide] = {}
        self.sights: dict[int, Hindsight] = {}

    def network(self, ties: tuple[int, ...], outputs: int) -> Network:
        """Anything with ``values`` and ``vjp``, see ``branch.networks``; ``ties`` is the type of each input."""
        raise NotImplementedError(f"{type(self).__name__} must define network(ties, outputs).")

    def rates(self) -> dict[str, float]:
        """The learning rate of each block of parameters; a block without one does not learn."""
        return dict.fromkeys(self.parameters, self.settings.rate)

    def restart(self, streams: Streams) -> None:
        """Another run begins: what was learned stays, what was under way is forgotten."""
        super().restart(streams)
        self.tides.clear()
        self.sights.clear()

    def act(self, observations: list[Observation]) -> list[Action]:
        """Each world has its own averages and its own hindsight; the network values their batches together."""
        asking = [self._deciding(observation, world) for world, observation in enumerate(observations)]
        # The circuits of all worlds are measured together, by one stream.
        shots = self._draws("shots", 0, observations[0].slot if observations else 0)
        return together(asking, lambda inputs: estimates(self.net, self.average, inputs, shots))

    def decide(self, observation: Observation) -> Action:
        """The action for one world."""
        return self.act([observation])[0]

    def _deciding(self, observation: Observation, world: int) -> Generator[Floats, Floats, Action]:
        """Batch after batch takes what is valued most; yields inputs (n, N) and is sent their values."""
        unit = np.full(len(observation), -1, dtype=np.int64)
        rows = urgent_first(observation)
        draws = None if self.frozen else self._draws("policy", world, observation.slot).random(len(observation))
        booked, tide = Booked(observation, self.scenario, rows), self._tide(world, observation)
        own, taken = Own(booked, self.rule, tide, self.limits), []
        for part in batches(len(rows), self.settings.tasks_a_batch):
            told = booked.estimate(part)
            drawn = None if draws is None else draws[rows[part]]
            taken.append((yield from self._take(booked, part, told, tide, own, drawn)))
            booked.take(part, taken[-1].unit, told)
            unit[rows[part]] = taken[-1].unit
        self._remember(world, observation, rows, taken)
        return observation.action(unit >= 0, np.maximum(unit, 0))

    def learn(self, steps: list[Step]) -> None:
        """Note what came of it; learn from what has become known."""
        for world, step in enumerate(steps):
            memory_s = self.rule.memory * self.limits.unit_s
            self.tides[world] = flowed(self._tide(world, step.observation), step, self.scenario, memory_s)
            if not self.frozen and (found := self._sight(world).known(step)) is not None:
                self._study(found, self._draws("study", world, step.observation.slot))

    def _take(
        self, booked: Booked, part: slice, told: Estimate, tide: Tide, own: Own, draws: Floats | None
    ) -> Generator[Floats, Floats, Taken]:
        """The choice of one batch."""
        seen = booked.seen
        costs = priced(booked, part, told, tide, self.rule, self.limits.unit_s)
        near = candidates(costs, self.settings.candidates)
        sight = features(booked, part, told, costs, near.unit, tide, own)
        prior = self._prior(costs, near)
        values = (yield sight.inputs) + prior
        choice = explore.taken(values, self._epsilon(), draws)
        if draws is not None and self._epsilon() > 0:  # else the best is taken, without a search
            searched(self.net, len(values), values.shape[1], phased=True)
        row = np.arange(len(choice))
        unit = np.where(choice > 0, near.unit[row, choice - 1], -1)
        task = seen.task[booked.rows[part]]
        asked = Asked(task, np.full(len(task), seen.time_s), sight.inputs, prior, choice)
        return Taken(asked, unit, np.where(unit >= 0, told.received_w[row, unit], 0.0), sight.clipped)

    def _prior(self, costs: Priced, near: Near) -> Floats:
        """(n, 1 + k) minus the price rule's costs, in mean deadlines; minus infinity where an option is invalid."""
        values = np.empty((len(near.cost), 1 + near.cost.shape[1]))
        values[:, 0], values[:, 1:] = costs.local, near.cost
        values /= -self.limits.unit_s
        return values if self.settings.prior else np.where(np.isfinite(values), 0.0, values)

    def _epsilon(self) -> float:
        first, last = self.settings.epsilon
        return 0.0 if self.frozen else first * decayed(self.decisions / self.settings.explored, last / first)

    def _remember(self, world: int, observation: Observation, rows: Ints, taken: list[Taken]) -> None:
        """Keep what will be learned from."""
        self.clipped += sum(part.clipped for part in taken)
        self.inputs += sum(part.asked.inputs.size for part in taken)
        if self.frozen or not taken:
            return
        asked = Asked(*(np.concatenate(columns) for columns in zip(*(part.asked for part in taken), strict=True)))
        stride = -(-len(rows) // self.settings.kept)
        power_w = np.concatenate([part.received_w for part in taken])
        self._sight(world).asked(asked.rows(np.arange(0, len(rows), stride)), observation.task[rows], power_w)

    def _study(self, found: Example, draws: np.random.Generator) -> None:
        """As many updates as the new decisions are worth."""
        s = self.settings
        self.replay.add(**{name: np.where(np.isfinite(a), a, -1e3) for name, a in found._asdict().items()})
        self.decisions += len(found.choice)
        self.owed = min(self.owed + s.updates * len(found.choice), s.updates_most)
        if self.decisions < s.warmup:
            return
        count, self.owed = int(self.owed), self.owed % 1
        for uniforms in draws.random((count, s.batch)):
            self._update(self.replay.sample(uniforms))

    def _update(self, rows: dict[str, Any]) -> None:
        """One step down the gradient of the Huber loss between values and what decisions came to."""
        s, inputs = self.settings, rows["inputs"].astype(np.float64)
        values, back = self.net.vjp(self.parameters, inputs)
        loss, of_these = of_values(values + rows["prior"], rows["choice"], rows["reward"], s.huber)
        self._descend(back(of_these), float(loss))

    def _tide(self, world: int, observation: Observation) -> Tide:
        units = len(observation.edge_hz)
        tide = self.tides.get(world)
        return tide if tide is not None and len(tide.inflow_hz) == units else still(units)

    def _sight(self, world: int) -> Hindsight:
        if world not in self.sights:
            self.sights[world] = Hindsight(self.scenario, self.rule)
        return self.sights[world]
