"""The figure behind a plan: its frame, drawn from the study when that is whole.

``figure.csv``   the frame: one row a point, in the order of the study
``figure_draws.csv``  what its means are over: one row a draw of a point, to be paired
``figure.json``  what it is a figure of: the plan's words, profile, seeds, how intervals are made
``figure.png``, ``figure.svg``  the picture, where matplotlib is installed
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.results.files import as_json
from qvecsim.results.intervals import student
from qvecsim.results.metrics import SUMMARY, utilisation
from qvecsim.results.schema import LEARNING
from qvecsim.results.study import Study, put
from qvecsim.scenario.parts import Figure
from qvecsim.scenario.plan import Plan
from qvecsim.study.frames import as_csv, caption
from qvecsim.version import __version__

FRAME, DRAWS, WORDS, PICTURES = "figure.csv", "figure_draws.csv", "figure.json", ("figure.png", "figure.svg")
INTERVALS = "95 % intervals of the mean: Student's t over draws"
UTILISATION = {
    "server_busy": "1",
    "band_used": "1",
    "keys_used": "1",
    "key_store_byte": "byte",
    "ledger_byte": "byte",
}
UNITS = {column.name: column.unit for column in SUMMARY if column.type in ("int64", "float64")} | UTILISATION
TAUGHT = {column.name: column.unit for column in LEARNING["evaluation"].columns[3:]}
WITHOUT = "The picture needs matplotlib: pip install 'qvecsim[plot]', then the same command again with --resume."


class Point(NamedTuple):
    """One mean of the figure; low and high are NaN where there are fewer than two draws."""

    x: Any
    by: Any
    metric: str
    mean: float
    low: float
    high: float
    n: int  # draws: seeds and replications


class Draw(NamedTuple):
    """What one draw makes of a point."""

    x: Any
    by: Any
    metric: str
    draw: str
    value: float


@dataclass(frozen=True)
class Drawn:
    """What a picture is made of."""

    figure: Figure
    points: Sequence[Point]
    caption: str
    units: Mapping[str, str]


def check(plan: Plan) -> None:
    """Raise for metrics that the runs of the plan do not have."""
    known = TAUGHT if plan.train else UNITS
    problems = [
        f"{plan.label('figure', 'y', index)}: 'figure.y.{index}' must be a metric (got '{name}'). "
        f"{did_you_mean(name, known)}"
        for index, name in enumerate(plan.figure.y if plan.figure else ())
        if name not in known
    ]
    if problems:
        raise ScenarioError(problems)


def write(plan: Plan, study: Study) -> list[str]:
    """Write the figure of a whole study into its folder; what there is to tell about it."""
    if plan.figure is None:
        return []
    draws = values(study, plan.figure)
    points = frame(draws)
    words = _words(plan, study, points)
    put(study.path, FRAME, as_csv(Point._fields, points))
    put(study.path, DRAWS, as_csv(Draw._fields, draws))
    put(study.path, WORDS, as_json(words))
    try:
        from qvecsim.study import picture
    except ImportError:
        return [WITHOUT]
    drawn = Drawn(plan.figure, points, caption(words), TAUGHT if plan.train else UNITS)
    for name, content in zip(PICTURES, picture.rendered(drawn), strict=True):
        put(study.path, name, content)
    return []


def clear(folder: Path) -> None:
    """Take away a figure that may be of other runs."""
    for name in (FRAME, DRAWS, WORDS, *PICTURES):
        (folder / name).unlink(missing_ok=True)


def values(study: Study, figure: Figure) -> list[Draw]:
    """Every draw of every point; settings that the figure does not tell apart are averaged within a draw."""
    found: dict[tuple[str, Any, Any], dict[tuple[Any, ...], list[float]]] = {}
    draws = ("seed",) if study.is_taught else ("seed", "replication")  # worlds of one training are no draws of it
    for key, told in _rows(study, figure):
        draw = tuple(key[name] for name in draws if name not in (figure.x, figure.by))
        for metric, value in told.items():
            place = (metric, key[figure.by], key[figure.x])
            found.setdefault(place, {}).setdefault(draw, []).append(value)
    return [
        Draw(x, by, metric, "/".join(map(str, draw)), float(np.mean(worlds)))
        for (metric, by, x), own in _sorted(found)
        for draw, worlds in own.items()
    ]


def frame(draws: Iterable[Draw]) -> list[Point]:
    """Means over draws."""
    points: dict[tuple[Any, Any, str], list[float]] = {}
    for x, by, metric, _, value in draws:
        points.setdefault((x, by, metric), []).append(value)
    return [_point(*place, own) for place, own in points.items()]


def _rows(study: Study, figure: Figure) -> Iterator[tuple[Mapping[str, Any], dict[str, float]]]:
    """Place and values of every run, or of every world of every evaluation."""
    if study.is_taught:
        for row in _records(study.evaluation):
            yield row, {name: _number(row[name]) for name in figure.y}
        return
    for key, run in zip(_records(study.index[study.index["status"] == "done"]), study, strict=True):
        beside = utilisation(run) if UTILISATION.keys() & figure.y else {}
        known = {**run.manifest["summary"], **beside}
        yield key, {name: _number(known[name]) for name in figure.y}


def _records(rows: Any) -> list[dict[str, Any]]:
    return rows.to_dict("records")  # type: ignore[no-any-return]


def _number(value: Any) -> float:
    """Counts by kind as their sum; what there is none of as NaN."""
    if isinstance(value, Mapping):
        return float(sum(value.values()))
    return math.nan if value is None else float(value)


def _sorted(found: Mapping[tuple[str, Any, Any], Any]) -> list[tuple[tuple[str, Any, Any], Any]]:
    """Metric by metric, line by line; numbers on the axis rise, all else is as the study has it."""
    ranks = [{value: place for place, value in enumerate(_ranked(found, part))} for part in range(3)]
    return sorted(found.items(), key=lambda item: [rank[part] for rank, part in zip(ranks, item[0], strict=True)])


def _ranked(found: Iterable[tuple[str, Any, Any]], part: int) -> list[Any]:
    values = list(dict.fromkeys(place[part] for place in found))
    return sorted(values) if part == 2 and all(is_number(value) for value in values) else values


def is_number(value: object) -> bool:
    """Whether it has a place on an axis of numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _point(x: Any, by: Any, metric: str, draws: Sequence[float]) -> Point:
    means = np.array(draws)
    means = means[~np.isnan(means)]  # a draw without a single such task has no mean
    low, high = student(means) or (math.nan, math.nan)
    return Point(x, by, metric, float(means.mean()) if len(means) else math.nan, low, high, len(means))


def _words(plan: Plan, study: Study, points: Sequence[Point]) -> dict[str, Any]:
    """What a reader of the frame must know."""
    assert plan.figure is not None
    figure = plan.figure.model_dump(mode="json")
    made = {"plan": plan.title, "small": plan.is_small, "qvecsim": __version__, "intervals": INTERVALS}
    seeds = sorted({int(seed) for seed in study.index["seed"]})
    replications = sorted({int(number) for number in study.index["replication"]})
    draws = {"seeds": seeds, "replications": replications, "n": [min(p.n for p in points), max(p.n for p in points)]}
    return {**figure, **made, **_world(study), **draws, "train": plan.train and plan.train.model_dump(mode="json")}


def _world(study: Study) -> dict[str, Any]:
    """Scenarios and profiles of the runs, as the study has recorded them."""
    return {name: study.manifest[name] for name in ("scenarios", "profiles", "slots")}
