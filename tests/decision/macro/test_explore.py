from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import chisquare

from qvecsim.decision.macro import explore
from qvecsim.errors import PolicyError

SIZES = (8, 4, 2)


def parts(rng, batch=1):
    return [rng.normal(size=(batch, size)) for size in SIZES]


def draws(rng, batch):
    return rng.random((batch, len(SIZES), explore.ROUNDS, 2))


@pytest.mark.parametrize("mode", explore.MODES)
def test_without_draws_the_best_of_every_part_is_the_best_of_all(mode, rng):
    values = parts(rng, 5)
    index, calls = explore.chosen(values, None, mode, 0.0)
    whole = values[0][:, :, None, None] + values[1][:, None, :, None] + values[2][:, None, None, :]
    assert index.tolist() == whole.reshape(5, -1).argmax(axis=1).tolist()
    assert calls == []


@pytest.mark.parametrize("progress", [0.0, 0.4, 0.7, 1.0])
def test_registers_and_plain_draws_have_the_same_law(progress, rng):
    """Both by chi-square against the closed form."""
    values, count = parts(rng), 8_000
    many = [np.repeat(of, count, axis=0) for of in values]
    for mode in ("dong", "epsilon"):
        index, _ = explore.chosen(many, draws(rng, count), mode, progress)
        for part, found in enumerate(np.unravel_index(index, SIZES)):
            size, best = SIZES[part], int(values[part].argmax())
            likely = np.full(size, (1.0 - explore.success(size, progress)) / (size - 1))
            likely[best] = explore.success(size, progress)
            counts = np.bincount(found, minlength=size)
            assert (counts[likely < 1e-12] == 0).all()
            some = likely >= 1e-12
            if some.sum() > 1:
                assert chisquare(counts[some], likely[some] / likely[some].sum() * count).pvalue > 1e-4


@pytest.mark.parametrize("progress", [0.0, 0.5, 3.0])
def test_seldom_takes_another_as_often_as_it_says(progress, rng):
    values, count = parts(rng), 8_000
    index, searches = explore.chosen(
        [np.repeat(of, count, axis=0) for of in values], draws(rng, count), "seldom", progress
    )
    assert all(search.phased and (search.iterations == 1).all() for search in searches)
    likely = explore.likely(progress)
    assert likely == pytest.approx({0.0: 0.8, 0.5: 0.89, 3.0: 0.98}[progress])
    for part, found in list(enumerate(np.unravel_index(index, SIZES)))[1:]:  # one turn is enough for one of four
        law = np.full(SIZES[part], (1.0 - likely) / (SIZES[part] - 1))
        law[int(values[part].argmax())] = likely
        assert chisquare(np.bincount(found, minlength=SIZES[part]), law * count).pvalue > 1e-4


def test_the_schedule_goes_from_any_choice_to_nearly_the_best():
    for size in (2, 4, 8, 16, 64):
        laws = [explore.success(size, progress) for progress in np.linspace(0, 1, 30)]
        assert laws[0] == pytest.approx(1 / size)
        assert all(before <= after + 1e-12 for before, after in itertools.pairwise(laws))
        assert laws[-1] > 0.94
        assert explore.epsilon(size, 0.0) == pytest.approx(1.0)
    assert explore.success(8, 5.0) == explore.success(8, 1.0) == pytest.approx(0.9453, abs=1e-4)


@pytest.mark.parametrize("mode", ["threshold", "fixed_point", "phase"])
def test_in_the_end_every_register_finds_what_is_good(mode, rng):
    values = parts(rng)
    many = [np.repeat(of, 400, axis=0) for of in values]
    index, calls = explore.chosen(many, draws(rng, 400), mode, 1.0)
    assert all((search.iterations > 0).any() for search in calls)
    best = explore.chosen(values, None, mode, 1.0)[0][0]
    assert np.mean(index == best) > {"threshold": 0.95, "fixed_point": 0.85, "phase": 0.6}[mode]


def test_what_a_search_costs_is_counted(rng):
    _, calls = explore.chosen(parts(rng, 3), draws(rng, 3), "dong", 1.0)
    assert [(of.options, of.iterations.tolist(), of.phased) for of in calls] == [
        (8, [2, 2, 2], False),
        (4, [1, 1, 1], False),
        (2, [1, 1, 1], True),
    ]


def test_an_unknown_way_of_exploring_is_told():
    with pytest.raises(PolicyError, match="Did you mean 'threshold'"):
        explore.mode_of("treshold")
