"""Parts of a whole as bars: each row a whole, each part a colour and, where it fits, its number."""

from __future__ import annotations

from collections.abc import Sequence

from qvecsim.reports import axis
from qvecsim.reports.html import Html, element, join, name
from qvecsim.reports.wording import clipped, prefixed, shown

WIDTH, LEFT, TOP, ROW, BAR = 440.0, 92.0, 6.0, 26.0, 18.0
WIDE_ENOUGH = 34.0  # for four digits


def stacked(
    title: str, rows: Sequence[tuple[str, Sequence[float]]], parts: Sequence[str], unit: str, note: str = ""
) -> Html:
    """A figure: one bar a row, from left to right its parts."""
    if not rows:
        return Html("")
    longest = max(sum(values) for _, values in rows)
    floor = TOP + ROW * len(rows)
    across = axis.spanning(0.0, longest, 4, LEFT, WIDTH - 12.0)
    factor, prefix = prefixed(longest, unit)
    drawing = element(
        "svg",
        element("title", title),
        *(_tick(tick, across, floor, f"{tick / factor:g}") for tick in across.ticks),
        *(_bar(index, *row, parts, across, unit) for index, row in enumerate(rows)),
        element("text", f"{prefix}{unit}", x=LEFT - 14, y=floor + 13, text_anchor="end", class_="soft"),
        viewBox=f"0 0 {WIDTH:g} {floor + 20:g}",
        role="img",
        aria_label=title,
    )
    key = element("p", *(_swatch(index, part) for index, part in enumerate(parts)), class_="key")
    caption = element("figcaption", element("b", name(title)), element("span", note) if note else None)
    return element("figure", caption, key, drawing, class_="bars")


def _tick(tick: float, across: axis.Axis, floor: float, word: str) -> Html:
    x = f"{across.at(tick):.1f}"
    line = element("line", x1=x, x2=x, y1=TOP, y2=floor)
    return element("g", line, element("text", word, x=x, y=floor + 13, text_anchor="middle"), class_="axes")


def _bar(index: int, label: str, values: Sequence[float], parts: Sequence[str], across: axis.Axis, unit: str) -> Html:
    y, done, drawn = TOP + ROW * index + (ROW - BAR) / 2, 0.0, []
    for colour, (part, value) in enumerate(zip(parts, values, strict=True)):
        begin, end = across.at(done), across.at(done + value)
        done += value
        if value > 0:
            drawn.append(_part(begin, end, y, colour, f"{label}, {part}: {shown(value, unit)}", shown(value, unit)))
    words = element("text", clipped(label, 15), element("title", label), x=LEFT - 6, y=y + 13, text_anchor="end")
    return element("g", words, *drawn)


def _part(begin: float, end: float, y: float, colour: int, told: str, word: str) -> Html:
    width = end - begin
    rectangle = element(
        "rect",
        element("title", told),
        x=f"{begin:.1f}",
        y=y,
        width=f"{width:.1f}",
        height=BAR,
        class_=f"part c{colour}",
    )
    if width < max(WIDE_ENOUGH, 6.0 * len(word)):
        return rectangle
    return join(
        rectangle, element("text", word, x=f"{begin + width / 2:.1f}", y=y + 13, text_anchor="middle", class_="on")
    )


def _swatch(index: int, part: str) -> Html:
    return element("span", element("i", class_=f"c{index}"), part)
