"""Greedy: one task after the other goes where it is predicted to end first, knowing queues and keys.

A best response, most urgent task first, in which each sees the load of those before it: the server's backlog, the
interference at the unit, and the keys left in its pool.
"""

from __future__ import annotations

import math

import numpy as np

from qvecsim.decision.policy import Policy
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Action, Floats, Observation
from qvecsim.units import from_db


class Greedy(Policy):
    """Knows channels, queues and key pools of this instant; it plans no further than the tasks at hand."""

    def decide(self, observation: Observation) -> Action:
        """Go through the deciding vehicles by deadline."""
        offload = np.zeros(len(observation), dtype=bool)
        rsu = np.zeros(len(observation), dtype=np.int64)
        load = Load(observation, self.scenario)
        rows = np.flatnonzero(observation.deciding)
        for row in rows[np.argsort(observation.left_s[rows], kind="stable")]:
            best, finish_s = load.best(row)
            if finish_s < load.local_s(row):
                offload[row], rsu[row] = True, best
                load.take(row, best)
        return observation.action(offload, rsu)


def until_filled_s(short_bit: Floats, key_rate_bps: Floats) -> Floats:
    """How long a pool takes to fill up what is short; a pool that nothing flows into never does."""
    with np.errstate(all="ignore"):
        return short_bit / key_rate_bps


def never_s(short_bit: Floats, key_rate_bps: Floats) -> Floats:
    """Without a key there is no offload: it would be computed locally anyway, or be dropped."""
    return np.full(short_bit.shape, math.inf)


def at_once_s(short_bit: Floats, key_rate_bps: Floats) -> Floats:
    """Without a key it goes all the same."""
    return np.zeros(short_bit.shape)


# What ``keys.missing`` makes of a task that finds no key.
KEYLESS_S = {"wait": until_filled_s, "local": never_s, "drop": never_s, "expose": at_once_s}


class Load:
    """What the tasks decided so far have taken of each unit."""

    def __init__(self, observation: Observation, scenario: Scenario) -> None:
        self.seen = observation
        self.threshold = from_db(scenario.radio.admission_db)
        self.bandwidth_hz = scenario.radio.bandwidth_hz * float(observation.action().bandwidth[0])
        self.keyless_s = KEYLESS_S[scenario.keys.missing]
        self.heard_w = observation.heard_w.copy()
        self.work_s = observation.backlog_s + observation.arriving_cycles / observation.edge_hz
        self.key_bit = observation.key_bit.astype(np.float64)

    def local_s(self, row: int) -> float:
        """When the vehicle itself would be done."""
        seen = self.seen
        return float(seen.local_backlog_s[row] + seen.cycles[row] / seen.local_hz[row])

    def best(self, row: int) -> tuple[int, float]:
        """The unit that would be done first, and when; never, where none may be used."""
        seen = self.seen
        if seen.uplink_backlog_s[row] > 0:
            return 0, math.inf
        power_w = seen.tx_power_w[row] * seen.gain[row]
        sinr = power_w / (self.heard_w + seen.noise_w)
        with np.errstate(divide="ignore", invalid="ignore"):  # a signal lost in the noise never arrives
            sending_s = seen.input_bit[row] / (self.bandwidth_hz * np.log2(1.0 + sinr))
        finish_s = np.maximum(sending_s, self.work_s) + seen.cycles[row] / seen.edge_hz + self._key_wait_s(row)
        finish_s = np.where(seen.reachable[row] & (sinr >= self.threshold), finish_s, math.inf)
        best = int(np.argmin(finish_s))
        return best, float(finish_s[best])

    def take(self, row: int, unit: int) -> None:
        """Book the task at the unit."""
        seen = self.seen
        self.heard_w[unit] += seen.tx_power_w[row] * seen.gain[row, unit]
        self.work_s[unit] += seen.cycles[row] / seen.edge_hz[unit]
        self.key_bit[unit] -= self._need_bit(row)[unit]

    def _need_bit(self, row: int) -> Floats:
        """What the task would withdraw at each unit: nothing where its vehicle's session key lasts for it."""
        need_bit = np.full(len(self.key_bit), float(self.seen.key_need_bit[row]))
        if self.seen.session_rsu[row] >= 0:
            need_bit[self.seen.session_rsu[row]] = 0.0
        return need_bit

    def _key_wait_s(self, row: int) -> Floats:
        """What it costs at each unit that pools, or the vehicle, may not hold a whole key more than is booked."""
        need_bit, seen = self._need_bit(row), self.seen
        short_bit = np.maximum(need_bit - self.key_bit, 0.0)
        pools_s = np.where(short_bit > 0, self.keyless_s(short_bit, seen.key_rate_bps), 0.0)
        if seen.key_need_bit[row] <= seen.store_bit[row]:
            return pools_s
        # No pool fills a vehicle's store; when it will be at a dock again nobody knows.
        unstored_bit = np.maximum(need_bit - seen.store_bit[row], 0.0)
        return pools_s + np.where(unstored_bit > 0, self.keyless_s(unstored_bit, np.zeros(len(need_bit))), 0.0)
