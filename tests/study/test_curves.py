from __future__ import annotations

import numpy as np
import pytest

from qvecsim.study.curves import Reached, area, final, first, mean_interval, resampled, score, smoothed, speedup

EPISODES = np.tile(np.arange(0.0, 241.0, 8.0), (2, 1))


def there(*times, reached=True):
    return Reached(np.array(times, dtype=float), np.full(len(times), reached))


def test_a_score_is_0_and_1_at_its_references():
    assert score(np.array([-70.0, -65.0, -60.0, -80.0]), -70.0, -60.0) == pytest.approx([0, 0.5, 1, -1])


def test_a_smoothed_value_is_the_mean_of_the_last_three():
    assert smoothed(np.array([[3.0, 1.0, 2.0, 6.0, 0.0]])) == pytest.approx(np.array([[3.0, 2.0, 2.0, 3.0, 8 / 3]]))
    assert smoothed(np.array([4.0, 2.0])) == pytest.approx([4.0, 3.0])


def test_the_first_place_at_a_level_is_that_of_the_smoothed_curve():
    rising = np.minimum(EPISODES / 80.0, 1.0)
    found = first(EPISODES, np.stack([rising[0], 0.4 * rising[1]]), 0.5)
    assert found.reached.tolist() == [True, False]
    assert found.times.tolist() == [48.0, 240.0]  # the mean of 32, 40 and 48 is 40


def test_beyond_the_horizon_nothing_counts_as_reached():
    found = first(EPISODES, np.minimum(EPISODES / 80.0, 1.0), 0.5, horizon=40.0)
    assert not found.reached.any()
    assert found.times.tolist() == [40.0, 40.0]


def test_area_and_final_level_of_a_straight_line():
    line = EPISODES / 240.0
    assert area(EPISODES, line) == pytest.approx([0.5, 0.5])
    assert final(line) == pytest.approx(np.full(2, 1 - 16 / 240))


def test_a_constant_ratio_has_an_interval_without_width():
    found = speedup(there(19, 38, 57), there(50, 100, 150), 240.0)
    assert found.saved == pytest.approx(0.62)
    assert found.saved_interval == pytest.approx((0.62, 0.62))
    assert found.faster == pytest.approx(50 / 19 - 1)
    assert found.sooner == 1.0


def test_the_paired_bootstrap_against_enumeration():
    one, other = np.array([10.0, 30.0]), np.array([40.0, 40.0])
    found = speedup(there(*one), there(*other), 240.0)
    # Two seeds have four resamples: both, either twice; so E_a is 10, 20 or 30 with chances 1/4, 1/2, 1/4.
    assert found.saved == pytest.approx(0.5)
    assert found.saved_interval == pytest.approx((0.25, 0.75))
    assert (resampled(2) == [2, 0]).all(axis=1).mean() == pytest.approx(0.25, abs=0.02)


def test_equal_learners_are_sooner_half_of_the_time():
    found = speedup(there(10, 20, 30), there(10, 20, 30), 240.0)
    assert (found.saved, found.sooner) == (0.0, 0.5)


def test_who_was_never_there_counts_the_horizon_and_makes_a_lower_bound():
    found = speedup(there(60, 60), there(240, 240, reached=False), 240.0)
    assert found.saved == pytest.approx(0.75)


def test_the_interval_of_a_mean_is_as_wide_as_theory_has_it():
    values = np.random.default_rng(5).standard_normal(400)
    mean, (low, high) = mean_interval(values)
    assert mean == pytest.approx(values.mean())
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.05)
