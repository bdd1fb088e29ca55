from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.study.survival import kaplan_meier, median, restricted_mean, restricted_means

# Remission of 21 patients under 6-MP, in weeks (Freireich et al. 1963), the textbook case of Kaplan-Meier.
WEEKS = np.array([6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35], dtype=float)
RELAPSED = np.arange(21) < 9


def test_kaplan_meier_against_the_textbook():
    found = kaplan_meier(WEEKS, RELAPSED)
    assert found.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert found.share == pytest.approx([0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], abs=5e-5)
    assert median(WEEKS, RELAPSED) == 23


def test_without_censoring_it_is_the_empirical_distribution_and_its_mean():
    times = np.array([4.0, 1.0, 3.0, 3.0])
    found = kaplan_meier(times, np.ones(4, bool))
    assert found.share == pytest.approx([0.75, 0.25, 0.0])
    assert restricted_mean(times, np.ones(4, bool), 10.0) == pytest.approx(times.mean())


def test_nobody_there_is_no_median_and_the_whole_horizon():
    times, none = np.full(3, 240.0), np.zeros(3, bool)
    assert median(times, none) == np.inf
    assert restricted_mean(times, none, 240.0) == 240.0


def test_the_restricted_mean_is_the_area_below_the_steps():
    found, horizon = kaplan_meier(WEEKS, RELAPSED), 30.0
    steps = np.concatenate([[0.0], found.times, [horizon]])
    area = float(np.dot(np.diff(steps), [1.0, *found.share]))
    assert restricted_mean(WEEKS, RELAPSED, horizon) == pytest.approx(area)


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.integers(0, 3)), min_size=1, max_size=12))
def test_counting_a_learner_twice_is_having_it_twice(rows):
    times, reached, counts = (np.array(column) for column in zip(*rows, strict=True))
    if counts.sum() == 0:
        counts[0] = 1
    told = restricted_means(times.astype(float), reached, 10.0, counts[None])[0]
    again = restricted_mean(np.repeat(times, counts).astype(float), np.repeat(reached, counts), 10.0)
    assert told == pytest.approx(again)


def test_of_exponential_times_the_estimate_meets_the_closed_form():
    draw = np.random.default_rng(3)
    times, censored = draw.exponential(10.0, 20_000), draw.exponential(15.0, 20_000)
    seen, reached = np.minimum(times, censored), times <= censored
    assert restricted_mean(seen, reached, 20.0) == pytest.approx(10 * (1 - np.exp(-2)), rel=0.02)
    assert np.minimum(seen, 20.0).mean() < 0.75 * 10 * (1 - np.exp(-2))  # what ignoring censoring would say
