"""From decisions and steps to examples: what was seen, what was taken, and what it came to, once that is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.decision.branch import credit
from qvecsim.decision.branch.prices import Rule, begun, mean_deadline_s
from qvecsim.rows import which
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import BAND_SHARE, Bools, Floats, Ints, Step

REACH = 5.0  # mean deadlines for which others are followed after a task has ended
LONGEST_SLOTS, LEAST_SLOTS = 64, 4
# Removal leaves the others where they went. Who was kept away by the load has lost as well, so that it tells too
# little: of 2, 4 and 8 times its value, 4 made the best policies on urban (docs/learning.md).
OTHERS = 4.0
OTHERS_MOST = 20.0  # mean deadlines that a task may cost others; a bound against single examples


class Asked(NamedTuple):
    """Decisions of one boundary, or of several, (n,)."""

    task: Ints
    since_s: Floats
    inputs: Floats  # (n, N)
    prior: Floats  # (n, 1 + k)
    choice: Ints  # option: 0 is the vehicle, then the candidates

    def rows(self, index: Ints) -> Asked:
        """Some of them."""
        return Asked(*(column[index] for column in self))  # type: ignore[arg-type]  # columns are mixed


class Example(NamedTuple):
    """Decisions with what they came to."""

    inputs: Floats
    prior: Floats
    choice: Ints
    reward: Floats  # in mean deadlines, negative


class Hindsight:
    """Follows the tasks of one world; ``known`` gives each decision once, when its task's effect on others is known."""

    def __init__(self, scenario: Scenario, rule: Rule) -> None:
        self.scenario, self.rule = scenario, rule
        self.unit_s = mean_deadline_s(scenario)
        self.reach = int(np.clip(np.ceil(REACH * self.unit_s / scenario.slot_s), LEAST_SLOTS, LONGEST_SLOTS))
        self.every = max(self.reach // 4, 1)
        self.open: list[Asked] = []
        self.power_w = np.zeros(1024)  # by task: at its unit, when it was asked last
        self.over: list[tuple[int, credit.Ended, Floats]] = []  # slot, tasks that ended in it, their power
        self.short: list[tuple[Bools, Bools]] = []  # (M,) of each slot: a key was missing; the pool was full
        self.noise_w, self.bandwidth_hz = 0.0, BAND_SHARE * scenario.radio.bandwidth_hz
        self.first = 0  # slot of the first entry of ``short``

    def asked(self, asked: Asked, tasks: Ints, received_w: Floats) -> None:
        """Take note of the decisions to be followed, and of the power of all offloads."""
        self.open.append(asked)
        if len(tasks):
            self._grow(int(tasks.max()))
            self.power_w[tasks] = received_w

    def known(self, step: Step) -> Example | None:
        """Take note of a slot; the decisions whose effects have become known, every now and then."""
        self._note(step)
        slot = step.observation.slot
        if (slot + 1) % self.every or not self.open or not self.over:
            return None
        return self._released(slot)

    def _note(self, step: Step) -> None:
        seen, units = step.observation, len(step.observation.edge_hz)
        if not self.short:
            self.first = seen.slot
        full = seen.key_bit >= self.scenario.keys.capacity_bit - np.maximum(seen.key_rate_bps * seen.slot_s, 1.0)
        self.short.append((credit.short_of_keys(step, *begun(step)), full))
        over = credit.ended(step.outcome.ended, units)
        self.noise_w = seen.noise_w
        if len(over.task):
            self._grow(int(over.task.max()))
            self.over.append((seen.slot, over, self.power_w[over.task]))

    def _released(self, slot: int) -> Example | None:
        """Decisions about tasks that ended ``reach`` slots ago or earlier, and are still open."""
        told = credit.joined([over for _, over, _ in self.over])
        at = np.concatenate([np.full(len(over.task), at) for at, over, _ in self.over])
        power_w = np.concatenate([power for _, _, power in self.over])
        ripe = which(at <= slot - self.reach)
        if not len(ripe):
            return None
        others_s = self._others_s(told, power_w)[ripe]
        cause = told.rows(ripe)
        order = np.argsort(cause.task)
        cause, others_s = cause.rows(order), others_s[order]
        open_ = Asked(*(np.concatenate(columns) for columns in zip(*self.open, strict=True)))
        place = np.minimum(cause.task.searchsorted(open_.task), len(cause.task) - 1)
        ready = cause.task[place] == open_.task
        self.open = [open_.rows(which(~ready))]
        found, place = open_.rows(which(ready)), place[ready]
        own_s = credit.own_cost_s(cause.rows(place), found.since_s, self.rule, self.unit_s)
        reward = -(own_s + np.minimum(OTHERS * others_s[place], OTHERS_MOST * self.unit_s)) / self.unit_s
        self._forget(slot)
        return Example(found.inputs, found.prior, found.choice, reward)

    def _others_s(self, told: credit.Ended, power_w: Floats) -> Floats:
        """What each has cost others; delays of keys and of uploads bring misses as well."""
        late = 1.0 + credit.LATE_A_DEADLINE * self.rule.miss
        queue_s = credit.queue_cost_s(told, self.rule, self.unit_s)
        air_s = credit.air_cost_s(told, power_w, self.bandwidth_hz, self.noise_w)
        short, full = (np.array(column) for column in zip(*self.short, strict=True))
        keyed = which(told.offloaded & (told.key_bit > 0))
        keys_s = np.zeros(len(told.task))
        when = np.rint(told.decided_s[keyed] / self.scenario.slot_s).astype(np.int64) - self.first
        inside = (when >= 0) & (when < len(short))
        keyed, when = keyed[inside], when[inside]
        keys_s[keyed] = credit.key_delay_s(short, full, when, told.queue[keyed], self.scenario.slot_s)
        return queue_s + late * (air_s + keys_s)

    def _forget(self, slot: int) -> None:
        """What is too old to matter."""
        self.over = [part for part in self.over if part[0] > slot - self.reach]
        spare = len(self.short) - 4 * self.reach
        if spare > 0:
            self.short, self.first = self.short[spare:], self.first + spare

    def _grow(self, task: int) -> None:
        if task >= len(self.power_w):
            self.power_w = np.concatenate([self.power_w, np.zeros(max(task + 1, len(self.power_w)))])
