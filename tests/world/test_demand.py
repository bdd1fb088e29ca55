"""Demand against the distributions it claims; seeds are fixed, so a test that passes once passes always."""

from __future__ import annotations

import numpy as np
import pytest
from example import S, roaming, scenario_of, standing
from scipy import stats

from qvecsim.errors import ScenarioError
from qvecsim.scenario.parameters import Range
from qvecsim.streams import Streams
from qvecsim.types import UNDECIDED
from qvecsim.world.demand import births, kinds, next_regime, quantile
from qvecsim.world.world import build

P = 1e-3


def drawn(slots=400, vehicles=40, busy=False, **changes):
    """World, and the tasks of each slot with nobody coming or going."""
    scenario = scenario_of(**changes)
    world = build(scenario, trace=standing(vehicles, 1))
    found, first = [], 0
    for slot in range(slots):
        tasks = births(scenario, world.scene, world.streams, slot, world.fleet(0), busy, first)
        found, first = [*found, tasks], first + len(tasks)
    return world, found


def assert_poisson(counts, mean):
    """Mean, and variance over mean, within their intervals."""
    total, degrees = int(counts.sum()), counts.size - 1
    assert stats.poisson(mean * counts.size).cdf(total) == pytest.approx(0.5, abs=0.5 - P)
    dispersion = degrees * counts.var(ddof=1) / counts.mean()
    assert stats.chi2(degrees).cdf(dispersion) == pytest.approx(0.5, abs=0.5 - P)


@pytest.mark.parametrize(("rate_hz", "slot_s"), [(0.7, 1.0), (3.0, 0.5), (0.05, 2.0)])
def test_arrivals_are_poisson_for_each_vehicle_and_slot(rate_hz, slot_s):
    _, found = drawn(tasks__rate_hz=rate_hz, slot_s=slot_s)
    counts = np.array([np.bincount(tasks["vehicle"], minlength=40) for tasks in found])
    assert_poisson(counts, rate_hz * slot_s)
    assert_poisson(counts.sum(axis=1), rate_hz * slot_s * 40)
    assert_poisson(counts.sum(axis=0), rate_hz * slot_s * 400)
    assert abs(np.corrcoef(counts[1:].ravel(), counts[:-1].ravel())[0, 1]) < 4 / np.sqrt(counts.size)


