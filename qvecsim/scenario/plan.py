"""What a study is: scenarios x traces x swept parameters x schemes x replications, read from a strict YAML file."""

from __future__ import annotations

import glob
import itertools
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, ValidationError
from pydantic_core import ErrorDetails

from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.scenario import wording, yaml
from qvecsim.scenario.draft import LINES, Draft
from qvecsim.scenario.files import below, odd
from qvecsim.scenario.layers import EXTENDS
from qvecsim.scenario.parameters import NAME, File, Many, Name, Node, Scenario, Whole
from qvecsim.scenario.text import cut, short
from qvecsim.scenario.yaml import DEPTH, Document, Key

RUNS = 100_000  # the most in one study
# What lies in a folder of traces and may be one. SUMO's other files are told by their second suffix.
TRACES = (".xml", ".xml.gz", ".csv", ".csv.gz", ".parquet")
OTHERS = (".net", ".rou", ".add", ".poly", ".trips", ".con", ".nod", ".edg", ".typ")
COPY = ".qvc"  # a columnar copy, which ``*`` would match, too

T = TypeVar("T")


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str | int | float) else tuple(value) if isinstance(value, list) else value


def _once(values: tuple[T, ...]) -> tuple[T, ...]:
    if len({short(value) for value in values}) < len(values):
        raise ValueError("name each once")
    return values


def _counted(value: object) -> object:
    """A number of replications as what they are numbered."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= RUNS:
            raise ValueError(f"be from 1 to {RUNS:,}, or a list of replications")
        return tuple(range(value))
    return tuple(value) if isinstance(value, list) else value


Listed = Annotated[tuple[T, ...], BeforeValidator(_listed), Field(min_length=1), AfterValidator(_once)]
Values = Annotated[Many[Any], Field(min_length=1), AfterValidator(_once)]
Replication = Annotated[Whole, Field(ge=0, le=2**63 - 1)]


class Plan(Node):
    """One study's whole description; frozen. Every list is an axis."""

    name: Name | None = Field(None, min_length=1)  # None: that of the file
    scenarios: Listed[File]
    schemes: Listed[Annotated[str, Field(min_length=1)]] | None = None  # None: each scenario's own
    replications: Annotated[
        tuple[Replication, ...], BeforeValidator(_counted), Field(min_length=1), AfterValidator(_once)
    ] = (0,)
    traces: Listed[File] | None = None  # files, folders and patterns; None: each scenario's own
    policies: dict[str, File] = Field(default_factory=dict)  # what a scheme has learned: its folder, by scheme
    settings: dict[str, Any] = Field(default_factory=dict, alias="set")
    sweep: dict[str, Values] = Field(default_factory=dict)

    _source: Path = PrivateAttr(default=Path())
    _lines: dict[Key, int] = PrivateAttr(default_factory=dict)

    @property
    def source(self) -> Path:
        """The file."""
        return self._source

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


def load_plan(path: str | Path) -> Plan:
    """The plan in a file; raises ``ScenarioError`` with every broken rule, in the order of its lines."""
    source = Path(path)
    if kind := odd(source):
        raise ScenarioError(f"'{cut(str(source))}' must be a plan file (got {kind}).")
    try:
        document = yaml.read(source)
    except OSError as error:
        raise ScenarioError(f"'{cut(str(source))}' must be readable (got: {error.strerror}).") from error
    problems = [(line, wording.sentence(key, text)) for line, key, text in document.problems]
    try:
        plan = Plan.model_validate(document.data)
        problems += [(document.lines[key], wording.sentence(key, text)) for key, text in _misplaced(plan)]
    except ValidationError as failure:
        problems += _refused(failure.errors(include_url=False), document)
    if problems:
        told = dict.fromkeys(f"{source}:{line}: {text}" for line, text in sorted(problems))
        raise ScenarioError(list(told)[:LINES])
    plan._source, plan._lines = source, document.lines
    return plan


def _refused(errors: list[ErrorDetails], document: Document) -> Iterator[tuple[int, str]]:
    for error in errors:
        key = wording.key(error)
        heads = [key[:end] for end in range(len(key), -1, -1)]
        if not document.spoiled.intersection(heads):
            yield next((document.lines[head] for head in heads if head in document.lines), 1), _told(error)


def _told(error: ErrorDetails) -> str:
    if error["type"] != "extra_forbidden":
        return wording.told(error)
    known = [field.alias or name for name, field in Plan.model_fields.items()]
    word = str(error["loc"][-1])
    hint = "Put it under 'set' or 'sweep'." if word in Scenario.model_fields else did_you_mean(word, known)
    return f"'{cut(word)}' is no key of a plan. {hint}"


def _misplaced(plan: Plan) -> Iterator[tuple[Key, str]]:
    """What may not be set or swept, and policies of schemes that the plan does not have."""
    for scheme in plan.policies:
        if plan.schemes is not None and scheme not in plan.schemes:
            yield ("policies", scheme), "must be one of 'schemes'"
    for group, keys in (("set", plan.settings), ("sweep", plan.sweep)):
        for key in keys:
            if key == "scheme":
                yield (group, key), "must be a list 'schemes' of the plan"
            elif key == EXTENDS or not all(key.split(".")) or key.count(".") >= DEPTH:
                yield (group, key), "must be the key of a parameter, such as radio.bandwidth_hz"
            elif group == "sweep" and key in plan.settings:
                yield (group, key), "must be set or swept, not both"


def variants(plan: Plan, *overrides: str, seed: int | None = None) -> list[Variant]:
    """Every combination of scenario, trace and swept values, in the order of the plan; ``overrides`` come last.

    Raises ``ScenarioError`` with all that is wrong in any of them, each once.
    """
    runs = len(plan.scenarios) * math.prod(len(values) for values in plan.sweep.values())
    traces = _traces(plan)
    runs *= len(traces) * len(plan.schemes or (None,)) * len(plan.replications)
    if runs > RUNS:
        raise ScenarioError(f"{plan.label()}: the plan must make at most {RUNS:,} runs (makes {runs:,}).")
    drafts = [Draft.of(_scenario(plan, index)) for index in range(len(plan.scenarios))]
    found: list[Variant] = []
    problems: dict[str, None] = {}
    for name, draft in zip(plan.scenarios, drafts, strict=True):
        for settings in _settings(plan, traces):
            try:
                scenario = _settled(plan, draft, settings, overrides, seed)
            except ScenarioError as error:
                problems |= dict.fromkeys(error.problems)
                continue
            swept = {key: value for _, key, value in settings if key in plan.sweep}
            trace = scenario.world.trace or scenario.world.sumocfg
            found.append(Variant(scenario, {"scenario": name, "trace": trace, **swept}))
    if problems:
        raise ScenarioError(list(problems)[:LINES])
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
        fault = f"must name a file below the plan's folder or the current one (got {short(name)})"
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
