from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from qvecsim.decision.branch.estimate import Booked
from qvecsim.decision.branch.prices import Rule, Tide, begun, cost_s, flowed, mean_deadline_s, own_s, priced, still
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Step

from ..sight import WIDE, seen

RULE = dataclasses.replace(Rule(), cpu=1.0, key=1.0, air=1.0, own=1.0, key_wait=2.0, cpu_reach=1.0, key_reach=0.5)
ALL = slice(None)


def costs(tide=None, unit_s=0.5, rule=RULE, units=2, vehicles=1, **told):
    observation = seen(vehicles, units, nearest=0, **told)
    booked = Booked(observation, WIDE, np.arange(vehicles))
    estimate = booked.estimate(ALL)
    return estimate, priced(booked, ALL, estimate, tide or still(units), rule, unit_s)


def step_of(observation, action, after):
    return Step(observation, action, 0.0, None, after)


def test_a_cost_is_time_up_to_a_bound_and_a_miss():
    found = cost_s(np.array([0.2, 0.8, 9.0]), np.array([0.5, 0.5, 10.0]), RULE, 0.5)
    assert found == pytest.approx([0.2, 0.8 + 1.7 * 0.5, 5 * 0.5])


def test_nothing_flows_and_nobody_else_pays():
    told, found = costs()
    assert (found.cpu == 0).all()
    assert (found.key == 0).all()
    assert (found.air == 0).all()
    assert found.offload == pytest.approx(cost_s(told.offload_s, np.ones((1, 1)), RULE, 0.5))


def test_the_price_of_computing_is_inflow_times_busy_period_times_service():
    _, found = costs(Tide(np.array([3.0, 0.0]), np.zeros(2), 0.0), backlog_s=[0.4, 9.0])
    assert found.cpu[0] == pytest.approx([3.0 * (0.4 + 0.5) * 0.2, 0.0])
    _, found = costs(Tide(np.array([0.0, 3.0]), np.zeros(2), 0.0), backlog_s=[0.4, 9.0])
    assert found.cpu[0, 1] == pytest.approx(3.0 * (RULE.longest * 0.5) * 0.2)


def test_the_price_of_keys_is_inflow_times_shortage_times_what_a_key_lasts():
    tide = Tide(np.array([3.0, 3.0]), np.zeros(2), 0.0)
    told, found = costs(tide, key_bit=[1000, 0], key_rate_bps=1000.0)
    wait_s = told.key_s[0, 1]
    assert wait_s > 0
    assert found.key[0, 0] == pytest.approx(3.0 * 0.25 * 0.256)
    assert found.key[0, 1] == pytest.approx(3.0 * (wait_s + 0.25) * 0.256 + 2.0 * 0.5)


def test_no_key_needed_no_key_priced_and_none_made_is_bounded():
    tide = Tide(np.array([3.0, 3.0]), np.zeros(2), 0.0)
    assert (costs(tide, key_need_bit=0)[1].key == 0).all()
    assert np.isfinite(costs(tide, key_rate_bps=0.0)[1].key).all()


def test_the_price_of_air_is_what_those_before_lose():
    """To first order in the power: booked against booked again with a weak sender more."""
    observation = seen(2, 1, gain=[[1e-11], [1e-18]], nearest=0)
    booked = Booked(observation, WIDE, np.arange(2))
    first = booked.estimate(slice(0, 1))
    booked.take(slice(0, 1), np.zeros(1, np.int64), first)
    told = booked.estimate(slice(1, 2))
    power_w = told.received_w[0, 0]
    sinr = [1e-11 / (level_w + observation.noise_w) for level_w in (0.0, power_w)]
    lost_s = booked.band_s[0, 0] * (1 / math.log2(1 + sinr[1]) - 1 / math.log2(1 + sinr[0]))
    found = priced(booked, slice(1, 2), told, still(1), RULE, 0.5)
    assert found.air[0, 0] == pytest.approx(lost_s, rel=1e-4)


def test_the_own_processor_has_a_price_too():
    observation = seen(1, 1, waiting=3, local_backlog_s=0.5)
    found = own_s(observation, np.arange(1), np.array([1.5]), 0.4, 3.0)
    assert found == pytest.approx([(2 + 0.4 * 1.5) * 1.0])


def test_what_may_not_be_sent_costs_infinitely_much():
    assert np.isinf(costs(reachable=False)[1].offload).all()


def test_the_mean_deadline_is_weighted_by_shares():
    classes = {
        "driving": {"share": 3, "deadline_s": {"low": 0.2, "high": 1.0}},
        "parking": {"share": 1, "deadline_s": [1.0, 3.0]},
        "charging": {"share": 0, "deadline_s": 99.0},
    }
    assert mean_deadline_s(Scenario.model_validate(WIDE.model_dump() | {"tasks": {"classes": classes}})) == 0.95


def test_begun_are_those_whose_vehicle_has_another_first_task():
    before = seen(4, 2, vehicle=[1, 2, 3, 4], task=[10, 11, 12, 13])
    after = seen(3, 2, vehicle=[1, 2, 4], task=[10, 21, -1], deciding=[True, True, False])
    action = before.action(np.array([True, True, True, False]), np.array([0, 1, 1, 0]))
    rows, unit = begun(step_of(before, action, after))
    assert rows.tolist() == [1, 2]  # 1 waits on, 3 has left, 4 computed itself
    assert unit.tolist() == [1, 1]


def test_averages_come_to_a_steady_flow():
    before = seen(4, 2, age_s=[0.01, 0.01, 5.0, 5.0])
    after = seen(0, 2)
    action = before.action(np.array([True, True, True, False]), np.array([0, 1, 1, 0]))
    tide, step = still(2), step_of(before, action, after)
    once = flowed(tide, step, WIDE, 2.0)
    share = 1 - math.exp(-before.slot_s / 2.0)
    assert once.inflow_hz == pytest.approx(share * np.array([1.0, 2.0]) / before.slot_s)
    for _ in range(200):
        tide = flowed(tide, step, WIDE, 2.0)
    assert tide.inflow_hz == pytest.approx(np.array([1.0, 2.0]) / before.slot_s)
    assert tide.demand_hz == pytest.approx(0.5 / before.slot_s)
    assert (tide.slope_hz > 0).all()
