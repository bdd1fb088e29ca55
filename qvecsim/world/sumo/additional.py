"""Where vehicles stop, from SUMO additional files: parking areas and charging stations."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from qvecsim.errors import ScenarioError
from qvecsim.world.document import DEPTH_MAX, Attributes, Document
from qvecsim.world.mobility.records import number
from qvecsim.world.sumo.network import Network

PARKING, CHARGING = "parkingArea", "chargingStation"
BEYOND_M = 0.1  # how far past its lane's end a stop may lie; SUMO's own tolerance
TRUE = ("true", "t", "1", "yes", "on", "x")
POWER_W, EFFICIENCY = 22_000.0, 0.95  # what SUMO takes where a station does not tell


class Stop(NamedTuple):
    """One place where vehicles stop."""

    id: str
    kind: str  # PARKING or CHARGING
    x_m: float
    y_m: float
    capacity: int = 0  # vehicles that may park
    power_w: float = 0.0  # of a charging station
    efficiency: float = 0.0  # share of the power that reaches the battery


def read_stops(paths: Iterable[str | Path], network: Network | None = None) -> tuple[Stop, ...]:
    """The stops in SUMO additional files, in their order; the lanes they lie at are the network's."""
    found: dict[tuple[str, str], Stop] = {}
    for path in paths:
        scan = _Scan(Document(path, "additional"), found, network)
        scan.document.read(scan.start, scan.end, lambda scan=scan: scan.elements)  # type: ignore[misc]
    return tuple(found.values())


class _Scan:
    """What has been met so far on the way through an additional file."""

    def __init__(self, document: Document, found: dict[tuple[str, str], Stop], network: Network | None) -> None:
        self.document = document
        self.found = found
        self.network = network
        self.elements = 0
        self.depth = 1
        self.area: Attributes | None = None  # the parking area that is open
        self.spaces: list[tuple[float, float]] = []

    def start(self, name: str, attributes: Attributes) -> None:
        self.elements += 1
        self.depth += 1
        if self.depth > DEPTH_MAX:
            self.document.fail(f"elements are nested deeper than {DEPTH_MAX}")
        if name == PARKING:
            self.area, self.spaces = attributes, []
        elif name == "space" and self.area is not None:
            self.spaces.append(self._point(attributes, "space"))
        elif name == CHARGING and attributes.get("chargeType") != "fuel":
            self._add(CHARGING, attributes)

    def end(self, name: str) -> None:
        self.depth -= 1
        if name == PARKING and self.area is not None:
            self._add(PARKING, self.area)
            self.area = None

    def _add(self, kind: str, attributes: Attributes) -> None:
        name = attributes.get("id")
        if not name:
            self.document.fail(f"{kind} without an 'id'")
        if (kind, name) in self.found:
            self.document.fail(f"{kind} twice ({kind} {name!r})")
        what = f"{kind} {name!r}"
        x, y = self._place(kind, attributes, what)
        if kind == PARKING:
            roadside = self._amount("roadsideCapacity", attributes, 0.0, what)
            self.found[kind, name] = Stop(name, kind, x, y, capacity=int(roadside) + len(self.spaces))
            return
        power_w = self._amount("power", attributes, POWER_W, what)
        efficiency = self._amount("efficiency", attributes, EFFICIENCY, what)
        self.found[kind, name] = Stop(name, kind, x, y, power_w=power_w, efficiency=efficiency)

    def _place(self, kind: str, attributes: Attributes, what: str) -> tuple[float, float]:
        """The mean of a parking area's spaces, its own x and y, or the middle of its stretch of the lane."""
        if kind == PARKING and self.spaces:
            east, north = zip(*self.spaces, strict=True)
            return sum(east) / len(east), sum(north) / len(north)
        if "x" in attributes and "y" in attributes:
            return self._point(attributes, what)
        if self.network is None:
            raise ScenarioError(
                "'world.network' must name the network of world.additional"
                f" (got none, and {self.document.source.path} places {what} on a lane)."
            )
        lane = attributes.get("lane", "")
        if lane not in self.network.lanes.row:
            self.document.fail(f"'lane' must be one of the network's roads (got {lane[:40]!r}) ({what})")
        return self.network.lanes.at(lane, self._middle_m(attributes, self.network.lanes.length(lane), what))

    def _point(self, attributes: Attributes, what: str) -> tuple[float, float]:
        return self._number("x", attributes, None, what), self._number("y", attributes, None, what)

    def _middle_m(self, attributes: Attributes, lane_m: float, what: str) -> float:
        """Half-way between startPos and endPos; negative ones count from the lane's end."""
        ends = [self._number(*given, what) for given in (("startPos", attributes, 0.0), ("endPos", attributes, lane_m))]
        first, last = (position + lane_m if position < 0 else position for position in ends)
        if attributes.get("friendlyPos", "").lower() in TRUE:
            first, last = (min(max(position, 0.0), lane_m) for position in (first, last))
        if not -BEYOND_M <= first <= last <= lane_m + BEYOND_M:
            got = f"{attributes.get('startPos')} to {attributes.get('endPos')}"
            self.document.fail(f"'startPos' to 'endPos' must lie on the lane of {lane_m:g} m (got {got}) ({what})")
        return min(max((first + last) / 2, 0.0), lane_m)

    def _amount(self, key: str, attributes: Attributes, default: float, what: str) -> float:
        amount = self._number(key, attributes, default, what)
        if amount < 0:
            self.document.fail(f"'{key}' must not be negative (got {attributes[key]!r}) ({what})")
        return amount

    def _number(self, key: str, attributes: Attributes, default: float | None, what: str) -> float:
        text = attributes.get(key)
        value = default if text is None else number(text)
        if value is None:
            self.document.fail(f"'{key}' must be a finite number (got {text!r}) ({what})")
        return value
