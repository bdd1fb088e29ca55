"""What a study is: scenarios x traces x swept parameters x schemes x replications, read from a strict YAML file."""

from __future__ import annotations

import glob
import itertools
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field, PrivateAttr

from qvecsim.errors import Problems, ScenarioError
from qvecsim.scenario import wording
from qvecsim.scenario.draft import Draft
from qvecsim.scenario.files import below, odd
from qvecsim.scenario.layers import EXTENDS
from qvecsim.scenario.parameters import NAME, File, Name, Node, Scenario
from qvecsim.scenario.parts import RUNS as RUNS
from qvecsim.scenario.parts import Figure, Listed, Replications, Scheme, Small, Train, Values
from qvecsim.scenario.planfile import in_small, opened, validated
from qvecsim.scenario.text import short
from qvecsim.scenario.yaml import DEPTH, Document, Key

# What lies in a folder of traces and may be one. SUMO's other files are told by their second suffix.
TRACES = (".xml", ".xml.gz", ".csv", ".csv.gz", ".parquet")
OTHERS = (".net", ".rou", ".add", ".poly", ".trips", ".con", ".nod", ".edg", ".typ")
COPY = ".qvc"  # a columnar copy, which ``*`` would match, too

EPISODES = "episodes"  # the axis of trainings that is no axis of their study


class Plan(Node):
    """One study's whole description; frozen. Every list is an axis."""

    name: Name | None = Field(None, min_length=1)  # None: that of the file
    scenarios: Listed[File]
    schemes: Listed[Scheme] | None = None  # None: each scenario's own
    replications: Replications = (0,)
    traces: Listed[File] | None = None  # files, folders and patterns; None: each scenario's own
    policies: dict[str, File] = Field(default_factory=dict)  # what a scheme has learned: its folder, by scheme
    settings: dict[str, Any] = Field(default_factory=dict, alias="set")
    sweep: dict[str, Values] = Field(default_factory=dict)
    train: Train | None = None  # None: a run is a run
    figure: Figure | None = None
    small: Small | None = None

    _source: Path = PrivateAttr(default=Path())
    _is_small: bool = PrivateAttr(default=False)
    _lines: dict[Key, int] = PrivateAttr(default_factory=dict)

    @property
    def source(self) -> Path:
        """The file."""
        return self._source

    @property
    def is_small(self) -> bool:
        """Whether it was loaded in its small setting."""
        return self._is_small

    @property
    def title(self) -> str:
        """What the study is called."""
        stem = self._source.name.split(".")[0]
        return self.name or (stem if stem and NAME.fullmatch(stem) else "study")

    @property
    def axes(self) -> tuple[str, ...]:
        """The columns that tell the runs of the study apart."""
        own = ("scenario", "trace", "scheme", "replication", "seed")
        return (*own, *(key for key in self.sweep if key not in own))

    def label(self, *key: str | int) -> str:
        """Where a key, or else the innermost group around it, was written."""
        line = next((self._lines[key[:end]] for end in range(len(key), -1, -1) if key[:end] in self._lines), 1)
        return f"{self._source}:{line}"


class Variant(NamedTuple):
    """A scenario with everything set but its scheme and replication, and its place on the other axes."""

    scenario: Scenario
    key: dict[str, Any]  # ``scenario``, ``trace``, and each swept parameter


class _Setting(NamedTuple):
    """One thing that a plan says of a scenario."""

    label: str
    key: str
    value: Any


def load_plan(path: str | Path, *, small: bool = False) -> Plan:
    """The plan in a file; raises ``ScenarioError`` with every broken rule, in the order of its lines.

    ``small`` loads it in its small setting.
    """
    source = Path(path)
    plan = _plan(source, document := opened(source))
    if plan.small is not None:
        smaller = _plan(source, in_small(document))
        smaller._is_small = True
        return smaller if small else plan
    if small:
        raise ScenarioError(f"{plan.label()}: the plan must have a part 'small' to be run in a small setting.")
    return plan


def _plan(source: Path, document: Document) -> Plan:
    plan = validated(Plan, source, document, _misplaced)
    plan._source, plan._lines = source, document.lines
    return plan


def _misplaced(plan: Plan) -> Iterator[tuple[Key, str]]:
    """What may not be set or swept, and policies of schemes that the plan does not have."""
    for scheme in plan.policies:
        if plan.schemes is not None and scheme not in plan.schemes:
            yield ("policies", scheme), "must be one of 'schemes'"
    for group, keys in (("set", plan.settings), ("sweep", plan.sweep)):
        for key in keys:
            if key == "scheme":
                yield (group, key), f"must be 'schemes', a key of the plan itself, and not stand under '{group}'"
            elif key == EXTENDS or not all(key.split(".")) or key.count(".") >= DEPTH:
                yield (group, key), "must be the key of a parameter, such as radio.bandwidth_hz"
            elif group == "sweep" and key in plan.settings:
                yield (group, key), "must be set or swept, not both"
    if plan.train is not None and plan.replications != (0,):
        yield ("replications",), "must be left out of a plan with 'train', whose trainings differ by 'seed'"
    yield from _undrawable(plan)


