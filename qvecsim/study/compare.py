"""Differences between schemes, profiles or values of a parameter: paired, over the replications that both have.

Two runs are a pair when they differ in nothing but what is compared. Runs of one replication meet the same draws in
every setting, so settings are averaged first, and the replications are what an interval is about.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from qvecsim.errors import QvecsimError, ResultError, did_you_mean, nearest
from qvecsim.results.intervals import Interval, bootstrap, plain, student
from qvecsim.results.store import Run, read
from qvecsim.results.study import Study
from qvecsim.scenario import yaml
from qvecsim.types import Floats

# The miss rate alone flatters whoever drops what is slow: the mean latency always stands beside it.
METRICS = ("deadline_miss_rate", "mean_latency_s", "key_rate_bps", "mean_finality_s", "energy_j", "return")
PREFERRED = ("scheme", "profile")
NEUTRAL = ("seed", "name", "world.trace", "world.sumocfg")  # never what is compared, unless ``by`` says so
AXES = {"trace": "world.trace"}  # columns of a study that are keys by another name
LISTED = 10  # the most keys that an error lists
HOW = "95 % intervals of the mean paired difference: Student's t, and percentile bootstrap (10,000 resamples)"


class Case(NamedTuple):
    """One run."""

    draw: tuple[int, int]  # seed, replication
    facts: Mapping[str, str]  # scenario, scheme and trace: JSON by dotted key
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """One metric of two contestants, means over their pairs; NaN and None where there is nothing to tell."""

    metric: str
    value: float
    baseline: float
    difference: float
    replications: int
    student: Interval | None
    bootstrap: Interval | None


@dataclass(frozen=True)
class Comparison:
    """One contestant against the baseline."""

    by: str
    contestant: str
    baseline: str
    setting: Mapping[str, str]  # what tells it from other settings; empty where there is one, or all are averaged
    settings: int
    differences: tuple[Difference, ...]

    @property
    def replications(self) -> int:
        """How many pairs the means are over."""
        return max(found.replications for found in self.differences)


def compare(
    *paths: str | Path, by: str | None = None, baseline: str | None = None, each: bool = False
) -> list[Comparison]:
    """Compare the runs in run folders and studies with those of a baseline, by default the first.

    ``by`` is what is compared: ``scheme``, ``profile``, ``trace`` or any key of a scenario; by default what the runs
    differ in.
    ``each`` compares in every setting by itself, and does not average over them.
    """
    found = cases(paths)
    key = _contested(found) if by is None else _key(found, by)
    values = list(dict.fromkeys(case.facts.get(key, "null") for case in found))
    if len(values) == 1:
        raise QvecsimError(f"All runs have '{key}' {told(values[0])}. They differ in: {_others(found, key)}.")
    first = _baseline(values, baseline, key)
    compared = [
        comparison for value in values if value != first for comparison in _against(found, key, value, first, each=each)
    ]
    if not compared:
        raise QvecsimError(f"No two runs differ in '{key}' alone. They also differ in: {_others(found, key)}.")
    return compared


def cases(paths: Iterable[str | Path]) -> list[Case]:
    """Every run in these folders, once."""
    opened = [read(path) for path in paths]
    runs = itertools.chain.from_iterable([found] if isinstance(found, Run) else found for found in opened)
    names: dict[str, str] = {}
    found = list({run.run_id: _case(run, names) for run in runs}.values())
    if len(found) < 2:
        raise ResultError(f"At least two runs must be given to compare (got {len(found)}).")
    return found


def left_out(paths: Iterable[str | Path]) -> int:
    """How many runs of studies failed, and cannot be compared."""
    studies = [found for path in paths if isinstance(found := read(path), Study)]
    return sum(len(study.index) - len(study) for study in studies)


def _case(run: Run, names: dict[str, str]) -> Case:
    manifest = run.manifest
    facts, sha256 = _facts(run.scenario), manifest["trace_sha256"]
    # A trace is what it says, and is called as it was when it was first met.
    trace = names.setdefault(sha256, f"{json.loads(facts.get('world.trace', 'null')) or 'trace'}, {sha256[:8]}")
    mobility = {"scheme": json.dumps(manifest["scheme"]), "world.trace": json.dumps(trace)}
    facts = {name: value for name, value in facts.items() if name not in ("seed", "world.sumocfg")} | mobility
    return Case((manifest["seed"], manifest["replication"]), facts, manifest["summary"])


@cache
def _facts(scenario: str) -> Mapping[str, str]:
    """A scenario's text, which all replications share."""
    return dict(_leaves(yaml.parse(scenario).data))


