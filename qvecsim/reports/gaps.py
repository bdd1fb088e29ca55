"""Paired differences of a study, as `qvecsim compare` has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qvecsim.errors import QvecsimError
from qvecsim.reports.html import Html, element, name
from qvecsim.reports.means import UNITS, span_of
from qvecsim.reports.settings import varied
from qvecsim.reports.source import number
from qvecsim.reports.table import table
from qvecsim.reports.wording import label
from qvecsim.results.study import Study
from qvecsim.study.compare import HOW, Comparison, Difference, compare


def section(study: Study) -> Html:
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
    return [
        label(gap.metric),
        numbers[0],
        numbers[1],
        difference,
        span_of(gap.student, unit),
        span_of(gap.bootstrap, unit),
    ]
