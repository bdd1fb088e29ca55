"""What a network sees of a task and its candidate units: numbers in [0, 1] by bounds that the scenario sets.

Normalised per server (what is attached by what an even spread would bring, times by the mean deadline), so that
what is learned with some vehicles and units holds for more. Level: arrays.

Own (8): work, input, time left, clock, backlog, time in the vehicle, price of the vehicle, whether it would miss.
Candidate (12, the nearest to best first): time, upload, work there, wait for a key, offloads begun of late and in this
slot, service, keys in the pool, prices of computing, keys and air, and whether it would miss.
Global (4): share of vehicles that decide, mean and greatest work of a unit, mean of the key pools.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qvecsim.decision.branch.estimate import Booked, Estimate
from qvecsim.decision.branch.prices import Priced, Tide, mean_deadline_s
from qvecsim.scenario.parameters import Draw, Range, Scenario
from qvecsim.types import Bools, Floats, Ints

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
        max(_ends(kind.deadline_s)[1] for kind in classes),
        _outer([kind.cycles for kind in classes]),
        _outer([kind.input_bit for kind in classes]),
        _ends(scenario.vehicles.local_hz)[1],
        max(float(scenario.keys.capacity_bit), 1.0),
    )


def width(candidates: int) -> int:
    """How many inputs a network has."""
    return OWN + EACH * candidates + ALL


def ties(candidates: int) -> tuple[int, ...]:
    """The type of each input, numbered from 0: candidates have theirs in common."""
    each = tuple(range(OWN, OWN + EACH))
    return (*range(OWN), *each * candidates, *range(OWN + EACH, OWN + EACH + ALL))


def features(
    booked: Booked, rows: Ints, told: Estimate, costs: Priced, near: Ints, tide: Tide, limits: Bounds
) -> Seen:
    """The inputs of the tasks of ``rows``; ``near`` (n, k) names their candidate units, -1 where there are too few."""
    own = _own(booked, rows, told, costs, limits)
    each = _each(booked, rows, told, costs, near, tide, limits)
    raw = np.concatenate([own, each, np.broadcast_to(_all(booked, limits), (len(rows), ALL))], axis=1)
    # NaN comes from infinity over infinity: nothing there, which counts as the worst.
    inputs = np.clip(np.nan_to_num(raw, nan=1.0), 0.0, 1.0)
    return Seen(inputs, int(np.count_nonzero(inputs != raw)))


def _own(booked: Booked, rows: Ints, told: Estimate, costs: Priced, limits: Bounds) -> Floats:
    seen, unit_s = booked.seen, limits.unit_s
    left_s = seen.left_s[rows]
    return np.stack(
        [
            _logarithmic(seen.cycles[rows], *limits.cycles),
            _logarithmic(seen.input_bit[rows], *limits.input_bit),
            np.maximum(left_s, 0.0) / limits.deadline_s,  # a deadline that has passed is passed
            seen.local_hz[rows] / limits.local_hz,
            _squashed(seen.local_backlog_s[rows] / unit_s),
            told.local_s / (told.local_s + _ahead(left_s, unit_s)),
            _squashed(costs.own / unit_s),
            (told.local_s > left_s).astype(np.float64),
        ],
        axis=1,
    )


def _each(
    booked: Booked, rows: Ints, told: Estimate, costs: Priced, near: Ints, tide: Tide, limits: Bounds
) -> Floats:
    seen, unit_s, row = booked.seen, limits.unit_s, np.arange(len(rows))[:, None]
    left_s = seen.left_s[rows, None]
    time_s = np.where(near >= 0, told.offload_s[row, near], np.inf)
    even = np.count_nonzero(seen.deciding) / len(seen.edge_hz)
    even_hz = tide.demand_hz * len(seen) / len(seen.edge_hz)
    gone = ~np.isfinite(time_s)
    columns = [
        _share(time_s, _ahead(left_s, unit_s)),
        _share(told.upload_s[row, near], unit_s / 3),
        _squashed(booked.work_s[near] / unit_s),
        _squashed(told.key_s[row, near] / unit_s),
        _squashed(tide.inflow_hz[near] / max(2 * even_hz, 1e-9)),
        _squashed(booked.begun[near] / max(2 * even, 1e-9)),
        _share(told.service_s[row, near], unit_s / 3),
        np.maximum(booked.key_bit[near], 0.0) / limits.key_bit,
        _squashed(costs.cpu[row, near] / unit_s),
        _squashed(costs.key[row, near] / unit_s),
        _squashed(costs.air[row, near] / unit_s),
        0.5 + 0.5 * np.tanh((np.where(gone, left_s + unit_s, time_s) - left_s) / (2 * SHARP * unit_s)),
    ]
    stacked = np.where(gone[..., None], 1.0, np.stack(columns, axis=-1))
    return stacked.reshape(len(rows), EACH * near.shape[1])


def _all(booked: Booked, limits: Bounds) -> Floats:
    seen = booked.seen
    work = _squashed(booked.work_s / limits.unit_s)
    level = np.maximum(booked.key_bit, 0.0) / limits.key_bit
    return np.array([np.count_nonzero(seen.deciding) / max(len(seen), 1), work.mean(), work.max(), level.mean()])


def _squashed(ratio: Floats) -> Floats:
    """From [0, inf) to [0, 1): a half at a third."""
    return _share(ratio, 1.0 / 3.0)


def _share(value: Floats, beside: Floats | float) -> Floats:
    with np.errstate(invalid="ignore"):
        share: Floats = value / (value + beside)
    return np.where(np.isinf(value), 1.0, share)


def _ahead(left_s: Floats, unit_s: float) -> Floats:
    """Time left, of which there is always a little, so that what is compared with it stays finite."""
    return np.maximum(left_s, 0.01 * unit_s)


def _logarithmic(values: Ints, low: float, high: float) -> Floats:
    low = max(low, high / 1e3, 1.0)
    if high <= low:
        return np.full(len(values), 0.5)
    scaled: Floats = np.log(np.maximum(values, low) / low) / np.log(high / low)
    return scaled


def _outer(draws: list[Draw]) -> tuple[float, float]:
    ends = [_ends(draw) for draw in draws]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _ends(draw: Draw) -> tuple[float, float]:
    if isinstance(draw, Range):
        return draw.low, draw.high
    values = np.atleast_1d(draw)
    return float(values.min()), float(values.max())


def candidates(costs: Priced, count: int) -> Ints:
    """(n, count) the units of least cost, best first; -1 where none may be used."""
    order = np.argsort(costs.offload, axis=1, kind="stable")[:, :count]
    allowed: Bools = np.isfinite(np.take_along_axis(costs.offload, order, axis=1))
    near = np.where(allowed, order, -1)
    return np.pad(near, ((0, 0), (0, count - near.shape[1])), constant_values=-1)
