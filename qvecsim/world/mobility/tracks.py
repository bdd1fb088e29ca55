"""What only the neighbours of a record can tell: jumps, returns, the way driven, and speeds that no record has.

One pass over whole steps in parts, so that memory grows with the vehicles and not with the length of a trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qvecsim.types import Bools, Floats, Ints
from qvecsim.units import NS_PER_S

PART_ROWS = 1 << 17
JUMP_M_S = 100.0  # no car is that fast: the vehicle was moved, it did not drive
PARKED_M_S = 0.1
GEO_SHARE = 1e-4  # a degree is 111 km, so degrees read as metres move 1e-5 of what the speeds say
GEO_M_S = 2e-3  # where no speeds are told: degrees read as metres move this slowly at 220 m/s

Columns = Mapping[str, NDArray[Any]]


class Survey(NamedTuple):
    """What a pass over a trace finds."""

    x_m: tuple[float, float]
    y_m: tuple[float, float]
    at_once_max: int
    reentries: int
    jumps: int
    parked: float


class Neighbours(NamedTuple):
    """Rows of whole steps beside each vehicle's row before them."""

    rows: slice
    near: Bools  # whether that row is in the step before
    again: Bools  # whether it is in an earlier one
    before: Ints  # its number; -1: there is none
    moved: Floats  # straight way from there, in the units of x and y
    gap_s: Floats  # time since the step before


def nothing() -> None:
    """For whoever has nothing to give back after a part."""


def neighbours(columns: Columns, vehicles: int, rest: Callable[[], None] = nothing) -> Iterator[Neighbours]:
    """Go through a trace in parts of whole steps; ``rest`` is called after each."""
    last_row, last_step = np.full(vehicles, -1), np.full(vehicles, -1)
    last_x, last_y = np.zeros(vehicles), np.zeros(vehicles)
    gap_s = np.concatenate([[1.0], np.diff(columns["time_ns"]) / NS_PER_S])
    for first, last in _parts(columns["offset"]):
        begin, end = int(columns["offset"][first]), int(columns["offset"][last])
        rows = slice(begin, end)
        vehicle, x, y = (np.asarray(columns[name][rows]) for name in ("vehicle", "x_m", "y_m"))
        step = np.repeat(np.arange(first, last), np.diff(columns["offset"][first : last + 1]))
        before, was, x_was, y_was = (column[vehicle] for column in (last_row, last_step, last_x, last_y))
        order = np.argsort(vehicle, kind="stable")
        same = np.diff(vehicle[order]) == 0
        later, earlier = order[1:][same], order[:-1][same]
        before[later], was[later], x_was[later], y_was[later] = begin + earlier, step[earlier], x[earlier], y[earlier]
        met = before >= 0
        near = met & (was == step - 1)
        yield Neighbours(rows, near, met & ~near, before, np.hypot(x - x_was, y - y_was), gap_s[step])
        closing = order[np.append(~same, True)] if len(order) else order
        who = vehicle[closing]
        last_row[who], last_step[who], last_x[who], last_y[who] = begin + closing, step[closing], x[closing], y[closing]
        rest()


def _parts(offset: Ints) -> Iterator[tuple[int, int]]:
    """Steps from and to, about ``PART_ROWS`` rows at a time."""
    first, steps = 0, len(offset) - 1
    while first < steps:
        last = int(np.searchsorted(offset, int(offset[first]) + PART_ROWS, "right")) - 1
        last = min(max(last, first + 1), steps)
        yield first, last
        first = last


def survey(columns: Columns, vehicles: int, *, fill: bool = False, rest: Callable[[], None] = nothing) -> Survey:
    """Bounds, returns, jumps, and the share of records that stand; ``fill`` writes speeds that are NaN.

    A missing speed is the way since the step before over the time, else that to the step after, else 0.
    """
    speed = columns["speed_m_s"]
    again = jumps = parked = 0
    bounds = np.array([[np.inf, -np.inf], [np.inf, -np.inf]])
    for part in neighbours(columns, vehicles, rest):
        if fill:
            _fill(speed, part)
        again += int(np.count_nonzero(part.again))
        jumps += int(np.count_nonzero(part.near & (part.moved > JUMP_M_S * part.gap_s)))
        for axis, name in enumerate(("x_m", "y_m")):
            values = columns[name][part.rows]
            if len(values):
                bounds[axis] = min(bounds[axis, 0], values.min()), max(bounds[axis, 1], values.max())
    for first in range(0, len(speed), PART_ROWS):
        values = speed[first : first + PART_ROWS]
        if fill:
            values[np.isnan(values)] = 0.0
        parked += int(np.count_nonzero(values < PARKED_M_S))
        rest()
    at_once = int(np.diff(columns["offset"]).max(initial=0))
    x_m, y_m = ((float(low), float(high)) for low, high in bounds)
    return Survey(x_m, y_m, at_once, again, jumps, parked / max(len(speed), 1))


def _fill(speed: Floats, part: Neighbours) -> None:
    """Speeds of this part that are NaN, and those of rows before it that waited for the step after."""
    derived = part.moved / part.gap_s
    here = speed[part.rows]
    bare = np.isnan(here) & part.near
    here[bare] = derived[bare]
    waiting = part.near.nonzero()[0]
    waiting = waiting[np.isnan(speed[part.before[waiting]])]
    speed[part.before[waiting]] = derived[waiting]


def looks_geographic(columns: Columns, vehicles: int, *, told: bool, rest: Callable[[], None] = nothing) -> bool:
    """Whether x and y that fit on a globe are degrees: vehicles hardly move for their speeds (if told)."""
    moved = expected = 0.0
    for part in neighbours(columns, vehicles, rest):
        moved += float(part.moved[part.near].sum())
        pace = np.nan_to_num(columns["speed_m_s"][part.rows]) if told else GEO_M_S / GEO_SHARE
        expected += float((pace * part.gap_s)[part.near].sum())
    return 0.0 < moved < GEO_SHARE * expected
