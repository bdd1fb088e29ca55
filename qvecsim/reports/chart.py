"""Lines over time as SVG, with their numbers beside it for the script and, in a table, for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qvecsim.reports import axis, thin
from qvecsim.reports.axis import Axis
from qvecsim.reports.html import Html, data, element, join, name
from qvecsim.reports.wording import clipped, prefixed, shown
from qvecsim.types import Floats

COLOURS = 8
TABLE_ROWS = 20
LABEL_SIGNS, SIGN_WIDTH = 14, 5.8


class Size(NamedTuple):
    """Of a drawing, in its own units; about one pixel each on a phone."""

    width: float = 440.0
    height: float = 218.0
    left: float = 44.0
    top: float = 22.0
    bottom: float = 34.0
    steps: int = 4


FULL = Size()
SMALL = Size(220.0, 128.0, 34.0, 20.0, 30.0, 2)


@dataclass(frozen=True)
class Line:
    """One line; ``thin.low`` and ``thin.high`` are drawn as a band where they are not its mean."""

    name: str
    thin: thin.Thin
    of: str  # the table and column that it comes from
    colour: int = 0

    @property
    def has_band(self) -> bool:
        """Whether there is more to see than the means."""
        return self.thin.low is not self.thin.mean


def over_time(title: str, time_s: Floats, lines: Sequence[Line], unit: str, **more: object) -> Html:
    """A chart of values at (P,) instants."""
    return chart(title, time_s, lines, unit, "time", "s", **more)  # type: ignore[arg-type]


def chart(
    title: str,
    x: Floats,
    lines: Sequence[Line],
    unit: str,
    x_name: str,
    x_unit: str = "1",
    note: str = "",
    size: Size = FULL,
    top: float | None = None,
) -> Html:
    """A figure: title, drawing, note and numbers; ``top`` is the least end of the upright axis."""
    if not len(x) or not lines:
        return element("figure", element("figcaption", element("b", title)), element("p", "Nothing to draw."))
    right = size.width - _margin(lines)
    across = axis.along(float(x[0]), float(x[-1]), size.steps + 1, size.left, right)
    up = axis.spanning(*_range(lines, top), size.steps, size.height - size.bottom, size.top)
    drawing = element(
        "svg",
        element("title", title),
        _grid(across, up, x_name, x_unit, unit, size),
        *(_drawn(line, x, across, up) for line in lines),
        _labels(lines, up, right + 5) if len(lines) > 1 else None,
        element("line", class_="cross", x1=0, x2=0, y1=size.top, y2=size.height - size.bottom),
        viewBox=f"0 0 {size.width:g} {size.height:g}",
        role="img",
        tabindex="0",
        aria_label=f"{title}. Arrow keys read values.",
    )
    plot = {"from": across.begin, "to": across.end, "low": across.low, "high": across.high}
    block = {"x": thin.plain(x), "xname": x_name, "xunit": x_unit, "unit": unit, "plot": plot}
    block |= {"lines": [_numbers(line) for line in lines]}
    caption = element("figcaption", element("b", name(title)), element("span", note) if note else None)
    read = element("output", class_="read")
    return element(
        "figure", caption, drawing, read, _table(x, lines, unit, x_name, x_unit), data(block), class_="chart"
    )


def _margin(lines: Sequence[Line]) -> float:
    longest = max(len(clipped(line.name, LABEL_SIGNS)) for line in lines)
    return 10.0 + longest * SIGN_WIDTH if len(lines) > 1 else 10.0


def _range(lines: Sequence[Line], top: float | None) -> tuple[float, float]:
    """From 0, or from below it, to the greatest value."""
    ends = np.concatenate([np.concatenate([line.thin.low, line.thin.high]) for line in lines])
    ends = ends[np.isfinite(ends)]
    if not len(ends):
        return 0.0, top or 1.0
    return min(0.0, float(ends.min())), max(0.0, float(ends.max()), top or 0.0)


def _grid(across: Axis, up: Axis, x_name: str, x_unit: str, unit: str, size: Size) -> Html:
    floor = size.height - size.bottom
    factor, prefix = prefixed(max(abs(up.low), abs(up.high)), unit)
    percent = 100.0 if unit == "share" else 1.0
    word = "%" if unit == "share" else "" if unit in ("", "1") else prefix + unit
    rows = [_row(tick, up, across, f"{tick / factor * percent:g}") for tick in up.ticks]
    columns = [
        element("text", f"{tick:g}", x=f"{across.at(tick):.1f}", y=floor + 13, text_anchor="middle")
        for tick in across.ticks
    ]
    label = f"{x_name}, {x_unit}" if x_unit != "1" else x_name
    middle = (across.begin + across.end) / 2
    below = element("text", label, x=f"{middle:.1f}", y=floor + 26, text_anchor="middle", class_="soft")
    beside = (
        element("text", word, x=across.begin - 4, y=size.top - 9, text_anchor="end", class_="soft") if word else None
    )
    return element("g", *rows, *columns, below, beside, class_="axes")


def _row(tick: float, up: Axis, across: Axis, word: str) -> Html:
    y = f"{up.at(tick):.1f}"
    line = element("line", x1=across.begin, x2=f"{across.end:.1f}", y1=y, y2=y, class_="zero" if tick == 0 else None)
    return join(line, element("text", word, x=across.begin - 4, y=f"{up.at(tick) + 3.5:.1f}", text_anchor="end"))


def _drawn(line: Line, x: Floats, across: Axis, up: Axis) -> Html:
    band = _band(line, x, across, up) if line.has_band else None
    means = line.thin.mean
    drawn = element("path", d=_path(x, means, across, up), class_=f"line c{line.colour % COLOURS}")
    return join(band, drawn)


def _path(x: Floats, y: Floats, across: Axis, up: Axis) -> str:
    """Line segments, with gaps where there is nothing; a value without neighbours is a dot."""
    there = np.isfinite(y)
    parts = []
    for index in np.flatnonzero(there):
        place = f"{across.at(float(x[index])):.1f} {up.at(float(y[index])):.1f}"
        begins = index == 0 or not there[index - 1]
        alone = begins and (index + 1 == len(y) or not there[index + 1])
        parts.append(f"M{place}h0.1" if alone else f"{'M' if begins else 'L'}{place}")
    return "".join(parts)


def _band(line: Line, x: Floats, across: Axis, up: Axis) -> Html:
    there = np.flatnonzero(np.isfinite(line.thin.low))
    above = [f"{across.at(float(x[i])):.1f} {up.at(float(line.thin.high[i])):.1f}" for i in there]
    below = [f"{across.at(float(x[i])):.1f} {up.at(float(line.thin.low[i])):.1f}" for i in there[::-1]]
    return element("polygon", points=" ".join([*above, *below]), class_=f"band c{line.colour % COLOURS}")


def _labels(lines: Sequence[Line], up: Axis, x: float) -> Html:
    """The names of lines at their ends, as near to them as they can stand apart."""
    ends = [(up.at(float(there[-1])) if len(there := line.thin.mean[np.isfinite(line.thin.mean)]) else up.begin, line)
            for line in lines]  # fmt: skip
    ends.sort(key=lambda end: end[0])
    places = _apart([y for y, _ in ends], 11.0, up.end + 4, up.begin + 2)
    drawn = [
        element("text", clipped(line.name, LABEL_SIGNS), element("title", line.name), x=x, y=f"{y + 3.5:.1f}",
                class_=f"label c{line.colour % COLOURS}")
        for y, (_, line) in zip(places, ends, strict=True)
    ]  # fmt: skip
    return element("g", *drawn)


def _apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Rising places at least ``gap`` apart, moved as little as a pass down and one up need."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + gap if moved else low))
    for index in range(len(moved) - 1, -1, -1):
        moved[index] = min(moved[index], high if index == len(moved) - 1 else moved[index + 1] - gap)
    return moved


def _numbers(line: Line) -> dict[str, object]:
    told: dict[str, object] = {"name": line.name, "of": line.of, "mean": thin.plain(line.thin.mean)}
    if line.has_band:
        told |= {"low": thin.plain(line.thin.low), "high": thin.plain(line.thin.high)}
    return told


def _table(x: Floats, lines: Sequence[Line], unit: str, x_name: str, x_unit: str) -> Html:
    """At most ``TABLE_ROWS`` of the points, evenly chosen."""
    rows = np.unique(np.linspace(0, len(x) - 1, min(TABLE_ROWS, len(x))).round().astype(int)).tolist()
    head = element("tr", element("th", x_name), *(element("th", name(line.name)) for line in lines))
    body = [
        element(
            "tr",
            element("th", shown(float(x[row]), x_unit)),
            *(element("td", shown(float(line.thin.mean[row]), unit)) for line in lines),
        )
        for row in rows
    ]
    table = element("table", element("thead", head), element("tbody", *body))
    return element("details", element("summary", "Numbers"), element("div", table, class_="wide"), class_="numbers")
