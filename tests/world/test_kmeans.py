from __future__ import annotations

import itertools

import numpy as np
from example import few, roaming
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.vq import kmeans2

from qvecsim.world.cells import CELL_M, STANDING_M_S, cells
from qvecsim.world.kmeans import kmeans


def inertia(place, weight, centre):
    return float((weight * ((place[:, None] - centre) ** 2).sum(axis=2).min(axis=1)).sum())


def centres(place, weight, count):
    return np.stack(kmeans(place[:, 0], place[:, 1], np.asarray(weight, float), count), axis=1)


@few
@given(seed=st.integers(0, 10**6), count=st.integers(1, 3))
def test_not_far_from_the_best_of_all_partitions(seed, count):
    draw = np.random.default_rng(seed)
    place, weight = draw.uniform(0, 1000, (7, 2)), draw.integers(1, 9, 7).astype(float)
    best = np.inf
    for part in itertools.product(range(count), repeat=7):
        part = np.array(part)
        if len({*part.tolist()}) == count:
            means = [np.average(place[part == c], axis=0, weights=weight[part == c]) for c in range(count)]
            best = min(best, inertia(place, weight, np.array(means)))
    found = inertia(place, weight, centres(place, weight, count))
    assert best - 1 <= found <= 2.5 * best + 1  # centres are rounded to centimetres


@few
@given(seed=st.integers(0, 10**6), count=st.integers(1, 12))
def test_no_worse_than_scipys_kmeans_plus_plus_by_much_and_a_fixed_point_of_it(seed, count):
    draw = np.random.default_rng(seed)
    place = draw.normal(draw.uniform(0, 5000, (6, 1, 2)), 200, (6, 40, 2)).reshape(-1, 2)
    ours = centres(place, np.ones(240), count)
    tries = [kmeans2(place, count, minit="++", rng=draw, missing="raise")[0] for _ in range(5)]
    assert inertia(place, 1.0, ours) <= 1.35 * min(inertia(place, 1.0, other) for other in tries)
    again, _ = kmeans2(place, ours, minit="matrix", iter=1)
    assert np.abs(again - ours).max() < 0.02


def test_groups_well_apart_are_found_and_one_lonely_place_is_no_group():
    draw = np.random.default_rng(1)
    middles = np.array([[0, 0], [3000, 0], [0, 3000], [3000, 3000]])
    place = np.vstack([*(draw.normal(middle, 100, (50, 2)) for middle in middles), [[3400.0, 3400.0]]])
    found = centres(place, np.ones(201), 4)
    gaps = np.hypot(*(found[:, None] - middles).T).min(axis=1)
    assert gaps.max() < 60


def test_weights_are_repetitions():
    draw = np.random.default_rng(2)
    place, times = draw.uniform(0, 100, (20, 2)), draw.integers(1, 5, 20)
    assert np.array_equal(centres(place, times, 1), centres(np.repeat(place, times, axis=0), np.ones(times.sum()), 1))


def test_a_trace_becomes_cells_that_say_as_much():
    trace = roaming(3, 40, 30)
    seen = cells(trace)
    where = set(zip(np.floor(trace.x_m / CELL_M).tolist(), np.floor(trace.y_m / CELL_M).tolist(), strict=True))
    assert len(seen.column) == len(where)
    assert set(zip(seen.column.tolist(), seen.row.tolist(), strict=True)) == where
    assert (seen.passing.sum(), seen.standing.sum()) == (trace.records, (trace.speed_m_s < STANDING_M_S).sum())
    assert np.isclose([seen.x_m.sum(), seen.y_m.sum()], [trace.x_m.sum(), trace.y_m.sum()]).all()
    for mean, centre in zip(seen.mean(), seen.centre(), strict=True):
        assert (np.abs(mean - centre) <= CELL_M / 2 + 1e-9).all()


def test_coarser_cells_hold_the_same():
    fine = cells(roaming(4, 40, 30))
    wide = fine.coarser()
    pairs = set(zip((fine.column // 2).tolist(), (fine.row // 2).tolist(), strict=True))
    assert set(zip(wide.column.tolist(), wide.row.tolist(), strict=True)) == pairs
    assert len(wide.column) == len(pairs) < len(fine.column)
    assert np.allclose(np.stack(wide[2:]).sum(axis=1), np.stack(fine[2:]).sum(axis=1))
    first = (fine.column // 2 == wide.column[0]) & (fine.row // 2 == wide.row[0])
    assert wide.passing[0] == fine.passing[first].sum()
