from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chisquare

from qvecsim.arrays import to_host
from qvecsim.decision.quantum import grover
from qvecsim.decision.quantum.select import MODES, select
from qvecsim.errors import PolicyError

DRAWS = 100_000
VALUES = np.array([0.3, -np.inf, 2.0, 0.1, 1.9, -1.0, 0.5, 0.2])  # seven valid actions, the best is 2
VALID = np.isfinite(VALUES)


def chosen(mode, rng, xp=np, values=VALUES, draws=DRAWS, rounds=30, **settings):
    uniforms = rng.random((draws, rounds, 2) if mode == "threshold" else draws)
    rows = np.broadcast_to(values, (draws, len(values))).copy()
    found = select(xp.asarray(rows), xp.asarray(uniforms), mode, **settings)
    return type(found)(*(to_host(array) for array in found))


def follows(law, found):
    """Chi-square of the frequencies; seeds are fixed, so that 1e-4 is no gamble."""
    counts = np.bincount(found.index, minlength=len(law))
    assert counts[law == 0.0].sum() == 0
    assert chisquare(counts[law > 0.0], len(found.index) * law[law > 0.0]).pvalue > 1e-4


@pytest.mark.parametrize("order", grover.ORDERS)
@pytest.mark.parametrize("tau", [0, 1, 2])
def test_dong_frequencies_are_the_closed_law(tau, order, rng, xp):
    success = math.sin((2 * grover.ORDERS[order](tau) + 1) * math.asin(math.sqrt(1 / 7))) ** 2
    law = np.where(VALID, (1.0 - success) / 6.0, 0.0)
    law[2] = success
    found = chosen("dong", rng, xp, iterations=tau, order=order)
    follows(law, found)
    assert (found.oracle_calls == tau).all()
    assert (found.shots == 1).all()
    np.testing.assert_allclose(found.probability, success, rtol=1e-12)
    assert (found.found == (found.index == 2)).all()


def test_dong_is_epsilon_greedy(rng):
    """The same law: with probability epsilon = (1 - P) N / (N - 1) any action, else the best."""
    success = float(grover.success(np.array(1 / 7), np.array(1.0)))
    epsilon = (1.0 - success) * 7 / 6
    greedy = np.where(rng.random(DRAWS) < epsilon, np.flatnonzero(VALID)[rng.integers(0, 7, DRAWS)], 2)
    law = np.where(VALID, epsilon / 7.0, 0.0) + np.where(np.arange(8) == 2, 1.0 - epsilon, 0.0)
    counts = np.bincount(greedy, minlength=8)
    assert chisquare(counts[VALID], DRAWS * law[VALID]).pvalue > 1e-4
    follows(law, chosen("dong", rng, iterations=1))


def test_each_row_may_turn_as_often_as_it_likes(rng):
    tau = np.arange(DRAWS) % 2
    found = chosen("dong", rng, iterations=tau)
    assert (found.oracle_calls == tau).all()
    success = grover.success(np.full(2, 1 / 7), np.array([0.0, 1.0]))
    for odd in (0, 1):
        hits = found.found[tau == odd]
        assert abs(hits.mean() - success[odd]) < 5.0 * np.sqrt(0.25 / len(hits))


def test_phase_is_epsilon_greedy_with_any_epsilon_also_of_two_actions(rng, xp):
    values = np.array([-np.inf, 1.0, 2.0])
    for wanted in (0.5, 0.7, 0.95, 1.0):
        found = chosen("phase", rng, xp, values=values, draws=20_000, probability=wanted)
        if wanted < 1.0:
            follows(np.array([0.0, 1.0 - wanted, wanted]), found)
        else:
            assert (found.index == 2).all()
    plain = chosen("dong", rng, values=values, iterations=1)  # which cannot
    assert plain.probability == pytest.approx(0.5)


