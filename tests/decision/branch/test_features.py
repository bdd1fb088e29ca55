from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from qvecsim.decision.branch.batches import urgent_first
from qvecsim.decision.branch.estimate import Booked
from qvecsim.decision.branch.features import (
    ALL,
    EACH,
    OWN,
    Own,
    bounds,
    candidates,
    features,
    ties,
    width,
)
from qvecsim.decision.branch.prices import Rule, Tide, priced
from qvecsim.scenario.parameters import Scenario

from ..sight import WIDE, seen

CLASSES = {"driving": {"input_bit": [1e5, 4e6], "cycles": [3e7, 1e9], "deadline_s": {"low": 0.2, "high": 2.0}}}
CITY = Scenario.model_validate(WIDE.model_dump() | {"tasks": {"classes": CLASSES}})


def crowd(vehicles, units, seed=1):
    rng = np.random.default_rng(seed)
    return seen(
        vehicles,
        units,
        gain=10 ** rng.uniform(-13, -8, (vehicles, units)),
        reachable=rng.random((vehicles, units)) < 0.5,
        left_s=rng.uniform(-0.5, 2.0, vehicles),
        cycles=rng.integers(3e7, 1e9, vehicles),
        input_bit=rng.integers(1e5, 4e6, vehicles),
        backlog_s=rng.exponential(0.5, units),
        local_backlog_s=rng.exponential(0.5, vehicles),
        key_bit=rng.integers(0, 2000, units),
        waiting=rng.integers(1, 4, vehicles),
    )


def sight(observation, tide=None, scenario=CITY, k=3, load=1):
    rows, rule, limits = urgent_first(observation), Rule(), bounds(scenario)
    tide = tide or Tide(np.full(len(observation.edge_hz), 2.0), np.zeros(len(observation.edge_hz)), 0.5)
    booked, part = Booked(observation, scenario, rows), slice(0, len(rows))
    for _ in range(load):
        told = booked.estimate(part)
        costs = priced(booked, part, told, tide, rule, limits.unit_s)
        near = candidates(costs, k)
        found = features(booked, part, told, costs, near.unit, tide, Own(booked, rule, tide, limits))
        booked.take(part, near.unit[:, 0], told)
    return found, near, costs


@pytest.mark.parametrize(("vehicles", "units"), [(100, 10), (500, 20), (5000, 30), (3, 1), (0, 4)])
def test_inputs_lie_in_the_unit_interval_and_few_are_clipped(vehicles, units):
    for load in (1, 2):
        found, _, _ = sight(crowd(vehicles, units), load=load)
        assert found.inputs.shape == (vehicles, width(3))
        assert np.isfinite(found.inputs).all()
        assert (found.inputs >= 0).all()
        assert (found.inputs <= 1).all()
        assert found.clipped < 0.01 * max(found.inputs.size, 1)


def test_what_lies_beyond_the_scenario_is_clipped_and_counted():
    observation = crowd(10, 4)
    beyond = dataclasses.replace(observation, cycles=observation.cycles * 1000)
    assert sight(observation)[0].clipped == 0
    assert sight(beyond)[0].clipped == 10
    assert (sight(beyond)[0].inputs[:, 0] == 1).all()


def test_candidates_are_the_cheapest_and_padded_where_there_are_too_few():
    _, near, costs = sight(crowd(50, 6))
    for row, (units, cost) in enumerate(zip(near.unit, near.cost, strict=True)):
        allowed = np.flatnonzero(np.isfinite(costs.offload[row]))
        best = allowed[np.argsort(costs.offload[row, allowed], kind="stable")][:3]
        assert units.tolist() == best.tolist() + [-1] * (3 - len(best))
        assert cost[: len(best)].tolist() == costs.offload[row, best].tolist()
    _, near, _ = sight(crowd(5, 2))
    assert near.unit.shape == (5, 3)
    assert (near.unit[:, 2] == -1).all()


def test_a_candidate_that_is_not_there_looks_like_the_worst():
    found, near, _ = sight(crowd(50, 2))
    each = found.inputs[:, OWN : OWN + 3 * EACH].reshape(50, 3, EACH)
    assert (each[near.unit < 0] == 1).all()


def test_twice_the_city_looks_the_same():
    """What is attached counts relative to an even spread, so that a policy for one size fits others."""
    one = crowd(40, 4)
    columns = {}
    for field in dataclasses.fields(one):
        value = getattr(one, field.name)
        if isinstance(value, np.ndarray) and (len(value) == 40 or value.shape == (4,)):
            columns[field.name] = np.concatenate([value, value])
    for name in ("gain", "distance_m", "reachable"):
        old = getattr(one, name)
        blank = np.zeros_like(old)
        columns[name] = np.block([[old, blank], [blank, old]])
    double = dataclasses.replace(one, **(columns | {"vehicle": np.arange(80), "task": np.arange(80)}))
    small, _, _ = sight(one)
    large, _, _ = sight(double)
    order_small, order_large = urgent_first(one), urgent_first(double)
    first = order_large < 40
    assert order_large[first].tolist() == order_small.tolist()
    assert large.inputs[first] == pytest.approx(small.inputs)


def test_types_of_inputs_are_shared_by_candidates():
    assert len(ties(3)) == width(3) == 48
    assert sorted(set(ties(3))) == list(range(OWN + EACH + ALL))
    assert ties(3)[OWN : OWN + EACH] == ties(3)[OWN + EACH : OWN + 2 * EACH]


def test_bounds_are_those_of_the_classes_that_occur():
    limits = bounds(CITY)
    assert limits.cycles == (3e7, 1e9)
    assert limits.input_bit == (1e5, 4e6)
    assert (limits.unit_s, limits.deadline_s) == (1.1, 2.0)
