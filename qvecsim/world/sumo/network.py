"""What a SUMO network tells: traffic lights, roads, where lanes run, and how the globe becomes its plane."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from qvecsim.types import Floats, Ints
from qvecsim.world.document import DEPTH_MAX, Attributes, Document
from qvecsim.world.geodesy import Plane, of_network
from qvecsim.world.mobility.records import number


class Shapes(NamedTuple):
    """Polylines one behind the other; points offset[i] ... offset[i+1]-1 are line i."""

    offset: Ints
    x_m: Floats
    y_m: Floats

    def line(self, row: int) -> tuple[Floats, Floats]:
        """X and y of the points of one polyline."""
        points = slice(int(self.offset[row]), int(self.offset[row + 1]))
        return self.x_m[points], self.y_m[points]


class Lights(NamedTuple):
    """Signalised junctions in the order of the file."""

    id: tuple[str, ...]
    x_m: Floats
    y_m: Floats


class Roads(NamedTuple):
    """Edges that are no part of a junction, in the order of the file; a shape is the edge's middle line."""

    id: tuple[str, ...]
    length_m: Floats
    speed_m_s: Floats  # allowed on the fastest lane
    lanes: Ints
    shape: Shapes


class Lanes(NamedTuple):
    """The lanes of all roads."""

    row: Mapping[str, int]  # by id
    length_m: Floats  # as SUMO counts positions; the shape may be a little longer or shorter
    shape: Shapes

    def length(self, lane: str) -> float:
        """Length of a lane, m."""
        return float(self.length_m[self.row[lane]])

    def at(self, lane: str, position_m: float) -> tuple[float, float]:
        """X and y of a position along a lane, which is stretched over the lane's shape as SUMO does."""
        row = self.row[lane]
        x, y = self.shape.line(row)
        way_m = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
        there_m = position_m * way_m[-1] / max(self.length_m[row], 1e-9)
        return float(np.interp(there_m, way_m, x)), float(np.interp(there_m, way_m, y))


@dataclass(frozen=True, eq=False)
class Network:
    """A SUMO network as columns, in metres of its own plane."""

    lights: Lights
    roads: Roads
    lanes: Lanes
    plane: Plane | None  # None: in no projection, or in one that we do not know


def read_network(path: str | Path) -> Network:
    """The network in a .net.xml or .net.xml.gz file, read in one pass."""
    scan = _Scan(Document(path, "net"))
    scan.document.read(scan.start, scan.end, lambda: scan.elements)
    if not scan.junctions:
        scan.document.fail("has no junction", line=0)
    return scan.network()


class _Lines:
    """Polylines as they are met, and the length of each as the file tells it."""

    def __init__(self) -> None:
        self.length = array("d")
        self.offset = array("q", [0])
        self.x, self.y = array("d"), array("d")

    def add(self, x: Floats, y: Floats, length_m: float = 0.0) -> None:
        self.length.append(length_m)
        self.x.frombytes(x.tobytes())
        self.y.frombytes(y.tobytes())
        self.offset.append(len(self.x))

    def shapes(self) -> Shapes:
        return Shapes(np.array(self.offset, np.int64), np.array(self.x), np.array(self.y))


class _Road:
    """An edge while its lanes are being read."""

    def __init__(self, name: str, ends: tuple[str, str], shape: tuple[Floats, Floats] | None, line: int) -> None:
        self.name = name
        self.ends = ends
        self.shape = shape
        self.line = line
        self.lanes = 0
        self.length_m = self.speed_m_s = 0.0


