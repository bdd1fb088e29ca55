"""The page of a study: its grid, means with intervals, paired differences, and curves through time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qvecsim.reports import gaps, means, thin
from qvecsim.reports.chart import COLOURS, Line, over_time
from qvecsim.reports.html import Html, element, name
from qvecsim.reports.page import page
from qvecsim.reports.settings import Cell, axes_of, told, varied
from qvecsim.reports.table import table
from qvecsim.reports.tasks import miss_rate
from qvecsim.reports.thin import Thin
from qvecsim.reports.wording import SHARE
from qvecsim.results.files import text_of
from qvecsim.results.study import DONE, PLAN, Study

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


def study_page(study: Study) -> str:
    """The report of a study as HTML."""
    return page(
        f"{study.manifest['name']}, study",
        CONTENTS,
        heading(study),
        grid(study),
        means.section(study),
        gaps.section(study),
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
    rows = [[name(axis), len(values), ", ".join(map(told, values))] for axis, values in axes_of(study).items()]
    failed = study.index[study.index["status"] != DONE]
    return element(
        "section",
        element("h2", "What was run"),
        table(["axis", "values", ""], rows),
        _failed(study, failed) if len(failed) else None,
        id="grid",
    )


def _failed(study: Study, failed: Any) -> Html:
    rows = [
        [row["run_id"], *(row[axis] for axis in study.axes), row["error"] or ""]
        for row in failed.head(FAILED).to_dict("records")
    ]
    title = element("h3", f"{len(failed):,} failed runs" + (f", the first {FAILED}" if len(failed) > FAILED else ""))
    return element("div", title, table(["run", *study.axes, "why"], rows))


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
    plan = text_of(study.path / PLAN)
    return element(
        "section",
        element("h2", "Where this comes from"),
        element("details", element("summary", "The plan"), element("pre", plan)),
        id="origin",
    )
