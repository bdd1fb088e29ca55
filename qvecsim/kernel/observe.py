"""Eq. (24): what a policy sees at a slot boundary, from the State and this slot's channel; read-only."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qvecsim.keys.network import Offer
from qvecsim.physics.encryption import fresh_bit, in_sessions, needed
from qvecsim.physics.failing import serving
from qvecsim.physics.moves import on_air
from qvecsim.physics.queue import backlog_ns
from qvecsim.rows import taken, which
from qvecsim.scenario.parameters import Keys
from qvecsim.types import Draws, Floats, Ints, Observation, Records, State
from qvecsim.units import NS_PER_S
from qvecsim.world.world import World

ARRAYS = tuple(field.name for field in dataclasses.fields(Observation) if field.type in {"Floats", "Ints", "Bools"})


def observe(
    state: State, world: World, draws: Draws, offer: Offer, noise_w: float, head: Ints, waiting: Ints
) -> Observation:
    """The observation of this boundary."""
    scene, prm, fleet, tasks, now = world.scene, world.scenario, state.fleet, state.tasks, state.time_ns
    deciding = head >= 0
    asked = which(deciding)
    first = taken(tasks, head[asked])

    def spread(values: Ints | Floats) -> Any:
        """(V,) with the values of the first undecided tasks, 0 elsewhere."""
        column = np.zeros(len(fleet), values.dtype)
        column[asked] = values
        return column

    sending = taken(tasks, on_air(tasks, now))
    row = fleet.vehicle.searchsorted(sending["vehicle"])
    units = len(scene.rsu)
    power_w = scene.tx_power_w[fleet.vehicle]
    seen = Observation(
        slot=state.slot,
        time_s=now / NS_PER_S,
        slot_s=prm.slot_s,
        vehicle=fleet.vehicle,
        x_m=fleet.x_m,
        y_m=fleet.y_m,
        speed_m_s=fleet.speed_m_s,
        kind=scene.kind[fleet.vehicle],
        local_hz=scene.local_hz[fleet.vehicle],
        tx_power_w=power_w,
        deciding=deciding,
        waiting=waiting,
        task=spread(first["task"] + 1) - 1,
        input_bit=spread(first["input_bit"]),
        result_bit=spread(first["result_bit"]),
        cycles=spread(first["cycles"]),
        age_s=spread((now - first["born_ns"]) / NS_PER_S),
        left_s=spread((first["due_ns"] - now) / NS_PER_S),
        local_backlog_s=np.maximum(state.vehicle_free_ns - now, 0) / NS_PER_S,
        uplink_backlog_s=np.maximum(state.uplink_free_ns - now, 0) / NS_PER_S,
        distance_m=draws.distance_m,
        gain=draws.gain,
        nearest=draws.nearest,
        reachable=(draws.distance_m <= prm.world.range_m) & serving(draws.outages),
        noise_w=noise_w,
        heard_w=_sum(sending["rsu"], sending["tx_power_w"] * draws.gain[row, sending["rsu"]], units),
        edge_hz=scene.edge_hz,
        backlog_s=backlog_ns(state.server_free_ns, now) / NS_PER_S,
        arriving=np.bincount(sending["rsu"], minlength=units),
        arriving_cycles=_sum(sending["rsu"], sending["cycles"], units),
        key_bit=offer.key_bit,
        key_rate_bps=offer.key_rate_bps,
        key_need_bit=spread(fresh_bit(prm.keys, first["input_bit"] + first["result_bit"])),
        store_bit=offer.store_bit,
        session_rsu=_open(state, prm.keys, asked, first),
        entropy=state.links.entropy,
        security_margin=state.links.security_margin,
        temperature_k=state.temperature_k,
        stake=_shares(state.stake_bit),
        pending=len(state.pending),
        efficiencies=prm.qkd.efficiencies,
        block_bit=prm.chain.block_bit,
    )
    for name in ARRAYS:
        getattr(seen, name).setflags(write=False)
    return seen


def _open(state: State, keys: Keys, row: Ints, first: Records) -> Ints:
    """(V,) where the session key of a vehicle lasts for its first undecided task."""
    unit = np.full(len(state.fleet), -1, dtype=np.int64)
    if in_sessions(keys):
        rsu = state.sessions.rsu[row]
        payload_bit = first["input_bit"] + first["result_bit"]
        need = needed(keys, state.sessions, row, rsu, payload_bit, state.time_ns)
        unit[row] = np.where(need.resumed & (need.key_bit == 0), rsu, -1)
    return unit


def _sum(unit: Ints, values: Floats, units: int) -> Floats:
    """Values added up unit by unit; zeros of the right type where there are none."""
    return np.bincount(unit, values, units).astype(np.float64, copy=False)


def _shares(stake_bit: NDArray[Any]) -> Floats:
    """Shares of the stake; none where the literal algorithm has burnt it all."""
    total = float(stake_bit.sum())
    return stake_bit / total if total > 0 else np.zeros(len(stake_bit))
