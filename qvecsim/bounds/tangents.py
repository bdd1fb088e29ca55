"""The allocation of one slot as a mixed-integer linear programme, solved by HiGHS through SciPy.

With L the sum of a unit's roots, its cost L^2 is at least 2 t L - t^2 for every t, and at t = L exactly that. Such
tangents are added where a solution needs them (outer approximation: Duran, Grossmann 1986, Math. Program. 36:307), so
that every programme on the way is a relaxation and its bound a bound. As choices are 0 or 1, L^2 is also at least the
sum of the chosen roots' squares.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from qvecsim.bounds.allocation import LOCAL_UNIT, Allocation, cost_s
from qvecsim.bounds.solver import Programme, solved
from qvecsim.bounds.status import BOUND, OPTIMAL
from qvecsim.types import Floats, Ints

TOLERANCE = 1e-9  # relative gap at which an optimum counts as proven
ROUNDS = 200
FIRST_TANGENTS = 6


class Solution(NamedTuple):
    """``lower_s`` <= the optimum <= ``upper_s``, the cost of ``choice``; ``optimal`` only where the two meet."""

    choice: Ints  # (V,)
    lower_s: float
    upper_s: float
    status: str
    rounds: int

    @property
    def gap(self) -> float:
        """How far the two are apart, relative to the upper."""
        return (self.upper_s - self.lower_s) / self.upper_s if self.upper_s > 0 else 0.0


def optimum(problem: Allocation, time_limit_s: float = 60.0, tolerance: float = TOLERANCE) -> Solution:
    """The best allocation, or bounds of it where time runs out first."""
    began = time.perf_counter()
    vehicles = problem.shape[0]
    choice = np.full(vehicles, LOCAL_UNIT)
    lower, upper, rounds = 0.0, float(problem.local_s.sum()), 0
    programme = _programme(problem)
    while rounds < ROUNDS and upper - lower > tolerance * upper:
        left_s = time_limit_s - (time.perf_counter() - began)
        if left_s <= 0:
            break
        answer = solved(programme, left_s, tolerance / 2)
        rounds, lower = rounds + 1, max(lower, min(answer.bound, upper))
        if answer.values is None:
            break
        found = _choice(problem, answer.values)
        if (cost := float(cost_s(problem, found))) < upper:
            choice, upper = found, cost
        programme = programme.with_rows(*_tangents_at(problem, found))
    status = OPTIMAL if upper - lower <= tolerance * upper else BOUND
    return Solution(choice, lower, upper, status, rounds)


def relaxed_s(problem: Allocation, time_limit_s: float = 60.0, rounds: int = 30) -> float:
    """A lower bound, s: the same with choices between 0 and 1, and tangents where its solutions need them."""
    programme, bound = _programme(problem).relaxed(), 0.0
    for _ in range(rounds):
        answer = solved(programme, time_limit_s, TOLERANCE)
        if answer.values is None or answer.bound <= bound * (1.0 + 1e-6):
            break
        bound = answer.bound
        loads = _loads(problem, answer.values)
        programme = programme.with_rows(*_rows(problem, loads[:, :, None]))
    return max(bound, 0.0)


def _roots(problem: Allocation) -> Floats:
    """(2, V, M) of bands and clocks; what is out of reach is 0 here and may not be chosen."""
    both = np.stack([problem.band_root, problem.clock_root])
    return np.where(np.isfinite(both), both, 0.0)


def _programme(problem: Allocation) -> Programme:
    """Columns: choices (V, M), then one square a unit and resource (2, M), then 1 for all local computing."""
    vehicles, units = problem.shape
    count = vehicles * units
    reach = np.isfinite(problem.band_root)
    cost = np.concatenate([-np.repeat(problem.local_s, units), np.ones(2 * units)])
    high = np.concatenate([reach.ravel().astype(float), np.full(2 * units, np.inf)])
    rows, limits = zip(*_fixed_rows(problem), strict=True)
    whole = Programme(cost, high, np.arange(count + 2 * units) < count, np.array(rows), np.array(limits))
    roots = _roots(problem)
    sums = roots.sum(axis=1)  # the greatest L that there can be
    points = sums[:, :, None] * (np.arange(1, FIRST_TANGENTS + 1) / FIRST_TANGENTS) ** 2
    return whole.with_rows(*_rows(problem, points)).offset(float(problem.local_s.sum()))


def _fixed_rows(problem: Allocation) -> Iterator[tuple[Floats, float]]:
    """One unit at most for each vehicle, each unit's pool, and the sum of squares below every square."""
    vehicles, units = problem.shape
    count, roots = vehicles * units, _roots(problem)
    for vehicle in range(vehicles):
        row = np.zeros(count + 2 * units)
        row[vehicle * units : (vehicle + 1) * units] = 1.0
        yield row, 1.0
    for unit in range(units):
        row = np.zeros(count + 2 * units)
        row[unit:count:units] = problem.key_bit
        yield row, float(problem.pool_bit[unit])
    for resource in range(2):
        for unit in range(units):
            row = np.zeros(count + 2 * units)
            row[unit:count:units] = roots[resource, :, unit] ** 2
            row[count + resource * units + unit] = -1.0
            yield row, 0.0


def _rows(problem: Allocation, points: Floats) -> tuple[Floats, Floats]:
    """The tangents 2 t L - z <= t^2 at points (2, M, P)."""
    vehicles, units = problem.shape
    count, roots = vehicles * units, _roots(problem)
    rows, limits = [], []
    for (resource, unit, _), point in np.ndenumerate(points):
        row = np.zeros(count + 2 * units)
        row[unit:count:units] = 2.0 * point * roots[resource, :, unit]
        row[count + resource * units + unit] = -1.0
        rows.append(row)
        limits.append(point * point)
    return np.array(rows), np.array(limits)


def _loads(problem: Allocation, values: Floats) -> Floats:
    """(2, M) sums of roots of choices (V M,)."""
    vehicles, units = problem.shape
    share = values[: vehicles * units].reshape(vehicles, units)
    loads: Floats = (_roots(problem) * share).sum(axis=1)
    return loads


def _tangents_at(problem: Allocation, choice: Ints) -> tuple[Floats, Floats]:
    units = problem.shape[1]
    chosen = (choice[:, None] == np.arange(units)).astype(float)
    return _rows(problem, _loads(problem, chosen.ravel())[:, :, None])


def _choice(problem: Allocation, values: Floats) -> Ints:
    vehicles, units = problem.shape
    share = values[: vehicles * units].reshape(vehicles, units)
    return np.where(share.max(axis=1) > 0.5, share.argmax(axis=1), LOCAL_UNIT)