def test_arrivals_are_uniform_within_the_slot_and_in_order():
    _, found = drawn(slot_s=0.25)
    share = []
    for slot, tasks in enumerate(found):
        since = tasks["born_ns"] - slot * S // 4
        assert ((since >= 0) & (since < S // 4)).all()
        assert (np.diff(tasks["born_ns"]) >= 0).all()
        share += (since / (S / 4)).tolist()
    assert stats.kstest(share, "uniform").pvalue > P
    tasks = np.concatenate(found)
    assert tasks["task"].tolist() == list(range(len(tasks)))
    assert (tasks["phase"] == UNDECIDED).all()
    assert (tasks["decided_ns"] == -1).all()
    assert (tasks["rsu"] == -1).all()


def test_gaps_between_the_tasks_of_one_vehicle_are_exponential():
    _, found = drawn(tasks__rate_hz=0.8)
    tasks = np.concatenate(found)
    gaps = np.concatenate([np.diff(tasks["born_ns"][tasks["vehicle"] == vehicle]) / S for vehicle in range(40)])
    assert stats.kstest(gaps * 0.8, "expon").pvalue > P


def test_amounts_come_from_their_sets_and_ranges():
    a = {
        "input_bit": {"low": 1e6, "high": 5e6},
        "cycles": [1e9, 2e9, 4e9],
        "result_bit": 777.0,
        "deadline_s": [0.5, 2.0],
    }
    _, found = drawn(100, tasks__classes={"a": a})
    tasks = np.concatenate(found)
    assert stats.kstest((tasks["input_bit"] - 1e6) / 4e6, "uniform").pvalue > P
    for values, choices in ((tasks["cycles"], 3), (tasks["due_ns"] - tasks["born_ns"], 2)):
        amounts, counts = np.unique(values, return_counts=True)
        assert len(amounts) == choices
        assert stats.chisquare(counts).pvalue > P
    assert set(tasks["cycles"].tolist()) == {10**9, 2 * 10**9, 4 * 10**9}
    assert set((tasks["due_ns"] - tasks["born_ns"]).tolist()) == {S // 2, 2 * S}
    assert (tasks["result_bit"] == 777).all()
    columns = [tasks[name] for name in ("input_bit", "cycles")] + [tasks["due_ns"] - tasks["born_ns"]]
    columns += [tasks["born_ns"] % S, tasks["vehicle"]]
    correlation = np.corrcoef(np.array(columns, dtype=float)) - np.eye(len(columns))
    assert np.abs(correlation).max() < 4 / np.sqrt(len(tasks))


def test_vehicles_draw_their_class_by_share():
    classes = {"none": {"share": 0.0}, "few": {"share": 1.0}, "many": {"share": 3.0}}
    found = np.bincount(kinds(scenario_of(tasks__classes=classes), Streams(1), 8000), minlength=3)
    assert found[0] == 0
    assert stats.chisquare(found[1:], [2000, 6000]).pvalue > P


def test_a_task_is_of_its_vehicles_class():
    classes = {"a": {"input_bit": 1.0}, "b": {"input_bit": 2.0}, "c": {"share": 0.0, "input_bit": 3.0}}
    world, found = drawn(20, tasks__classes=classes)
    tasks = np.concatenate(found)
    assert np.array_equal(tasks["kind"], world.scene.kind[tasks["vehicle"]])
    assert np.array_equal(tasks["input_bit"], tasks["kind"] + 1)


def test_who_is_absent_has_no_tasks():
    scenario = scenario_of(tasks__rate_hz=5.0)
    world = build(scenario, trace=roaming(1, churn=0.3))
    for slot in range(20):
        fleet = world.fleet(slot)
        tasks = births(scenario, world.scene, world.streams, slot, fleet, False, 0)
        assert np.isin(tasks["vehicle"], fleet.vehicle).all()


def test_without_a_rate_or_a_vehicle_nothing_is_born():
    scenario = scenario_of(tasks__rate_hz=0.0)
    world = build(scenario, trace=standing(3, 1))
    assert not len(births(scenario, world.scene, world.streams, 0, world.fleet(0), False, 0))
    nobody = world.fleet(0).__class__(*(column[:0] for column in vars(world.fleet(0)).values()))
    assert not len(births(scenario_of(), world.scene, world.streams, 0, nobody, False, 0))


def test_the_regime_multiplies_the_rate():
    regimes = {"busy": 3.0, "quiet": 0.25}
    for busy, factor in ((True, 3.0), (False, 0.25)):
        _, found = drawn(200, busy=busy, tasks__rate_hz=0.5, tasks__regimes=regimes)
        assert_poisson(np.array([np.bincount(tasks["vehicle"], minlength=40) for tasks in found]), 0.5 * factor)
    _, found = drawn(10, tasks__regimes={"busy": 3.0, "quiet": 0.0})
    assert not any(map(len, found))


@pytest.mark.parametrize(("mean_s", "slot_s"), [(4.0, 1.0), (2.0, 0.5)])
def test_stretches_of_a_regime_have_their_mean_and_half_the_time_each(mean_s, slot_s):
    scenario = scenario_of(slot_s=slot_s, tasks__regimes={"busy": 2.0, "quiet": 1.0, "mean_s": mean_s})
    chain = [True]
    for slot in range(12_000):
        chain.append(next_regime(scenario, Streams(7), slot, chain[-1]))
    changes = np.flatnonzero(np.diff(chain))
    stretches = np.diff(changes) * slot_s
    spread = stretches.std() / np.sqrt(len(stretches))
    assert stretches.mean() == pytest.approx(mean_s, abs=3.3 * spread)
    assert np.isclose(stretches.std(), np.sqrt(mean_s * (mean_s - slot_s)), rtol=0.1)  # geometric
    slots = mean_s / slot_s  # the mean of n correlated flags has variance (2 / p - 1) / 4 n, about
    assert np.mean(chain) == pytest.approx(0.5, abs=3.3 * np.sqrt(slots / 2 / len(chain)))


def test_equal_regimes_draw_nothing():
    scenario = scenario_of(tasks__regimes={"busy": 2.0, "quiet": 2.0, "mean_s": 1e-9})
    assert [next_regime(scenario, Streams(1), slot, busy) for slot in range(5) for busy in (True, False)] == [
        True,
        False,
    ] * 5


def test_quantiles():
    uniform = np.array([0.0, 0.25, 0.5, 0.999999])
    assert quantile(3.0, uniform).tolist() == [3.0] * 4
    assert quantile((1.0, 2.0), uniform).tolist() == [1.0, 1.0, 2.0, 2.0]
    assert quantile(Range(low=2.0, high=4.0), uniform).tolist() == pytest.approx([2.0, 2.5, 3.0, 3.999998])


def test_more_tasks_than_a_slot_can_hold_are_refused():
    with pytest.raises(ScenarioError, match=r"^'tasks.rate_hz' must make at most 1,000,000 tasks a slot \(got 4e\+07 "):
        drawn(slots=1, tasks__rate_hz=1e6)
