"""Heads of branch mode: efficiency, producer and bandwidth of (25) for the whole system, beside an action's offloads.

The learner of macro mode over a menu without placing, with inputs that do not grow with the world. The first choice of
every head is what the scenario has; it is preferred until another is found to be better, and little else is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from qvecsim.decision.branch.networks import Network
from qvecsim.decision.macro import explore
from qvecsim.decision.macro.choosing import Choosing, Settings
from qvecsim.decision.macro.expand import standing
from qvecsim.decision.macro.menu import Standing
from qvecsim.decision.macro.summary import Summary
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Action, Observation


class Heads(Choosing):
    """``made`` makes a network of types of inputs and a number of outputs; of its blocks those in ``learns`` learn."""

    # Few choices are other than the first, and a slot's reward is noisy: what is learned of them from few is drawn
    # back to the prior, and the average decides.
    settings = Settings(
        rates={},
        rate=0.005,
        scale=1.0,
        spread=0.0,
        explore="seldom",
        batch=256,
        warmup=256,
        relative=True,
        prior=-0.1,
        shrink=0.1,
        steady=True,
    )

    def __init__(
        self,
        scenario: Scenario,
        streams: Streams,
        made: Callable[[tuple[int, ...], int], Network],
        learns: Collection[str],
    ) -> None:
        self.made, self.learns = made, learns
        super().__init__(scenario, streams, Standing(scenario), Summary(scenario))

    def network(self, ties: tuple[int, ...], outputs: int) -> Network:
        """That of its scheme."""
        return self.made(ties, outputs)

    def rates(self) -> dict[str, float]:
        """One for all blocks that learn in the scheme."""
        return {name: rate for name, rate in super().rates().items() if name in self.learns}

    def over(self, observations: list[Observation], actions: list[Action]) -> list[Action]:
        """The actions with what the heads choose; offloads stay."""
        if not observations:
            return []
        told = zip(observations, self.choose(observations), actions, strict=True)
        return [standing(seen, self.menu, int(index), action) for seen, index, action in told]

    def _epsilon(self) -> float:
        """How often a head tries another than its best choice."""
        return 0.0 if self.frozen else 1.0 - explore.likely(self._progress())

    def _draws(self, name: str, world: int, slot: int) -> np.random.Generator:
        """Not those of the offloads."""
        return super()._draws(f"heads/{name}", world, slot)
