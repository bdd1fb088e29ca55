"""Branch mode with small heads: offloads vehicle by vehicle, the rest of (25) for the whole system in every slot.

Two learners of one scheme that do not know each other: the branch room's, whose credit is by hindsight, and the heads,
whose reward is that of the slot (22). What they know lies in one file, the heads' under ``heads.``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from qvecsim.decision.branch.learner import Branch
from qvecsim.decision.learning.keeping import FOREIGN
from qvecsim.decision.macro.heads import Heads
from qvecsim.decision.measured import Spent
from qvecsim.errors import PolicyError
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Action, Observation, Step

PREFIX = "heads."


class Headed(Branch):
    """``heads``: one learner for all three, or none, so that the scenario's efficiency, producer and band stay.

    A scenario says which (``decision.heads``); once loaded it has them if what was saved had them.
    """

    def __init__(self, scenario: Scenario, streams: Streams) -> None:
        super().__init__(scenario, streams)
        self.heads = (self._headed(),) if scenario.decision.heads == "learned" else ()

    def act(self, observations: list[Observation]) -> list[Action]:
        """The offloads first, then what stands for the slot."""
        actions = super().act(observations)
        for own in self.heads:
            own.frozen = self.frozen
            actions = own.over(observations, actions)
        return actions

    def learn(self, steps: list[Step]) -> None:
        """Each from what it is rewarded for."""
        super().learn(steps)
        for own in self.heads:
            own.learn(steps)

    def restart(self, streams: Streams) -> None:
        """Another run begins: what was learned stays, what was under way is forgotten."""
        super().restart(streams)
        for own in self.heads:
            own.restart(streams)

    def kept(self) -> dict[str, Any]:
        """What is saved."""
        return super().kept() | self._also(Heads.kept)

    def take(self, found: dict[str, Any], path: str | Path) -> None:
        """What ``kept`` gave and was found in ``path``; heads come with it, or go without."""
        offloads, heads = _parted(found)
        super().take(offloads, path)
        self.heads = (self._headed(),) if heads else ()
        for own in self.heads:
            own.take(heads, path)

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything learned and counted so far."""
        return super().state() | self._also(Heads.state)

    def resume(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from what ``state`` gave."""
        offloads, heads = _parted(state)
        if bool(heads) != bool(self.heads):
            raise PolicyError(FOREIGN)
        super().resume(offloads)
        for own in self.heads:
            own.resume(heads)

    def progress(self) -> dict[str, float]:
        """That of the offloads, and of the heads under ``heads.``."""
        return super().progress() | self._also(Heads.progress)

    def spent(self) -> Spent | None:
        """What the circuits of all networks took since last asked; None if they have none."""
        found = super().spent()
        for own in self.heads:
            more = own.spent()
            found = found + more if found and more else found or more
        return found

    def _also(self, of: Callable[[Heads], Mapping[str, Any]]) -> dict[str, Any]:
        """What the heads tell, if there are any."""
        return {PREFIX + name: value for own in self.heads for name, value in of(own).items()}

    def _headed(self) -> Heads:
        """Fresh ones, with the network of the scheme."""
        return Heads(self.scenario, self.streams, self.network, self.rates().keys())


def _parted(found: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Those of the offloads, and those of the heads."""
    heads = {name.removeprefix(PREFIX): value for name, value in found.items() if name.startswith(PREFIX)}
    return {name: value for name, value in found.items() if not name.startswith(PREFIX)}, heads
