"""A figure as PNG and SVG: equal numbers give equal files, as far as one version of matplotlib goes.

Colours are those of Okabe and Ito (2008), which colour-blind readers tell apart; markers and dashes tell lines
apart in grey.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.transforms import offset_copy

from qvecsim.study.figures import Drawn, Point, is_number

# One look a scheme, the same in every figure; what has none takes the next that is free.
LOOKS = (
    ("#D55E00", "o", "-"),
    ("#0072B2", "s", "--"),
    ("#009E73", "^", "-."),
    ("#CC79A7", "D", ":"),
    ("#E69F00", "v", (0, (5, 1))),
    ("#56B4E9", "P", (0, (3, 1, 1, 1))),
    ("#000000", "X", (0, (1, 1))),
    ("#7F7F7F", "*", (0, (7, 2, 1, 2))),
    ("#8C510A", "<", (0, (2, 2))),
    ("#5E3C99", ">", (0, (4, 2, 1, 2, 1, 2))),
)
SCHEMES = ("tnqdrl", "ralc", "rars", "rarl", "ranqkd", "rafbz", "price", "greedy", "qedrl", "qirl")
MANY = 12  # points from which on an interval is a band
WIDTH_IN, PANEL_IN = 6.4, 3.3
STYLE: dict[Any, Any] = {"svg.hashsalt": "qvecsim", "svg.fonttype": "path", "font.size": 9.0, "axes.titlesize": 10.5}


def rendered(drawn: Drawn) -> tuple[bytes, bytes]:
    """PNG and SVG."""
    with mpl.rc_context(STYLE):
        figure = _drawn(drawn)
        return _saved(figure, "png", {"Software": None}), _saved(figure, "svg", {"Date": None, "Creator": None})


def _saved(figure: Figure, kind: str, metadata: dict[str, None]) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format=kind, dpi=150, metadata=metadata)
    return content.getvalue()


def _drawn(drawn: Drawn) -> Figure:
    metrics, lines = drawn.figure.y, list(dict.fromkeys(point.by for point in drawn.points))
    looks = dict(zip(lines, _looks(lines), strict=True))
    figure = Figure(figsize=(WIDTH_IN, 0.9 + PANEL_IN * len(metrics)), layout="constrained")
    panels = figure.subplots(len(metrics), 1, sharex=True, squeeze=False)[:, 0]
    for axes, metric in zip(panels, metrics, strict=True):
        own = [point for point in drawn.points if point.metric == metric]
        _panel(axes, drawn, own, looks)
        axes.set_ylabel(drawn.figure.y_labels.get(metric) or _label(metric, drawn.units[metric]))
    panels[0].set_title("\n".join(textwrap.wrap(drawn.figure.title, 60)), loc="left")
    panels[-1].set_xlabel(drawn.figure.x_label or drawn.figure.x)
    handles, names = panels[0].get_legend_handles_labels()
    title = None if drawn.figure.by == "scheme" else drawn.figure.by.rpartition(".")[2].replace("_", " ")
    figure.legend(handles, names, loc="outside right upper", title=title, fontsize=8.5, frameon=False, handlelength=3.4)
    figure.supxlabel("\n".join(textwrap.wrap(drawn.caption, 108)), fontsize=6.8, color="#444444", ha="left", x=0.01)
    return figure


def _looks(lines: Sequence[Any]) -> list[Any]:
    """Colour, marker and dashes of each line."""
    own = [SCHEMES.index(line) if line in SCHEMES else None for line in lines]
    free = iter([place for place in range(len(LOOKS)) if place not in own] * (1 + len(lines)))
    return [LOOKS[next(free, 0) if place is None else place] for place in own]


def _panel(axes: Any, drawn: Drawn, points: Sequence[Point], looks: dict[Any, Any]) -> None:
    """One metric."""
    values = list(dict.fromkeys(point.x for point in points))
    numbers = all(is_number(value) for value in values)
    places = {value: value / drawn.figure.x_unit if numbers else float(i) for i, value in enumerate(values)}
    axes.set(yscale=drawn.figure.y_scale, xscale=drawn.figure.x_scale if numbers else "linear")
    for place, (line, look) in enumerate(looks.items()):
        # Lines that lie on one another can be told apart.
        where = offset_copy(axes.transData, axes.figure, x=2.6 * (place - (len(looks) - 1) / 2), units="points")
        _line(axes, line, look, [(places[p.x], p) for p in points if p.by == line], numbers, where)
    ends = [(places[p.x], end) for p in points for end in (p.mean, p.low, p.high)]
    axes.update_datalim([end for end in ends if not math.isnan(end[1])] or [(1.0, 1.0)])
    axes.autoscale_view()
    if numbers:
        axes.set_xticks(*_ticks(drawn, list(places.values())), minor=False)
        axes.minorticks_off()
    else:
        axes.set_xticks(list(places.values()), [str(value) for value in values])
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def _ticks(drawn: Drawn, places: Sequence[float]) -> tuple[list[float], list[str]]:
    """At the points, where they are few."""
    step = math.ceil(len(places) / 9)
    shown = sorted(places)[::step]
    return shown, [f"{place:g}" for place in shown]


def _line(axes: Any, name: Any, look: Any, points: Sequence[tuple[float, Point]], joined: bool, where: Any) -> None:
    color, marker, dashes = look
    x = [place for place, _ in points]
    mean, low, high = ([getattr(point, part) for _, point in points] for part in ("mean", "low", "high"))
    many = len(points) > MANY
    style = {"color": color, "marker": marker, "markersize": 5, "linestyle": dashes if joined else "none"}
    axes.plot(x, mean, label=str(name), linewidth=1.5, markevery=max(1, len(x) // 10), transform=where, **style)
    if many:
        axes.fill_between(x, low, high, color=color, alpha=0.18, linewidth=0, transform=where)
        return
    reach = [[m - e for m, e in zip(mean, low, strict=True)], [e - m for m, e in zip(mean, high, strict=True)]]
    axes.errorbar(x, mean, yerr=reach, fmt="none", ecolor=color, elinewidth=1.0, capsize=2.5, transform=where)


def _label(metric: str, unit: str) -> str:
    for suffix in ("_s", "_bps", "_j", "_bit", "_byte"):
        metric = metric.removesuffix(suffix)
    return metric.replace("_", " ") + (f", {unit}" if unit and unit != "1" else "")
