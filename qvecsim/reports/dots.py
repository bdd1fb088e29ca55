"""Means as dots with their intervals as whiskers, one row a setting."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qvecsim.reports import axis
from qvecsim.reports.html import Html, element, name
from qvecsim.reports.wording import SHARE, clipped, prefixed, shown
from qvecsim.results.intervals import Interval

WIDTH, LEFT, TOP, ROW = 440.0, 34.0, 4.0, 30.0
DRAWN = 40

EVERYTHING: Interval = (-math.inf, math.inf)

Row = tuple[str, float | None, Interval | None]  # a setting without a mean is not drawn


def drawing(title: str, rows: Sequence[Row], unit: str, possible: Interval = EVERYTHING) -> Html:
    """A figure; the axis begins where the values do, because differences are what is looked for.

    Intervals are drawn as far as they are ``possible``.
    """
    rows = [(label, mean, _cut(span, possible)) for label, mean, span in rows if mean is not None][:DRAWN]
    if not rows:
        return Html("")
    values = [value for _, mean, span in rows for value in (mean, *(span or ())) if value is not None]
    floor = TOP + ROW * len(rows)
    across = axis.within(axis.spanning(min(values), max(values), 3, LEFT, WIDTH - 22.0), *possible)
    factor, prefix = prefixed(max(abs(across.low), abs(across.high)), unit)
    percent = 100.0 if unit == SHARE else 1.0
    word = "%" if unit == SHARE else "" if unit in ("", "1") else prefix + unit
    picture = element(
        "svg",
        element("title", title),
        *(_tick(tick, across, floor, f"{tick / factor * percent:g}") for tick in across.ticks),
        *(_row(index, row, across, unit) for index, row in enumerate(rows)),
        element("text", word, x=2, y=floor + 13, class_="soft"),
        viewBox=f"0 0 {WIDTH:g} {floor + 20:g}",
        role="img",
        aria_label=title,
    )
    return element("figure", element("figcaption", element("b", name(title))), picture, class_="dots")


def _cut(span: Interval | None, possible: Interval) -> Interval | None:
    least, most = possible
    return None if span is None else (max(span[0], least), min(span[1], most))


def _tick(tick: float, across: axis.Axis, floor: float, word: str) -> Html:
    x = f"{across.at(tick):.1f}"
    line = element("line", x1=x, x2=x, y1=TOP, y2=floor)
    return element("g", line, element("text", word, x=x, y=floor + 13, text_anchor="middle"), class_="axes")


def _row(index: int, row: Row, across: axis.Axis, unit: str) -> Html:
    label, mean, span = row[0], row[1] or 0.0, row[2]
    y = TOP + ROW * (index + 1) - 9
    words = element("text", clipped(label, 64), element("title", label), x=LEFT + 4, y=y - 9, class_="name")
    told = element("title", f"{label}: {shown(mean, unit)}")
    dot = element("circle", told, cx=f"{across.at(mean):.1f}", cy=y, r=4, class_="part c0")
    if span is None:
        return element("g", words, dot)
    low, high = (f"{across.at(end):.1f}" for end in span)
    return element("g", words, element("line", x1=low, x2=high, y1=y, y2=y, class_="whisker"), dot)
