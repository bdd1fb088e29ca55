"""What a scheme is: a class that turns observations into actions, and may learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Action, Observation, Outcome, Step

if TYPE_CHECKING:
    from qvecsim.decision.measured import Spent


class Forkable(Protocol):
    """A run as a planner may look at it: what is tried on its forks leaves it as it was."""

    @property
    def finished(self) -> bool:
        """Whether the last slot is over."""

    def observe(self) -> Observation:
        """What a policy sees at this boundary."""

    def step(self, action: Action) -> Outcome:
        """One slot; to be called on forks only."""

    def fork(self, streams: Streams | None = None) -> Forkable:
        """A run of its own from this boundary on; with ``streams``, into a future that is drawn anew."""


class Policy:
    """Decides at every slot. A new policy overrides ``decide``; one that batches worlds overrides ``act``.

    A policy keeps no clock and draws from ``self.random(observation)`` alone, so that equal seeds give equal runs
    and a run continued from a checkpoint decides as the first one did.

    ``circuits``: it decides by quantum circuits, so that it reads ``decision.backend`` and the keys below it.
    ``overrides``: parameters that the scheme sets in its scenario, by key, before the world is built.
    """

    circuits: ClassVar[bool] = False
    overrides: ClassVar[Mapping[str, object]] = {}

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

    def attach(self, simulations: Sequence[Forkable]) -> None:
        """The runs that are about to begin, in the order of ``act``: for planners; the default does not look."""

    def spent(self) -> Spent | None:
        """What quantum circuits took since last asked; None of a policy without."""
        return None

    def random(self, observation: Observation) -> np.random.Generator:
        """This slot's random numbers for the policy: the same whenever they are asked for."""
        return self.streams.at("policy", observation.slot)


class Learner(Policy):
    """A policy that learns, and whose knowledge can be kept: as plain arrays by name, never as pickled objects.

    ``frozen``: it decides by what it knows, without exploring and learning. ``state`` is all that training needs to go
    on as if it had not stopped; ``save`` writes only what decides.
    """

    frozen: bool = False

    def restart(self, streams: Streams) -> None:
        """Another run begins: what was learned stays, what was under way is forgotten."""
        raise NotImplementedError

    def save(self, path: str | Path) -> str:
        """Write what was learned; its SHA-256 is returned, and checked on reading."""
        raise NotImplementedError

    def load(self, path: str | Path) -> None:
        """Take what was learned elsewhere, and only decide from now on."""
        raise NotImplementedError

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything learned and counted so far, replay and moments of the optimiser with it."""
        raise NotImplementedError

    def resume(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from what ``state`` gave."""
        raise NotImplementedError

    def progress(self) -> dict[str, float]:
        """What a table of training notes beside the return: ``decisions``, ``updates``, ``epsilon``, ``loss``, ..."""
        raise NotImplementedError
