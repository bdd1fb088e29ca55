"""The map: roads, fibres coloured by their pools, units, nodes and vehicles, at instants to step through."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qvecsim.reports import roads, thin
from qvecsim.reports.axis import spanning
from qvecsim.reports.frames import DOING, SENDING, STATES, Frame, frames, grid, instants, pool_states
from qvecsim.reports.html import Html, data, element, join, name
from qvecsim.reports.places import Places, bounds
from qvecsim.reports.wording import clipped, shown
from qvecsim.results.store import Run
from qvecsim.types import Floats, Ints

WIDTH, LEAST_HEIGHT, MOST_HEIGHT = 1000.0, 260.0, 1080.0
LISTED = 16  # links and units beside the map


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


def section(run: Run, found: Places | str) -> Html:
    """The whole part of the page."""
    title = element("h2", "Map")
    if isinstance(found, str):
        return element("section", title, element("p", found, class_="note"), id="map")
    sheet = paper(*bounds(found))
    slots = instants(int(run.runs["slots"].iloc[0]), max(len(found.link), len(found.rsu.name)))
    moving, share = frames(run, found.trace, slots, found.rsu.name) if found.trace else ([], 1.0)
    states = pool_states(run.links, found.link, slots)
    middle = len(slots) // 2
    told = _data(run, found, sheet, slots, moving, states)
    drawing = element(
        "svg",
        element("title", "Map of roads, roadside units, QKD nodes, fibres and vehicles"),
        _roads(found, sheet),
        element("g", *_fibres(found, sheet, states[middle]), class_="fibres"),
        _vehicles(moving[middle], found, sheet) if moving else element("g", class_="vehicles"),
        element("g", *_sites(found, sheet), class_="sites"),
        _scale(sheet),
        viewBox=f"0 0 {WIDTH:g} {sheet.height:.0f}",
        role="img",
    )
    body = [title, element("p", found.missing, class_="note") if found.missing else None, _controls(slots, middle, run)]
    beside = element("div", _now(told, middle), *_lists(told, middle, states), class_="beside")
    notes = element("p", _caption(found, slots, share), class_="soft")
    main = element("div", element("div", drawing, _key(found)), beside, class_="map")
    return element("section", *body, main, notes, data(told, class_="map-data"), id="map")


def _data(run: Run, found: Places, sheet: Paper, slots: Ints, moving: Sequence[Frame], states: Ints) -> dict[str, Any]:
    """What the script steps through."""
    here = run.slots.set_index("slot").loc[slots]
    stored = grid(run.links, "link", found.link, slots, "stored_bit")
    attached, backlog_s = (
        grid(run.servers, "rsu", found.rsu.name, slots, column) for column in ("attached", "backlog_s")
    )
    rsus = [[round(float(sheet.x(x)), 1), round(float(sheet.y(y)), 1)] for x, y in zip(*found.rsu[1:], strict=True)]
    return {
        "slot": slots.tolist(),
        "time": thin.plain(here["time_s"]),
        "vehicles": here["vehicles"].tolist(),
        "link": list(found.link),
        "stored": stored.tolist(),
        "most": max(int(run.links["stored_bit"].max()), 1) if len(run.links) else 1,
        "state": ["".join(map(str, row)) for row in states.tolist()],
        "states": list(STATES),
        "rsu": list(found.rsu.name),
        "place": rsus,
        "attached": attached.tolist(),
        "backlog": [thin.plain(row) for row in backlog_s],
        "height": round(sheet.height),
        "offset": np.cumsum([0, *(len(frame.x_m) for frame in moving)]).tolist(),
        "points": _packed(moving, sheet),
    }


def _packed(moving: Sequence[Frame], sheet: Paper) -> str:
    """Three little-endian unsigned 16-bit numbers a vehicle: x and y in 1/60 units, what it does and 4 (RSU + 1)."""
    rows = [
        np.stack([_sixtieths(sheet.x(one.x_m)), _sixtieths(sheet.y(one.y_m)), one.doing + 4 * (one.rsu + 1)], axis=1)
        for one in moving
    ]
    return base64.b64encode(np.concatenate(rows).astype("<u2").tobytes()).decode() if rows else ""


def _sixtieths(place: Floats) -> Ints:
    return np.clip(np.round(place * 60), 0, 65_535).astype(np.int64)


def _roads(found: Places, sheet: Paper) -> Html:
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


def _fibres(found: Places, sheet: Paper, state: Ints) -> list[Html]:
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


def _sites(found: Places, sheet: Paper) -> list[Html]:
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


def _vehicles(frame: Frame, found: Places, sheet: Paper) -> Html:
    """As the script draws them."""
    lines, dots = [], []
    for x, y, doing, rsu in zip(sheet.x(frame.x_m), sheet.y(frame.y_m), frame.doing, frame.rsu, strict=True):
        if doing == SENDING and rsu >= 0:
            end = {"x2": f"{sheet.x(found.rsu.x_m[rsu]):.1f}", "y2": f"{sheet.y(found.rsu.y_m[rsu]):.1f}"}
            lines.append(element("line", x1=f"{x:.1f}", y1=f"{y:.1f}", **end, class_="beam"))
        dots.append(element("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", class_=f"car d{doing}"))
    return element("g", *lines, *dots, class_="vehicles")


def _scale(sheet: Paper) -> Html:
    length_m = next(tick for tick in spanning(0, WIDTH / sheet.scale / 4, 1, 0, 1).ticks if tick > 0)
    end, y = 20 + length_m * sheet.scale, sheet.height - 18
    bar = element("path", d=f"M20 {y - 8:.0f}V{y:.0f}H{end:.1f}V{y - 8:.0f}", class_="bar")
    return element("g", bar, element("text", shown(length_m, "m"), x=26, y=f"{y - 12:.0f}"), class_="scale")


def _controls(slots: Ints, middle: int, run: Run) -> Html:
    begin_s = float(run.slots["time_s"].iloc[int(slots[middle])])
    slider = element(
        "input", type="range", min=0, max=len(slots) - 1, value=middle, step=1, id="instant", aria_label="instant",
        aria_valuetext=shown(begin_s, "s"),
    )  # fmt: skip
    play = element("button", "Play", type="button", id="play", aria_pressed="false")
    return element("div", play, slider, element("output", shown(begin_s, "s"), id="time"), class_="controls")


def _now(told: dict[str, Any], middle: int) -> Html:
    return element("p", element("b", told["vehicles"][middle], id="fleet"), " vehicles on the road")


def _lists(told: dict[str, Any], middle: int, states: Ints) -> list[Html]:
    """Pools and servers at the instant shown."""
    pools = [
        element(
            "tr",
            element("th", name(label)),
            element("td", element("progress", max=told["most"], value=told["stored"][middle][row], aria_label=label)),
            element("td", shown(told["stored"][middle][row], "bit"), class_="level"),
            element("td", STATES[states[middle][row]], class_=f"state {STATES[states[middle][row]]}"),
            data_row=row,
        )
        for row, label in enumerate(told["link"][:LISTED])
    ]
    units = [
        element(
            "tr",
            element("th", name(label)),
            element("td", told["attached"][middle][row], class_="attached"),
            element("td", shown(told["backlog"][middle][row], "s"), class_="backlog"),
            data_row=row,
        )
        for row, label in enumerate(told["rsu"][:LISTED])
    ]
    heads = (("key pool", "", "stored", "state"), ("unit", "vehicles", "backlog"))
    more = (len(told["link"]) > LISTED, len(told["rsu"]) > LISTED)
    return [
        join(
            element("table", element("thead", element("tr", *(element("th", word) for word in head))),
                    element("tbody", *rows), class_=kind),
            element("p", f"The first {LISTED}.", class_="soft") if longer else None,
        )
        for kind, head, rows, longer in zip(("pools", "units"), heads, (pools, units), more, strict=True)
    ]  # fmt: skip


def _key(found: Places) -> Html:
    cars = [element("span", element("i", class_=f"dot d{code}"), word) for code, word in enumerate(DOING)]
    fibres = [element("span", element("i", class_=f"dash {word}"), word) for word in STATES]
    sites = [
        element("span", element("i", class_="square"), "roadside unit"),
        element("span", element("i", class_="ring"), "QKD node"),
    ]
    if found.dock.name:
        sites.append(element("span", element("i", class_="diamond"), "dock"))
    vehicles = element("p", "Vehicles: ", *cars, class_="key") if found.trace is not None else None
    return join(vehicles, element("p", "Key pools: ", *fibres, class_="key"), element("p", *sites, class_="key"))


def _caption(found: Places, slots: Ints, share: float) -> str:
    words = [
        f"{len(slots):,} instants, evenly spread. Vehicles and units as the slot begins, pools and backlogs as it ends."
    ]
    if found.trace is not None and found.network is None:
        words.append("Grey lines are where vehicles drove, in cells.")
    if share < 1:
        words.append(f"{share:.0%} of the vehicles are shown, the same ones throughout.")
    if found.trace is not None:
        words.append("A thin line joins a vehicle that sends to its unit.")
    return " ".join(words)
