from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from qvecsim.bounds.shares import square_root_share


def test_by_hand():
    share = square_root_share(np.array([1.0, 4.0]), 3.0)
    assert share.part.tolist() == [1.0, 2.0]
    assert share.total_s == 1.0 / 1.0 + 4.0 / 2.0 == 3.0


def test_parts_add_up_and_total_is_what_they_come_to():
    work = np.random.default_rng(1).uniform(0.1, 9.0, 7)
    share = square_root_share(work, 2.5)
    assert share.part.sum() == pytest.approx(2.5, rel=1e-12)
    assert (work / share.part).sum() == pytest.approx(share.total_s, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_no_other_shares_are_better(seed):
    draw = np.random.default_rng(seed)
    work, capacity = draw.uniform(0.1, 9.0, 4), 3.0
    share = square_root_share(work, capacity)
    others = draw.dirichlet(np.ones(4), 2000) * capacity
    assert (work / others).sum(axis=1).min() >= share.total_s


def test_against_scipy_minimize():
    work, capacity = np.array([0.3, 2.0, 5.0]), 1.7
    found = minimize(
        lambda part: (work / part).sum(),
        np.full(3, capacity / 3),
        bounds=[(1e-6, None)] * 3,
        constraints={"type": "eq", "fun": lambda part: part.sum() - capacity},
        options={"ftol": 1e-14},
    )
    share = square_root_share(work, capacity)
    assert share.total_s == pytest.approx(found.fun, rel=1e-7)
    np.testing.assert_allclose(share.part, found.x, rtol=1e-3)


def test_who_has_no_work_gets_nothing():
    share = square_root_share(np.array([0.0, 9.0]), 3.0)
    assert (share.part.tolist(), share.total_s) == ([0.0, 3.0], 3.0)
    assert square_root_share(np.zeros(3), 0.0).total_s == 0.0


def test_without_capacity_work_is_never_done():
    assert square_root_share(np.ones(2), 0.0).total_s == np.inf
