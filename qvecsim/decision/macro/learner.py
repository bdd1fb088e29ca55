"""Algorithm 2 in macro mode: one decision a slot for all vehicles, over the macro actions of one register a part."""

from __future__ import annotations

from qvecsim.decision.macro.choosing import Choosing, Settings
from qvecsim.decision.macro.expand import expand
from qvecsim.decision.macro.menu import Menu
from qvecsim.decision.macro.observe import Sight
from qvecsim.decision.macro.tides import Tides
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Action, Observation, Step

__all__ = ["Macro", "Settings"]


class Macro(Choosing):
    """All vehicles by one macro action. It learns online from the first slot, unless ``load`` gave it what to know."""

    def __init__(self, scenario: Scenario, streams: Streams) -> None:
        super().__init__(scenario, streams, Menu(scenario), Sight(scenario))
        self.tides = Tides(scenario)

    def restart(self, streams: Streams) -> None:
        """Another run begins: what was learned stays, what was under way is forgotten."""
        super().restart(streams)
        self.tides.known.clear()

    def decide(self, observation: Observation) -> Action:
        """The action for one world."""
        return self.act([observation])[0]

    def act(self, observations: list[Observation]) -> list[Action]:
        """One macro action in each world."""
        chosen = enumerate(zip(observations, self.choose(observations), strict=True)) if observations else ()
        return [expand(seen, self.menu, int(index), self.tides.of(world, seen)) for world, (seen, index) in chosen]

    def learn(self, steps: list[Step]) -> None:
        """The price rule learns what comes, then the network what came of the choices."""
        self.tides.flow(steps)
        super().learn(steps)
