"""Student's t against SciPy, and how often the intervals hold what they should."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from qvecsim.results.intervals import bootstrap, student, t_quantile, t_share


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 30, 99, 1000])
def test_students_t_against_scipy(freedom):
    for share in (0.5, 0.9, 0.975, 0.995):
        assert t_quantile(share, freedom) == pytest.approx(stats.t.ppf(share, freedom), rel=1e-9, abs=1e-12)
    for value in (0.0, 0.3, 2.0, 40.0):
        assert t_share(value, freedom) == pytest.approx(stats.t.cdf(value, freedom), rel=1e-12)


def test_two_values_by_hand():
    # One degree of freedom: t is Cauchy, its 97.5 % quantile tan(0.475 pi); the standard error of 1 and 3 is 1.
    low, high = student(np.array([1.0, 3.0]))
    reach = np.tan(0.475 * np.pi)
    assert (low, high) == pytest.approx((2 - reach, 2 + reach))


def test_one_value_has_no_interval():
    assert student(np.array([1.0])) is None
    assert bootstrap(np.array([1.0])) is None


def test_equal_values_have_intervals_of_no_width():
    assert student(np.full(4, 2.5)) == (2.5, 2.5)
    assert bootstrap(np.full(4, 2.5)) == (2.5, 2.5)


def test_the_bootstrap_against_scipy_and_itself():
    values = np.random.default_rng(3).gamma(2.0, size=25)
    expected = stats.bootstrap((values,), np.mean, method="percentile", random_state=np.random.default_rng(4))
    width = expected.confidence_interval.high - expected.confidence_interval.low
    assert bootstrap(values) == pytest.approx(tuple(expected.confidence_interval), abs=0.03 * width)
    assert bootstrap(values) == bootstrap(values)


def test_students_interval_holds_the_mean_19_times_in_20():
    draw = np.random.default_rng(7)
    spans = [student(draw.normal(5.0, 2.0, 6)) for _ in range(4000)]
    held = np.mean([low <= 5.0 <= high for low, high in spans])
    assert held == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 4000))
