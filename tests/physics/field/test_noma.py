"""NOMA with SIC against the multiple-access channel's capacity region, against counting, and against its limits."""

from __future__ import annotations

from itertools import chain, combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from qvecsim.physics.field import noma
from qvecsim.physics.paper.vec import noise_psd
from qvecsim.units import from_db, w_to_dbm

POWERS = st.floats(1e-14, 1e-2)
USERS = st.lists(POWERS, min_size=1, max_size=5)
NOISE = st.floats(1e-14, 1e-10)


def subsets(users):
    return chain.from_iterable(combinations(range(users), size) for size in range(1, users + 1))


def one(powers):
    """All at one unit."""
    return np.array(powers), np.zeros(len(powers), dtype=np.int64)


def test_thermal_noise_of_35_mhz():
    """Case radio.ktb."""
    assert w_to_dbm(noise_psd(-174.0, 35e6, 0.0)) == pytest.approx(-98.5593, abs=1e-3)
    assert noise_psd(-174.0, 35e6, 0.0) == pytest.approx(1.39338e-13, rel=1e-5)


@pytest.mark.parametrize(
    ("users", "together", "apart"),
    [(1, 9.96723, 9.96723), (2, 10.9665, 1.99856), (3, 11.5512, 1.75417), (5, 12.288, 1.60928)],
)
def test_equal_users_at_30_db(users, together, apart):
    """Case noma.mac: with cancellation log2(1 + sum of SNR); without, everybody drowns everybody."""
    power_w, unit = one([1000.0] * users)
    assert noma.efficiency(noma.sinr(power_w, unit, 1.0, 0.0)).sum() == pytest.approx(together, rel=1e-5)
    assert noma.efficiency(noma.sinr_together(power_w, 1.0)).sum() == pytest.approx(apart, rel=1e-5)
    assert noma.capacity(power_w) == pytest.approx(together, rel=1e-5)


def test_five_equal_users_have_the_rates_of_their_turns():
    power_w, unit = one([1000.0] * 5)
    rates = noma.efficiency(noma.sinr(power_w, unit, 1.0, 0.0))
    assert rates == pytest.approx([9.9672, 0.99928, 0.58472, 0.41492, 0.32186], rel=1e-4)


def test_without_cancellation_many_users_share_log2_e():
    """Case noma.nosic: the limit is 1.4427 bit/s/Hz."""
    sums = [noma.efficiency(noma.sinr_together(np.full(users, 1000.0), 1.0)).sum() for users in (10, 100, 1000)]
    assert sums[1] == pytest.approx(np.log2(np.e), rel=0.01)
    assert sums[0] > sums[1] > sums[2] > np.log2(np.e)


@given(USERS, NOISE)
def test_the_sum_rate_is_the_same_in_every_order(powers, noise_w):
    """Case noma.mac."""
    power_w, _ = one(powers)
    most = noma.capacity(power_w / noise_w)
    for order in permutations(range(len(powers))):
        rates = noma.efficiency(noma.sinr_in_order(power_w, np.array(order), noise_w))
        assert rates.sum() == pytest.approx(most, rel=1e-12)


@given(USERS, NOISE, st.floats(0, 1))
def test_every_subset_stays_below_its_bound(powers, noise_w, residual):
    """Case noma.bound: sum of the rates of S <= log2(1 + sum of SNR of S), for every S."""
    power_w, unit = one(powers)
    for rates in (
        noma.efficiency(noma.sinr(power_w, unit, noise_w, residual)),
        noma.efficiency(noma.sinr_together(power_w, noise_w)),
        noma.orthogonal(power_w / noise_w),
    ):
        for users in map(list, subsets(len(powers))):
            assert rates[users].sum() <= noma.capacity(power_w[users] / noise_w) * (1 + 1e-12)


