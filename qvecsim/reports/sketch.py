"""Roads, fibres, sites and vehicles as SVG, in metres that became drawing units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qvecsim.reports import roads
from qvecsim.reports.axis import spanning
from qvecsim.reports.frames import SENDING, STATES, Frame
from qvecsim.reports.html import Html, element
from qvecsim.reports.places import Places
from qvecsim.reports.wording import clipped, shown
from qvecsim.types import Floats, Ints

WIDTH, LEAST_HEIGHT, MOST_HEIGHT = 1000.0, 260.0, 1080.0


@dataclass(frozen=True)
class Paper:
    """Metres to drawing units: the same scale both ways, north is up."""

    left: float
    top: float
    scale: float
    height: float

    def x(self, x_m: Any) -> Any:
        """Drawing units from the left."""
        return (x_m - self.left) * self.scale

    def y(self, y_m: Any) -> Any:
        """Drawing units from the top."""
        return (self.top - y_m) * self.scale


def paper(left: float, right: float, low: float, high: float) -> Paper:
    """A drawing that holds these bounds, in its middle where it is larger."""
    scale = min(WIDTH / (right - left), MOST_HEIGHT / (high - low))
    height = max((high - low) * scale, LEAST_HEIGHT)
    beside, above = (WIDTH / scale - (right - left)) / 2, (height / scale - (high - low)) / 2
    return Paper(left - beside, high + above, scale, height)


def streets(found: Places, sheet: Paper) -> Html:
    """Roads of the network, or the ways of the vehicles."""
    if found.network is not None and len(found.network.roads.id):
        d = "".join(_polyline(sheet.x(x), sheet.y(y)) for x, y in roads.built(found.network.roads))
    elif found.trace is not None:
        ways = roads.driven(found.trace, WIDTH / sheet.scale)
        ends = np.stack([sheet.x(ways.x0), sheet.y(ways.y0), sheet.x(ways.x1), sheet.y(ways.y1)], axis=1).round()
        d = "".join(f"M{a} {b}L{c} {e}" for a, b, c, e in np.unique(ends, axis=0).astype(int).tolist())
    else:
        return Html("")
    return element("path", d=d, class_="road")


def _polyline(x: Floats, y: Floats) -> str:
    places = [f"{int(a)} {int(b)}" for a, b in zip(np.round(x), np.round(y), strict=True)]
    return "M" + "L".join(place for index, place in enumerate(places) if index == 0 or place != places[index - 1])


def fibres(found: Places, sheet: Paper, state: Ints) -> list[Html]:
    """Links whose two ends have a place."""
    drawn = []
    for row, label in enumerate(found.link):
        (x0, y0), (x1, y1) = (found.end(int(index[row])) for index in (found.link_node, found.link_target))
        places = {"x1": sheet.x(x0), "y1": sheet.y(y0), "x2": sheet.x(x1), "y2": sheet.y(y1)}
        if np.isfinite(list(places.values())).all():
            told = {key: f"{value:.1f}" for key, value in places.items()}
            drawn.append(
                element("line", element("title", label), **told, class_=f"fibre {STATES[state[row]]}", data_row=row)
            )
    return drawn


def sites(found: Places, sheet: Paper) -> list[Html]:
    """Nodes as rings, units as squares within them, docks as diamonds; one label a place."""
    marks = []
    for label, x, y in zip(*found.node, strict=True):
        if np.isfinite([x, y]).all():
            ring = element("circle", element("title", f"QKD node {label}"), class_="node")
            words = element("text", clipped(label, 12), y=44, text_anchor="middle")
            marks.append(element("g", ring, words, transform=_at(sheet, x, y)))
    for label, x, y in zip(*found.rsu, strict=True):
        square = element(
            "rect", element("title", f"roadside unit {label}"), class_="rsu", width=18, height=18, x=-9, y=-9
        )
        marks.append(
            element(
                "g",
                square,
                element("text", clipped(label, 12), y=-27, text_anchor="middle"),
                transform=_at(sheet, x, y),
            )
        )
    for label, x, y in zip(*found.dock, strict=True):
        title = element("title", f"dock {label}")
        marks.append(element("path", title, d="M0-12L12 0L0 12L-12 0Z", transform=_at(sheet, x, y), class_="dock"))
    return marks


def _at(sheet: Paper, x: float, y: float) -> str:
    return f"translate({sheet.x(x):.1f} {sheet.y(y):.1f})"


def vehicles(frame: Frame, found: Places, sheet: Paper) -> Html:
    """As the script draws them."""
    lines, dots = [], []
    for x, y, doing, rsu in zip(sheet.x(frame.x_m), sheet.y(frame.y_m), frame.doing, frame.rsu, strict=True):
        if doing == SENDING and rsu >= 0:
            end = {"x2": f"{sheet.x(found.rsu.x_m[rsu]):.1f}", "y2": f"{sheet.y(found.rsu.y_m[rsu]):.1f}"}
            lines.append(element("line", x1=f"{x:.1f}", y1=f"{y:.1f}", **end, class_="beam"))
        dots.append(element("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", class_=f"car d{doing}"))
    return element("g", *lines, *dots, class_="vehicles")


def scale_bar(sheet: Paper) -> Html:
    """A round number of metres."""
    length_m = next(tick for tick in spanning(0, WIDTH / sheet.scale / 4, 1, 0, 1).ticks if tick > 0)
    end, y = 20 + length_m * sheet.scale, sheet.height - 18
    bar = element("path", d=f"M20 {y - 8:.0f}V{y:.0f}H{end:.1f}V{y - 8:.0f}", class_="bar")
    return element("g", bar, element("text", shown(length_m, "m"), x=26, y=f"{y - 12:.0f}"), class_="scale")
