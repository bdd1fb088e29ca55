"""Where and when each task of a run could be sent, and how soon it would be back at best. Level: arrays of choices.

A choice is to send a task to a unit at a boundary. Its latency is at least: its age at that boundary; its upload over
the greatest share of the band, with that slot's gain and no other sender; its work on an idle server; and its result's
way back at the best downlink that its vehicle ever has. None of these is more than what (13)-(16) and the queues make
of it, since interference, smaller shares and backlogs only add. A choice whose result would come after its vehicle has
left is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qvecsim.bounds.lives import ROUNDING_S, Life
from qvecsim.decision.check import LEAST_SHARE
from qvecsim.kernel.simulation import Simulation
from qvecsim.physics.failing import serving
from qvecsim.rows import taken
from qvecsim.types import Action, Bools, Draws, Fleet, Floats, Ints, Records, Uploads
from qvecsim.units import NS_PER_S, from_db
from qvecsim.world.world import World


@dataclass(frozen=True)
class Choices:
    """(K,) sending a task to a unit at a boundary, with its least latency."""

    task: Ints
    unit: Ints
    slot: Ints
    latency_s: Floats

    def chosen(self, rows: Bools) -> Choices:
        """Those for which it holds."""
        return Choices(self.task[rows], self.unit[rows], self.slot[rows], self.latency_s[rows])


class Chooser:
    """Goes through the slots of a run; keeps the choices that could do better than no unit, or meet the deadline."""

    def __init__(self, simulation: Simulation, tasks: Records, lives: Life) -> None:
        self.simulation, self.world, self.tasks, self.lives = simulation, simulation.world, tasks, lives
        self.vec, self.prm = simulation.profile.vec, simulation.world.scenario
        late_alone = (lives.local_s > lives.deadline_s) & ~lives.pending
        self.patience_s = np.maximum(lives.alone_s, np.where(late_alone, lives.deadline_s, 0.0))
        self.best_bps = np.zeros(len(self.world.trace.ids))  # (N,) downlink

    def choices(self) -> Choices:
        """All of them, in the order of the slots."""
        order = np.argsort(self.lives.first, kind="stable")
        ends = self.lives.first[order].searchsorted(np.arange(self.world.slots + 1))
        parts, alive = [], order[:0]
        for slot in range(self.world.slots):
            alive = np.concatenate([alive, order[ends[slot] : ends[slot + 1]]])
            alive = alive[(self.lives.gone[alive] > slot) & (self._age_s(alive, slot) < self.patience_s[alive])]
            parts.append(self._at(slot, alive))
        task, unit, slots, latency_s = (np.concatenate(column) for column in zip(*parts, strict=True))
        return self._returned(Choices(task, unit, slots, latency_s))

    def _age_s(self, task: Ints, slot: int) -> Floats:
        age_s: Floats = (slot * self.world.slot_ns - self.tasks["born_ns"][task]) / NS_PER_S
        return age_s

    def _at(self, slot: int, alive: Ints) -> tuple[Ints, Ints, Ints, Floats]:
        """The choices of one boundary, the way back left out."""
        fleet, draws = self.world.fleet(slot), self.simulation.draws(slot)
        self._hear(fleet, draws)
        row = fleet.vehicle.searchsorted(self.tasks["vehicle"][alive])
        latency_s = self._age_s(alive, slot)[:, None] + self._spent_s(fleet, draws, row, alive) - ROUNDING_S
        near = self._near(fleet, draws, row) & (latency_s < self.patience_s[alive, None])
        index, unit = near.nonzero()
        return alive[index], unit, np.full(len(index), slot), latency_s[index, unit]

    def _hear(self, fleet: Fleet, draws: Draws) -> None:
        """Note the best downlink of each vehicle, from whatever unit it has it."""
        bps = self.vec.downlink(draws.gain.max(axis=1, initial=0.0), self.prm)
        self.best_bps[fleet.vehicle] = np.maximum(self.best_bps[fleet.vehicle], bps)

    def _spent_s(self, fleet: Fleet, draws: Draws, row: Ints, alive: Ints) -> Floats:
        """(A, M) upload and work, s, with nobody else on the air and the whole band."""
        first, scene = taken(self.tasks, alive), self.world.scene
        nobody, zero = np.zeros(0, dtype=np.int64), np.zeros(len(alive), dtype=np.int64)
        power_w, local_hz = scene.tx_power_w[fleet.vehicle], scene.local_hz[fleet.vehicle]
        size = first["input_bit"], zero, first["cycles"]
        uploads = Uploads(row, zero > 0, zero, nobody, nobody, np.zeros(0), *size, power_w, local_hz)
        with np.errstate(invalid="ignore"):  # no result over no rate takes no known time
            spent_s = self.vec.uplink(uploads, widest(self.world, len(fleet)), scene, draws, self.prm).offload_s
        return np.where(np.isnan(spent_s), np.inf, spent_s)

    def _near(self, fleet: Fleet, draws: Draws, row: Ints) -> Bools:
        """(A, M) units that work, in range, and that could admit the task if noise were its only rival."""
        received_w = self.world.scene.tx_power_w[fleet.vehicle][row, None] * draws.gain[row]
        heard = received_w * (1.0 + 1e-9) >= from_db(self.prm.radio.admission_db) * self.vec.noise(self.prm)
        near: Bools = heard & (draws.distance_m[row] <= self.prm.world.range_m) & serving(draws.outages)
        return near

    def _returned(self, every: Choices) -> Choices:
        """With the way back, and without those that come too late for their vehicle or for any use."""
        tasks, lives, task = self.tasks, self.lives, every.task
        endless = np.full(len(task), np.inf)  # (16) as printed returns at the upload's rate, which is relaxed here
        best_bps = self.best_bps[tasks["vehicle"][task]]
        latency_s = every.latency_s + self.vec.give_back(tasks["result_bit"][task], endless, best_bps, self.prm)
        leaves_s = (lives.gone * self.world.slot_ns - tasks["born_ns"]) / NS_PER_S
        stays = (lives.gone[task] >= self.world.slots) | (latency_s <= leaves_s[task])
        useful = stays & (latency_s < self.patience_s[task])
        return Choices(task, every.unit, every.slot, latency_s).chosen(useful)


def widest(world: World, vehicles: int) -> Action:
    """An action that gives all bands to the vehicles."""
    units, nobody = len(world.scene.rsu), np.zeros(vehicles, dtype=np.int64)
    share = np.full(units, 1.0 - LEAST_SHARE)
    return Action(np.zeros(len(world.scene.node)), nobody > 0, nobody, -1, share, 0)
