"""The corrected problem (22)-(23) of one slot with orthogonal bands: who offloads where, bands and clocks being shared.

Once the shares have their closed form (``shares``), what is left is binary and convex quadratic: each unit costs the
square of the sum of its users' roots, for its band and for its clock, and key pools bound who may use it. Level: sums.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from qvecsim.types import Floats, Ints

LOCAL_UNIT = -1  # the choice of who computes in the vehicle
CHUNK = 65_536


@dataclass(frozen=True)
class Allocation:
    """One slot: what each vehicle's task costs in the vehicle, and its roots at every unit."""

    local_s: Floats  # (V,) computing in the vehicle
    band_root: Floats  # (V, M) root of bits / (bit/s/Hz times the unit's band); infinite where it is out of reach
    clock_root: Floats  # (V, M) root of cycles / the unit's clock
    key_bit: Ints  # (V,) that an offload withdraws
    pool_bit: Ints  # (M,) that the unit's pool holds

    @property
    def shape(self) -> tuple[int, int]:
        """Vehicles and units."""
        vehicles, units = self.band_root.shape
        return vehicles, units


def allocation(
    input_bit: Floats,
    cycles: Floats,
    local_hz: Floats,
    bit_per_s_hz: Floats,
    bandwidth_hz: Floats,
    edge_hz: Floats,
    key_bit: Ints,
    pool_bit: Ints,
) -> Allocation:
    """The slot of these tasks (V,) and units (M,); spectral efficiencies (V, M), 0 where a unit is out of reach."""
    with np.errstate(divide="ignore"):
        band_s = np.divide(input_bit[:, None], bit_per_s_hz * bandwidth_hz)
    return Allocation(cycles / local_hz, np.sqrt(band_s), np.sqrt(cycles[:, None] / edge_hz), key_bit, pool_bit)


def cost_s(problem: Allocation, choice: Ints) -> Floats:
    """Sum of latencies, s, of choices (..., V) of a unit or ``LOCAL_UNIT``; infinite where a pool cannot pay."""
    total = np.where(choice == LOCAL_UNIT, problem.local_s, 0.0).sum(axis=-1)
    for unit in range(len(problem.pool_bit)):
        used = choice == unit
        for root in (problem.band_root[:, unit], problem.clock_root[:, unit]):
            total = total + np.where(used, root, 0.0).sum(axis=-1) ** 2
        short = (used * problem.key_bit).sum(axis=-1) > problem.pool_bit[unit]
        total = np.where(short, np.inf, total)
    return np.asarray(total)


def brute_force(problem: Allocation) -> tuple[Ints, float]:
    """The best choice of all (M + 1)^V, tried one by one, and its cost; the first of several."""
    vehicles, units = problem.shape
    best, least = np.full(vehicles, LOCAL_UNIT), float(cost_s(problem, np.full(vehicles, LOCAL_UNIT)))
    every = itertools.product(range(LOCAL_UNIT, units), repeat=vehicles)
    while chunk := list(itertools.islice(every, CHUNK)):
        choices = np.array(chunk, dtype=np.int64)
        costs = cost_s(problem, choices)
        row = int(costs.argmin())
        if costs[row] < least:
            best, least = choices[row], float(costs[row])
    return best, least
