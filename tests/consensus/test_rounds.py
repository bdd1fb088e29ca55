"""What all built-in rules keep, round after round; whom a settlement concerns; and whose turn it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from qvecsim.consensus import poqks, pos, round_robin
from qvecsim.consensus.lottery import Turn, turn
from qvecsim.consensus.settlement import settled
from qvecsim.consensus.verdict import BEHAVIOURS, Parties, Verdict, judged, voting
from qvecsim.scenario.parameters import Chain
from qvecsim.types import Head

few = settings(max_examples=40, derandomize=True, deadline=None, database=None)
stakes = st.lists(st.integers(0, 2**50), min_size=1, max_size=8).map(lambda values: np.array(values, dtype=np.int64))
ROLES = st.sampled_from("hhhab")


@few
@given(stakes, st.data(), st.sampled_from([poqks, pos, round_robin]), st.sampled_from(sorted(BEHAVIOURS)))
def test_stakes_only_change_as_declared(stake, data, rules, behaviour):
    roles = np.array(data.draw(st.lists(ROLES, min_size=len(stake), max_size=len(stake))))
    parties, prm = Parties(roles == "a", roles == "b", behaviour), Chain(reward=90.4, fee=60.0, vote_reward=40.0)
    for number in range(1, 30):
        producer = rules.elect(stake, np.ones(len(stake), dtype=np.int64), turn(Head(0, b"x"), number))
        verdict = judged(voting(stake), parties, producer)
        after = settled(rules, stake, producer, verdict, prm)
        assert after.dtype == np.int64
        assert (after >= 0).all()
        change = sum(after.tolist()) - sum(stake.tolist())
        declared = 0
        if rules is pos and verdict.slashed:
            declared = -int(stake[producer])
        elif rules is pos and verdict.final:
            declared = 90
        assert change == declared
        moved = after != stake
        assert not moved[~verdict.concerned].any()
        assert not moved.any() or verdict.final or verdict.slashed
        assert not verdict.slashed or after[producer] <= stake[producer]
        stake = after


def test_only_who_signed_is_paid_and_only_who_refused_has_the_penalty():
    stake, prm = np.array([400, 300, 200, 100]), Chain(reward=20.0, fee=8.0, vote_reward=8.0)
    absent = Parties(np.array([0, 0, 0, 1], bool), np.zeros(4, bool), "silent")
    verdict = judged(stake, absent, 0)
    # 8 times 4/9, rounded, is 4: parts 2.4 and 1.6.
    assert settled(poqks, stake, 0, verdict, prm).tolist() == [396, 302, 202, 100]
    traitors = Parties(np.zeros(4, bool), np.array([0, 0, 1, 1], bool), "invalid")
    verdict = judged(stake, traitors, 2)
    assert verdict.slashed
    # 20 times 2/9, rounded, is 4: parts 2.3 and 1.7; the accomplice gets nothing.
    assert settled(poqks, stake, 2, verdict, prm).tolist() == [402, 302, 196, 100]


def test_without_a_decision_nothing_moves():
    nobody = np.zeros(2, dtype=bool)
    for outcome in ("undecided", "missed"):
        verdict = Verdict(outcome, nobody, True, False, False, ~nobody)
        assert settled(pos, np.array([3, 4]), 0, verdict, Chain()).tolist() == [3, 4]


def test_plain_proof_of_stake_draws_by_stake_alone():
    stake, votes = np.array([500, 300, 120, 60, 20]), np.array([0, 0, 0, 0, 9])
    drawn = [pos.elect(stake, votes, turn(Head(0, b""), number)) for number in range(1, 20_001)]
    assert chisquare(np.bincount(drawn, minlength=5), 20_000 * stake / stake.sum()).pvalue > 1e-3


def test_plain_proof_of_stake_mints_and_burns():
    stake = np.array([5, 7])
    assert pos.settle(stake, 1, True, Chain(reward=2.6)).tolist() == [5, 10]
    assert pos.settle(stake, 1, False, Chain()).tolist() == [5, 0]
    assert pos.settle(stake, 0, True, Chain(reward=1e300)).tolist() == [2**62, 7]
    assert stake.tolist() == [5, 7]


def test_round_robin_goes_by_the_round():
    producers = [
        round_robin.elect(np.array([1, 0, 9]), np.ones(3), turn(Head(0, b""), number)) for number in range(1, 8)
    ]
    assert producers == [0, 1, 2, 0, 1, 2, 0]


def test_a_failed_round_has_a_draw_of_its_own():
    head = Head(4, b"h" * 32)
    assert (turn(head, 5), turn(head, 5).round) == (head.hash, 5)
    later = [turn(head, number) for number in range(5, 40)]
    assert len(set(later)) == 35
    assert {poqks.elect(np.array([1, 1, 1]), np.ones(3, dtype=np.int64), at) for at in later} == {0, 1, 2}
    assert isinstance(later[0], bytes)
    assert Turn(b"abc", 2) == b"abc"


@pytest.mark.parametrize("rules", [poqks, pos, round_robin])
def test_settle_leaves_its_argument(rules):
    before = np.array([50, 30, 20])
    for valid in (True, False):
        rules.settle(before, 0, valid, Chain())
    assert before.tolist() == [50, 30, 20]
