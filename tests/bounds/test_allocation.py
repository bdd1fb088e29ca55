from __future__ import annotations

import itertools

import numpy as np
import pytest

from qvecsim.bounds.allocation import LOCAL_UNIT, Allocation, allocation, brute_force, cost_s
from qvecsim.bounds.shares import square_root_share
from qvecsim.bounds.status import BOUND, OPTIMAL
from qvecsim.bounds.tangents import optimum, relaxed_s


def drawn(seed, vehicles=6, units=3, keys=2):
    """A slot in which about ``keys`` offloads a unit find a key; some units are out of reach."""
    draw = np.random.default_rng(seed)
    efficiency = draw.uniform(0.5, 6.0, (vehicles, units)) * (draw.random((vehicles, units)) < 0.9)
    return allocation(
        draw.uniform(0.1e6, 3e6, vehicles),
        draw.choice([0.5e9, 1.8e9, 3e9], vehicles),
        np.full(vehicles, 0.5e9),
        efficiency,
        np.full(units, 20e6),
        np.full(units, 10e9),
        draw.choice([128, 256], vehicles),
        draw.integers(256, 256 * keys + 1, units),
    )


@pytest.mark.parametrize("seed", range(20))
def test_six_vehicles_and_three_servers_against_brute_force(seed):
    problem = drawn(seed)
    choice, least = brute_force(problem)
    found = optimum(problem)
    assert found.status == OPTIMAL
    assert found.upper_s == pytest.approx(least, rel=1e-6)
    assert found.lower_s == pytest.approx(least, rel=1e-6)
    assert cost_s(problem, found.choice) == found.upper_s
    assert cost_s(problem, choice) == least


@pytest.mark.parametrize("seed", range(5))
def test_the_relaxation_is_below_the_optimum(seed):
    problem = drawn(seed)
    assert 0.0 < relaxed_s(problem) <= brute_force(problem)[1] * (1 + 1e-6)


@pytest.mark.parametrize("seed", [2, 5])
def test_twenty_vehicles_are_solved_in_seconds(seed):
    found = optimum(drawn(seed, 20, 4, 5), time_limit_s=30.0)
    assert found.status == OPTIMAL
    assert found.gap <= 1e-6


def test_cost_is_that_of_the_best_shares():
    draw = np.random.default_rng(3)
    bits, cycles, spectral = draw.uniform(1e5, 1e6, 4), draw.uniform(1e8, 1e9, 4), draw.uniform(1.0, 5.0, (4, 2))
    none, plenty = np.zeros(4, np.int64), np.full(2, 10)
    problem = allocation(
        bits, cycles, np.full(4, 1e9), spectral, np.array([1e6, 2e6]), np.array([3e9, 4e9]), none, plenty
    )
    choice = np.array([0, 0, 1, LOCAL_UNIT])
    by_hand = cycles[3] / 1e9
    for unit, users in ((0, [0, 1]), (1, [2])):
        by_hand += square_root_share(bits[users] / spectral[users, unit], (1e6, 2e6)[unit]).total_s
        by_hand += square_root_share(cycles[users], (3e9, 4e9)[unit]).total_s
    assert cost_s(problem, choice) == pytest.approx(by_hand, rel=1e-12)


def test_brute_force_sees_every_choice():
    problem = drawn(4, 3, 2)
    every = [cost_s(problem, np.array(each)) for each in itertools.product((-1, 0, 1), repeat=3)]
    assert brute_force(problem)[1] == min(every)


def test_pools_that_cannot_pay_and_units_out_of_reach_are_not_used():
    root = np.full((2, 2), 0.1)
    poor = Allocation(np.full(2, 9.0), root, root, np.array([256, 256]), np.array([0, 256]))
    found = optimum(poor)
    assert sorted(found.choice.tolist()) == [LOCAL_UNIT, 1]
    far = Allocation(np.full(2, 9.0), np.full((2, 2), np.inf), root, np.zeros(2, np.int64), np.zeros(2, np.int64))
    assert optimum(far).choice.tolist() == [LOCAL_UNIT, LOCAL_UNIT]
    assert optimum(far).upper_s == brute_force(far)[1] == 18.0


def test_what_time_has_cut_short_is_not_called_optimal():
    problem = drawn(1, 20, 4, 5)
    cut, near = optimum(problem, time_limit_s=0.0), optimum(problem, 30.0, 1e-2)
    assert cut.status == BOUND
    assert cut.gap > 1e-2 >= near.gap
    assert cut.lower_s <= near.upper_s <= cut.upper_s


def test_solving_prints_nothing(capfd):
    for seed in (0, 19):  # HiGHS has something to say about these
        optimum(drawn(seed))
    assert capfd.readouterr() == ("", "")
