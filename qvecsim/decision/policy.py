"""What a scheme is: a class that turns observations into actions, and may learn."""

from __future__ import annotations

import numpy as np

from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Action, Observation, Step


class Policy:
    """Decides at every slot. A new policy overrides ``decide``; one that batches worlds overrides ``act``.

    A policy keeps no clock and draws from ``self.random(observation)`` alone, so that equal seeds give equal runs
    and a run continued from a checkpoint decides as the first one did.
    """

    def __init__(self, scenario: Scenario, streams: Streams) -> None:
        self.scenario = scenario
        self.streams = streams

    def decide(self, observation: Observation) -> Action:
        """The action for one world. ``observation.action(...)`` makes one with everything else at its default."""
        raise NotImplementedError(f"{type(self).__name__} must define decide(observation) or act(observations).")

    def act(self, observations: list[Observation]) -> list[Action]:
        """The actions for several worlds at once; the default asks ``decide`` for each."""
        return [self.decide(observation) for observation in observations]

    def learn(self, steps: list[Step]) -> None:
        """Take note of what the last actions led to; the default does not."""

    def random(self, observation: Observation) -> np.random.Generator:
        """This slot's random numbers for the policy: the same whenever they are asked for."""
        return self.streams.at("policy", observation.slot)
