"""The two action modes of an environment: what an agent is shown of a boundary, and what its choice becomes."""

from __future__ import annotations

from typing import Any, Protocol

from qvecsim.errors import QvecsimError, did_you_mean
from qvecsim.gym.macro import Whole
from qvecsim.gym.rows import Rows
from qvecsim.gym.sight import Sight, Spaces
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Action, Ints, Observation, Step


class Mode(Protocol):
    """Sees and acts for an agent; what it remembers is of one run."""

    spaces: Spaces

    def begin(self) -> None:
        """Another run begins."""

    def look(self, observation: Observation) -> Sight:
        """What an agent sees of a boundary."""

    def act(self, observation: Observation, sight: Sight, choice: Ints) -> Action:
        """The action that a choice means."""

    def learn(self, step: Step) -> None:
        """Take note of what came of it."""


MODES: dict[str, type[Rows] | type[Whole]] = {"branch": Rows, "macro": Whole}


def mode_of(name: str, scenario: Scenario, **settings: Any) -> Mode:
    """A fresh mode by its name."""
    if name not in MODES:
        raise QvecsimError(f"'mode' must be {' or '.join(MODES)} (got '{name}'). {did_you_mean(name, MODES)}")
    known: tuple[str, ...] = MODES[name].SETTINGS
    for setting in settings:
        if setting not in known:
            raise QvecsimError(f"'{setting}' is no setting of mode {name}. {did_you_mean(setting, known)}".rstrip())
    made: Mode = MODES[name](scenario, **settings)
    return made