def test_fixed_point_frequencies_are_its_law(rng, xp):
    found = chosen("fixed_point", rng, xp, band=0.1, tolerance=0.3)
    queries = grover.fixed_point_queries(0.3, 1 / 8)
    success = float(grover.fixed_point_success(np.array(2 / 7), queries, 0.3))
    law = np.where(VALID, (1.0 - success) / 5.0, 0.0)
    law[[2, 4]] = success / 2.0
    follows(law, found)
    assert success >= 1.0 - 0.09
    assert (found.oracle_calls == queries).all()


def test_threshold_finds_marked_actions_all_alike(rng, xp):
    found = chosen("threshold", rng, xp, draws=20_000, band=0.1)
    assert found.found.all()
    follows(np.where(np.isin(np.arange(8), (2, 4)), 0.5, 0.0), found)
    assert found.shots.min() == 1
    assert found.shots.max() > 3


@pytest.mark.parametrize("rounds", [1, 2])
def test_threshold_after_its_last_round_takes_what_was_measured(rounds, rng):
    """One or two rounds by hand: the first cannot turn, the second turns once at even odds."""
    found = chosen("threshold", rng, rounds=rounds)
    first, second = 1 / 7, (1 / 7 + float(grover.success(np.array(1 / 7), np.array(1.0)))) / 2.0
    success = first if rounds == 1 else first + (1.0 - first) * second
    law = np.where(VALID, (1.0 - success) / 6.0, 0.0)
    law[2] = success
    follows(law, found)


@pytest.mark.parametrize(("actions", "marked"), [(64, 1), (64, 4), (256, 1), (1024, 3)])
def test_the_search_takes_no_more_calls_than_its_theorem(actions, marked, rng):
    """Boyer, Brassard, Hoyer, Tapp (1998), Theorem 3: at most 9/2 sqrt(N / M) in the mean."""
    values = np.zeros(actions)
    values[:marked] = 1.0
    found = chosen("threshold", rng, values=values, draws=400, rounds=60)
    assert found.found.all()
    assert 0.3 * math.sqrt(actions / marked) < found.oracle_calls.mean() <= 4.5 * math.sqrt(actions / marked)


@pytest.mark.parametrize("mode", MODES)
def test_invalid_actions_are_never_chosen_and_single_ones_always(mode, rng, xp):
    values = np.full(5, -np.inf)
    values[3] = -7.0
    assert (chosen(mode, rng, xp, values=values, draws=300).index == 3).all()
    many = rng.standard_normal((300, 12))
    many[rng.random((300, 12)) < 0.6] = -np.inf
    many[:, 0] = np.where(np.isfinite(many).any(axis=1), many[:, 0], 0.0)
    uniforms = rng.random((300, 20, 2) if mode == "threshold" else 300)
    index = to_host(select(xp.asarray(many), xp.asarray(uniforms), mode).index)
    assert np.isfinite(many[np.arange(300), index]).all()


@pytest.mark.parametrize("mode", MODES)
def test_equal_draws_give_equal_actions_and_others_others(mode, rng):
    same = np.random.default_rng(5), np.random.default_rng(5), np.random.default_rng(6)
    one, again, other = (chosen(mode, draws, draws=500, values=np.array([0.0, 0.0, 1.0, 0.9, 0.0])) for draws in same)
    assert (one.index == again.index).all()
    if mode == "threshold":  # which finds the best in the end, and ``phase`` at once
        assert (one.oracle_calls != other.oracle_calls).any()
    elif mode != "phase":
        assert (one.index != other.index).any()


def test_what_cannot_be_selected_is_refused():
    with pytest.raises(PolicyError, match=r"'grover.mode' must be known \(got 'dog'\). Did you mean 'dong'"):
        select(np.zeros((1, 2)), np.zeros(1), "dog")
    with pytest.raises(PolicyError, match="'values' must have a finite entry in every row"):
        select(np.array([[0.0, 1.0], [-np.inf, -np.inf]]), np.zeros(2))
    with pytest.raises(PolicyError, match="'draws' must have at least one round"):
        select(np.zeros((1, 2)), np.zeros((1, 0, 2)), "threshold")
