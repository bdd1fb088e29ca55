from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from qvecsim.arrays import to_host
from qvecsim.decision.learning.replay import Replay
from qvecsim.errors import PolicyError


@given(st.integers(1, 9), st.lists(st.integers(0, 25), max_size=8))
def test_the_last_rows_stay_in_a_ring(capacity, counts):
    replay, seen = Replay(np, capacity, {"state": ((2,), float), "action": ((), np.int64)}), []
    for count in counts:
        rows = np.arange(len(seen), len(seen) + count)
        replay.add(state=np.stack([rows, -rows], axis=1), action=rows)
        seen += rows.tolist()
    assert len(replay) == min(capacity, len(seen))
    assert replay.added == len(seen)
    held = replay.columns["action"][: len(replay)]
    assert sorted(held.tolist()) == seen[-capacity:] if seen else len(held) == 0
    np.testing.assert_array_equal(replay.columns["state"][: len(replay)], np.stack([held, -held], axis=1))
    for row in held:
        assert replay.columns["action"][row % capacity] == row


def test_samples_are_whole_rows_and_all_alike(rng, xp):
    replay = Replay(xp, 10, {"state": ((2,), xp.float64), "action": ((), xp.int64)})
    rows = xp.arange(7)
    replay.add(state=xp.astype(xp.stack([rows, 10 * rows], axis=1), xp.float64), action=rows)
    found = replay.sample(xp.asarray(rng.random(7000)))
    action, state = to_host(found["action"]), to_host(found["state"])
    np.testing.assert_array_equal(state, np.stack([action, 10 * action], axis=1))
    assert chisquare(np.bincount(action, minlength=7)).pvalue > 1e-4
    assert action[0] == int(np.random.default_rng(2024).random(7000)[0] * 7)


def test_what_does_not_fit_is_refused():
    replay = Replay(np, 3, {"state": ((2,), float), "reward": ((), float)})
    with pytest.raises(PolicyError, match="'batch' must be drawn from what was seen"):
        replay.sample(np.zeros(1))
    with pytest.raises(PolicyError, match=r"'rows' must have the columns state, reward \(got state\)"):
        replay.add(state=np.zeros((1, 2)))
    with pytest.raises(PolicyError, match=r"'rows' must be as many in every column \(got \[1, 2\]\)"):
        replay.add(state=np.zeros((1, 2)), reward=np.zeros(2))
    with pytest.raises(PolicyError, match=r"'buffer' must be at least 1 \(got 0\)"):
        Replay(np, 0, {})
