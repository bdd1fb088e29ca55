"""The channels of 3GPP as whole models: path loss by line of sight, shadowing of places, fading. Level: composition."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from qvecsim.scenario.parameters import Radio
from qvecsim.types import Floats, Ints
from qvecsim.units import from_db
from qvecsim.world.channels import pathloss, sight
from qvecsim.world.channels.landscape import height, waves
from qvecsim.world.channels.surroundings import Surroundings

LEAST_M = 1.0  # nearer than a metre is a metre, as in the other channels


class Model(NamedTuple):
    """A table of 3GPP: losses by state, the probability of LOS, and the shadowing of LOS (and NLOSv) and of NLOS."""

    los_db: Callable[[Floats, Radio], Floats]
    nlos_db: Callable[[Floats, Radio], Floats]
    los: Callable[[Floats], Floats]
    otherwise: int  # the state of a link that is not in sight
    shadow_db: tuple[float, float]  # standard deviations
    shadow_m: tuple[float, float]  # decorrelation distances


def gain(model: Model, distance_m: Floats, fading: Floats, radio: Radio, around: Surroundings) -> Floats:
    """(V, M) power gain: the direct path fades as told, a blocked one as what is scattered."""
    ground_m = np.maximum(distance_m, LEAST_M)
    space_m = np.hypot(ground_m, radio.rsu_antenna_m - radio.vehicle_antenna_m)
    state = states(model, ground_m, radio, around)
    loss_db = np.where(state == sight.NLOS, model.nlos_db(space_m, radio), model.los_db(space_m, radio))
    loss_db = loss_db + _blocked_db(state, space_m, radio, around) + _shadow_db(model, state, radio, around)
    return np.where(state == sight.LOS, fading, around.scattered) * from_db(-loss_db)


def states(model: Model, ground_m: Floats, radio: Radio, around: Surroundings) -> Ints:
    """(V, M) the state of each link: as the scenario fixes it, or LOS with the model's probability."""
    if radio.sight != "probability":
        return np.full(ground_m.shape, sight.SIGHTS.index(radio.sight))
    return sight.states(model.los(ground_m), _normal("sight", radio.sight_m, around), model.otherwise)


def _normal(name: str, decorrelation_m: float, around: Surroundings) -> Floats:
    of = waves(around.streams, name, len(around.rsu_x_m))
    return height(of, around.x_m, around.y_m, decorrelation_m)


def _blocked_db(state: Ints, space_m: Floats, radio: Radio, around: Surroundings) -> Floats:
    """What a vehicle in between costs, where there is one; never a gain."""
    blocked = state == sight.NLOSV
    if not blocked.any():
        return np.zeros(state.shape)
    low_m, high_m = sorted((radio.rsu_antenna_m, radio.vehicle_antenna_m))
    mean_db, spread_db = pathloss.blockage_db(space_m, low_m, high_m, radio.blocker_m)
    normal = _normal("blockage", radio.sight_m, around)
    return np.where(blocked, np.maximum(mean_db + spread_db * normal, 0.0), 0.0)


def _shadow_db(model: Model, state: Ints, radio: Radio, around: Surroundings) -> Floats:
    """Normal in dB; the scenario's own numbers take the place of the model's."""
    spreads_db = model.shadow_db if radio.shadow_db is None else (radio.shadow_db,) * 2
    lengths_m = model.shadow_m if radio.shadow_m is None else (radio.shadow_m,) * 2
    if not any(spreads_db):
        return np.zeros(state.shape)
    normal = {length_m: _normal("shadow", length_m, around) for length_m in lengths_m}
    clear, hidden = (spread_db * normal[length_m] for spread_db, length_m in zip(spreads_db, lengths_m, strict=True))
    return np.where(state == sight.NLOS, hidden, clear)


URBAN = Model(
    los_db=lambda space_m, radio: pathloss.urban_los_db(space_m, radio.carrier_hz),
    nlos_db=lambda space_m, radio: pathloss.urban_nlos_db(space_m, radio.carrier_hz),
    los=sight.urban_los,
    otherwise=sight.NLOSV,
    shadow_db=(3.0, 4.0),  # TR 37.885, table 6.2.1-1
    shadow_m=(10.0, 10.0),  # TR 36.885, table A.1.4-1, urban
)
HIGHWAY = Model(
    los_db=lambda space_m, radio: pathloss.highway_los_db(space_m, radio.carrier_hz),
    nlos_db=URBAN.nlos_db,
    los=sight.highway_los,
    otherwise=sight.NLOSV,
    shadow_db=(3.0, 4.0),
    shadow_m=(25.0, 25.0),  # TR 36.885, table A.1.4-1, freeway
)
UMI = Model(
    los_db=lambda space_m, radio: pathloss.umi_los_db(
        space_m, radio.carrier_hz, radio.rsu_antenna_m, radio.vehicle_antenna_m
    ),
    nlos_db=lambda space_m, radio: pathloss.umi_nlos_db(
        space_m, radio.carrier_hz, radio.rsu_antenna_m, radio.vehicle_antenna_m
    ),
    los=sight.umi_los,
    otherwise=sight.NLOS,
    shadow_db=(4.0, 7.82),  # TR 38.901, table 7.4.1-1
    shadow_m=(10.0, 13.0),  # TR 38.901, table 7.5-6
)


def urban(distance_m: Floats, fading: Floats, radio: Radio, surroundings: Surroundings) -> Floats:
    """3GPP TR 37.885, urban."""
    return gain(URBAN, distance_m, fading, radio, surroundings)


def highway(distance_m: Floats, fading: Floats, radio: Radio, surroundings: Surroundings) -> Floats:
    """3GPP TR 37.885, highway."""
    return gain(HIGHWAY, distance_m, fading, radio, surroundings)


def umi(distance_m: Floats, fading: Floats, radio: Radio, surroundings: Surroundings) -> Floats:
    """3GPP TR 38.901, urban micro, street canyon."""
    return gain(UMI, distance_m, fading, radio, surroundings)
