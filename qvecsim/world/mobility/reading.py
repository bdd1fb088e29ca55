"""How a mobility file is to be read: what its columns are called, and in which units they speak."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

from qvecsim.scenario import parameters
from qvecsim.world.geodesy import Plane

METRE = {"m": 1.0, "km": 1000.0, "ft": 0.3048}  # the international foot
METRE_PER_S = {"m/s": 1.0, "km/h": 1 / 3.6, "ft/s": 0.3048, "mph": 0.44704, "kn": 1852 / 3600}


class Names(NamedTuple):
    """What the columns of a table are called; ``#3`` is the third column of a table without a heading."""

    time: str
    id: str
    x: str
    y: str
    speed: str | None = None


@dataclass(frozen=True)
class Reading:
    """Everything beside the file itself that decides which trace comes out of it."""

    coords: str = "auto"  # auto | xy | geo
    plane: Plane | None = None  # where longitude and latitude go; None: around the trace
    names: Names | None = None  # None: as SUMO calls them
    metre: float = 1.0  # metres in one unit of x and y
    metre_per_s: float = 1.0
    time_format: str = "auto"  # or a pattern of strptime
    time_unit_s: float = 1.0
    resample_s: float | None = None
    gap_s: float = 60.0

    def key(self) -> str:
        """A text that differs where the readings differ."""
        plane = None if self.plane is None else vars(self.plane)
        return json.dumps(vars(self) | {"plane": plane})


def reading_of(world: parameters.World, plane: Plane | None = None) -> Reading:
    """The reading that a scenario asks for; longitude and latitude go to ``plane``."""
    if world.columns is None:
        return Reading(world.coords, plane)
    return Reading(
        world.coords,
        plane,
        Names(**world.columns.model_dump()),
        METRE[world.units],
        METRE_PER_S[world.speed_units],
        world.time_format,
        world.time_unit_s,
        world.resample_s,
        world.gap_s,
    )
