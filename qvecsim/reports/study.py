"""The page of a study: its grid, means with intervals, paired differences, and curves through time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from qvecsim.errors import QvecsimError
from qvecsim.reports import dots, thin
from qvecsim.reports.chart import COLOURS, Line, over_time
from qvecsim.reports.html import Html, element, name
from qvecsim.reports.page import page
from qvecsim.reports.source import number
from qvecsim.reports.table import table
from qvecsim.reports.tasks import miss_rate
from qvecsim.reports.thin import Thin
from qvecsim.reports.wording import NOTHING, SHARE, between, digits, label
from qvecsim.results.schema import SUMMARY
from qvecsim.results.study import DONE, Study
from qvecsim.study.compare import HOW, METRICS, Comparison, Difference, compare
from qvecsim.study.intervals import Interval, student
from qvecsim.types import Floats

UNITS = {column.name: column.unit for column in SUMMARY} | {"deadline_miss_rate": SHARE}
DRAWS = ("replication", "seed")  # what an interval is over
CURVES = 12  # settings that are drawn through time
FAILED = 50
POINTS = 60  # of a curve: shorter intervals hold too few tasks for a rate
CONTENTS = (
    ("grid", "Grid"),
    ("means", "Means"),
    ("differences", "Differences"),
    ("time", "Through time"),
    ("origin", "Origin"),
)

Cell = tuple[Any, ...]  # values on the axes that are no draw


def study_page(study: Study) -> str:
    """The report of a study as HTML."""
    return page(
        f"{study.manifest['name']}, study",
        CONTENTS,
        heading(study),
        grid(study),
        means(study),
        differences(study),
        through_time(study),
        origin(study),
    )


def heading(study: Study) -> Html:
    """Title and counts."""
    failed = len(study.index) - len(study)
    words = f"A study of {len(study.index):,} runs, {len(study):,} of them whole" + (
        f", {failed:,} failed." if failed else "."
    )
    return element("header", element("h1", name(study.manifest["name"])), element("p", words))


def grid(study: Study) -> Html:
    """Every axis with its values, and the runs that failed."""
    rows = [[name(axis), len(values), ", ".join(map(told, values))] for axis, values in _axes(study).items()]
    failed = study.index[study.index["status"] != DONE]
    return element(
        "section",
        element("h2", "What was run"),
        table(["axis", "values", ""], rows),
        _failed(study, failed) if len(failed) else None,
        id="grid",
    )


def _axes(study: Study) -> dict[str, list[Any]]:
    return {axis: study.index[axis].unique().tolist() for axis in study.axes}


def _failed(study: Study, failed: Any) -> Html:
    rows = [
        [row["run_id"], *(row[axis] for axis in study.axes), row["error"] or ""]
        for row in failed.head(FAILED).to_dict("records")
    ]
    title = element("h3", f"{len(failed):,} failed runs" + (f", the first {FAILED}" if len(failed) > FAILED else ""))
    return element("div", title, table(["run", *study.axes, "why"], rows))


def varied(study: Study) -> list[str]:
    """The axes that tell settings apart, but those of the draws; one that says no more than those before it is none."""
    kept: list[str] = []
    for axis in study.axes:
        if axis not in DRAWS and _settings(study, [*kept, axis]) > _settings(study, kept):
            kept.append(axis)
    return kept


def _settings(study: Study, axes: Sequence[str]) -> int:
    return len(study.index[list(axes)].drop_duplicates()) if axes else 1


def told(value: Any) -> str:
    """A value on an axis; of a file its name alone."""
    if isinstance(value, str):
        return PurePath(value).name if "/" in value and not value.startswith(("[", "{")) else value
    return digits(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def cells(study: Study) -> dict[Cell, Any]:
    """The summaries of the replications of each setting, in the order of the plan."""
    runs = study.index[study.index["status"] == DONE][["run_id", *varied(study)]].to_dict("records")
    summaries = study.runs.set_index("run_id")
    chosen: dict[Cell, list[str]] = {}
    for run in runs:
        chosen.setdefault(tuple(run[axis] for axis in varied(study)), []).append(str(run["run_id"]))
    return {cell: summaries.loc[ids] for cell, ids in chosen.items()}


def means(study: Study) -> Html:
    """Settings by metrics: means over replications, with Student's interval; then the same drawn."""
    if not len(study):
        return element("section", element("h2", "Means"), element("p", "No run is whole."), id="means")
    found, axes = cells(study), varied(study)
    head = [*(axes or ["setting"]), "runs", *(label(metric) for metric in METRICS)]
    rows = [_row(axes, cell, runs) for cell, runs in found.items()]
    drawn = [_dots(metric, found) for metric in METRICS]
    words = "Means over replications; below them 95 % intervals by Student's t. One replication has none."
    return element(
        "section",
        element("h2", "Means"),
        element("p", words, class_="soft"),
        table(head, rows),
        element("div", *drawn, class_="charts"),
        id="means",
    )


def _row(axes: Sequence[str], cell: Cell, runs: Any) -> list[Any]:
    words = [name(told(value)) for value in cell] or ["all"]
    return [*words, len(runs), *(_mean(axes, cell, metric, runs[metric].to_numpy(dtype=float)) for metric in METRICS)]


