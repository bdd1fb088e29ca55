"""A trace as a histogram over the plane, whose size depends on the ground that it covers and not on its length."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.types import Floats, Ints
from qvecsim.world.mobility.trace import Trace

CELL_M = 25.0  # about the inner part of a junction
STANDING_M_S = 1.0


class Cells(NamedTuple):
    """The cells of the plane that vehicles were in, from west to east and in a column from south to north."""

    column: Ints  # (C,) in cells of 25 m from x = 0
    row: Ints
    passing: Floats  # (C,) records
    standing: Floats  # (C,) records with a speed below 1 m/s
    x_m: Floats  # (C,) sums over the records
    y_m: Floats

    def centre(self) -> tuple[Floats, Floats]:
        """X and y of the cells' middles."""
        return self.column.astype(np.float64) * CELL_M + CELL_M / 2, self.row.astype(np.float64) * CELL_M + CELL_M / 2

    def mean(self) -> tuple[Floats, Floats]:
        """X and y of the mean place of each cell's records."""
        return self.x_m / self.passing, self.y_m / self.passing

    def coarser(self) -> Cells:
        """Cells twice as wide and as high, which hold the same."""
        column, row = self.column // 2, self.row // 2
        rows = int(row.max() - row.min()) + 1
        sums = np.stack(self[2:])
        number, sums = _merged((column - column.min()) * rows + row - row.min(), sums)
        return Cells(number // rows + column.min(), number % rows + row.min(), *sums)


def cells(trace: Trace) -> Cells:
    """The histogram of a whole trace, made part by part."""
    left, _, low, high = (int(np.floor(edge / CELL_M)) for edge in trace.bounds)
    rows = high - low + 1
    number, sums = np.empty(0, np.int64), np.empty((4, 0))
    for part in trace.parts():
        place = _cell(part.x_m, left) * rows + _cell(part.y_m, low)
        told = np.stack([np.ones(len(place)), part.speed_m_s < STANDING_M_S, part.x_m, part.y_m])
        number, sums = _merged(np.concatenate([number, place]), np.hstack([sums, told]))
    return Cells(number // rows + left, number % rows + low, *sums)


def _cell(position_m: Floats, first: int) -> Ints:
    return np.floor(position_m / CELL_M).astype(np.int64) - first


def _merged(number: Ints, sums: Floats) -> tuple[Ints, Floats]:
    """Each cell once, with the sums of all that tells of it."""
    once, index = np.unique(number, return_inverse=True)
    return once, np.stack([np.bincount(index.ravel(), weights=row, minlength=len(once)) for row in sums])
