"""Eq. (24): what a policy sees at a slot boundary, from the State and this slot's channel; read-only."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qvecsim.keys.network import Offer
from qvecsim.physics.encryption import fresh_bit, in_sessions, needed
from qvecsim.physics.failing import serving
from qvecsim.physics.moves import on_air
from qvecsim.physics.queue import backlog_ns
from qvecsim.rows import taken, which
from qvecsim.scenario.parameters import Keys
from qvecsim.types import Bools, Draws, Floats, Ints, Observation, Records, Scene, State
from qvecsim.units import NS_PER_S
from qvecsim.world.world import World

ARRAYS = tuple(field.name for field in dataclasses.fields(Observation) if field.type in {"Floats", "Ints", "Bools"})


class Asked(NamedTuple):
    """The vehicles that have an undecided task, and the first of each."""

    deciding: Bools  # (V,)
    row: Ints  # (D,) of the fleet
    first: Records  # (D,) of TASK

    def spread(self, values: Ints | Floats) -> Any:
        """(V,) with the values of the first undecided tasks, 0 elsewhere."""
        column = np.zeros(len(self.deciding), values.dtype)
        column[self.row] = values
        return column


def observe(
    state: State, world: World, draws: Draws, offer: Offer, noise_w: float, head: Ints, waiting: Ints
) -> Observation:
    """The observation of this boundary."""
    scene, prm = world.scene, world.scenario
    asked = _asked(state.tasks, head)
    seen = Observation(
        slot=state.slot,
        time_s=state.time_ns / NS_PER_S,
        slot_s=prm.slot_s,
        **_vehicles(state, scene),
        **_first_tasks(asked, state.time_ns),
        waiting=waiting,
        **_channel(draws, prm.world.range_m),
        noise_w=noise_w,
        **_uploads(state, draws, len(scene.rsu)),
        edge_hz=scene.edge_hz,
        backlog_s=backlog_ns(state.server_free_ns, state.time_ns) / NS_PER_S,
        **_keys(state, prm.keys, offer, asked),
        temperature_k=state.temperature_k,
        stake=_shares(state.stake_bit),
        pending=len(state.pending),
        efficiencies=prm.qkd.efficiencies,
        block_bit=prm.chain.block_bit,
    )
    for name in ARRAYS:
        getattr(seen, name).setflags(write=False)
    return seen


def _asked(tasks: Records, head: Ints) -> Asked:
    deciding = head >= 0
    row = which(deciding)
    return Asked(deciding, row, taken(tasks, head[row]))


def _vehicles(state: State, scene: Scene) -> dict[str, Any]:
    """Where each is, what it is, and how long its processor and its transmitter are taken."""
    fleet, now = state.fleet, state.time_ns
    return {
        "vehicle": fleet.vehicle,
        "x_m": fleet.x_m,
        "y_m": fleet.y_m,
        "speed_m_s": fleet.speed_m_s,
        "kind": scene.kind[fleet.vehicle],
        "local_hz": scene.local_hz[fleet.vehicle],
        "tx_power_w": scene.tx_power_w[fleet.vehicle],
        "local_backlog_s": np.maximum(state.vehicle_free_ns - now, 0) / NS_PER_S,
        "uplink_backlog_s": np.maximum(state.uplink_free_ns - now, 0) / NS_PER_S,
    }


def _first_tasks(asked: Asked, now_ns: int) -> dict[str, Any]:
    """What each vehicle has to decide."""
    first, spread = asked.first, asked.spread
    return {
        "deciding": asked.deciding,
        "task": spread(first["task"] + 1) - 1,
        "input_bit": spread(first["input_bit"]),
        "result_bit": spread(first["result_bit"]),
        "cycles": spread(first["cycles"]),
        "age_s": spread((now_ns - first["born_ns"]) / NS_PER_S),
        "left_s": spread((first["due_ns"] - now_ns) / NS_PER_S),
    }


def _channel(draws: Draws, range_m: float) -> dict[str, Any]:
    """From every vehicle to every unit."""
    return {
        "distance_m": draws.distance_m,
        "gain": draws.gain,
        "nearest": draws.nearest,
        "reachable": (draws.distance_m <= range_m) & serving(draws.outages),
    }


def _uploads(state: State, draws: Draws, units: int) -> dict[str, Any]:
    """What is on its way to each unit."""
    sending = taken(state.tasks, on_air(state.tasks, state.time_ns))
    row, unit = state.fleet.vehicle.searchsorted(sending["vehicle"]), sending["rsu"]
    return {
        "heard_w": _sum(unit, sending["tx_power_w"] * draws.gain[row, unit], units),
        "arriving": np.bincount(unit, minlength=units),
        "arriving_cycles": _sum(unit, sending["cycles"], units),
    }


def _keys(state: State, keys: Keys, offer: Offer, asked: Asked) -> dict[str, Any]:
    """What the pools offer, what a vehicle needs of it, and how safe the links are."""
    payload_bit = asked.first["input_bit"] + asked.first["result_bit"]
    return {
        "key_bit": offer.key_bit,
        "key_rate_bps": offer.key_rate_bps,
        "key_need_bit": asked.spread(fresh_bit(keys, payload_bit)),
        "store_bit": offer.store_bit,
        "session_rsu": _open(state, keys, asked.row, payload_bit),
        "entropy": state.links.entropy,
        "security_margin": state.links.security_margin,
    }


def _open(state: State, keys: Keys, row: Ints, payload_bit: Ints) -> Ints:
    """(V,) where the session key of a vehicle lasts for its first undecided task."""
    unit = np.full(len(state.fleet), -1, dtype=np.int64)
    if in_sessions(keys):
        rsu = state.sessions.rsu[row]
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
