"""Eq. (24): what a policy sees at a slot boundary, from the State and this slot's channel; read-only."""

from __future__ import annotations

import dataclasses

import numpy as np

from qvecsim.physics.slot import heads
from qvecsim.types import UPLINK, Draws, Floats, Ints, Observation, State
from qvecsim.units import NS_PER_S
from qvecsim.world.world import World


def observe(state: State, world: World, draws: Draws, distance_m: Floats, noise_w: float) -> Observation:
    """The observation of this boundary."""
    scene, prm, fleet, tasks, now = world.scene, world.scenario, state.fleet, state.tasks, state.time_ns
    head, waiting = heads(tasks, fleet)
    deciding = head >= 0
    task = tasks[head] if len(tasks) else np.zeros(len(fleet), tasks.dtype)
    sending = tasks[tasks["phase"] == UPLINK]
    row = np.searchsorted(fleet.vehicle, sending["vehicle"])
    units = len(scene.rsu)
    power_w = scene.tx_power_w[fleet.vehicle]
    links = scene.rsu_link
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
        task=np.where(deciding, task["task"], -1),
        input_bit=task["input_bit"] * deciding,
        result_bit=task["result_bit"] * deciding,
        cycles=task["cycles"] * deciding,
        age_s=(now - task["born_ns"]) * deciding / NS_PER_S,
        left_s=(task["due_ns"] - now) * deciding / NS_PER_S,
        local_backlog_s=np.maximum(state.vehicle_free_ns - now, 0) / NS_PER_S,
        uplink_backlog_s=np.maximum(state.uplink_free_ns - now, 0) / NS_PER_S,
        distance_m=distance_m,
        gain=draws.gain,
        reachable=distance_m <= prm.world.range_m,
        noise_w=noise_w,
        heard_w=_sum(sending["rsu"], power_w[row] * draws.gain[row, sending["rsu"]], units),
        edge_hz=scene.edge_hz,
        backlog_s=np.maximum(state.server_free_ns - now, 0) / NS_PER_S,
        arriving=np.bincount(sending["rsu"], minlength=units),
        arriving_cycles=_sum(sending["rsu"], sending["cycles"], units),
        key_bit=state.key_bit[links],
        key_rate_bps=state.links.key_rate_bps[links],
        key_need_bit=prm.keys.per_task_bit,
        entropy=state.links.entropy,
        security_margin=state.links.security_margin,
        temperature_k=state.temperature_k,
        stake=np.asarray(state.stake_bit, dtype=np.float64) / max(float(np.sum(state.stake_bit)), 1e-300),
        pending=len(state.pending),
        efficiencies=prm.qkd.efficiencies,
        block_bit=prm.chain.block_bit,
    )
    for field in dataclasses.fields(seen):
        value = getattr(seen, field.name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return seen


def _sum(unit: Ints, values: Floats, units: int) -> Floats:
    """Values added up unit by unit; zeros of the right type where there are none."""
    return np.bincount(unit, values, units).astype(np.float64, copy=False)