def _undrawable(plan: Plan) -> Iterator[tuple[Key, str]]:
    """Axes of the figure that the study does not have."""
    if plan.figure is None:
        return
    of = {"x": (*plan.axes, EPISODES) if plan.train else plan.axes, "by": plan.axes}
    for name, axes in of.items():
        if (given := getattr(plan.figure, name)) not in axes:
            key = ("figure", name) if name in plan.figure.model_fields_set else ("figure",)
            yield key, f"must be an axis of the study: {', '.join(axes)} (got {short(given)})"
    for metric in plan.figure.y_labels:
        if metric not in plan.figure.y:
            yield ("figure", "y_labels", metric), "must be one of 'figure.y'"
    if plan.figure.x == plan.figure.by:
        yield ("figure", "x"), "must be another axis than 'by'"


def variants(plan: Plan, *overrides: str, seed: int | None = None) -> list[Variant]:
    """Every combination of scenario, trace and swept values, in the order of the plan; ``overrides`` come last.

    Raises ``ScenarioError`` with all that is wrong in any of them, each once.
    """
    problems = Problems()
    traces = _unknown_traces(plan)
    with problems:
        traces = _traces(plan)
    runs = len(plan.scenarios) * math.prod(len(values) for values in plan.sweep.values())
    runs *= len(traces) * len(plan.schemes or (None,)) * len(plan.replications)
    if runs > RUNS:
        raise ScenarioError(f"{plan.label()}: the plan must make at most {RUNS:,} runs (makes {runs:,}).")
    drafts: dict[str, Draft] = {}
    for index, name in enumerate(plan.scenarios):
        with problems:
            drafts[name] = Draft.of(_scenario(plan, index))
    found: list[Variant] = []
    for name, draft in drafts.items():
        for settings in _settings(plan, traces):
            with problems:
                scenario = _settled(plan, draft, settings, overrides, seed)
                swept = {key: value for _, key, value in settings if key in plan.sweep}
                trace = scenario.world.trace or scenario.world.sumocfg
                found.append(Variant(scenario, {"scenario": name, "trace": trace, **swept}))
    problems.tell()
    return found


def _settings(plan: Plan, traces: Sequence[_Setting | None]) -> Iterator[list[_Setting]]:
    """What is set in one variant after the other."""
    fixed = [_Setting(plan.label("set", key), key, value) for key, value in plan.settings.items()]
    swept = [
        [_Setting(plan.label("sweep", key, index), key, value) for index, value in enumerate(values)]
        for key, values in plan.sweep.items()
    ]
    for trace, *values in itertools.product(traces, *swept):
        yield [*fixed, *([trace] if trace else []), *values]


def _settled(
    plan: Plan, draft: Draft, settings: Iterable[_Setting], overrides: Iterable[str], seed: int | None
) -> Scenario:
    draft = deepcopy(draft)
    for label, key, value in settings:
        draft.replace(label, key.split("."), Document(deepcopy(value)), plan.source.parent)
    for text in overrides:
        draft.override(text)
    if seed is not None:
        draft.replace("--seed", ("seed",), Document(seed))
    return draft.validated()


def _scenario(plan: Plan, index: int) -> Path:
    """Where a scenario is: beside the plan, else in the current folder; it must lie below one of them."""
    name, folder = plan.scenarios[index], plan.source.parent
    places = list(dict.fromkeys([folder / name, Path(name)]))
    place = next((place for place in places if place.exists()), places[0])
    if not below(place, folder, Path()):
        fault = f"must name a file below the plan's folder or the current one, or be copied there (got {short(name)})"
    elif kind := odd(place):
        fault = f"must name a scenario file beside the plan or here (got {short(name)}, which is {kind})"
    else:
        return place
    raise ScenarioError(f"{plan.label('scenarios', index)}: {wording.sentence(('scenarios', index), fault)}")


def _traces(plan: Plan) -> list[_Setting | None]:
    """The traces of the plan, each once; one None where it has none."""
    if plan.traces is None:
        return [None]
    found: dict[str, _Setting | None] = {}
    problems = []
    for index, pattern in enumerate(plan.traces):
        label = plan.label("traces", index)
        names = _matches(pattern, plan.source.parent) or _matches(pattern, Path())
        found |= {name: _Setting(label, "world.trace", name) for name in names}
        if not names:
            fault = f"must name a trace, or a folder or pattern of traces, that exists (got {short(pattern)})"
            problems.append(f"{label}: {wording.sentence(('traces', index), fault)}")
    if problems:
        raise ScenarioError(problems)
    return list(found.values())


def _unknown_traces(plan: Plan) -> list[_Setting | None]:
    """What stands in for traces that are not there, so that all else can be checked."""
    return [_Setting(plan.label("traces"), "world.trace", plan.traces[0]) if plan.traces else None]


def _matches(pattern: str, folder: Path) -> list[str]:
    """The files below ``folder`` that a name, a folder's name or a pattern stands for, sorted."""
    if (folder / pattern).is_dir():
        names = sorted(os.listdir(folder / pattern))
        return [os.path.join(pattern, name) for name in names if _may_be_trace(folder / pattern / name)]
    if (folder / pattern).is_file() or not glob.has_magic(pattern):
        return [pattern] if (folder / pattern).is_file() else []
    names = sorted(glob.glob(pattern, root_dir=folder, recursive=True))
    return [name for name in names if (folder / name).is_file() and not name.endswith(COPY)]


def _may_be_trace(path: Path) -> bool:
    suffix = next((suffix for suffix in sorted(TRACES, key=len, reverse=True) if path.name.endswith(suffix)), None)
    hidden = path.name.startswith(".")
    return suffix is not None and not hidden and not path.name.removesuffix(suffix).endswith(OTHERS) and path.is_file()
