"""Where roadside units stand: at lights, at stops, on a grid, amid the traffic, or where the scenario lists them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from qvecsim.errors import ScenarioError
from qvecsim.scenario.parameters import Scenario, Site
from qvecsim.types import Floats
from qvecsim.world.cells import CELL_M, cells
from qvecsim.world.geodesy import Plane
from qvecsim.world.kmeans import kmeans
from qvecsim.world.mobility.trace import Trace
from qvecsim.world.sumo.additional import CHARGING, PARKING, Stop, read_stops
from qvecsim.world.sumo.network import Network

FAR_M = 100_000.0  # a place so far from the trace is a mistake: lon and lat exchanged, or another offset
CELLS_MAX = 1 << 16  # for k-means; a quarter of them is still more than there may be units
NEAR_M = 4 * CELL_M  # traffic within this makes a place busy
STOPS = {"parking_areas": (PARKING, "parking areas"), "charging_stations": (CHARGING, "charging stations")}


class Sites(NamedTuple):
    """Names and places."""

    name: tuple[str, ...]
    x_m: Floats
    y_m: Floats


class Ground(NamedTuple):
    """What a place is checked against: the trace's bounds, and how degrees become metres (None: nobody told)."""

    left: float
    right: float
    low: float
    high: float
    plane: Plane | None = None


def ground(trace: Trace, network: Network | None = None) -> Ground:
    """Where this trace is; its own plane goes before that of the network."""
    plane = trace.plane or (network.plane if network else None)
    return Ground(*trace.bounds, plane)


def roadside_units(scenario: Scenario, trace: Trace, network: Network | None = None) -> Sites:
    """The scenario's roadside units."""
    if scenario.world.rsus:
        return listed(scenario.world.rsus, "r", "world.rsus", ground(trace, network))
    place = scenario.world.place
    x, y = PLACES[place.at](scenario, trace, network)
    return Sites(tuple(f"r{index}" for index in range(len(x))), x, y)


def listed(sites: tuple[Site, ...], prefix: str, key: str, ground: Ground) -> Sites:
    """Sites as the scenario lists them, in the trace's plane; those without a name are numbered."""
    names = tuple(site.name or f"{prefix}{index}" for index, site in enumerate(sites))
    for name in names:
        if names.count(name) > 1:
            raise ScenarioError(f"'{key}' must have different names (got '{name}' {names.count(name)} times).")
    places = [_metres(site, f"{key}.{index}", ground) for index, site in enumerate(sites)]
    return Sites(names, *(np.array(axis, np.float64) for axis in zip(*places, strict=True)))


def _metres(site: Site, key: str, ground: Ground) -> tuple[float, float]:
    """X and y of a listed site, which is not far off."""
    if site.lon is None or site.lat is None:
        x, y = site.x_m or 0.0, site.y_m or 0.0
    else:
        x, y = (float(axis[0]) for axis in projected(np.array([site.lon]), np.array([site.lat]), f"{key}.lon", ground))
    away_m = float(away(np.array([x]), np.array([y]), ground)[0])
    if away_m > FAR_M:
        bounds = f"x {ground.left:g} ... {ground.right:g} m, y {ground.low:g} ... {ground.high:g} m"
        told = f"{site.x_m:g}, {site.y_m:g}" if site.lon is None else f"lon {site.lon:g}, lat {site.lat:g}"
        raise ScenarioError(
            f"'{key}' must be within {FAR_M / 1000:g} km of the trace, {bounds}"
            f" (got {told}, {away_m / 1000:.0f} km away). Are its coordinates exchanged, or of another origin?"
        )
    return x, y


def projected(lon: Floats, lat: Floats, key: str, ground: Ground) -> tuple[Floats, Floats]:
    """X and y in the trace's plane of places in degrees."""
    if ground.plane is None:
        raise ScenarioError(
            f"'{key}' must be given as x_m and y_m (got degrees): the trace is in metres of an unknown projection."
            " Or name the trace's world.network, if it has a projection."
        )
    with np.errstate(all="ignore"):  # a quarter of the globe away the plane ends; whoever asks checks the distance
        return ground.plane.metres(lon, lat)


def away(x: Floats, y: Floats, ground: Ground) -> Floats:
    """Distance of places from the trace's bounds, m; 0 inside, infinite where the plane has no such place."""
    beside = np.maximum(np.maximum(ground.left - x, x - ground.right), 0.0)
    above = np.maximum(np.maximum(ground.low - y, y - ground.high), 0.0)
    return np.nan_to_num(np.hypot(beside, above), nan=np.inf, posinf=np.inf)


def grid(scenario: Scenario, trace: Trace, network: Network | None) -> tuple[Floats, Floats]:
    """A near-square lattice over the trace's bounds, row by row; the last row is spread over its whole width."""
    left, right, low, high = trace.bounds
    count = scenario.world.place.count
    rows = max(1, round(math.sqrt(count * (high - low) / max(right - left, 1.0))))
    rows = min(rows, count)
    per_row = [len(part) for part in np.array_split(np.arange(count), rows)]
    x = [left + (right - left) * (column + 0.5) / columns for columns in per_row for column in range(columns)]
    y = [low + (high - low) * (row + 0.5) / rows for row, columns in enumerate(per_row) for _ in range(columns)]
    return np.array(x), np.array(y)


