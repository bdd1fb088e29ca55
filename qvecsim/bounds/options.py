"""What each task of a slot could come to, and what that costs at least. Level: arrays, one row a deciding vehicle.

A task is computed in its vehicle, is sent to a unit, or comes to nothing: it waits, or is dropped. What it costs to be
sent does not fall when others send, too; so the cost with nobody else beginning is a lower bound, and so is the sum
over tasks of the least of their options.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qvecsim.bounds.trial import Trial
from qvecsim.keys.pools import spendable
from qvecsim.physics.encryption import needed
from qvecsim.physics.failing import serving
from qvecsim.physics.starting import payload_bit
from qvecsim.types import Action, Bools, Floats, Ints
from qvecsim.units import from_db

IDLE, LOCAL = -2, -1  # targets of tasks that are not sent


@dataclass(frozen=True)
class Options:
    """D tasks, M units."""

    action: Action  # the settings that the costs hold for; nobody offloads
    send: Floats  # (D, M) cost if nobody else begins; infinite where it cannot be
    local: Floats  # (D,)
    idle: Floats  # (D,) of waiting or being dropped, the lesser; infinite where neither may be
    refusing: Ints  # (D,) a unit that would surely turn it away, -1: none is known
    near: Bools  # (D, M) what it may ask at all
    need_bit: Ints  # (D, M) key bits that it withdraws; 0 where keys are no condition
    pool_bit: Ints  # (M,) that the links to each unit can pay together
    base: float  # cost of what nobody decides: tasks behind the first of their vehicle, and what fails

    @property
    def stay(self) -> Floats:
        """(D,) the least cost of not being sent."""
        return np.minimum(self.local, self.idle)

    @property
    def separable(self) -> float:
        """Lower bound of the tasks' cost: each at its best, as if it were alone."""
        alone = np.minimum(self.stay, self.send.min(axis=1, initial=np.inf))
        return self.base + float(alone.sum())


def options(trial: Trial, settings: Action) -> Options:
    """The options of the slot."""
    nobody = replace(settings, offload=np.zeros_like(settings.offload))
    _, latencies = trial.glance(nobody)
    costs = trial.task_cost(latencies)
    near = _near(trial)
    need_bit, pool_bit = _needs(trial), _pools(trial)
    alone = near & _heard(trial) & (need_bit <= pool_bit)
    idle, refusing = _idle(trial, near, alone)
    waiting = trial.second_price * (trial.undecided - len(trial.row)) * trial.slot_s
    return Options(
        nobody,
        np.where(alone, costs[:, :-1], np.inf),
        costs[:, -1],
        idle,
        refusing,
        near,
        need_bit,
        pool_bit,
        waiting + trial.drop_price * trial.failed(),
    )


def targets(trial: Trial, settings: Action, target: Ints, refusing: Ints) -> Action:
    """The action that sends tasks (D,) where they should go; who should idle asks where it is turned away."""
    unit = np.where(target == IDLE, refusing, target)  # without such a unit it is computed in the vehicle
    offload, rsu = np.zeros_like(settings.offload), np.zeros_like(settings.rsu)
    offload[trial.row] = unit >= 0
    rsu[trial.row] = np.maximum(unit, 0)
    return replace(settings, offload=offload, rsu=rsu)


def alike(every: Options, started: Bools, own: Action, trial: Trial) -> Options:
    """The options of actions that start the same tasks; who did not asks in vain, as before if nowhere else."""
    return replace(
        every,
        send=np.where(started[:, None], every.send, np.inf),
        local=np.where(started, every.local, np.inf),
        idle=np.where(started, np.inf, every.idle),
        refusing=np.where(started, -1, np.where(every.refusing >= 0, every.refusing, own.rsu[trial.row])),
    )


def places(trial: Trial) -> list[list[int]]:
    """All that each task can be told: its vehicle, units that it may ask, and one of those where it is turned away.

    Asking any other unit out of reach comes to the same, since targets are read only of those that ask within reach.
    """
    every = []
    for near in _near(trial):
        beyond = [] if near.all() else [int(near.argmin())]
        every.append([LOCAL, *np.flatnonzero(near).tolist(), *beyond])
    return every


def _near(trial: Trial) -> Bools:
    """(D, M) units that work, in range of a vehicle whose transmitter is free."""
    i = trial.inputs
    idle = i.state.uplink_free_ns[trial.row] <= i.state.time_ns
    in_range = i.draws.distance_m[trial.row] <= trial.prm.world.range_m
    near: Bools = idle[:, None] & in_range & serving(i.draws.outages)
    return near


def _heard(trial: Trial) -> Bools:
    """(D, M) whether a unit could admit the task with no rival but noise."""
    i, noise_w = trial.inputs, trial.profile.vec.noise(trial.prm)
    power_w = i.scene.tx_power_w[i.state.fleet.vehicle][trial.row]
    received_w = power_w[:, None] * i.draws.gain[trial.row]
    threshold = from_db(trial.prm.radio.admission_db)
    heard: Bools = received_w * (1.0 + 1e-9) >= threshold * noise_w
    return heard


def _needs(trial: Trial) -> Ints:
    """(D, M) key bits by task and unit; more than there is where the vehicle does not carry them."""
    i, tasks = trial.inputs, len(trial.row)
    units = len(i.scene.rsu)
    if trial.prm.keys.missing == "expose":
        return np.zeros((tasks, units), dtype=np.int64)
    payload = payload_bit(i.state.tasks, i.head[trial.row])
    each = [
        needed(trial.prm.keys, i.state.sessions, trial.row, np.full(tasks, unit), payload, i.state.time_ns).key_bit
        for unit in range(units)
    ]
    need_bit = np.stack(each, axis=1) if each else np.zeros((tasks, 0), dtype=np.int64)
    if not len(i.scene.home):
        return need_bit
    carried = i.state.store_bit[i.state.fleet.vehicle[trial.row]].max(axis=1)
    return np.where(need_bit > carried[:, None], np.iinfo(np.int64).max // 2**20, need_bit)


def _pools(trial: Trial) -> Ints:
    """(M,) what the links that end at a unit can pay: every key for it crosses one of them, wherever it comes from."""
    i = trial.inputs
    held = spendable(i.state.key_bit, trial.prm.keys.reserved_bit) * i.draws.outages.link_up
    unit = i.scene.link_target - len(i.scene.node)
    ends = unit >= 0
    pool_bit = np.zeros(len(i.scene.rsu), dtype=np.int64)
    np.add.at(pool_bit, unit[ends], held[ends])
    return pool_bit


def _idle(trial: Trial, near: Bools, alone: Bools) -> tuple[Floats, Ints]:
    """(D,) the least cost of coming to nothing, and a unit where that happens; -1: none is known."""
    prm, tasks = trial.prm, len(trial.row)
    busy = trial.inputs.state.uplink_free_ns[trial.row] > trial.inputs.state.time_ns
    waits, dropped = trial.second_price * trial.slot_s, trial.second_price * trial.slot_s + trial.drop_price
    ends = {"wait": waits, "drop": dropped}
    refused = ends.get(prm.radio.refused, np.inf)
    idle = np.full(tasks, min(refused, ends.get(prm.keys.missing, np.inf)))
    both = prm.radio.refused == prm.keys.missing  # then a unit without a key to give will do, if none is out of reach
    far = np.where(near.all(axis=1), np.where(both & ~alone.all(axis=1), alone.argmin(axis=1), -1), near.argmin(axis=1))
    refusing = np.where(np.isfinite(refused) & (refused <= idle), far, -1)
    idle, refusing = np.where(busy, waits, idle), np.where(busy, 0, refusing)
    return idle, refusing