def _leaves(node: Any, above: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from _leaves(inner, f"{above}.{name}" if above else name)
    else:
        yield above, json.dumps(node)


def _differing(found: Sequence[Case]) -> list[str]:
    names = dict.fromkeys(name for case in found for name in case.facts)
    return [name for name in names if len({case.facts.get(name) for case in found}) > 1]


def _contested(found: Sequence[Case]) -> str:
    """What runs differ in, if nobody says what is compared."""
    differing = [name for name in _differing(found) if name not in NEUTRAL]
    preferred = [name for name in PREFERRED if name in differing] or differing
    if preferred and (len(differing) == 1 or preferred[0] in PREFERRED):
        return preferred[0]
    if not differing:
        raise QvecsimError("The runs must differ in what is compared (they have one scheme, profile and scenario).")
    raise QvecsimError(f"'by' must say what is compared. The runs differ in: {', '.join(differing)}.")


def _key(found: Sequence[Case], by: str) -> str:
    """The key that somebody asks for."""
    key = AXES.get(by, by)
    known = {name for case in found for name in case.facts}
    if key in known:
        return key
    near = nearest(by, known | set(AXES))
    differing = ", ".join(_differing(found)[:LISTED]) or "seed or replication"
    hint = f"Did you mean '{near}'?" if near else f"They differ in: {differing}. All keys are in docs/parameters.md."
    raise QvecsimError(f"'by' must be a key of the runs' scenarios (got '{by}'). {hint}")


def _baseline(values: Sequence[str], name: str | None, key: str) -> str:
    if name is None:
        return values[0]
    shown = {told(value): value for value in values}
    if name not in shown:
        raise QvecsimError(f"'baseline' must be a '{key}' of the runs (got '{name}'). {did_you_mean(name, shown)}")
    return shown[name]


def told(value: str) -> str:
    """A value as it is shown: texts without quotes."""
    plain_value = json.loads(value)
    return plain_value if isinstance(plain_value, str) else value


def _others(found: Sequence[Case], key: str) -> str:
    return ", ".join([name for name in _differing(found) if name != key][:LISTED]) or "seed or replication"


def _against(found: Sequence[Case], key: str, value: str, first: str, *, each: bool) -> Iterator[Comparison]:
    """The comparisons of one contestant."""
    ours, theirs = (_by_setting(found, key, contestant) for contestant in (value, first))
    both = [setting for setting in ours if setting in theirs and ours[setting].keys() & theirs[setting].keys()]
    shared = _shared(both)
    for group in [[setting] for setting in both] if each else [both] if both else []:
        draws = sorted(set.intersection(*({*ours[one]} & {*theirs[one]} for one in group)))
        if not draws:
            raise QvecsimError("No replication has all settings. Compare in each by itself, with --each.")
        pairs = [[(ours[one][draw], theirs[one][draw]) for one in group] for draw in draws]
        alone = {name: told(fact) for name, fact in group[0] if (name, fact) not in shared} if each else {}
        differences = tuple(_difference(metric, pairs) for metric in METRICS)
        yield Comparison(key, told(value), told(first), alone, len(group), differences)


def _by_setting(found: Sequence[Case], key: str, value: str) -> dict[Any, dict[tuple[int, int], Mapping[str, Any]]]:
    """The summaries of one contestant, by everything else, then by seed and replication."""
    sorted_cases: dict[Any, dict[tuple[int, int], Mapping[str, Any]]] = {}
    for case in found:
        if case.facts.get(key, "null") == value:
            setting = tuple((name, fact) for name, fact in case.facts.items() if name != key)
            sorted_cases.setdefault(setting, {})[case.draw] = case.summary
    return sorted_cases


def _shared(settings: Sequence[Any]) -> set[tuple[str, str]]:
    return set.intersection(*(set(setting) for setting in settings)) if settings else set()


def _difference(metric: str, pairs: Sequence[Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]]) -> Difference:
    """One metric: rows of ``pairs`` are replications, their entries settings."""
    both = np.array([[[_number(side[metric]) for side in pair] for pair in row] for row in pairs]).mean(axis=1)
    both = both[~np.isnan(both).any(axis=1)]  # no task was finished: there is no latency to compare
    if not len(both):
        return Difference(metric, np.nan, np.nan, np.nan, 0, None, None)
    gaps: Floats = both[:, 0] - both[:, 1]
    value, baseline = (float(mean) for mean in both.mean(axis=0))
    return Difference(metric, value, baseline, float(gaps.mean()), len(gaps), student(gaps), bootstrap(gaps))


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)


def as_object(comparison: Comparison) -> dict[str, Any]:
    """A comparison for JSON."""
    metrics = [
        {
            "metric": found.metric,
            **{name: _finite(getattr(found, name)) for name in ("value", "baseline", "difference")},
            "replications": found.replications,
            "student_95": plain(found.student),
            "bootstrap_95": plain(found.bootstrap),
        }
        for found in comparison.differences
    ]
    names = {name: getattr(comparison, name) for name in ("by", "contestant", "baseline", "setting", "settings")}
    return {**names, "metrics": metrics}


def _finite(value: float) -> float | None:
    return None if np.isnan(value) else value
