"""Roads as lines: those of the SUMO network, or where the vehicles of a trace drove."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.types import Floats, Ints
from qvecsim.world.mobility.trace import Trace
from qvecsim.world.sumo.network import Roads

POINTS = 20_000
SEGMENTS = 6_000
PAIRS_OF_STEPS = 600
CELLS = 260  # across the map
LEAST_CELL_M = 4.0
LONGEST = 0.15  # of the map: a vehicle that jumps farther was not seen on the way


class Segments(NamedTuple):
    """Straight pieces, from (x0, y0) to (x1, y1), m."""

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats


def built(roads: Roads) -> list[tuple[Floats, Floats]]:
    """Middle lines of the network's roads, the longest first, as many as a page may hold."""
    order = np.argsort(-roads.length_m, kind="stable")
    points = np.diff(roads.shape.offset)[order]
    shown = order[np.cumsum(points) <= POINTS]
    return [roads.shape.line(int(row)) for row in shown]


def driven(trace: Trace, span_m: float) -> Segments:
    """Where vehicles went from one step to the next, in cells as fine as the page allows; each way once."""
    moves = _moves(trace)
    cell_m = max(span_m / CELLS, LEAST_CELL_M)
    while True:
        found = _ways(moves, cell_m, LONGEST * span_m)
        if len(found.x0) <= SEGMENTS:
            return found
        cell_m *= 1.4


def _moves(trace: Trace) -> Segments:
    """Where the vehicles were in some pairs of neighbouring steps, evenly spread over the trace."""
    steps = len(trace.time_ns) - 1
    if steps < 1:
        return Segments(*(np.zeros(0) for _ in range(4)))
    chosen = np.unique(np.linspace(0, steps - 1, min(PAIRS_OF_STEPS, steps)).round().astype(int))
    return Segments(
        *(np.concatenate(axis) for axis in zip(*(_pair(trace, step) for step in chosen.tolist()), strict=True))
    )


def _pair(trace: Trace, step: int) -> Segments:
    one, two = (slice(int(trace.offset[k]), int(trace.offset[k + 1])) for k in (step, step + 1))
    _, here, there = np.intersect1d(trace.vehicle[one], trace.vehicle[two], assume_unique=True, return_indices=True)
    x, y = trace.x_m, trace.y_m
    return Segments(x[one][here], y[one][here], x[two][there], y[two][there])


def _ways(moves: Segments, cell_m: float, longest_m: float) -> Segments:
    """Pairs of cells between which somebody moved, drawn from and to the mean places of the records in them."""
    moves = Segments(*(axis[np.hypot(moves.x1 - moves.x0, moves.y1 - moves.y0) <= longest_m] for axis in moves))
    x, y = np.append(moves.x0, moves.x1), np.append(moves.y0, moves.y1)
    if not len(x):
        return moves
    cell, inverse, mean_x, mean_y = _cells(x, y, cell_m)
    one, two = inverse[: len(moves.x0)], inverse[len(moves.x0) :]
    pair = np.unique(np.minimum(one, two) * len(cell) + np.maximum(one, two))
    first, second = pair // len(cell), pair % len(cell)
    first, second = first[first != second], second[first != second]
    return Segments(mean_x[first], mean_y[first], mean_x[second], mean_y[second])


def _cells(x: Floats, y: Floats, cell_m: float) -> tuple[Ints, Ints, Floats, Floats]:
    """Cells with somebody in them, the cell of each record, and the mean place in each."""
    column = np.floor((x - x.min()) / cell_m).astype(np.int64)
    row = np.floor((y - y.min()) / cell_m).astype(np.int64)
    cell, inverse, count = np.unique(row * (int(column.max()) + 1) + column, return_inverse=True, return_counts=True)
    sums = (np.bincount(inverse, weights=axis, minlength=len(cell)) for axis in (x, y))
    mean_x, mean_y = (total / count for total in sums)
    return cell, inverse, mean_x, mean_y
