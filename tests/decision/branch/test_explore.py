from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chisquare

from qvecsim.decision.branch.explore import chances, taken

NO = -np.inf
VALUES = np.array([[0.0, 3.0, 1.0, 2.0], [5.0, NO, 1.0, NO], [NO, NO, 7.0, NO], [1.0, 1.0, NO, 0.0]])


def test_chances_by_hand():
    assert chances(VALUES, 0.2) == pytest.approx(
        np.array([[0.05, 0.85, 0.05, 0.05], [0.9, 0, 0.1, 0], [0, 0, 1, 0], [0.8 + 0.2 / 3, 0.2 / 3, 0, 0.2 / 3]])
    )


def test_of_four_it_is_none_or_one_turn_of_grover():
    """With one of four marked, sin^2((2 tau + 1) asin(1/2)) is 1/4 before and 1 after one turn; tau = 0 in epsilon."""
    success = [math.sin((2 * tau + 1) * math.asin(0.5)) ** 2 for tau in (0, 1)]
    mixed = 0.3 * success[0] + 0.7 * success[1]
    assert chances(VALUES[:1], 0.3)[0, 1] == pytest.approx(mixed)


def test_without_draws_or_epsilon_the_best_is_taken():
    assert taken(VALUES, 0.5, None).tolist() == [1, 0, 2, 0]
    assert taken(VALUES, 0.0, np.zeros(4)).tolist() == [1, 0, 2, 0]


def test_frequencies_follow_the_law_and_nothing_invalid_is_taken():
    draws = np.random.default_rng(1).random(20_000)
    for row in VALUES:
        found = taken(np.tile(row, (len(draws), 1)), 0.6, draws)
        law = chances(row[None], 0.6)[0]
        counts = np.bincount(found, minlength=4)
        assert (counts[law == 0] == 0).all()
        if np.count_nonzero(law) > 1:
            assert chisquare(counts[law > 0], law[law > 0] * len(draws)).pvalue > 1e-3


@pytest.mark.parametrize("draw", [0.0, np.nextafter(1, 0)])
def test_the_ends_of_the_draw_are_valid_options(draw):
    assert np.isfinite(VALUES[np.arange(4), taken(VALUES, 1.0, np.full(4, draw))]).all()
