from __future__ import annotations

import gymnasium
import numpy as np
import pytest

import qvecsim
import qvecsim.gym

from .test_env import played


@pytest.mark.parametrize("processes", [False, True])
def test_side_by_side_each_is_as_it_is_alone(town, processes):
    env = qvecsim.gym.make_vec(town, 2, rows=4, processes=processes)
    alone = [played(qvecsim.gym.make(town, rows=4), seed) for seed in (8, 9)]
    try:
        shown, _ = env.reset(seed=8)
        for index in range(len(alone[0][1])):
            assert np.array_equal(shown, np.stack([story[index][0] for story, _ in alone]))
            shown, reward, _, over, info = env.step(np.stack([drawn[index] for _, drawn in alone]))
            assert reward.tolist() == [story[index + 1][1] for story, _ in alone]
            assert info["asked"].tolist() == [story[index + 1][2]["asked"] for story, _ in alone]
        assert over.all()
        returns = [story[-1][2]["summary"]["return"] for story, _ in alone]
        assert info["summary"]["return"].tolist() == returns
    finally:
        env.close()


def test_gymnasium_makes_them_too():
    env = gymnasium.make_vec(
        "qvecsim/Urban-v0",
        num_envs=2,
        vectorization_mode="vector_entry_point",
        overrides=["slots=2"],
        processes=False,
        rows=5,
    )
    assert env.reset(seed=3)[1]["replication"].tolist() == [3, 4]
    assert env.observation_space.shape == (2, 5, 50)


def test_a_number_of_environments_is_one():
    with pytest.raises(qvecsim.QvecsimError, match=r"^'num_envs' must be a whole number from 1 to 4096 \(got 0\)\.$"):
        qvecsim.gym.make_vec("urban", 0)
