"""Algorithm 1 as printed: what each line does to the stakes, and where 2,000 rounds lead."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.consensus import poqks_printed
from qvecsim.scenario.parameters import Chain

PRM = Chain(reward=10.0, vote_reward=4.0, slash_share=2.0, fee=6.0)
STAKE = np.array([500.0, 300.0, 120.0, 60.0, 20.0])
ONE_EACH = np.ones(5, dtype=np.int64)


@pytest.mark.parametrize(("valid", "change"), [(True, [-1, 0, 0, 0, 0]), (False, [6, 1, 1, 1, 1])])
def test_one_round(valid, change):
    assert poqks_printed.elect(STAKE, ONE_EACH, b"") == 0
    assert poqks_printed.settle(STAKE, 0, valid, PRM) - STAKE == pytest.approx(change, abs=1e-12)


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=9), st.data())
def test_sums_of_a_round(values, data):
    stake = np.array(values, dtype=np.float64)
    producer = data.draw(st.integers(0, len(stake) - 1))
    weight = stake[producer] / stake.sum()
    valid, invalid = (poqks_printed.settle(stake, producer, outcome, PRM) - stake for outcome in (True, False))
    assert valid.sum() == pytest.approx((4 - 6) * weight, abs=1e-9)
    assert invalid.sum() == pytest.approx((10 + 2 * len(stake)) * weight, abs=1e-9)
    assert valid[producer] == pytest.approx((4 * (producer == stake.argmax()) - 6) * weight, abs=1e-9)
    assert invalid[producer] == pytest.approx((10 + 2) * weight, abs=1e-9)
    assert np.count_nonzero(valid) <= 2


def rounds(count, prm):
    stake, producers = STAKE, []
    for _ in range(count):
        producers.append(poqks_printed.elect(stake, ONE_EACH, b""))
        stake = poqks_printed.settle(stake, producers[-1], True, prm)
    return stake, producers


def test_two_thousand_rounds_burn_the_stake():
    stake, producers = rounds(2000, PRM)
    assert stake == pytest.approx([-0.14, 3309.01, 0.2, -4963.58, 0.06], abs=6e-3)
    assert stake.sum() == pytest.approx(-1654.45, abs=6e-3)
    assert np.bincount(producers) / 2000 == pytest.approx([0.378, 0.264, 0.128, 0.207, 0.024], abs=6e-4)


def test_when_it_goes_wrong():
    _, producers = rounds(229, PRM)
    assert producers == [0] * 228 + [1]
    before, after = rounds(1723, PRM)[0], rounds(1724, PRM)[0]
    assert before.min() > 0 > after.min()
    assert after.sum() == pytest.approx(0.89, abs=6e-3)


def test_the_richest_keeps_it_all_when_nothing_burns():
    stake, producers = rounds(2000, Chain(vote_reward=6.0))
    assert set(producers) == {0}
    assert stake == pytest.approx(STAKE, abs=1e-9)


def test_votes_can_outweigh_a_stake():
    assert poqks_printed.elect(STAKE, np.array([1, 2, 1, 1, 26]), b"") == 1
    assert poqks_printed.elect(STAKE, np.array([1, 1, 1, 1, 26]), b"other") == 4


def test_nothing_at_stake():
    assert poqks_printed.elect(np.zeros(3), np.ones(3, dtype=np.int64), b"") == 0


def test_settle_leaves_its_argument():
    before = STAKE.copy()
    poqks_printed.settle(STAKE, 0, False, PRM)
    assert (before == STAKE).all()
