"""Safety and liveness, by enumeration: every set of traitors and every way to vote of up to eight validators."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from qvecsim.consensus.quorum import quorum
from qvecsim.consensus.verdict import BEHAVIOURS, FINAL, MISSED, REJECTED, UNDECIDED, Parties, halves, judged, safe

RANDOM = [tuple(np.random.default_rng(count).integers(1, 1000, count).tolist()) for count in range(1, 9)]
WEIGHTS = [*RANDOM, (1,) * 8, (3, 3, 3), (2, 1, 1, 1, 1), (10**17, 1, 2, 3), (0, 5, 5, 5)]


def sums_of(weights):
    """The weight of every subset, by its bits."""
    sums = [0]
    for weight in weights:
        sums += [weight + other for other in sums]
    return sums


def mask(bits, count):
    return np.array([bits >> at & 1 for at in range(count)], dtype=bool)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_two_quorums_share_more_than_a_third(weights):
    sums, whole, weight = sums_of(weights), sum(weights), np.array(weights)
    quorums = [bits for bits in range(len(sums)) if quorum(weight, mask(bits, len(weights)))]
    assert quorums == [bits for bits, held in enumerate(sums) if 3 * held > 2 * whole]
    assert all(3 * sums[one & other] > whole for one in quorums for other in quorums)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_less_than_a_third_cannot_make_two_final_blocks_conflict(weights):
    # Traitors sign both blocks, each honest validator one of them: 3^W ways.
    count, sums, weight = len(weights), sums_of(weights), np.array(weights)
    everyone, whole = len(sums) - 1, sum(weights)
    final = [3 * held > 2 * whole for held in sums]
    for traitors in range(everyone + 1):
        honest = everyone ^ traitors
        ways = (bits for bits in range(everyone + 1) if not bits & ~honest)
        conflict = any(final[traitors | one] and final[traitors | (honest ^ one)] for one in ways)
        assert safe(weight, mask(traitors, count)) == (3 * sums[traitors] < whole)
        assert not (conflict and safe(weight, mask(traitors, count)))
        if len(set(weights)) == 1 and count >= 6 and 3 * sums[traitors] >= whole + 3:
            assert conflict  # the bound is no idle caution: just beyond it there is a way


def parties_of(roles, behaviour="silent"):
    roles = np.array(list(roles))
    return Parties(roles == "a", roles == "b", behaviour)


CASES = [weights for weights in WEIGHTS if len(weights) <= 5]


@pytest.mark.parametrize("weights", CASES)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_what_becomes_of_a_round(weights, behaviour):
    weight, whole = np.array(weights), sum(weights)
    for roles in itertools.product("hab", repeat=len(weights)):
        parties = parties_of(roles, behaviour)
        held = {role: sum(w for w, of in zip(weights, roles, strict=True) if of == role) for role in "hab"}
        live = 3 * held["h"] > 2 * whole
        assert quorum(weight, parties.honest) == live
        for producer, role in enumerate(roles):
            verdict = judged(weight, parties, producer)
            assert verdict.final == quorum(weight, verdict.agree)
            assert not verdict.agree[parties.absent].any()
            assert not (verdict.rival and safe(weight, parties.byzantine))
            assert verdict.slashed <= (role == "b" and live)
            if role == "h":
                signed = held["h"] + (held["b"] if behaviour != "silent" else 0)
                assert verdict.outcome == (FINAL if 3 * signed > 2 * whole else UNDECIDED)
                assert verdict.valid
            elif role == "a" or behaviour == "silent":
                assert verdict.outcome == MISSED
                assert not verdict.agree.any()
            else:
                assert not verdict.valid
                assert verdict.slashed == live
                assert verdict.concerned[producer]
            if role == "b" and behaviour == "invalid":
                wins = 3 * held["b"] > 2 * whole
                assert verdict.outcome == (FINAL if wins else REJECTED if live else UNDECIDED)
                assert not (verdict.slashed and verdict.concerned[parties.byzantine].sum() > 1)


@pytest.mark.parametrize("weights", CASES)
def test_blocks_become_final_if_and_only_if_more_than_two_thirds_are_honest_and_present(weights):
    # Against the worst that traitors can do to liveness, which is nothing at all.
    weight = np.array(weights)
    for roles in itertools.product("hab", repeat=len(weights)):
        parties = parties_of(roles)
        finals = {judged(weight, parties, producer).final for producer in np.flatnonzero(parties.honest)}
        assert finals <= {quorum(weight, parties.honest)}


def test_four_of_ten_sign_two_blocks_and_both_are_final():
    verdict = judged(np.full(10, 7), parties_of("bbbbhhhhhh", "equivocate"), 0)
    assert (verdict.outcome, verdict.rival, verdict.slashed, verdict.valid) == (FINAL, True, False, False)
    # With three of them one block can be final, but not two; with two of them none.
    three = judged(np.full(10, 7), parties_of("bbbhhhhhhh", "equivocate"), 0)
    assert (three.outcome, three.rival, three.slashed) == (FINAL, False, True)
    assert three.concerned.tolist() == [True] + [False] * 2 + [True] * 7
    two = judged(np.full(10, 7), parties_of("bbhhhhhhhh", "equivocate"), 0)
    assert (two.outcome, two.rival, two.slashed) == (REJECTED, False, True)


def test_exactly_a_third_is_neither_safe_nor_live():
    weight, parties = np.full(3, 5), parties_of("bhh")
    assert not safe(weight, parties.byzantine)
    assert not quorum(weight, parties.honest)


def test_halves_are_a_partition_of_the_members():
    weight, members = np.array([9, 1, 4, 3, 8, 100]), np.array([1, 1, 1, 1, 1, 0], dtype=bool)
    one, other = halves(weight, members)
    assert ((one | other) == members).all()
    assert not (one & other).any()
    assert (weight[one].sum(), weight[other].sum()) == (13, 12)


def test_the_heavier_half_comes_first():
    one, other = halves(np.array([5, 4, 3]), np.ones(3, dtype=bool))
    assert (one.tolist(), other.tolist()) == ([False, True, True], [True, False, False])
