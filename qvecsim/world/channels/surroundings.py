"""What a channel model may know of a slot beside the distances. Level: a record."""

from __future__ import annotations

from dataclasses import dataclass

from qvecsim.streams import Streams
from qvecsim.types import Fleet, Floats, Ints, Scene
from qvecsim.units import NS_PER_S


@dataclass(frozen=True)
class Surroundings:
    """Places and speeds of the vehicles (V,), places of the units (M,), the instant, and named random streams.

    A channel that draws numbers takes them from ``streams``, by a name of its own, so that every scheme and every fork
    meets the same.
    """

    vehicle: Ints  # (V,) index into the trace's ids
    x_m: Floats
    y_m: Floats
    speed_m_s: Floats
    rsu_x_m: Floats  # (M,)
    rsu_y_m: Floats
    slot: int
    time_s: float
    streams: Streams
    scattered: Floats  # (V, M) fading of a link without a direct path


def surroundings(
    fleet: Fleet, scene: Scene, slot: int, slot_ns: int, streams: Streams, scattered: Floats
) -> Surroundings:
    """Those of a slot."""
    places = (scene.rsu_x_m, scene.rsu_y_m)
    time_s = slot * slot_ns / NS_PER_S
    return Surroundings(fleet.vehicle, fleet.x_m, fleet.y_m, fleet.speed_m_s, *places, slot, time_s, streams, scattered)
