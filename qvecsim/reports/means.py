"""Settings by metrics: means over replications with intervals, as a table and drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qvecsim.reports import dots
from qvecsim.reports.html import Html, element, name
from qvecsim.reports.settings import Cell, cells, told, varied
from qvecsim.reports.source import number
from qvecsim.reports.table import table
from qvecsim.reports.wording import NOTHING, SHARE, between, label
from qvecsim.results.intervals import Interval, student
from qvecsim.results.schema import SUMMARY
from qvecsim.results.study import Study
from qvecsim.study.compare import METRICS
from qvecsim.types import Floats

UNITS = {column.name: column.unit for column in SUMMARY} | {"deadline_miss_rate": SHARE}
# What a metric can be; the others cannot be less than 0.
POSSIBLE: dict[str, Interval] = {"deadline_miss_rate": (0.0, 1.0), "return": dots.EVERYTHING}
POSITIVE: Interval = (0.0, math.inf)
WORDS = """\
Means over replications; below them 95 % intervals by Student's t. One replication has none. With few replications \
Student's interval may leave the range of a rate; look at the paired differences. \
The charts draw the part that is possible."""


def section(study: Study) -> Html:
    """Settings by metrics: means over replications, with Student's interval; then the same drawn."""
    if not len(study):
        return element("section", element("h2", "Means"), element("p", "No run is whole."), id="means")
    found, axes = cells(study), varied(study)
    head = [*(axes or ["setting"]), "runs", *(label(metric) for metric in METRICS)]
    rows = [_row(axes, cell, runs) for cell, runs in found.items()]
    drawn = [_dots(metric, found) for metric in METRICS]
    return element(
        "section",
        element("h2", "Means"),
        element("p", WORDS, class_="soft"),
        table(head, rows),
        element("div", *drawn, class_="charts"),
        id="means",
    )


def _row(axes: Sequence[str], cell: Cell, runs: Any) -> list[Any]:
    words: list[Any] = [name(told(value)) for value in cell] or ["all"]
    return [*words, len(runs), *(_mean(axes, cell, metric, runs[metric].to_numpy(dtype=float)) for metric in METRICS)]


def _mean(axes: Sequence[str], cell: Cell, metric: str, values: Floats) -> Html:
    value, span = mean(values)
    where = [item for pair in zip(axes, cell, strict=True) for item in pair]
    mean_told = number(value, UNITS[metric], ["study", metric, "mean", *where])
    return element("span", mean_told, element("small", span_of(span, UNITS[metric])) if span else None)


def mean(values: Floats) -> tuple[float | None, Interval | None]:
    """The mean of what there is, and its interval."""
    there = values[np.isfinite(values)]
    return (float(there.mean()), student(there)) if len(there) else (None, None)


def span_of(span: Interval | None, unit: str) -> str:
    """An interval as text."""
    return NOTHING if span is None else between(*span, unit)


def _dots(metric: str, found: Mapping[Cell, Any]) -> Html:
    rows = [
        (", ".join(map(told, cell)) or "all", *mean(runs[metric].to_numpy(dtype=float))) for cell, runs in found.items()
    ]
    return dots.drawing(label(metric), rows, UNITS[metric], POSSIBLE.get(metric, POSITIVE))
