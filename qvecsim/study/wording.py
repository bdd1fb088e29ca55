"""A comparison as text for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from qvecsim.results.intervals import Interval
from qvecsim.results.schema import SUMMARY
from qvecsim.study.compare import HOW, Comparison, Difference

UNITS = {column.name: column.unit for column in SUMMARY}
SUFFIXES = ("_s", "_bps", "_j")
ONE = "One replication: there is no interval."


def render(found: Sequence[Comparison], missing: int = 0) -> str:
    """All comparisons, one table each."""
    notes = [HOW + "." if any(one.replications > 1 for one in found) else ONE]
    if any(one.settings > 1 for one in found):
        notes.append("Settings are averaged within a replication; --each tells them one by one.")
    if missing:
        notes.append(f"{missing} failed runs are left out.")
    return "\n\n".join(["\n".join(_block(one)) for one in found] + ["\n".join(notes)])


def _block(one: Comparison) -> Iterator[str]:
    settings = f" of {one.settings} settings" if one.settings > 1 else ""
    plural = "s" if one.replications != 1 else ""
    yield f"{one.by}: {one.contestant} against {one.baseline}, {one.replications} replication{plural}{settings}"
    if one.setting:
        yield ", ".join(f"{name} {value}" for name, value in one.setting.items())
    rows = [["", one.contestant, one.baseline, "difference", "t", "bootstrap"], *map(_row, one.differences)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield "  ".join([f"{row[0]:<{widths[0]}}", *cells]).rstrip()


def _row(one: Difference) -> list[str]:
    return [
        _label(one.metric),
        _digits(one.value),
        _digits(one.baseline),
        _digits(one.difference, "+"),
        _span(one.student),
        _span(one.bootstrap),
    ]


def _label(metric: str) -> str:
    name = next((metric.removesuffix(suffix) for suffix in SUFFIXES if metric.endswith(suffix)), metric)
    unit = UNITS[metric]
    return name.replace("_", " ") + (f", {unit}" if unit and unit != "1" else "")


def _span(interval: Interval | None) -> str:
    return "-" if interval is None else " to ".join(_digits(end, "+") for end in interval)


def _digits(value: float, sign: str = "") -> str:
    return "-" if math.isnan(value) else f"{value:{sign}.4g}"
