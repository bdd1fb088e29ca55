"""From longitude and latitude to metres in a plane: the transverse Mercator projection of the WGS 84 ellipsoid."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from qvecsim.types import Floats

EQUATORIAL_RADIUS_M = 6_378_137.0  # WGS 84
FLATTENING = 1.0 / 298.257_223_563
N = FLATTENING / (2.0 - FLATTENING)  # third flattening
RECTIFYING_RADIUS_M = EQUATORIAL_RADIUS_M / (1.0 + N) * (1.0 + N**2 / 4.0 + N**4 / 64.0)
# Krueger (1912) in the third flattening; to the third order good to a millimetre within 3,000 km (Karney 2011).
ALPHA = (
    N / 2.0 - 2.0 * N**2 / 3.0 + 5.0 * N**3 / 16.0,
    13.0 * N**2 / 48.0 - 3.0 * N**3 / 5.0,
    61.0 * N**3 / 240.0,
)
SAME_GLOBE = {"WGS84", "GRS80", "ETRS89", "NAD83"}  # to a tenth of a millimetre in shape
UTM_SCALE = 0.9996
UTM_EAST_M, UTM_SOUTH_M = 500_000.0, 10_000_000.0


@dataclass(frozen=True)
class Plane:
    """A transverse Mercator plane, x to the east and y to the north, in metres."""

    lon: float  # central meridian, degrees
    scale: float = 1.0  # on the central meridian
    east_m: float = 0.0  # x of the central meridian
    north_m: float = 0.0  # y of the equator

    def metres(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """X and y of places on the globe, given in degrees."""
        east = np.radians(np.asarray(lon, np.float64) - self.lon)
        sin_lat = np.sin(np.radians(np.asarray(lat, np.float64)))
        squash = 2.0 * math.sqrt(N) / (1.0 + N)
        tau = np.sinh(np.arctanh(sin_lat) - squash * np.arctanh(squash * sin_lat))  # tangent of the conformal latitude
        xi, eta = np.arctan2(tau, np.cos(east)), np.arctanh(np.sin(east) / np.hypot(1.0, tau))
        x, y = eta.copy(), xi.copy()
        for order, alpha in enumerate(ALPHA, 1):
            x += alpha * np.cos(2 * order * xi) * np.sinh(2 * order * eta)
            y += alpha * np.sin(2 * order * xi) * np.cosh(2 * order * eta)
        metre = self.scale * RECTIFYING_RADIUS_M
        return self.east_m + metre * x, self.north_m + metre * y


def around(lon: float, lat: float) -> Plane:
    """The plane that touches the globe along the meridian of a place, with its origin there."""
    here = Plane(lon)
    return Plane(lon, north_m=-float(here.metres(np.array([lon]), np.array([lat]))[1][0]))


def utm(zone: int, *, south: bool = False) -> Plane:
    """A zone (1 to 60) of the Universal Transverse Mercator grid."""
    return Plane(6.0 * zone - 183.0, UTM_SCALE, UTM_EAST_M, UTM_SOUTH_M if south else 0.0)


def _tangent(told: dict[str, str]) -> Plane:
    """The plane of PROJ's ``+proj=tmerc``."""

    def value(name: str, default: str = "0") -> float:
        return float(told.get(name) or default)

    plane = Plane(value("lon_0"), value("k", told.get("k_0") or "1"))
    origin = plane.metres(np.array([plane.lon]), np.array([value("lat_0")]))[1][0]
    return Plane(plane.lon, plane.scale, value("x_0"), value("y_0") - float(origin))


def of_network(projection: str, offset_m: tuple[float, float]) -> Plane | None:
    """The plane of a SUMO network's ``<location projParameter netOffset>``; None where it is none that we know.

    SUMO adds the offset to what PROJ gives. Networks made from OpenStreetMap are in UTM.
    """
    told = dict(re.findall(r"\+(\w+)(?:=(\S+))?", projection))
    plane = _plane(told)
    if plane is None or not all(math.isfinite(value) for value in vars(plane).values()):
        return None
    return Plane(plane.lon, plane.scale, plane.east_m + offset_m[0], plane.north_m + offset_m[1])


def _plane(told: dict[str, str]) -> Plane | None:
    """The plane of a PROJ text, without offset; None where it is in other units, or of another ellipsoid."""
    globe = {told.get("ellps", "WGS84"), told.get("datum", "WGS84")}
    if not globe <= SAME_GLOBE or told.get("units", "m") != "m" or {"axis", "to_meter", "towgs84", "pm"} & set(told):
        return None
    if told.get("proj") == "utm" and told.get("zone", "").isdecimal() and 1 <= int(told["zone"]) <= 60:
        return utm(int(told["zone"]), south="south" in told)
    return _tangent(told) if told.get("proj") == "tmerc" else None
