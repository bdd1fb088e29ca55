"""Where roadside units stand: at traffic lights, on a grid, or where the scenario lists them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from qvecsim.errors import ScenarioError
from qvecsim.scenario.parameters import Scenario, Site
from qvecsim.types import Floats
from qvecsim.world.network import traffic_lights
from qvecsim.world.trace import Trace

CELL_M = 25.0  # about the inner part of a junction
STANDING_M_S = 1.0


class Sites(NamedTuple):
    """Names and places."""

    name: tuple[str, ...]
    x_m: Floats
    y_m: Floats


def roadside_units(scenario: Scenario, trace: Trace) -> Sites:
    """The scenario's roadside units."""
    if scenario.world.rsus:
        return listed(scenario.world.rsus, "r", "world.rsus")
    place = scenario.world.place
    x, y = {"grid": grid, "traffic_lights": junctions}[place.at](scenario, trace, place.count)
    return Sites(tuple(f"r{index}" for index in range(len(x))), x, y)


def listed(sites: tuple[Site, ...], prefix: str, key: str) -> Sites:
    """Sites as the scenario lists them; those without a name are numbered."""
    names = tuple(site.name or f"{prefix}{index}" for index, site in enumerate(sites))
    for name in names:
        if names.count(name) > 1:
            raise ScenarioError(f"'{key}' must have different names (got '{name}' {names.count(name)} times).")
    return Sites(names, np.array([site.x_m for site in sites]), np.array([site.y_m for site in sites]))


def grid(scenario: Scenario, trace: Trace, count: int) -> tuple[Floats, Floats]:
    """A near-square lattice over the trace's bounds, row by row; the last row is spread over its whole width."""
    left, right, low, high = bounds(trace)
    rows = max(1, round(math.sqrt(count * (high - low) / max(right - left, 1.0))))
    rows = min(rows, count)
    per_row = [len(part) for part in np.array_split(np.arange(count), rows)]
    x = [left + (right - left) * (column + 0.5) / columns for columns in per_row for column in range(columns)]
    y = [low + (high - low) * (row + 0.5) / rows for row, columns in enumerate(per_row) for _ in range(columns)]
    return np.array(x), np.array(y)


def junctions(scenario: Scenario, trace: Trace, count: int) -> tuple[Floats, Floats]:
    """The busiest signalised junctions, well apart; without a network file, the places where traffic queues."""
    x, y, weight = _lights(scenario, trace) if scenario.world.network else _queues(trace)
    if len(x) < count and scenario.world.network:
        raise ScenarioError(
            f"'world.place.count' must not exceed the traffic lights of world.network (got {count}, it has {len(x)}). "
            "Use at: grid, or a smaller count."
        )
    if len(x) < count:
        return grid(scenario, trace, count)
    left, right, low, high = bounds(trace)
    chosen = _apart(x, y, weight, count, 0.7 * math.sqrt((right - left) * (high - low) / count))
    return x[chosen], y[chosen]


def bounds(trace: Trace) -> tuple[float, float, float, float]:
    """Least and greatest x and y of the trace."""
    return float(trace.x_m.min()), float(trace.x_m.max()), float(trace.y_m.min()), float(trace.y_m.max())


def _queues(trace: Trace) -> tuple[Floats, Floats, Floats]:
    """Cells of the plane that vehicles were in; those in which they stood weigh most."""
    cell = np.stack([np.floor(trace.x_m / CELL_M), np.floor(trace.y_m / CELL_M)], axis=1).astype(np.int64)
    cells, index = np.unique(cell, axis=0, return_inverse=True)
    standing = np.bincount(index.ravel()[trace.speed_m_s < STANDING_M_S], minlength=len(cells))
    passing = np.bincount(index.ravel(), minlength=len(cells))
    weight = (standing + passing / (passing.sum() + 1.0)).astype(np.float64)
    centre = ((cells + 0.5) * CELL_M).astype(np.float64)
    return centre[:, 0], centre[:, 1], weight


def _lights(scenario: Scenario, trace: Trace) -> tuple[Floats, Floats, Floats]:
    lights = traffic_lights(scenario.find(str(scenario.world.network)))
    x, y = np.array([light[1] for light in lights]), np.array([light[2] for light in lights])
    near = [np.count_nonzero(np.hypot(trace.x_m - a, trace.y_m - b) < 4 * CELL_M) for a, b in zip(x, y, strict=True)]
    return x, y, np.array(near, dtype=np.float64)


def _apart(x: Floats, y: Floats, weight: Floats, count: int, separation_m: float) -> list[int]:
    """The heaviest places at least ``separation_m`` apart; less far apart where that leaves too few."""
    order = np.lexsort((y, x, -weight))
    while True:
        chosen: list[int] = []
        for index in order:
            if all(math.hypot(x[index] - x[other], y[index] - y[other]) >= separation_m for other in chosen):
                chosen.append(int(index))
            if len(chosen) == count:
                return chosen
        separation_m = separation_m * 0.7 if separation_m > CELL_M else 0.0
