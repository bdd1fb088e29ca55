"""A trained model as a scheme: it sees and acts through an action mode, as it did in the environment."""

from __future__ import annotations

from typing import Any, ClassVar

from qvecsim.decision.policy import Policy
from qvecsim.gym.modes import mode_of
from qvecsim.gym.sight import Shown, checked
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Action, Observation, Step


class Agent(Policy):
    """Subclasses say which ``mode`` with which ``settings`` the model was trained in, and how it is asked."""

    mode: ClassVar[str] = "branch"
    settings: ClassVar[dict[str, Any]] = {}

    def __init__(self, scenario: Scenario, streams: Streams) -> None:
        super().__init__(scenario, streams)
        self.eyes = mode_of(self.mode, scenario, **self.settings)

    def predict(self, shown: Shown) -> Any:
        """The model's choice for what an environment would have shown."""
        raise NotImplementedError(f"{type(self).__name__} must define predict(shown).")

    def decide(self, observation: Observation) -> Action:
        """What the choice means here."""
        sight = self.eyes.look(observation)
        choice = checked(self.predict(sight.shown.copy()), self.eyes.spaces.options)
        return self.eyes.act(observation, sight, choice)

    def learn(self, steps: list[Step]) -> None:
        """The averages behind what is shown move on; the model does not learn."""
        for step in steps:
            self.eyes.learn(step)
