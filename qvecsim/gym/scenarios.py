"""Which scenario a name means: a file, or one of those that stand in the source tree."""

from __future__ import annotations

from pathlib import Path

from qvecsim.errors import ScenarioError
from qvecsim.scenario import load
from qvecsim.scenario.parameters import Scenario

HERE, OURS = Path("scenarios"), Path(__file__).parents[2] / "scenarios"  # of the current folder; of our source tree


def opened(scenario: Scenario | str | Path, *overrides: str) -> Scenario:
    """The scenario; a word without a folder and an ending is looked for among those that are shipped."""
    if isinstance(scenario, Scenario):
        if overrides:
            raise ScenarioError("overrides must go to qvecsim.load when the scenario is loaded already.")
        return scenario
    if Path(scenario).name != str(scenario) or Path(scenario).suffix:
        return load(scenario, *overrides)
    return _shipped(str(scenario), *overrides)


def _shipped(name: str, *overrides: str) -> Scenario:
    """One that lies in the source tree, with the trace there: a scenario alone may name files below it only."""
    if (HERE / f"{name}.yaml").is_file():
        return load(HERE / f"{name}.yaml", *overrides)
    if not (path := OURS / f"{name}.yaml").is_file():
        raise ScenarioError(
            f"'scenario' must be a file, or the name of one in {Path.cwd() / HERE} (got '{name}'). "
            "Name the file: qvecsim.gym.make('path/to/scenario.yaml')."
        )
    found = load(path, *overrides)
    beside = OURS / (found.world.trace or "")
    if not beside.is_file() or any(override.startswith("world.trace") for override in overrides):
        return found
    return load(path, f"world.trace={beside.resolve()}", *overrides)
