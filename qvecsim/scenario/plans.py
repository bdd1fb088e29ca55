"""A plan of plans: files of plans that are run together, read from a strict YAML file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from qvecsim.errors import ScenarioError
from qvecsim.scenario import wording
from qvecsim.scenario.parameters import NAME, File, Name, Node
from qvecsim.scenario.parts import Listed
from qvecsim.scenario.plan import Plan, load_plan
from qvecsim.scenario.planfile import opened, validated
from qvecsim.scenario.yaml import Key


class Plans(Node):
    """Plans that are run together, each in a file beside this one or below."""

    name: Annotated[Name, Field(min_length=1)] | None = None  # None: that of the file
    plans: Listed[File]


def load_plans(path: str | Path, *, small: bool = False) -> tuple[str | None, list[Plan]]:
    """The plans that a file names, and what they are called together; None where it is one plan itself."""
    source = Path(path)
    document = opened(source)
    if not isinstance(document.data, dict) or "plans" not in document.data:
        return None, [load_plan(source, small=small)]
    group = validated(Plans, source, document, _no_rules)
    stem = source.name.split(".")[0]
    name = group.name or (stem if NAME.fullmatch(stem) else "") or "plans"
    return name, _members(group, source, document.lines, small)


def _no_rules(_: Plans) -> Iterator[tuple[Key, str]]:
    return iter(())


def _members(group: Plans, source: Path, lines: dict[Key, int], small: bool) -> list[Plan]:
    """The plans, no two of one name."""
    found: dict[str, Plan] = {}
    problems: list[str] = []
    for index, name in enumerate(group.plans):
        label = f"{source}:{lines.get(('plans', index), 1)}"
        try:
            plan = load_plan(source.parent / name, small=small)
        except ScenarioError as error:
            problems += error.problems
            continue
        if found.setdefault(plan.title, plan) is not plan:
            fault = f"must have another name than a plan before it (got '{plan.title}')"
            problems.append(f"{label}: {wording.sentence(('plans', index), fault)}")
    if problems:
        raise ScenarioError(problems)
    return list(found.values())
