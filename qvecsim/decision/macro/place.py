"""Where each way of placing sends the tasks of a slot: to the nearest unit, by backlog, or by price. Level: arrays."""

from __future__ import annotations

import math

import numpy as np

from qvecsim.decision.branch.cheapest import by_price
from qvecsim.decision.branch.estimate import Booked, Estimate
from qvecsim.decision.branch.prices import Rule, Tide
from qvecsim.decision.macro.menu import NEAREST, PRICE
from qvecsim.rows import which
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Ints, Observation


def placed(seen: Observation, scenario: Scenario, placing: tuple[str, float], tide: Tide, unit_s: float) -> Ints:
    """(V,) the unit of each vehicle, -1: its task stays with it."""
    rule, share = placing
    if rule == PRICE:
        return by_price(seen, scenario, tide, Rule(), unit_s)
    rows = which(seen.deciding)
    unit = np.full(len(seen), -1, dtype=np.int64)
    if share and len(rows):
        told = Booked(seen, scenario, rows).estimate(slice(None))
        home = to_nearest(seen, rows) if rule == NEAREST else by_backlog(seen, told)
        unit[rows] = best_share(home, told, share)
    return unit


def to_nearest(seen: Observation, rows: Ints) -> Ints:
    """(n,) the closest unit."""
    return seen.nearest[rows]


def by_backlog(seen: Observation, told: Estimate) -> Ints:
    """(n,) one task after the other, those that gain most first, where the work is least; -1 where none may go."""
    able = np.isfinite(told.offload_s)
    work_s = seen.backlog_s + seen.arriving_cycles / seen.edge_hz
    unit = np.full(len(able), -1, dtype=np.int64)
    gain_s = told.local_s - told.offload_s.min(axis=1)
    for row in np.argsort(-gain_s, kind="stable"):
        if able[row].any():
            best = int(np.where(able[row], work_s + told.service_s[row], math.inf).argmin())
            unit[row] = best
            work_s[best] += told.service_s[row, best]
    return unit


def best_share(home: Ints, told: Estimate, share: float) -> Ints:
    """(n,) the same for a share of the tasks, rounded up, those that offloading helps most; -1 for the others."""
    offload_s = np.where(home >= 0, told.offload_s[np.arange(len(home)), home], math.inf)
    gain_s = told.local_s - offload_s
    sent = np.argsort(-gain_s, kind="stable")[: math.ceil(share * len(home) - 1e-9)]
    sent = sent[np.isfinite(gain_s[sent])]
    found = np.full(len(home), -1, dtype=np.int64)
    found[sent] = home[sent]
    return found
