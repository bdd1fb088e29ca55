"""The map: roads, fibres coloured by their pools, units, nodes and vehicles, at instants to step through."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from qvecsim.reports import sketch, thin
from qvecsim.reports.frames import DOING, STATES, Frame, frames, grid, instants, pool_states
from qvecsim.reports.html import Html, data, element, join, name
from qvecsim.reports.places import Places, bounds
from qvecsim.reports.sketch import WIDTH, Paper, paper
from qvecsim.reports.wording import shown
from qvecsim.results.store import Run
from qvecsim.types import Floats, Ints

LISTED = 16  # links and units beside the map


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
        sketch.streets(found, sheet),
        element("g", *sketch.fibres(found, sheet, states[middle]), class_="fibres"),
        sketch.vehicles(moving[middle], found, sheet) if moving else element("g", class_="vehicles"),
        element("g", *sketch.sites(found, sheet), class_="sites"),
        sketch.scale_bar(sheet),
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
        np.stack([_sixtieths(sheet.x(one.x_m)), _sixtieths(sheet.y(one.y_m)), _code(one)], axis=1) for one in moving
    ]
    return base64.b64encode(np.concatenate(rows).astype("<u2").tobytes()).decode() if rows else ""


def _code(frame: Frame) -> Ints:
    """What a vehicle does, and the unit that it sends to where 14 bits can tell it."""
    unit = np.where(frame.rsu < 2**14 - 1, frame.rsu + 1, 0)
    code: Ints = frame.doing + 4 * unit
    return code


def _sixtieths(place: Floats) -> Ints:
    return np.clip(np.round(place * 60), 0, 65_535).astype(np.int64)


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
