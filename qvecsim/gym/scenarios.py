"""Which scenario a name means: a file, or one of those that stand in the source tree."""

from __future__ import annotations

from pathlib import Path

from qvecsim.errors import ScenarioError
from qvecsim.scenario import load
from qvecsim.scenario.parameters import Scenario

PLACES = (Path("scenarios"), Path(__file__).parents[2] / "scenarios")  # of the current folder, then of our source tree


def opened(scenario: Scenario | str | Path, *overrides: str) -> Scenario:
    """The scenario; a word without a folder and an ending is looked for among those that are shipped."""
    if isinstance(scenario, Scenario):
        if overrides:
            raise ScenarioError("overrides must go to qvecsim.load when the scenario is loaded already.")
        return scenario
    return load(_shipped(scenario) if Path(scenario).name == str(scenario) else scenario, *overrides)


def _shipped(scenario: str | Path) -> str | Path:
    if Path(scenario).suffix:
        return scenario
    for place in PLACES:
        if (path := place / f"{scenario}.yaml").is_file():
            return path
    raise ScenarioError(
        f"'scenario' must be a file, or the name of one in {Path.cwd() / PLACES[0]} (got '{scenario}'). "
        "Name the file: qvecsim.gym.make('path/to/scenario.yaml')."
    )
