"""The price rule itself: which unit each task of a slot takes. Level: arrays, nothing kept."""

from __future__ import annotations

import numpy as np

from qvecsim.decision.branch.batches import MOST_BATCHES, TASKS_A_BATCH, batches, urgent_first
from qvecsim.decision.branch.estimate import Booked
from qvecsim.decision.branch.prices import Priced, Rule, Tide, priced
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Ints, Observation


def by_price(
    seen: Observation,
    scenario: Scenario,
    tide: Tide,
    rule: Rule,
    unit_s: float,
    tasks_a_batch: int = TASKS_A_BATCH,
    most: int = MOST_BATCHES,
) -> Ints:
    """(V,) batch after batch takes what is cheapest for itself and the others, the most urgent first."""
    unit = np.full(len(seen), -1, dtype=np.int64)
    rows = urgent_first(seen)
    booked = Booked(seen, scenario, rows)
    for part in batches(len(rows), tasks_a_batch, most):
        told = booked.estimate(part)
        best = cheapest(priced(booked, part, told, tide, rule, unit_s))
        booked.take(part, best, told)
        unit[rows[part]] = best
    return unit


def cheapest(costs: Priced) -> Ints:
    """(n,) the unit of least cost, -1: the vehicle itself, also where both cost the same."""
    best = costs.offload.argmin(axis=1)
    found: Ints = np.where(costs.offload[np.arange(len(best)), best] < costs.local, best, -1)
    return found
