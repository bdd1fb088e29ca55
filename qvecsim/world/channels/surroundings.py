"""What a channel model may know of a slot beside the distances. Level: a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

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
    """Those of a slot; read-only, for a plug-in sees them."""
    return Surroundings(
        vehicle=_sealed(fleet.vehicle),
        x_m=_sealed(fleet.x_m),
        y_m=_sealed(fleet.y_m),
        speed_m_s=_sealed(fleet.speed_m_s),
        rsu_x_m=_sealed(scene.rsu_x_m),
        rsu_y_m=_sealed(scene.rsu_y_m),
        slot=slot,
        time_s=slot * slot_ns / NS_PER_S,
        streams=streams,
        scattered=scattered,
    )


def _sealed(values: NDArray[Any]) -> Any:
    """The same numbers, not to be written."""
    view = values.view()
    view.setflags(write=False)
    return view
