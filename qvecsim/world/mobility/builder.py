"""A trace under construction: checked blocks go to disk, a pass over them finds what only the whole can tell."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from qvecsim.errors import TraceError
from qvecsim.types import Floats, Ints
from qvecsim.world.geodesy import Plane, around
from qvecsim.world.mobility.columnar import COLUMNS, Arrays, Spool
from qvecsim.world.mobility.records import DEGREES
from qvecsim.world.mobility.tracks import looks_geographic, nothing, survey

HASH_ROWS = 1 << 18
WIDTH_MAX_DEG = 6.0  # of longitude, like a zone of UTM: within 3 degrees of its meridian lengths are true to 0.14 %
PROJECT_ROWS = 1 << 16


class Block(NamedTuple):
    """Whole steps: their instants, how many rows each has, and the rows."""

    time_ns: Sequence[int]
    records: Sequence[int]
    id: Sequence[str]
    x: Floats
    y: Floats
    speed_m_s: Floats  # NaN: not told


class Box(NamedTuple):
    """Bounds of places."""

    left: float
    right: float
    low: float
    high: float

    def with_places(self, x: Floats, y: Floats) -> Box:
        """The bounds of these places too."""
        if not len(x):
            return self
        return Box(
            min(self.left, float(x.min())),
            max(self.right, float(x.max())),
            min(self.low, float(y.min())),
            max(self.high, float(y.max())),
        )

    def on_globe(self) -> bool:
        """Whether they may be longitude and latitude."""
        return self.left >= -180 and self.right <= 180 and self.low >= -DEGREES.y and self.high <= DEGREES.y

    def check(self) -> None:
        """Refuse what is no city, and no plane can show."""
        if self.right - self.left > WIDTH_MAX_DEG:
            raise TraceError(
                f"longitudes must be at most {WIDTH_MAX_DEG:g} degrees apart (got {self.left:g} to {self.right:g}); "
                "are x and y metres? Then set coords: xy"
            )

    def plane(self) -> Plane:
        """The plane around the middle, for bounds in degrees."""
        return around((self.left + self.right) / 2.0, (self.low + self.high) / 2.0)


class Finished(NamedTuple):
    """A whole trace: columns still on the spool, and what is known of them."""

    ids: tuple[str, ...]
    facts: dict[str, Any]
    sha256: str
    plane: Plane | None


class Builder:
    """Takes blocks in the order of time."""

    def __init__(self, folder: Path | None = None) -> None:
        self.spool = Spool(folder)
        self.ids: defaultdict[str, int] = defaultdict()
        self.ids.default_factory = self.ids.__len__  # an unknown id gets the next number
        self.steps = self.records = self.others = 0
        self.last_ns = -1
        self.told = False  # whether any record has a speed
        self.box = Box(np.inf, -np.inf, np.inf, -np.inf)

    def add(self, block: Block) -> int | None:
        """Keep a block; or keep nothing of it, and say which row repeats a vehicle of its step."""
        count = np.array(block.records, np.int64)
        vehicle = np.fromiter(map(self.ids.__getitem__, block.id), np.int64, len(block.id))
        step = np.repeat(np.arange(len(count)), count)
        order = _order(step, vehicle)
        if order is not None:
            twice = (np.diff(vehicle[order]) == 0) & (np.diff(step[order]) == 0)
            if twice.any():
                return int(order[1:][twice].min())
        self._keep(block, count, vehicle, order)
        return None

    def _keep(self, block: Block, count: Ints, vehicle: Ints, order: Ints | None) -> None:
        rows = {"vehicle": vehicle, "x_m": block.x, "y_m": block.y, "speed_m_s": block.speed_m_s}
        for name, values in rows.items():
            self.spool.append(name, values if order is None else values[order])
        self.spool.append("time_ns", np.array(block.time_ns, np.int64))
        self.spool.append("offset", self.records + np.cumsum(count) - count)
        self.steps, self.records = self.steps + len(count), self.records + len(vehicle)
        self.told = self.told or not bool(np.isnan(block.speed_m_s).all())
        self.box = self.box.with_places(block.x, block.y)
        if len(count):
            self.last_ns = int(block.time_ns[-1])

    def finish(self, coords: str = "auto", plane: Plane | None = None) -> Finished:
        """Close the columns: degrees become metres (in ``plane``, or one around the trace), speeds are filled in."""
        self.spool.append("offset", np.array([self.records]))
        arrays = self.spool.arrays()
        rest, ids = self.spool.rest, tuple(self.ids)
        geographic = coords == "geo" or (
            coords == "auto" and self.box.on_globe() and looks_geographic(arrays, len(ids), told=self.told, rest=rest)
        )
        if geographic:
            self.box.check()
        plane = project(arrays, plane or self.box.plane(), rest) if geographic else None
        found = survey(arrays, len(ids), fill=True, rest=rest)
        facts = {**found._asdict(), "persons": self.others, "projected": geographic}
        return Finished(ids, facts, content_sha256(ids, arrays, rest), plane)


def _order(step: Ints, vehicle: Ints) -> Ints | None:
    """The order by step and vehicle; None where the rows have it, and no vehicle twice."""
    rises = (np.diff(vehicle) > 0) | (np.diff(step) > 0)
    return None if rises.all() else np.lexsort((vehicle, step))


def project(arrays: Arrays, plane: Plane, rest: Callable[[], None] = nothing) -> Plane:
    """Turn longitude and latitude into metres, in place; the plane used."""
    x, y = arrays["x_m"], arrays["y_m"]
    for first in range(0, len(x), PROJECT_ROWS):
        rows = slice(first, first + PROJECT_ROWS)
        x[rows], y[rows] = plane.metres(x[rows], y[rows])
        rest()
    return plane


def content_sha256(ids: tuple[str, ...], arrays: Arrays, rest: Callable[[], None] = nothing) -> str:
    """SHA-256 of what a trace says, whatever the format of its file."""
    digest = hashlib.sha256(json.dumps(ids).encode())
    for name in COLUMNS:
        column = arrays[name]
        for first in range(0, len(column), HASH_ROWS):
            digest.update(np.ascontiguousarray(column[first : first + HASH_ROWS]).data)
            rest()
    return digest.hexdigest()
