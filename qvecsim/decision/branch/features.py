"""What a network sees of a task and its candidate units: numbers in [0, 1] by bounds that the scenario sets.

Normalised per server (what is attached by what an even spread would bring, times by the mean deadline), so that
what is learned with some vehicles and units holds for more. Level: arrays.

Own (8): work, input, time left, clock, backlog, time in the vehicle, price of the vehicle, whether it would miss.
Candidate (12, the cheapest first): time, upload, work there, wait for a key, offloads begun of late and in this slot,
service, prices of computing, keys and air, keys in the pool, and whether it would miss.
Global (4): share of vehicles that decide, mean and greatest work of a unit, mean of the key pools.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qvecsim.decision.branch.estimate import Booked, Estimate
from qvecsim.decision.branch.prices import Priced, Rule, Tide, mean_deadline_s, own_s
from qvecsim.scenario.parameters import Draw, Range, Scenario
from qvecsim.types import Floats, Ints

OWN, EACH, ALL = 8, 12, 4
SHARP = 0.05  # of the mean deadline: how soft the step at the deadline is; a smooth network does not find a hard one


class Seen(NamedTuple):
    """Inputs (n, N) of a batch, and how many of them had to be brought into [0, 1]."""

    inputs: Floats
    clipped: int


@dataclass(frozen=True)
class Bounds:
    """Limits from the scenario; what a task file or a trace brings beyond them is clipped and counted."""

    unit_s: float  # mean deadline
    deadline_s: float  # longest
    cycles: tuple[float, float]
    input_bit: tuple[float, float]
    local_hz: float
    key_bit: float


def bounds(scenario: Scenario) -> Bounds:
    """Those of a scenario."""
    classes = [kind for kind in scenario.tasks.classes.values() if kind.share > 0]
    return Bounds(
        mean_deadline_s(scenario),
        max(ends(kind.deadline_s)[1] for kind in classes),
        outer([kind.cycles for kind in classes]),
        outer([kind.input_bit for kind in classes]),
        ends(scenario.vehicles.local_hz)[1],
        max(float(scenario.keys.capacity_bit), 1.0),
    )


def width(candidates: int) -> int:
    """How many inputs a network has."""
    return OWN + EACH * candidates + ALL


def ties(candidates: int) -> tuple[int, ...]:
    """The type of each input, numbered from 0: candidates have theirs in common."""
    each = tuple(range(OWN, OWN + EACH))
    return (*range(OWN), *each * candidates, *range(OWN + EACH, OWN + EACH + ALL))


class Own:
    """The features of all tasks of a boundary that no batch changes, computed once."""

    def __init__(self, booked: Booked, rule: Rule, tide: Tide, limits: Bounds) -> None:
        seen, rows, unit_s = booked.seen, booked.rows, limits.unit_s
        left_s = booked.left_s
        # Of the time left there is always a little, so that what is compared with it stays finite.
        self.ahead_s = np.maximum(left_s, 0.01 * unit_s)
        self.limits = limits
        self.even = max(2.0 * len(rows) / len(seen.edge_hz), 1e-9)
        self.even_hz = max(2.0 * tide.demand_hz * len(seen) / len(seen.edge_hz), 1e-9)
        self.deciding = len(rows) / max(len(seen), 1)
        price_s = rule.own * own_s(seen, rows, booked.local_s, tide.demand_hz, rule.longest * unit_s)
        self.columns = np.stack(
            [
                logarithmic(seen.cycles[rows], *limits.cycles),
                logarithmic(seen.input_bit[rows], *limits.input_bit),
                np.maximum(left_s, 0.0) / limits.deadline_s,  # a deadline that has passed is passed
                seen.local_hz[rows] / limits.local_hz,
                squashed(3.0 * seen.local_backlog_s[rows] / unit_s),
                squashed(booked.local_s / self.ahead_s),
                squashed(3.0 * price_s / unit_s),
                (booked.local_s > left_s).astype(np.float64),
            ],
            axis=1,
        )


def features(booked: Booked, part: slice, told: Estimate, costs: Priced, near: Ints, tide: Tide, own: Own) -> Seen:
    """The inputs of the tasks of a part; ``near`` (n, k) names their candidate units, -1 where there are too few."""
    count, options = near.shape
    raw = np.empty((count, width(options)))
    raw[:, :OWN] = own.columns[part]
    raw[:, OWN : OWN + EACH * options] = _each(booked, part, told, costs, near, tide, own).reshape(
        count, EACH * options
    )
    raw[:, -ALL:] = _all(booked, own)
    inputs = np.clip(raw, 0.0, 1.0)
    return Seen(inputs, int(np.count_nonzero(inputs != raw)))


def _each(booked: Booked, part: slice, told: Estimate, costs: Priced, near: Ints, tide: Tide, own: Own) -> Floats:
    """(n, k, EACH); all but two are ratios r that become r / (1 + r)."""
    unit_s, row, left_s = own.limits.unit_s, np.arange(len(near))[:, None], booked.left_s[part, None]
    gone = near < 0
    time_s = np.where(gone, left_s + unit_s, told.offload_s[row, near])
    each = np.empty((*near.shape, EACH))
    each[..., 0] = time_s / own.ahead_s[part, None]
    each[..., 1] = told.upload_s[row, near] * (3.0 / unit_s)
    each[..., 2] = (booked.work_s * (3.0 / unit_s))[near]
    each[..., 3] = told.key_s[row, near] * (3.0 / unit_s)
    each[..., 4] = (tide.inflow_hz * (3.0 / own.even_hz))[near]
    each[..., 5] = (booked.begun * (3.0 / own.even))[near]
    each[..., 6] = told.service_s[row, near] * (3.0 / unit_s)
    each[..., 7] = costs.cpu[row, near] * (3.0 / unit_s)
    each[..., 8] = costs.key[row, near] * (3.0 / unit_s)
    each[..., 9] = costs.air[row, near] * (3.0 / unit_s)
    each[..., :10] = squashed(each[..., :10])
    each[..., 10] = (np.maximum(booked.key_bit, 0.0) / own.limits.key_bit)[near]
    each[..., 11] = 0.5 + 0.5 * np.tanh((time_s - left_s) * (0.5 / (SHARP * unit_s)))
    each[gone] = 1.0
    return each


def _all(booked: Booked, own: Own) -> Floats:
    work = squashed(booked.work_s * (3.0 / own.limits.unit_s))
    level = np.maximum(booked.key_bit, 0.0) / own.limits.key_bit
    return np.array([own.deciding, work.sum() / len(work), work.max(), level.sum() / len(level)])


def squashed(ratio: Floats) -> Floats:
    """From [0, inf] to [0, 1]: a half at 1."""
    squashed: Floats = 1.0 - 1.0 / (1.0 + ratio)
    return squashed


def logarithmic(values: Ints, low: float, high: float) -> Floats:
    """From [low, high] to [0, 1] by its logarithm; a low end below a thousandth of the high one is taken as that."""
    low = max(low, high / 1e3, 1.0)
    if high <= low:
        return np.full(len(values), 0.5)
    scaled: Floats = np.log(np.maximum(values, low) / low) / np.log(high / low)
    return scaled


def outer(draws: list[Draw]) -> tuple[float, float]:
    """The least and the greatest that any of these can give."""
    pairs = [ends(draw) for draw in draws]
    return min(low for low, _ in pairs), max(high for _, high in pairs)


def ends(draw: Draw) -> tuple[float, float]:
    """The least and the greatest that it can give."""
    if isinstance(draw, Range):
        return draw.low, draw.high
    values = np.atleast_1d(draw)
    return float(values.min()), float(values.max())


class Near(NamedTuple):
    """(n, k) the units of least cost, cheapest first, and what they cost; -1 and infinity where there are too few."""

    unit: Ints
    cost: Floats


def candidates(costs: Priced, count: int) -> Near:
    """The best few of each task."""
    order = np.argsort(costs.offload, axis=1, kind="stable")[:, :count]
    cost = costs.offload[np.arange(len(order))[:, None], order]
    unit = np.where(np.isfinite(cost), order, -1)
    if (missing := count - order.shape[1]) > 0:
        unit = np.pad(unit, ((0, 0), (0, missing)), constant_values=-1)
        cost = np.pad(cost, ((0, 0), (0, missing)), constant_values=np.inf)
    return Near(unit, cost)
