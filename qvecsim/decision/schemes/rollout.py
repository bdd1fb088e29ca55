"""Rollout: tries what it might do on forks of the run, and does what went best (Bertsekas, Tsitsiklis and Wu 1997).

At each boundary every option begins a fork, which a base policy continues for some slots; the option with the greatest
mean reward over a few futures is taken. The futures are drawn anew: the same for all options, none of them the run's
own. It needs the simulator as its model, and the time of many runs; it is a reference, not something to deploy.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qvecsim.decision.macro.expand import expand
from qvecsim.decision.macro.menu import Menu
from qvecsim.decision.policy import Forkable, Policy
from qvecsim.decision.schemes.greedy import Greedy
from qvecsim.decision.schemes.nearest import Nearest
from qvecsim.decision.schemes.rested import Rested
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Action, Floats, Observation, Step

ENDS = ("highest", "lowest")


@dataclass(frozen=True)
class Settings:
    """How far and how often it looks ahead."""

    horizon: int = 8  # slots, the first included
    samples: int = 6  # futures
    caution: float = 1.0  # standard errors of the gain in these futures by which another option must beat the base's
    clairvoyant: bool = False  # looks at the run's own future, which nobody can know: an upper reference


class Rollout(Policy):
    """Where it is given no run to fork, as in ``check_policy``, it decides as its base does."""

    settings = Settings()

    def __init__(self, scenario: Scenario, streams: Streams) -> None:
        super().__init__(scenario, streams)
        macro = scenario.decision.mode == "macro"
        self.base: Policy = Rested(scenario, streams) if macro else Greedy(scenario, streams)
        self.nearest = Nearest(scenario, streams)
        self.tried = distinct(Menu(scenario)) if macro else ()
        self.runs: Sequence[Forkable] = ()

    def attach(self, simulations: Sequence[Forkable]) -> None:
        """Those it will fork."""
        self.runs = simulations

    def act(self, observations: list[Observation]) -> list[Action]:
        """World by world; each has its own run."""
        return [self.decide(observation, world) for world, observation in enumerate(observations)]

    def decide(self, observation: Observation, world: int = 0) -> Action:
        """The option that went best, if it was better than the base's by more than chance may have it."""
        options = unlike(self.options(observation), observation)
        if not self.runs or len(options) == 1:
            return options[0]
        return options[preferred(self.values(self.runs[world], observation, options), self.settings.caution)]

    def learn(self, steps: list[Step]) -> None:
        """The base takes note."""
        self.base.learn(steps)

    def options(self, observation: Observation) -> list[Action]:
        """In macro mode the menu; else base, nearest unit and local computing at each level of the detectors."""
        first = self.base.decide(observation)
        if self.tried:
            menu = Menu(self.scenario)
            return [first, *(expand(observation, menu, index) for index in self.tried)]
        plans = (first, self.nearest.decide(observation), observation.action())
        levels = sorted(observation.efficiencies, reverse=True)
        return [at_level(plan, level) for plan in plans for level in levels]

    def values(self, run: Forkable, observation: Observation, options: Sequence[Action]) -> Floats:
        """(futures, options) the sum of rewards of each."""
        return np.array([[self._tried(run.fork(to), one) for one in options] for to in self._futures(observation)])

    def _futures(self, observation: Observation) -> list[Streams | None]:
        """Random streams for each; none is the run's own future."""
        if self.settings.clairvoyant:
            return [None]
        seeds = self.streams.at("rollout", observation.slot).integers(0, 2**62, self.settings.samples)
        return [Streams(int(seed)) for seed in seeds]

    def _tried(self, fork: Forkable, action: Action) -> float:
        """The sum of rewards when the base goes on after this action."""
        base = copy.copy(self.base)
        outcome = fork.step(action)
        total = outcome.reward
        for _ in range(self.settings.horizon - 1):
            if fork.finished:
                break
            total += fork.step(base.decide(fork.observe())).reward
        return total


class Clairvoyant(Rollout):
    """The same with the run's own future: what perfect foresight of chance would gain at most within the horizon."""

    settings = Settings(clairvoyant=True)


def preferred(values: Floats, caution: float) -> int:
    """Of (futures, options) the option of greatest mean gain over the first, less ``caution`` standard errors."""
    gain = values - values[:, :1]
    error = gain.std(axis=0, ddof=1) / len(gain) ** 0.5 if len(gain) > 1 else 0.0
    return int(np.argmax(gain.mean(axis=0) - caution * error))


def unlike(options: Sequence[Action], observation: Observation) -> list[Action]:
    """The first of those that do the same."""
    asked = observation.deciding
    found: dict[bytes, Action] = {}
    for one in options:
        target = np.where(one.offload, one.rsu, -1)[asked].tobytes() + one.efficiency.tobytes()
        rest = f"{one.producer}/{one.bandwidth.tolist()}/{one.block_bit}".encode()
        found.setdefault(target + rest, one)
    return list(found.values())


def distinct(menu: Menu) -> tuple[int, ...]:
    """The macro actions that differ in a way that matters within a few slots: places, and the ends of the levels."""
    said = [menu.macro(index) for index in range(len(menu))]
    first = said[0]
    return tuple(
        index
        for index, macro in enumerate(said)
        if macro.efficiency in ENDS and (macro.producer, macro.band, macro.block) == first[2:]
    )


def at_level(action: Action, level: float) -> Action:
    """The same with all detectors at one level."""
    return replace(action, efficiency=np.full_like(action.efficiency, level))