@given(USERS, NOISE)
def test_strongest_first_is_the_corner_of_that_order_and_beats_equal_parts(powers, noise_w):
    power_w, unit = one(powers)
    found = noma.sinr(power_w, unit, noise_w, 0.0)
    order = np.lexsort((power_w, unit))[::-1]
    others = [power_w[order[place + 1 :]].sum() for place in range(len(order))]
    assert found[order] == pytest.approx(
        [power_w[row] / (rest + noise_w) for row, rest in zip(order, others, strict=True)]
    )
    assert noma.efficiency(found).sum() >= noma.orthogonal(power_w / noise_w).sum() - 1e-9
    # Nothing is lost by rounding: the weakest sees the noise alone, however strong the others are.
    assert found[order[-1]] == power_w[order[-1]] / noise_w


@given(st.lists(st.tuples(POWERS, st.integers(0, 3)), min_size=1, max_size=12), NOISE, st.floats(0, 1))
def test_units_do_not_hear_one_another(users, noise_w, residual):
    power_w, unit = (np.array(column) for column in zip(*users, strict=True))
    found = noma.sinr(power_w, unit, noise_w, residual)
    for one_unit in range(4):
        mine = unit == one_unit
        alone = noma.sinr(power_w[mine], np.zeros(mine.sum(), dtype=np.int64), noise_w, residual)
        assert found[mine] == pytest.approx(alone, rel=1e-12)


@given(USERS, NOISE)
def test_what_cancellation_leaves_lies_between_none_and_all(powers, noise_w):
    power_w, unit = one(powers)
    perfect, some, none = (noma.sinr(power_w, unit, noise_w, residual) for residual in (0.0, 0.1, 1.0))
    assert (perfect >= some).all()
    assert (some >= none).all()
    assert none == pytest.approx(noma.sinr_together(power_w, noise_w), rel=1e-12)


@given(USERS, POWERS, NOISE, st.floats(0, 1))
def test_joining_a_unit_is_being_one_of_its_uploads(powers, more, noise_w, residual):
    power_w, unit = one(powers)
    heard = noma.ladder(power_w, unit, 2)
    joined = noma.joining(heard, np.array([[more, more]]), residual)[0]
    both_w, both = one([*powers, more])
    assert more / (joined[0] + noise_w) == pytest.approx(noma.sinr(both_w, both, noise_w, residual)[-1], rel=1e-9)
    assert joined[1] == 0.0  # nobody is at the second


def test_18_db_for_each_needs_steps_of_18_07_db():
    threshold = from_db(18.0)
    step = 1 + threshold
    power_w, unit = one(threshold * step ** np.arange(4))
    assert noma.sinr(power_w, unit, 1.0, 0.0) == pytest.approx(np.full(4, threshold))
    assert 10 * np.log10(step) == pytest.approx(18.0683, abs=1e-4)
    assert noma.admissible(power_w * 1.0001, unit, np.ones(4, bool), 1.0, threshold, 0.0).all()
    assert noma.admissible(power_w * 0.9999, unit, np.ones(4, bool), 1.0, threshold, 0.0).sum() == 3


def feasible(power_w, kept, under_way, noise_w, threshold):
    """Whether all of ``kept`` reach the threshold, and none under way is pushed below it."""
    rows = np.flatnonzero(kept | under_way)
    found = noma.sinr(power_w[rows], np.zeros(len(rows), dtype=np.int64), noise_w, 0.0)
    before = np.flatnonzero(under_way)
    alone = noma.sinr(power_w[before], np.zeros(len(before), dtype=np.int64), noise_w, 0.0)
    held = before[alone >= threshold]
    must = np.isin(rows, np.concatenate([np.flatnonzero(kept), held]))
    return (found[must] >= threshold).all()


@given(
    st.lists(st.tuples(st.integers(1, 400), st.booleans()), min_size=1, max_size=8),
    st.sampled_from([0.3, 1.0, 2.5, 8.0]),
)
def test_admission_lets_as_many_in_as_any_choice_could(users, threshold):
    power_w, asks = np.array([float(power) for power, _ in users]), np.array([ask for _, ask in users])
    threshold *= 1.0000001  # no ties at the threshold itself
    passed = noma.admissible(power_w, np.zeros(len(users), dtype=np.int64), asks, 10.0, threshold, 0.0)
    assert not (passed & ~asks).any()
    assert feasible(power_w, passed, ~asks, 10.0, threshold)
    most = 0
    for choice in subsets(len(users)):
        kept = np.zeros(len(users), bool)
        kept[list(choice)] = True
        if not (kept & ~asks).any() and feasible(power_w, kept, ~asks, 10.0, threshold):
            most = max(most, len(choice))
    assert passed.sum() == most


