"""What a training is, before it begins: how many episodes, which of them in step, and where their worlds come from.

Episode e draws from replication -(2 e + 1) of the seed tree, world k of an evaluation from -(2 k + 2). Runs have
replications from 0 on, so that no run ever meets a world that was trained or evaluated on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from qvecsim.decision.policy import Learner
from qvecsim.decision.schemes import SCHEMES, fresh, policy_class
from qvecsim.errors import PolicyError, QvecsimError, did_you_mean
from qvecsim.runner import blaming, name_of
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.world.mobility.trace import Trace
from qvecsim.world.world import World, build, contents

EPISODES_MOST, WORLDS_MOST = 1_000_000, 1024


@dataclass(frozen=True)
class Course:
    """One training; ``evaluate`` episodes lie between two evaluations on ``evaluations`` worlds, 0: there are none."""

    scenario: Scenario
    scheme: str
    episodes: int
    worlds: int = 4
    evaluate: int = 0
    evaluations: int = 4

    def check(self) -> None:
        """Raise for what cannot be meant."""
        _within("episodes", self.episodes, 1, EPISODES_MOST)
        _within("worlds", self.worlds, 1, WORLDS_MOST)
        _within("evaluate", self.evaluate, 0, EPISODES_MOST)
        _within("evaluations", self.evaluations, 1, WORLDS_MOST)
        if not issubclass(policy_class(self.scheme, self.scenario.folder), Learner):
            able = [scheme for scheme in SCHEMES if issubclass(policy_class(scheme), Learner)]
            raise PolicyError(f"'scheme' must be one that learns (got '{self.scheme}'). {did_you_mean('', able)}")

    def identity(self, trace: Trace) -> str:
        """Twelve hex digits over everything that decides what is learned."""
        name = name_of(self.scenario, self.scheme, -1, trace.sha256, contents(self.scenario))
        parts = [name, self.episodes, self.worlds, self.evaluate, self.evaluations if self.evaluate else 0]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]

    def rounds(self, done: int = 0) -> Iterator[range]:
        """The episodes that are simulated in step, round after round; the first ``done`` episodes are over."""
        for first in range(0, self.episodes, self.worlds):
            if first >= done:
                yield range(first, min(first + self.worlds, self.episodes))

    def is_evaluated(self, before: int, done: int) -> bool:
        """Whether an evaluation is due now that ``done`` episodes are over, ``before`` of them before this round."""
        if not self.evaluate:
            return False
        return done == self.episodes or done // self.evaluate > before // self.evaluate

    def streams(self, episode: int) -> Streams:
        """The seeds of an episode, and of all that the learner draws in a round that begins with it."""
        return Streams(self.scenario.seed, -(2 * episode + 1))

    def school(self, episodes: range, trace: Trace) -> list[World]:
        """The worlds of these episodes."""
        return [build(self.scenario, self.streams(episode).replication, trace) for episode in episodes]

    def examination(self, trace: Trace) -> list[World]:
        """The worlds of every evaluation."""
        return [build(self.scenario, -(2 * index + 2), trace) for index in range(self.evaluations)]

    def learner(self, streams: Streams | None = None) -> Learner:
        """One that knows nothing yet."""
        with blaming(self.scheme):
            own = fresh(self.scheme, self.scenario, streams or self.streams(0))
        if not isinstance(own, Learner):  # its class may make something else
            raise PolicyError(f"'scheme' must make a qvecsim.Learner (got '{self.scheme}', {type(own).__name__}).")
        return own


def _within(name: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise QvecsimError(f"'{name}' must be a whole number from {low} to {high:,} (got {value!r}).")
