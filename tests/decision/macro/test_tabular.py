from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from qvecsim.decision.learning import bellman
from qvecsim.decision.macro import bins
from qvecsim.decision.macro.observe import limits
from qvecsim.decision.macro.tabular import Settings
from qvecsim.decision.schemes.qirl import Qirl, turn
from qvecsim.decision.schemes.rarl import Rarl
from qvecsim.decision.schemes.rarl_joint import RarlJoint
from qvecsim.errors import PolicyError

from ..sight import STREAMS, WIDE, seen
from .test_learner import LITTLE, TOWN, alike, taught, town

SCHEMES = (Rarl, RarlJoint, Qirl)


def keen(cls):
    return type("Keen", (cls,), {"settings": dataclasses.replace(Settings(), warmup=5)})


def test_there_are_108_states_and_each_is_met():
    own, met = limits(WIDE), set()
    for work_s in (0.0, 0.3, 5.0):
        for more_s in (0.0, 3.0):
            for keys in (0, 300_000, 900_000):
                for heat_k in (200.0, 293.15, 400.0):
                    for cycles in (1, 10**11):
                        met.add(
                            bins.state(
                                seen(
                                    3,
                                    20,
                                    backlog_s=[work_s + more_s, *[work_s] * 19],
                                    key_bit=keys,
                                    temperature_k=np.full(2, heat_k),
                                    cycles=cycles,
                                ),
                                dataclasses.replace(own, temperature_k=(250.0, 336.3)),
                            )
                        )
    assert bins.STATES == 108
    assert met == set(range(108))


def test_states_are_there_without_vehicles():
    assert 0 <= bins.state(seen(0, 2), limits(WIDE)) < 108


def test_the_table_finds_the_optimum_of_a_known_process():
    """Six states and sixteen actions, each with one next state, against value iteration."""
    rng = np.random.default_rng(5)
    policy = RarlJoint(LITTLE, STREAMS)
    states, actions = 6, len(policy.menu)
    rewards, after = rng.normal(size=(states, actions)), rng.integers(states, size=(states, actions))
    transitions = (after[..., None] == np.arange(states)) * 1.0
    wanted = np.zeros((states, actions))
    for _ in range(300):
        wanted = bellman.optimal(wanted, rewards, transitions, policy.discount)
    policy.rate = 0.5
    for _ in range(25_000):
        state, action = int(rng.integers(states)), int(rng.integers(actions))
        policy.note(state, action, rewards[state, action], int(after[state, action]))
    assert policy.tables["table"][:states] == pytest.approx(wanted, abs=0.05)
    greedy = policy.choose(np.arange(states), None)
    assert greedy.tolist() == wanted.argmax(axis=1).tolist()


def test_a_factored_table_changes_the_value_of_what_was_done_as_31_says():
    policy = Rarl(TOWN, STREAMS)
    policy.level = -3.0
    policy.tables["table"][:] = np.random.default_rng(1).normal(size=policy.tables["table"].shape)
    before = policy.level + policy.tables["table"] @ policy.matrix
    policy.note(4, 17, -1.0, 9)
    after = policy.level + policy.tables["table"] @ policy.matrix
    wanted = bellman.tabular(before[4, 17], -1.0, before[9].max(), policy.rate, policy.discount)
    assert after[4, 17] == pytest.approx(wanted)
    assert np.array_equal(np.delete(before, 4, axis=0), np.delete(after, 4, axis=0))


def test_a_good_surprise_makes_an_action_likelier_and_a_bad_one_less_so():
    even = np.full(64, 1 / 64)
    for surprise in (0.1, 1.0, 9.0):
        up, down = turn(even, 5, surprise), turn(even, 5, -surprise)
        assert up.sum() == pytest.approx(1)
        assert down.sum() == pytest.approx(1)
        assert up[5] > 1 / 64 > down[5]
    assert turn(even, 5, 0.0) == pytest.approx(even)
    assert turn(even, 5, 99.0)[5] < 4 / 64


def test_the_register_comes_to_prefer_what_is_rewarded():
    policy = Qirl(TOWN, STREAMS)
    rng = np.random.default_rng(2)
    for _ in range(3000):
        choice = int(policy.choose(np.array([3]), rng.random((1, 1)))[0])
        policy.note(3, choice, 1.0 if choice == 40 else 0.0, 3)
    assert policy.tables["chances"][3].argmax() == 40
    assert policy.tables["chances"][3, 40] > 0.5


@pytest.mark.parametrize("cls", SCHEMES)
def test_equal_seeds_learn_equal_bytes_and_what_is_broken_off_goes_on(cls, tmp_path):
    own = keen(cls)
    one, two, third = (own(TOWN, town().streams) for _ in range(3))
    for policy in (one, two):
        taught(policy, (0, 1))
    assert one.updates == 2 * TOWN.slots - 5 - 2  # but the warm-up and the last slots
    assert one.save(tmp_path / "a.npz") == two.save(tmp_path / "b.npz")
    third.resume(one.state())
    for policy in (two, third):
        policy.restart(town(2).streams)
        taught(policy, (2,))
    assert alike(two.state(), third.state())
    assert two.progress() == third.progress()


@pytest.mark.parametrize("cls", SCHEMES)
def test_loaded_tables_only_decide(cls, tmp_path):
    own = keen(cls)
    policy, loaded = taught(own(TOWN, town().streams)), own(TOWN, town().streams)
    policy.save(tmp_path / "p.npz")
    loaded.load(tmp_path / "p.npz")
    taught(loaded)
    assert loaded.frozen
    assert loaded.decisions == 0
    assert alike(loaded.tables, policy.tables)
    assert loaded.progress()["epsilon"] == 0


def test_tables_of_another_kind_are_refused(tmp_path):
    Rarl(TOWN, STREAMS).save(tmp_path / "p.npz")
    with pytest.raises(PolicyError, match="must hold the tables"):
        RarlJoint(TOWN, STREAMS).load(tmp_path / "p.npz")
    with pytest.raises(PolicyError, match="of this kind"):
        Qirl(TOWN, STREAMS).resume(Rarl(TOWN, STREAMS).state())


@pytest.mark.parametrize("cls", SCHEMES)
def test_any_number_of_vehicles_is_decided(cls):
    assert len(cls(WIDE, STREAMS).decide(seen(300, 4)).offload) == 300