def _mean(axes: Sequence[str], cell: Cell, metric: str, values: Floats) -> Html:
    value, span = mean(values)
    where = [item for pair in zip(axes, cell, strict=True) for item in pair]
    mean_told = number(value, UNITS[metric], ["study", metric, "mean", *where])
    return element("span", mean_told, element("small", _span(span, UNITS[metric])) if span else None)


def mean(values: Floats) -> tuple[float | None, Interval | None]:
    """The mean of what there is, and its interval."""
    there = values[np.isfinite(values)]
    return (float(there.mean()), student(there)) if len(there) else (None, None)


def _span(span: Interval | None, unit: str) -> str:
    return NOTHING if span is None else between(*span, unit)


def _dots(metric: str, found: Mapping[Cell, Any]) -> Html:
    rows = [
        (", ".join(map(told, cell)) or "all", *mean(runs[metric].to_numpy(dtype=float))) for cell, runs in found.items()
    ]
    return dots.drawing(label(metric), rows, UNITS[metric])


def differences(study: Study) -> Html:
    """What `qvecsim compare` tells, for each axis by itself."""
    axes = [axis for axis in varied(study) if axis not in ("scenario", "trace")]
    parts = [part for axis in axes for part in _differences(study, axis)] or [
        element("p", "There is nothing to compare.")
    ]
    return element(
        "section",
        element("h2", "Paired differences"),
        element("p", f"{HOW}. Settings are averaged within a replication.", class_="soft"),
        *parts,
        id="differences",
    )


def _differences(study: Study, axis: str) -> Iterator[Html]:
    try:
        found = compare(study.path, by=axis)
    except QvecsimError as error:
        yield element("p", name(axis), f": {error}", class_="note")
        return
    for one in found:
        yield element(
            "div", element("h3", _versus(one)), table(_head(one), [_difference(gap) for gap in one.differences])
        )


def _versus(one: Comparison) -> Html:
    settings = f" of {one.settings} settings" if one.settings > 1 else ""
    counts = f", {one.replications} replications{settings}"
    return element("span", name(one.by), ": ", name(one.contestant), " against ", name(one.baseline), counts)


def _head(one: Comparison) -> list[Any]:
    return ["metric", name(one.contestant), name(one.baseline), "difference", "95 %, t", "95 %, bootstrap"]


def _difference(gap: Difference) -> list[Any]:
    unit = UNITS[gap.metric]
    numbers = [number(value, unit, ["compare", gap.metric, which]) for which, value in
            (("value", gap.value), ("baseline", gap.baseline), ("difference", gap.difference))]  # fmt: skip
    sure = gap.student is not None and (gap.student[0] > 0 or gap.student[1] < 0)
    difference = element("b", numbers[2]) if sure else numbers[2]
    return [label(gap.metric), numbers[0], numbers[1], difference, _span(gap.student, unit), _span(gap.bootstrap, unit)]


def through_time(study: Study) -> Html:
    """The share of deadlines missed: a chart a setting, a line a scheme; means over replications."""
    charts: dict[Cell, dict[str, list[Any]]] = {}
    others = [axis for axis in varied(study) if axis != "scheme"]
    for row in study.index[study.index["status"] == DONE].to_dict("records"):
        lines = charts.setdefault(tuple(row[axis] for axis in others), {})
        lines.setdefault(str(row["scheme"]), []).append(str(row["run_id"]))
    drawn = [_curves(study, setting, lines) for setting, lines in list(charts.items())[:CURVES]]
    more = f"The first {CURVES} of {len(charts)} settings." if len(charts) > CURVES else ""
    note = f"Late and dropped tasks over all that ended, in equal intervals, over all replications. {more}"
    return element(
        "section",
        element("h2", "Through time"),
        element("p", note, class_="soft"),
        element("div", *drawn, class_="charts"),
        id="time",
    )


def _curves(study: Study, setting: Cell, lines: Mapping[str, Sequence[str]]) -> Html:
    shown_lines, time_s = [], np.zeros(0)
    for colour, (scheme, ids) in enumerate(list(lines.items())[:COLOURS]):
        slots = [study.run(run_id).slots for run_id in ids]
        shortest = min(map(len, slots))
        both = sum(frame[["late", "dropped", "done"]].iloc[:shortest].reset_index(drop=True) for frame in slots)
        rate = miss_rate(both, POINTS)
        time_s = thin.begins(slots[0]["time_s"].iloc[:shortest], POINTS)
        shown_lines.append(Line(scheme, Thin(rate, rate, rate), "slots.late+dropped", colour))
    title = ", ".join(map(told, setting)) or "deadlines missed"
    return over_time(title, time_s, shown_lines, SHARE)


def origin(study: Study) -> Html:
    """The plan as it was written."""
    plan = (study.path / "plan.yaml").read_text(encoding="utf-8", errors="replace")
    return element(
        "section",
        element("h2", "Where this comes from"),
        element("details", element("summary", "The plan"), element("pre", plan)),
        id="origin",
    )
