"""Words, axes, thinner series and intervals, against numbers by hand and by other means."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qvecsim.reports import axis, batches, thin
from qvecsim.reports.learning import smoothed
from qvecsim.reports.wording import SHARE, between, clipped, label, shown

from .reading import is_shown


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (13270.434, "bit/s", "13.27 kbit/s"),
        (0.4765, "s", "476.5 ms"),
        (3.09e-4, "s", "309 µs"),
        (14.06, "s", "14.06 s"),
        (6010.0, "s", "6,010 s"),
        (0, "s", "0 s"),
        (0.25, "bit", "0.25 bit"),
        (999.96, "bit", "1 kbit"),
        (10802.69, "J", "10.8 kJ"),
        (0.1499, SHARE, "14.99 %"),
        (67694, "1", "67,694"),
        (-13209.4, "1", "-13,209"),
        (None, "s", "\u2013"),
        (math.nan, "s", "\u2013"),
        ("safe", "", "safe"),
    ],
)
def test_numbers_as_people_read_them(value, unit, words):
    assert shown(value, unit) == words


@given(st.floats(1e-6, 1e14) | st.integers(-(10**12), 10**12), st.sampled_from(["s", "bit", "bit/s", "J", SHARE, "1"]))
def test_what_is_shown_is_the_value_to_four_digits(value, unit):
    assert is_shown(shown(value, unit), repr(value))


def test_intervals_have_their_unit_once():
    assert between(13012.0, 13530.0, "bit/s") == "13.01 to 13.53 kbit/s"
    assert between(-0.02, 0.28, SHARE) == "-2 to 28 %"
    assert between(-1.5, 2.5) == "-1.5 to 2.5"


def test_names_lose_their_unit_and_long_ones_their_end():
    assert label("mean_latency_s") == "mean latency"
    assert (clipped("abcdef", 4), clipped("abcd", 4)) == ("abc…", "abcd")


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9), st.integers(1, 8))
def test_an_axis_covers_its_values_with_round_ticks(low, width, count):
    found = axis.spanning(low, low + width, count, 0.0, 1.0)
    slack = 1e-6 * (abs(low) + width + 1)
    assert found.low <= low + slack
    assert found.high >= low + width - slack
    assert 2 <= len(found.ticks) <= 2 * count + 3
    assert found.at(found.low) == 0.0
    assert found.at(found.high) == pytest.approx(1.0)
    assert np.allclose(np.diff(found.ticks), found.ticks[1] - found.ticks[0], rtol=1e-6)


def test_an_axis_of_nothing_is_an_axis():
    assert axis.spanning(math.nan, math.nan, 4, 0, 1).low == 0.0
    assert axis.along(0.0, 599.0, 4, 0, 1).ticks == (0.0, 200.0, 400.0)


@given(st.floats(0, 1), st.floats(0, 1))
def test_an_axis_of_shares_ends_at_none_and_all(one, other):
    found = axis.within(axis.spanning(min(one, other), max(one, other), 3, 0.0, 1.0), 0.0, 1.0)
    assert 0.0 <= found.low <= min(one, other) + 1e-6
    assert max(one, other) - 1e-6 <= found.high <= 1.0
    assert (found.ticks[0], found.ticks[-1]) == (found.low, found.high)


numbers = st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=1, max_size=200)


@given(numbers, st.integers(1, 60))
def test_thinner_series_keep_means_and_ends_of_every_interval(values, points):
    found = thin.thin(values, points)
    edges = thin.edges(len(values), points)
    assert len(found.mean) == min(points, len(values)) == len(edges) - 1
    for place, (begin, end) in enumerate(itertools.pairwise(edges)):
        there = [value for value in values[begin:end] if value == value]
        told = (found.mean[place], found.low[place], found.high[place])
        by_hand = (math.fsum(there) / len(there), min(there), max(there)) if there else (math.nan,) * 3
        assert told == pytest.approx(by_hand, nan_ok=True, abs=1e-6)


@given(numbers, st.integers(1, 60))
def test_sums_lose_nothing(values, points):
    values = np.nan_to_num(values)
    assert thin.sums(values, points).sum() == pytest.approx(values.sum(), abs=1e-5)


def test_json_numbers_are_short_and_whole_ones_exact():
    assert thin.plain([1.0, 12345678901.0, 1 / 3, math.nan]) == [1, 12345678901, 0.3333333, None]


def test_the_interval_of_equal_batches_is_that_of_scipy():
    above = np.array([3.0, 5.0, 4.0, 6.0, 2.0, 4.5])
    expected = stats.t.interval(0.95, 5, above.mean(), stats.sem(above))
    assert batches.ratio(above, np.ones(6)) == pytest.approx(expected, rel=1e-9)


def test_the_interval_of_a_ratio_covers_it_as_often_as_it_says():
    draw = np.random.default_rng(5)
    hits = 0
    for _ in range(400):
        tasks = draw.poisson(50, 20).astype(float)
        missed = draw.binomial(tasks.astype(int), 0.2).astype(float)
        low, high = batches.ratio(missed, tasks)
        hits += low <= 0.2 <= high
    assert 0.91 <= hits / 400 <= 0.98


def test_too_little_has_no_interval():
    assert batches.count_of(49) == 0
    assert (batches.count_of(50), batches.count_of(6010)) == (5, 20)
    assert batches.ratio(np.ones(4), np.ones(4)) is None
    assert batches.ratio(np.zeros(6), np.zeros(6)) is None


def test_batches_are_equal_parts_of_the_run():
    batch = batches.batch_of(np.arange(100), 100, 20)
    assert np.bincount(batch).tolist() == [5] * 20
    assert batches.sums(batch, np.where(np.arange(100) % 2, np.nan, 1.0), 20).sum() == 50


def test_smoothing_is_the_mean_of_the_last_values():
    assert smoothed(np.array([1.0, 3.0, 5.0, 7.0]), 2).tolist() == [1.0, 2.0, 4.0, 6.0]