class _Scan:
    """What has been met so far on the way through a network."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.elements = 0
        self.depth = 1
        self.plane: Plane | None = None
        self.junctions: dict[str, tuple[float, float]] = {}
        self.lights: list[str] = []
        self.road: _Road | None = None  # the edge that is open; None also inside a junction's own edges
        self.roads: dict[str, _Road] = {}
        self.lane_row: dict[str, int] = {}
        self.lanes = _Lines()

    def start(self, name: str, attributes: Attributes) -> None:
        self.elements += 1
        self.depth += 1
        if self.depth > DEPTH_MAX:
            self.document.fail(f"elements are nested deeper than {DEPTH_MAX}")
        if name == "lane" and self.road is not None:
            self._lane(self.road, attributes)
        elif name in ELEMENTS:
            ELEMENTS[name](self, attributes)

    def end(self, name: str) -> None:
        self.depth -= 1
        if name == "edge" and self.road is not None:
            if not self.road.lanes:
                self.document.fail(f"edge without a lane (edge {self.road.name!r})")
            self.road = None

    def network(self) -> Network:
        """What the whole file told."""
        lines = _Lines()
        for road in self.roads.values():
            lines.add(*(road.shape or self._straight(road)))
        x_m, y_m = np.array([self.junctions[name] for name in self.lights]).reshape(-1, 2).T
        roads = self.roads.values()
        return Network(
            Lights(tuple(self.lights), x_m, y_m),
            Roads(
                tuple(self.roads),
                np.array([road.length_m for road in roads]),
                np.array([road.speed_m_s for road in roads]),
                np.array([road.lanes for road in roads], np.int64),
                lines.shapes(),
            ),
            Lanes(self.lane_row, np.array(self.lanes.length), self.lanes.shapes()),
            self.plane,
        )

    def junction(self, attributes: Attributes) -> None:
        kind = attributes.get("type", "")
        if kind == "internal":
            return
        name = self._id("junction", attributes)
        self.junctions[name] = self._metres("x", attributes, name), self._metres("y", attributes, name)
        # Also traffic_light_unregulated and traffic_light_right_on_red.
        if "traffic_light" in kind:
            self.lights.append(name)

    def edge(self, attributes: Attributes) -> None:
        name = self._id("edge", attributes)
        if name.startswith(":") or attributes.get("function", "normal") != "normal":
            return
        if name in self.roads:
            self.document.fail(f"edge twice (edge {name!r})")
        shape = self._shape(attributes, f"edge {name!r}") if attributes.get("shape") else None
        ends = attributes.get("from", ""), attributes.get("to", "")
        self.road = self.roads[name] = _Road(name, ends, shape, self.document.line)

    def location(self, attributes: Attributes) -> None:
        projection = attributes.get("projParameter", "")
        offset = [number(text) for text in attributes.get("netOffset", "0,0").split(",")]
        if len(offset) != 2 or None in offset:
            self.document.fail(f"'netOffset' must be two numbers (got {attributes['netOffset'][:40]!r})")
        try:
            self.plane = of_network(projection, (offset[0] or 0.0, offset[1] or 0.0))
        except ValueError:
            self.document.fail(f"'projParameter' must be what PROJ understands (got {projection[:80]!r})")

    def _lane(self, road: _Road, attributes: Attributes) -> None:
        name = self._id("lane", attributes)
        if name in self.lane_row:
            self.document.fail(f"lane twice (lane {name!r})")
        length_m, speed_m_s = (self._amount(key, attributes, name) for key in ("length", "speed"))
        self.lane_row[name] = len(self.lane_row)
        self.lanes.add(*self._shape(attributes, f"lane {name!r}"), length_m)
        road.lanes += 1
        road.length_m = max(road.length_m, length_m)
        road.speed_m_s = max(road.speed_m_s, speed_m_s)

    def _straight(self, road: _Road) -> tuple[Floats, Floats]:
        """SUMO writes no shape for an edge that runs straight from junction to junction."""
        for end in road.ends:
            if end not in self.junctions:
                what = f"edge between junctions that are not there (got {end!r}) (edge {road.name!r})"
                self.document.fail(what, line=road.line)
        x, y = np.array([self.junctions[end] for end in road.ends]).T
        return x.copy(), y.copy()

    def _shape(self, attributes: Attributes, what: str) -> tuple[Floats, Floats]:
        """The points of a polyline, "x,y x,y" or "x,y,z x,y,z"."""
        text = attributes.get("shape", "")
        points = text.split()
        axes = points[0].count(",") + 1 if points else 0
        told = [number(value) for value in ",".join(points).split(",")]
        if len(points) < 2 or axes not in (2, 3) or len(told) != axes * len(points) or None in told:
            self.document.fail(f"'shape' must be two or more points x,y (got {text[:40]!r}) ({what})")
        place = np.array(told, np.float64).reshape(-1, axes)
        return place[:, 0].copy(), place[:, 1].copy()

    def _id(self, what: str, attributes: Attributes) -> str:
        name = attributes.get("id")
        if not name:
            self.document.fail(f"{what} without an 'id'")
        return name

    def _metres(self, key: str, attributes: Attributes, junction: str) -> float:
        position_m = number(attributes.get(key, ""))
        if position_m is None:
            self.document.fail(f"'{key}' must be a finite number (got {attributes.get(key)!r}) (junction {junction!r})")
        return position_m

    def _amount(self, key: str, attributes: Attributes, lane: str) -> float:
        amount = number(attributes.get(key, ""))
        if amount is None or amount < 0:
            self.document.fail(f"'{key}' must be a number from 0 on (got {attributes.get(key)!r}) (lane {lane!r})")
        return amount


ELEMENTS: dict[str, Callable[[_Scan, Attributes], None]] = {
    "junction": _Scan.junction,
    "edge": _Scan.edge,
    "location": _Scan.location,
}
