"""What a decision costs others: prices of computing, keys and air, from the load that is expected. Level: arrays.

A task that takes a server for s seconds delays by s each task that comes before the server is idle again; with
``inflow`` tasks a second there are inflow times the length of the busy period of them. The same holds for keys, where
a key lasts key_bit / rate seconds, and for the vehicle's own processor (Pigou, 1920: charge what others lose; for
queues: Naor, 1969). On the air one more watt slows down those who begin to send in the same slot and while it sends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qvecsim.decision.branch.estimate import Booked, Estimate
from qvecsim.scenario.parameters import Draw, Range, Scenario
from qvecsim.types import Floats, Ints, Observation, Step


@dataclass(frozen=True)
class Rule:
    """The constants; times are in units of the scenario's mean deadline, weights multiply a price."""

    miss: float = 1.7  # a missed deadline, beside the time that it took
    most: float = 5.0  # a task costs no more time than this
    cpu: float = 0.5
    cpu_reach: float = 3.0  # a busy period lasts this much longer than the work that is there
    key: float = 0.6
    key_reach: float = 0.4
    longest: float = 6.7  # busy period that is priced
    key_wait: float = 0.5  # that a key is not there yet
    air: float = 0.5
    own: float = 0.5
    memory: float = 2.0  # of the moving averages


class Tide(NamedTuple):
    """Moving averages of what comes: offloads begun at each unit, what a watt cost them, tasks of a vehicle."""

    inflow_hz: Floats  # (M,)
    slope_hz: Floats  # (M,) seconds lost per second, for each watt
    demand_hz: float


class Priced(NamedTuple):
    """Costs of n tasks, s; lower is better."""

    local: Floats  # (n,)
    offload: Floats  # (n, M)
    cpu: Floats  # (n, M) of it
    key: Floats  # (n, M)
    air: Floats  # (n, M)
    own: Floats  # (n,)


def mean_deadline_s(scenario: Scenario) -> float:
    """The deadline of a task in the mean over classes: the unit of time of a rule."""
    classes = [kind for kind in scenario.tasks.classes.values() if kind.share > 0]
    total = sum(kind.share for kind in classes)
    return sum(kind.share * _mean(kind.deadline_s) for kind in classes) / total


def _mean(draw: Draw) -> float:
    if isinstance(draw, Range):
        return (draw.low + draw.high) / 2
    return float(np.mean(draw))


def still(units: int) -> Tide:
    """Nothing seen yet."""
    return Tide(np.zeros(units), np.zeros(units), 0.0)


def begun(step: Step) -> tuple[Ints, Ints]:
    """Rows of the offloads that began in a slot, and where: those whose vehicle has another first task, or none."""
    seen, action, after = step.observation, step.action, step.next_observation
    rows = np.flatnonzero(seen.deciding & action.offload)
    if after is not None and len(rows):
        row = step.next_row[rows]
        later = np.where(row >= 0, np.append(after.task, -1)[row], -1)
        rows = rows[later != seen.task[rows]]
    return rows, action.rsu[rows]


def flowed(tide: Tide, step: Step, scenario: Scenario, memory_s: float) -> Tide:
    """The averages one slot later; a slot counts 1 - exp(-slot / memory)."""
    seen = step.observation
    rows, unit = begun(step)
    booked, everyone = Booked(seen, scenario, rows), slice(None)
    booked.take(everyone, unit, booked.estimate(everyone))
    born = np.count_nonzero(seen.deciding & (seen.age_s <= seen.slot_s))
    share = 1.0 - math.exp(-seen.slot_s / memory_s)
    return Tide(
        tide.inflow_hz + share * (booked.begun / seen.slot_s - tide.inflow_hz),
        tide.slope_hz + share * (booked.slope_s_w / seen.slot_s - tide.slope_hz),
        tide.demand_hz + share * (born / max(len(seen), 1) / seen.slot_s - tide.demand_hz),
    )


def priced(booked: Booked, part: slice, told: Estimate, tide: Tide, rule: Rule, unit_s: float) -> Priced:
    """What each option costs its task and the others."""
    seen, left_s = booked.seen, booked.left_s[part]
    longest_s = rule.longest * unit_s
    busy_s = np.clip(booked.work_s + rule.cpu_reach * unit_s, 0.0, longest_s)
    cpu = rule.cpu * tide.inflow_hz * busy_s * told.service_s
    key: Floats = rule.key * tide.inflow_hz * _key_s(seen, told, rule.key_reach * unit_s, longest_s)
    key = key + rule.key_wait * unit_s * (told.key_s > 0)
    level_w = booked.heard_w + seen.noise_w
    slopes = booked.slope_s_w + tide.slope_hz * told.upload_s
    air = rule.air * slopes * level_w * np.log1p(told.received_w / level_w)
    own = rule.own * own_s(seen, booked.rows[part], told.local_s, tide.demand_hz, longest_s)
    offload = cost_s(told.offload_s, left_s[:, None], rule, unit_s) + cpu + key + air
    return Priced(
        cost_s(told.local_s, left_s, rule, unit_s) + own,
        np.where(np.isfinite(told.offload_s), offload, np.inf),
        cpu,
        key,
        air,
        own,
    )


def cost_s(latency_s: Floats, left_s: Floats, rule: Rule, unit_s: float) -> Floats:
    """What a task costs: its time from now on, up to a bound, and a price for missing its deadline."""
    late = rule.miss * unit_s * (latency_s > left_s)
    cost: Floats = np.minimum(latency_s, rule.most * unit_s) + late
    return cost


def own_s(seen: Observation, rows: Ints, local_s: Floats, demand_hz: float, longest_s: float) -> Floats:
    """(n,) what a task in the vehicle's processor costs the vehicle's next ones: those that wait, those to come."""
    service_s = seen.cycles[rows] / seen.local_hz[rows]
    others = (seen.waiting[rows] - 1) + demand_hz * np.minimum(local_s, longest_s)
    delay_s: Floats = others * service_s
    return delay_s


def _key_s(seen: Observation, told: Estimate, reach_s: float, longest_s: float) -> Floats:
    """(n, M) how long a key lasts, times how long the shortage does."""
    with np.errstate(divide="ignore", invalid="ignore"):
        lasts_s = np.minimum(told.need_bit / seen.key_rate_bps, longest_s)
    return np.where(told.need_bit > 0, lasts_s, 0.0) * np.clip(told.key_s + reach_s, 0.0, longest_s)
