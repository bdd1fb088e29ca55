"""More than two thirds: what any two quorums have in common, by enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from qvecsim.consensus.quorum import quorum


@pytest.mark.parametrize(
    ("agree", "stands"), [([1, 1, 0], False), ([1, 1, 1], True), ([0, 0, 1], False), ([0, 0, 0], False)]
)
def test_exactly_two_thirds_is_not_enough(agree, stands):
    assert quorum(np.array([7, 7, 7]), np.array(agree, dtype=bool)) is stands


def test_one_can_finalise_or_block_alone():
    alone, absent = np.eye(3, dtype=bool)[0], ~np.eye(3, dtype=bool)[0]
    assert quorum(np.array([67, 20, 13]), alone)
    assert not quorum(np.array([66, 20, 14]), alone)
    assert not quorum(np.array([500, 300, 200]), absent)


def test_large_weights_are_exact():
    third = 2**61
    assert not quorum(np.array([third, third, third]), np.array([True, True, False]))
    assert quorum(np.array([third, third, third - 1]), np.array([True, True, False]))


SHARES = [(500, 300, 120, 60, 20), (1, 1, 1), (1, 1, 1, 1), (5, 5, 4, 4, 3, 3), (9, 7, 5, 3, 2, 1, 1), (1,) * 8]


@pytest.mark.parametrize("weights", SHARES)
def test_two_quorums_share_more_than_a_third(weights):
    weight, total = np.array(weights), sum(weights)
    sets = np.array(list(itertools.product([False, True], repeat=len(weights))))
    quorums = sets[[quorum(weight, agree) for agree in sets]]
    common = (quorums[:, None] & quorums[None]) @ weight
    assert (3 * common > total).all()
    # So what both have signed cannot be the work of traitors with less than a third alone.
    traitors = sets[3 * (sets @ weight) < total]
    assert (common.min() > traitors @ weight).all()


@pytest.mark.parametrize("weights", SHARES)
def test_a_quorum_needs_less_than_a_third_away(weights):
    weight, total = np.array(weights), sum(weights)
    for away in itertools.product([False, True], repeat=len(weights)):
        missing = np.array(away)
        assert quorum(weight, ~missing) == (3 * int(weight[missing].sum()) < total)