@given(st.lists(st.tuples(POWERS, st.integers(0, 2)), min_size=1, max_size=10), NOISE, st.floats(0, 0.2))
def test_who_is_admitted_reaches_the_threshold_with_imperfect_cancellation_too(users, noise_w, residual):
    power_w, unit = (np.array(column) for column in zip(*users, strict=True))
    passed = noma.admissible(power_w, unit, np.ones(len(users), bool), noise_w, 2.0, residual)
    assert (noma.sinr(power_w[passed], unit[passed], noise_w, residual) >= 2.0 * (1 - 1e-9)).all()
    assert passed.any() or (power_w / noise_w < 2.0).all()


def test_after_one_that_is_not_decoded_nobody_is():
    power_w, unit = one([100.0, 30.0, 40.0, 1.0])
    unit = np.array([0, 0, 0, 1])
    # At unit 0 the strongest has 100/(70 + 1), below 2, so that the others are not reached, good as they would be.
    assert noma.decoded(power_w, unit, 1.0, 0.0, 2.0).tolist() == [False, False, False, False]
    assert noma.decoded(power_w, unit, 0.1, 0.0, 1.3).tolist() == [True, True, True, True]
    # 100/71 passes at 1.4, 40/31 does not, and so 30/1 is lost.
    assert noma.decoded(power_w, unit, 1.0, 0.0, 1.4).tolist() == [True, False, False, False]


@given(USERS, NOISE, st.floats(0.1, 10))
def test_decoding_goes_down_the_ladder(powers, noise_w, threshold):
    power_w, unit = one(powers)
    found = noma.decoded(power_w, unit, noise_w, 0.0, threshold)
    good = noma.sinr(power_w, unit, noise_w, 0.0) >= threshold
    order = np.lexsort((power_w, unit))[::-1]
    assert found[order].tolist() == np.logical_and.accumulate(good[order]).tolist()


def test_open_loop_power_control():
    """3GPP TS 38.213, 7.1.1: P0 + alpha PL in dBm, at most the limit."""
    loss_db = np.array([60.0, 90.0, 120.0, 160.0])
    gain, target_w = from_db(-loss_db), from_db(-83.0 - 30.0)
    for alpha in (0.0, 0.8, 1.0):
        expected_dbm = np.minimum(23.0, -83.0 + alpha * loss_db)
        found = noma.fractional_w(np.full(4, from_db(23.0 - 30.0)), gain, target_w, alpha)
        assert 10 * np.log10(found) + 30 == pytest.approx(expected_dbm)
    assert noma.fractional_w(np.ones(1), np.zeros(1), 1e-9, 0.8) == [1.0]


def test_rayleigh_outage_and_ergodic_rate_at_10_db():
    assert noma.outage(1.0, np.array([10.0])) == pytest.approx([0.0951626], abs=1e-7)
    ergodic, _ = quad(lambda fading: float(noma.efficiency(np.array(10.0 * fading))) * np.exp(-fading), 0, 60)
    assert ergodic == pytest.approx(2.90651, abs=1e-5)
    draws = np.random.default_rng(1).standard_exponential(200_000)
    share = (10.0 * draws < 1.0).mean()
    assert share == pytest.approx(0.0951626, abs=4 * np.sqrt(0.0952 * 0.9048 / 200_000))


def test_nobody_sends():
    none, unit = np.zeros(0), np.zeros(0, dtype=np.int64)
    assert noma.sinr(none, unit, 1.0, 0.0).shape == (0,)
    assert noma.admissible(none, unit, np.zeros(0, bool), 1.0, 1.0, 0.0).shape == (0,)
    assert noma.joining(noma.ladder(none, unit, 3), np.ones((2, 3)), 0.0).tolist() == [[0.0] * 3] * 2
    assert noma.capacity(none) == 0.0
    assert noma.orthogonal(none).shape == (0,)
