"""A plan to its runs, each with its key and its id, before any of them is run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from qvecsim.decision.schemes import policy_class, settled
from qvecsim.errors import PolicyError, Problems, ScenarioError
from qvecsim.runner import name_of
from qvecsim.scenario.files import Origin
from qvecsim.scenario.parameters import POLICY, Scenario
from qvecsim.scenario.parts import Train
from qvecsim.scenario.plan import Plan, Variant, variants
from qvecsim.study.trainings import course_of
from qvecsim.study.work import trace_sha256
from qvecsim.study.workers import Engine
from qvecsim.validation import check_scenario
from qvecsim.world.world import contents, digest_of

T = TypeVar("T")
Progress = Callable[[int, int], None]  # done, in all


@dataclass(frozen=True)
class Entry:
    """One run of a study."""

    run_id: str
    key: Mapping[str, Any]  # its place on each axis
    scenario: Scenario
    replication: int

    def __str__(self) -> str:
        words = [f"{self.key['scenario']} {self.key['scheme']} replication {self.replication}"]
        named = {name: value for name, value in self.key.items() if name not in ("scenario", "scheme", "replication")}
        return ", ".join([*words, *(f"{name} {value}" for name, value in named.items())]) + f" ({self.run_id})"


def entries(
    plan: Plan, engine: Engine, *overrides: str, seed: int | None = None, progress: Progress | None = None
) -> list[Entry]:
    """Every run of a plan, in its order: those of one scenario and setting stand together.

    Raises ``ScenarioError`` where a scenario breaks a rule, a file is missing, or two runs are one.
    """
    problems = Problems()
    found: list[Variant] = []
    with problems:
        found = variants(plan, *overrides, seed=seed)
    with problems:
        _check_schemes(plan, found)
    for variant in found:
        with problems:
            check_scenario(_with(plan, variant.scenario, (plan.schemes or (None,))[0]))
    problems.tell()
    traces = _traces([variant.scenario for variant in found], engine, progress)
    runs = [entry for variant in found for entry in _runs(plan, variant, traces[_mobility(variant.scenario)])]
    _check_distinct(plan, runs)
    return runs


def counted(done: Iterable[T], total: int, progress: Progress | None) -> Iterator[T]:
    """What is done, telling how much of it there is."""
    tell = progress or (lambda count, total: None)
    tell(0, total)
    for count, item in enumerate(done, 1):
        tell(count, total)
        yield item


def _with(plan: Plan, scenario: Scenario, scheme: str | None) -> Scenario:
    if scheme is None or plan.schemes is None:
        return scenario
    return scenario.with_scheme(scheme, Origin(plan.label("schemes", plan.schemes.index(scheme))))


def _check_schemes(plan: Plan, found: Sequence[Variant]) -> None:
    folders: list[tuple[Path, ...]] = [(folder,) for folder in sorted({one.scenario.folder for one in found})]
    problems: dict[str, None] = {}
    for index, scheme in enumerate(plan.schemes or ()):
        for places in folders or [_folders(plan)]:
            try:
                policy_class(scheme, *places)
            except PolicyError as error:
                problems[f"{plan.label('schemes', index)}: {error}"] = None
    if problems:
        raise ScenarioError(problems)


def _folders(plan: Plan) -> tuple[Path, ...]:
    """Where scenarios that could not be read may be."""
    return tuple(place.parent for name in plan.scenarios for place in (plan.source.parent / name, Path(name)))


def _mobility(scenario: Scenario) -> tuple[str, str]:
    """What decides what a trace says."""
    return scenario.world.model_dump_json(), str(scenario.folder)


def _traces(scenarios: Sequence[Scenario], engine: Engine, progress: Progress | None) -> dict[tuple[str, str], str]:
    """The SHA-256 of every trace; reading it the first time also makes the copy that the runs map."""
    distinct = {_mobility(scenario): scenario for scenario in scenarios}
    jobs = [(key, (scenario, os.getcwd())) for key, scenario in distinct.items()]
    found: dict[tuple[str, str], str] = {}
    problems: dict[tuple[str, str], str] = {}
    # One trace is read here: nobody is called for less than a run.
    done = engine.each(trace_sha256, jobs) if len(jobs) > 1 else ((key, trace_sha256(*job)) for key, job in jobs)
    for key, report in counted(done, len(jobs), progress):
        found[key], problems[key] = report
    told = [problems[key] for key in distinct if problems[key]]
    if told:
        raise ScenarioError(dict.fromkeys(told))
    return found


def _runs(plan: Plan, variant: Variant, trace: str) -> Iterator[Entry]:
    if plan.train is not None:
        yield from _trainings(plan, plan.train, variant, trace)
        return
    files = contents(variant.scenario.with_policy(None))
    for scheme in plan.schemes or (None,):
        scenario = _taught(plan, _with(plan, variant.scenario, scheme))
        own = {POLICY: digest_of(scenario.file(POLICY), POLICY)} if scenario.decision.policy else {}
        for replication in plan.replications:
            run_id = name_of(scenario, scenario.scheme, replication, trace, files | own)
            place = {"scheme": scenario.scheme, "replication": replication, "seed": scenario.seed}
            key = variant.key | place
            yield Entry(run_id, {axis: key[axis] for axis in plan.axes}, scenario, replication)


def _trainings(plan: Plan, asked: Train, variant: Variant, trace: str) -> Iterator[Entry]:
    """One for each scheme: what a scenario knows already is left out."""
    for scheme in plan.schemes or (None,):
        course = course_of(_with(plan, variant.scenario, scheme), asked)
        key = variant.key | {"scheme": course.scheme, "replication": 0, "seed": course.scenario.seed}
        yield Entry(course.named(trace), {axis: key[axis] for axis in plan.axes}, course.scenario, 0)


def _taught(plan: Plan, scenario: Scenario) -> Scenario:
    """With what the plan or the scenario says its scheme has learned."""
    folder = plan.policies.get(scenario.scheme)
    if folder is None:
        return settled(scenario, scenario.scheme)
    origin = Origin(plan.label("policies", scenario.scheme), plan.source.parent)
    return settled(scenario.with_policy(folder, origin), scenario.scheme, asked=True)


def _check_distinct(plan: Plan, runs: Sequence[Entry]) -> None:
    first: dict[str, Entry] = {}
    for entry in runs:
        if (other := first.setdefault(entry.run_id, entry)) is not entry:
            raise ScenarioError(f"{plan.label()}: two runs are the same: {other} and {entry}.")
