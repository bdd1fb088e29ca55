"""Path loss in dB: 3GPP TR 37.885 (vehicles, urban and highway) and TR 38.901 (street canyon). Level: one formula each.

``distance_m`` is the distance in three dimensions, the carrier is in Hz; all are median values without shadowing.
"""

from __future__ import annotations

import math

import numpy as np

from qvecsim.types import Floats

SPEED_OF_LIGHT_M_S = 299_792_458.0
HZ_PER_GHZ = 1e9
GROUND_M = 1.0  # effective height of the environment in a street canyon, TR 38.901, note 1 of table 7.4.1-1


def _lg_ghz(carrier_hz: float) -> float:
    return math.log10(carrier_hz / HZ_PER_GHZ)


def urban_los_db(distance_m: Floats, carrier_hz: float) -> Floats:
    """3GPP TR 37.885 (2019), table 6.2.1-1: urban, LOS and NLOSv (where a vehicle's own loss is added)."""
    return 38.77 + 16.7 * np.log10(distance_m) + 18.2 * _lg_ghz(carrier_hz)


def urban_nlos_db(distance_m: Floats, carrier_hz: float) -> Floats:
    """3GPP TR 37.885 (2019), table 6.2.1-1: behind buildings."""
    return 36.85 + 30.0 * np.log10(distance_m) + 18.9 * _lg_ghz(carrier_hz)


def highway_los_db(distance_m: Floats, carrier_hz: float) -> Floats:
    """3GPP TR 37.885 (2019), table 6.2.1-1: highway, LOS and NLOSv."""
    return 32.4 + 20.0 * np.log10(distance_m) + 20.0 * _lg_ghz(carrier_hz)


def breakpoint_m(carrier_hz: float, unit_m: float, vehicle_m: float) -> float:
    """3GPP TR 38.901 (2022), note 1 of table 7.4.1-1: where the slope changes; infinity where there is none."""
    heights = (unit_m - GROUND_M) * (vehicle_m - GROUND_M)
    return 4.0 * heights * carrier_hz / SPEED_OF_LIGHT_M_S if heights > 0 else math.inf


def umi_los_db(distance_m: Floats, carrier_hz: float, unit_m: float, vehicle_m: float) -> Floats:
    """3GPP TR 38.901 (2022), table 7.4.1-1, UMi street canyon, LOS: slope 21 up to the breakpoint, 40 beyond it."""
    near = 32.4 + 21.0 * np.log10(distance_m) + 20.0 * _lg_ghz(carrier_hz)
    edge_m = breakpoint_m(carrier_hz, unit_m, vehicle_m)
    if math.isinf(edge_m):
        return near
    level_m2 = (unit_m - vehicle_m) ** 2
    beyond = 32.4 + 40.0 * np.log10(distance_m) + 20.0 * _lg_ghz(carrier_hz)
    beyond = beyond - 9.5 * math.log10(edge_m**2 + level_m2)
    return np.where(np.square(distance_m) - level_m2 <= edge_m**2, near, beyond)


def umi_nlos_db(distance_m: Floats, carrier_hz: float, unit_m: float, vehicle_m: float) -> Floats:
    """3GPP TR 38.901 (2022), table 7.4.1-1, UMi street canyon, NLOS: never less than with LOS."""
    hidden = 22.4 + 35.3 * np.log10(distance_m) + 21.3 * _lg_ghz(carrier_hz) - 0.3 * (vehicle_m - 1.5)
    return np.maximum(umi_los_db(distance_m, carrier_hz, unit_m, vehicle_m), hidden)


def blockage_db(distance_m: Floats, low_m: float, high_m: float, blocker_m: float) -> tuple[Floats, float]:
    """3GPP TR 37.885 (2019), 6.2.1: mean and standard deviation of what a vehicle in between costs.

    ``low_m`` and ``high_m`` are the heights of the two antennas, ``blocker_m`` is that of the vehicle.
    """
    if low_m > blocker_m:
        return np.zeros(np.shape(distance_m)), 0.0
    mean, spread = (9.0, 4.5) if high_m < blocker_m else (5.0, 4.0)
    return mean + np.maximum(15.0 * np.log10(distance_m) - 41.0, 0.0), spread