def junctions(scenario: Scenario, trace: Trace, network: Network | None) -> tuple[Floats, Floats]:
    """The busiest signalised junctions, well apart; without a network file, the places where traffic queues."""
    if network is not None:
        lights = network.lights
        return busiest(lights.x_m, lights.y_m, trace, scenario.world.place.count, "traffic lights of world.network")
    # Centres of cells that vehicles were in; those in which they stood weigh most.
    seen = cells(trace)
    x, y = seen.centre()
    if len(x) < scenario.world.place.count:
        return grid(scenario, trace, network)
    return _apart(x, y, seen.standing + seen.passing / (seen.passing.sum() + 1.0), trace, scenario.world.place.count)


def stops(scenario: Scenario, trace: Trace, network: Network | None) -> tuple[Floats, Floats]:
    """The busiest parking areas or charging stations of the SUMO additional files, well apart."""
    place = scenario.world.place
    sites = stop_sites(scenario, network, place.at, "world.place.at")
    return busiest(sites.x_m, sites.y_m, trace, place.count, f"{STOPS[place.at][1]} of world.additional")


def stop_sites(scenario: Scenario, network: Network | None, what: str, key: str) -> Sites:
    """All parking areas or charging stations of the SUMO additional files, which ``key`` asks for."""
    kind, plural = STOPS[what]
    files = additional(scenario)
    if not files:
        raise ScenarioError(f"'world.additional' must name a SUMO file with {plural}, because of {key}.")
    here: list[Stop] = [stop for stop in read_stops(files, network) if stop.kind == kind]
    x, y = np.array([stop.x_m for stop in here]), np.array([stop.y_m for stop in here])
    return Sites(tuple(stop.id for stop in here), x, y)


def additional(scenario: Scenario) -> list[Path]:
    """The SUMO additional files of a scenario."""
    return [scenario.file(f"world.additional.{index}") for index in range(len(scenario.world.additional))]


def centres(scenario: Scenario, trace: Trace, network: Network | None) -> tuple[Floats, Floats]:
    """The k-means centres of everything that vehicles ever were at."""
    seen, count = cells(trace), scenario.world.place.count
    if len(seen.passing) < count:
        raise ScenarioError(
            f"'world.place.count' must not exceed the cells of {CELL_M:g} m that vehicles were in"
            f" (got {count}, the trace has {len(seen.passing)}). Use at: grid, or a smaller count."
        )
    while len(seen.passing) > CELLS_MAX:
        seen = seen.coarser()
    return kmeans(*seen.mean(), seen.passing, count)


def busiest(x: Floats, y: Floats, trace: Trace, count: int, what: str) -> tuple[Floats, Floats]:
    """Of these places as many as asked for: those with the most traffic near them, well apart."""
    if len(x) < count:
        raise ScenarioError(
            f"'world.place.count' must not exceed the {what} (got {count}, it has {len(x)})."
            " Use at: grid, or a smaller count."
        )
    return _apart(x, y, traffic(x, y, trace), trace, count)


def traffic(x: Floats, y: Floats, trace: Trace) -> Floats:
    """How many of the trace's records are within 100 m of each place."""
    near = np.zeros(len(x))
    for part in trace.parts():
        order = np.argsort(part.x_m)  # then a place has to look at a strip of the plane only
        east, north = part.x_m[order], part.y_m[order]
        first, last = east.searchsorted(x - NEAR_M), east.searchsorted(x + NEAR_M, "right")
        for index, strip in enumerate(map(slice, first.tolist(), last.tolist())):
            near[index] += np.count_nonzero(np.hypot(east[strip] - x[index], north[strip] - y[index]) < NEAR_M)
    return near


def _apart(x: Floats, y: Floats, weight: Floats, trace: Trace, count: int) -> tuple[Floats, Floats]:
    """The heaviest places, 0.7 of a square lattice's spacing apart; less far where that leaves too few."""
    left, right, low, high = trace.bounds
    separation_m = 0.7 * math.sqrt((right - left) * (high - low) / count)
    order = np.lexsort((y, x, -weight))
    while True:
        chosen = _spaced(x[order], y[order], count, separation_m)
        if len(chosen) == count:
            return x[order[chosen]], y[order[chosen]]
        separation_m = separation_m * 0.7 if separation_m > CELL_M else 0.0


def _spaced(x: Floats, y: Floats, count: int, separation_m: float) -> list[int]:
    """The first ``count`` places of which each keeps its distance to those before it."""
    chosen: list[int] = []
    gap = np.full(len(x), np.inf)
    while len(chosen) < count:
        free = np.flatnonzero(gap >= separation_m)
        if not len(free):
            break
        index = int(free[0])
        chosen.append(index)
        gap = np.minimum(gap, np.hypot(x - x[index], y - y[index]))
        gap[index] = -1.0
    return chosen


PLACES: dict[str, Callable[[Scenario, Trace, Network | None], tuple[Floats, Floats]]] = {
    "grid": grid,
    "traffic_lights": junctions,
    "kmeans": centres,
    "parking_areas": stops,
    "charging_stations": stops,
}
