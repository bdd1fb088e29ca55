"""The mended algorithm: who is drawn, and that no bit is lost."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from qvecsim.consensus import poqks
from qvecsim.consensus.remainder import share
from qvecsim.scenario.parameters import Chain

PRM = Chain()
STAKE = np.array([500, 300, 120, 60, 20])
stakes = st.lists(st.integers(0, 2**50), min_size=1, max_size=9).map(lambda values: np.array(values, dtype=np.int64))
coefficients = st.floats(0.0, 1e6)


def heads(count):
    return [hashlib.sha256(b"%d" % number).digest() for number in range(count)]


def test_producers_are_drawn_by_stake():
    votes = np.ones(5, dtype=np.int64)
    counts = np.bincount([poqks.elect(STAKE, votes, head) for head in heads(200_000)], minlength=5)
    assert chisquare(counts, 200_000 * STAKE / STAKE.sum()).pvalue > 1e-3


def test_votes_count_with_the_stake():
    votes = np.array([0, 1, 2, 0, 3])
    counts = np.bincount([poqks.elect(STAKE, votes, head) for head in heads(20_000)], minlength=5)
    assert counts[[0, 3]].tolist() == [0, 0]
    assert chisquare(counts[[1, 2, 4]], 20_000 * np.array([300, 240, 60]) / 600).pvalue > 1e-3


def test_the_same_head_draws_the_same_producer():
    votes = np.ones(5, dtype=np.int64)
    drawn = [poqks.elect(STAKE, votes, head) for head in heads(50)]
    assert drawn == [poqks.elect(STAKE, votes, head) for head in heads(50)]
    assert len(set(drawn)) > 1


def test_without_weight_all_are_equal():
    drawn = {poqks.elect(np.zeros(3, dtype=np.int64), np.ones(3, dtype=np.int64), head) for head in heads(50)}
    assert drawn == {0, 1, 2}


@given(stakes, st.binary(max_size=40))
def test_only_weight_is_drawn(stake, head):
    producer = poqks.elect(stake, np.ones(len(stake), dtype=np.int64), head)
    assert stake[producer] > 0 or not stake.any()


def test_settle_by_hand():
    # Fee 6, of which voters may take 4, times the weight 1/2: 2 bits, by 300 : 120 : 60 : 20.
    assert poqks.settle(STAKE, 0, True, PRM).tolist() == [498, 301, 121, 60, 20]
    # Reward 10 times the weight 1/2: 5 bits, parts 3, 1.2, 0.6, 0.2.
    assert poqks.settle(STAKE, 0, False, PRM).tolist() == [495, 303, 121, 61, 20]
    big = Chain(fee=600.0, vote_reward=1e9, reward=1000.0)
    assert poqks.settle(STAKE, 0, True, big).tolist() == [200, 480, 192, 96, 32]
    assert poqks.settle(STAKE, 0, False, big).tolist() == [0, 600, 240, 120, 40]


def test_settle_without_others_or_stake():
    assert poqks.settle(np.array([7]), 0, False, PRM).tolist() == [7]
    assert poqks.settle(np.array([0, 9]), 0, False, PRM).tolist() == [0, 9]
    assert poqks.settle(np.array([9, 0, 0]), 0, False, Chain(reward=4.0)).tolist() == [5, 2, 2]


@given(stakes, st.data(), st.booleans(), coefficients, coefficients, coefficients)
def test_stake_is_conserved(stake, data, valid, fee, vote_reward, reward):
    prm = Chain(fee=fee, vote_reward=vote_reward, reward=reward)
    producer = data.draw(st.integers(0, len(stake) - 1))
    after = poqks.settle(stake, producer, valid, prm)
    assert after.dtype == np.int64
    assert sum(after.tolist()) == sum(stake.tolist())
    assert (after >= 0).all()
    assert after[producer] <= stake[producer]
    assert (np.delete(after - stake, producer) >= 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_stake_is_conserved_round_after_round(seed):
    rng = np.random.default_rng(seed)
    stake, prm = rng.integers(1, 100, 6), Chain(fee=60.0, vote_reward=40.0, reward=90.0)
    total = stake.sum()
    for head in heads(300):
        producer = poqks.elect(stake, rng.integers(0, 3, 6), head)
        stake = poqks.settle(stake, producer, bool(rng.random() < 0.8), prm)
        assert stake.sum() == total
        assert (stake >= 0).all()


@given(st.integers(0, 2**60), st.lists(st.integers(0, 2**60), min_size=1, max_size=9))
def test_share(amount, weights):
    parts, total = share(amount, weights), sum(weights)
    assert sum(parts) == amount
    if total:
        assert all(abs(part * total - amount * weight) < total for part, weight in zip(parts, weights, strict=True))


def test_share_among_equals():
    assert share(5, [1, 1, 1]) == [2, 2, 1]
    assert share(2, [0, 0, 0]) == [1, 1, 0]
    assert share(0, [3, 4]) == [0, 0]
