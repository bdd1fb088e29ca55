from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest
from example import roaming

from qvecsim.decision.branch import networks
from qvecsim.decision.macro.learner import Macro, Settings
from qvecsim.decision.schemes import MACRO, fresh, policy_class
from qvecsim.decision.schemes.linear import LinearMacro
from qvecsim.decision.schemes.tnqdrl import TnqdrlMacro
from qvecsim.errors import PolicyError
from qvecsim.kernel.simulation import Simulation
from qvecsim.scenario import load
from qvecsim.training.lesson import lesson
from qvecsim.types import Step
from qvecsim.world.world import build

from ..branch.city import SCENARIO as URBAN
from ..sight import STREAMS, WIDE, seen

TOWN = load(
    URBAN,
    *("slots=16", "slot_s=1", "decision.mode=macro", "decision.vehicles=12", "tasks.rate_hz=0.9"),
    *("world.place.at=grid", "world.place.count=3", "world.fibre.count=2"),
)
LITTLE = WIDE.model_copy(
    update={"decision": WIDE.decision.model_copy(update={"mode": "macro", "vehicles": 4, "macro_qubits": 4})}
)


class Keen(LinearMacro):
    """Learns early."""

    settings = dataclasses.replace(Settings(), warmup=4, batch=8)


class KeenChain(TnqdrlMacro):
    """Learns early."""

    settings = dataclasses.replace(Settings(), warmup=4, batch=8)


@cache
def town(replication=0):
    return build(TOWN, replication, roaming(vehicles=12, steps=40))


def taught(policy, replications=(0,)):
    lesson(policy, [town(number) for number in replications], "own", lambda slots: None)
    return policy


def alike(one, two):
    return one.keys() == two.keys() and all(np.array_equal(one[name], two[name], equal_nan=True) for name in one)


@pytest.mark.parametrize("cls", [Keen, KeenChain])
def test_equal_seeds_learn_equal_bytes_and_others_do_not(cls, tmp_path):
    one, two = (taught(cls(TOWN, town().streams)) for _ in range(2))
    other = taught(cls(TOWN, town(1).streams))
    assert one.updates >= 4
    assert one.save(tmp_path / "a.npz") == two.save(tmp_path / "b.npz") != other.save(tmp_path / "c.npz")
    assert alike(one.state(), two.state())


@pytest.mark.parametrize("cls", [Keen, KeenChain])
def test_a_training_that_was_broken_off_goes_on_as_if_it_had_not_been(cls):
    whole, first = cls(TOWN, town().streams), cls(TOWN, town().streams)
    for policy in (whole, first):
        taught(policy, (0, 1))
    second = cls(TOWN, town(7).streams)
    second.resume({name: np.array(array) for name, array in first.state().items()})
    for policy in (whole, second):
        policy.restart(town(2).streams)
        taught(policy, (2, 3))
    assert alike(whole.state(), second.state())
    assert whole.progress() == second.progress()


def test_what_is_another_learners_is_refused(tmp_path):
    chain = KeenChain(TOWN, STREAMS)
    with pytest.raises(PolicyError, match="must be that of a learner of this kind"):
        Keen(TOWN, STREAMS).resume(chain.state())
    chain.save(tmp_path / "chain.npz")
    with pytest.raises(PolicyError, match="must hold the parameters of this network"):
        Keen(TOWN, STREAMS).load(tmp_path / "chain.npz")


@pytest.mark.parametrize("cls", [Keen, KeenChain])
def test_worlds_in_step_are_decided_as_one_by_one(cls, tmp_path):
    taught(cls(TOWN, STREAMS)).save(tmp_path / "p.npz")
    sights = [driven_to(number, 4 + number) for number in range(4)]
    together, alone = cls(TOWN, STREAMS), cls(TOWN, STREAMS)
    for policy in (together, alone):
        policy.load(tmp_path / "p.npz")
    for action, observation in zip(together.act(sights), sights, strict=True):
        other = alone.act([observation])[0]
        for field in dataclasses.fields(action):
            assert np.array_equal(getattr(action, field.name), getattr(other, field.name))


def driven_to(replication, slots):
    one = Simulation(TOWN, world=town(replication))
    for _ in range(slots):
        one.step(one.observe().action())
    return one.observe()


def test_the_network_is_asked_once_for_all_worlds():
    policy, asked = Keen(TOWN, STREAMS), []
    before = policy.net.values
    policy.net = Spy(before, asked)
    policy.act([driven_to(number, 3) for number in range(4)])
    assert asked == [4]


class Spy:
    def __init__(self, values, asked):
        self._values, self.asked = values, asked

    def values(self, parameters, inputs):
        self.asked.append(len(inputs))
        return self._values(parameters, inputs)


def test_once_loaded_it_only_decides_by_the_average(tmp_path):
    policy = taught(Keen(TOWN, STREAMS))
    policy.save(tmp_path / "p.npz")
    loaded = Keen(TOWN, STREAMS)
    loaded.load(tmp_path / "p.npz")
    taught(loaded)
    assert loaded.frozen
    assert (loaded.updates, loaded.decisions, len(loaded.replay)) == (0, 0, 0)
    assert alike(loaded.average, policy.average)
    assert not alike(policy.average, policy.parameters)


def test_the_last_slot_has_no_next_state_and_is_no_end():
    policy = taught(Keen(TOWN, town().streams))
    assert policy.decisions == 16
    assert len(policy.replay) == 15


def test_what_comes_after_one_decision_is_what_the_next_sees():
    policy = taught(Keen(TOWN, town().streams))
    columns = policy.replay.columns
    assert np.array_equal(columns["after"][:14], columns["inputs"][1:15])
    assert policy.inputs == 16 * len(policy.sight.ties)


def test_the_update_goes_where_differences_say():
    """One step down changes parameters along the gradient of the loss, for a rate so small that it is linear."""

    class Slow(Keen):
        settings = dataclasses.replace(Keen.settings, huber=1e9, clip=1e9)

    policy = Slow(TOWN, STREAMS)
    rng = np.random.default_rng(3)
    width = len(policy.sight.ties)
    rows = {
        "inputs": rng.random((9, width)),
        "after": rng.random((9, width)),
        "choice": rng.integers(0, 64, 9),
        "reward": -rng.random(9),
    }
    begin = {name: array.copy() for name, array in policy.parameters.items()}
    target = rows["reward"] + 0.9 * policy.values(rows["after"], begin).max(axis=1)

    def loss(parameters):
        chosen = policy.values(rows["inputs"], parameters)[np.arange(9), rows["choice"]]
        return float(np.mean(0.5 * (chosen - target) ** 2))

    policy._update(rows)
    assert policy.losses[0] == pytest.approx(loss(begin))
    numeric = np.zeros_like(begin["bias"])
    for entry in range(len(numeric)):
        nudge = 1e-6 * (np.arange(len(numeric)) == entry)
        up, down = (begin | {"bias": begin["bias"] + sign * nudge} for sign in (1, -1))
        numeric[entry] = (loss(up) - loss(down)) / 2e-6
    moved = begin["bias"] - policy.parameters["bias"]
    some = np.abs(numeric) > 1e-6
    assert (np.sign(moved[some]) == np.sign(numeric[some])).all()
    assert policy.moments.first["bias"] == pytest.approx(0.1 * numeric, abs=1e-8)


class Small(Macro):
    """A small network, quick to learn."""

    settings = dataclasses.replace(
        Settings(), rates={}, rate=0.02, warmup=40, explored=150, trained=400, buffer=1000, updates=1.0
    )

    def network(self, ties, outputs):
        return networks.Linear(len(ties), outputs)


def test_it_learns_which_action_is_good_in_which_state():
    """A contextual problem: with empty servers everything should be sent by backlog, with full ones nothing at all."""
    scenario = LITTLE.model_copy(update={"learning": LITTLE.learning.model_copy(update={"discount": 0.0})})
    policy = Small(scenario, STREAMS)
    rng = np.random.default_rng(1)
    empty, full = seen(4, 3), seen(4, 3, backlog_s=9.0)
    sights = [empty, full]
    last = sights[0]
    for slot in range(250):
        now = dataclasses.replace(last, slot=slot)
        action = policy.act([now])[0]
        share = float(action.offload.mean())
        reward = -(1.0 - share) if now.backlog_s[0] == 0 else -share
        last = sights[rng.integers(2)]
        policy.learn([Step(now, action, reward, None, dataclasses.replace(last, slot=slot + 1))])
    policy.frozen = True
    assert policy.updates > 150
    assert policy.decide(empty).offload.all()
    assert not policy.decide(full).offload.any()


def test_the_offset_is_the_level_of_the_warm_up():
    policy = taught(Keen(TOWN, town().streams))
    rewards = policy.replay.columns["reward"][:4]
    assert policy.offset == pytest.approx(rewards.mean() / (1 - TOWN.learning.discount))


def test_rates_scale_with_the_learning_rate_of_table_ii():
    scenario = load(URBAN, "decision.mode=macro", "learning.learning_rate=0.05")
    rates = fresh("tnqdrl", scenario, STREAMS).rates()
    assert rates == pytest.approx({"cores": 0.0185, "label": 0.025, "angles": 0.02, "head": 0.1})
    assert set(fresh("mlp", TOWN, STREAMS).rates().values()) == {0.003}


def test_a_joint_head_has_one_register():
    class Joint(Keen):
        settings = dataclasses.replace(Keen.settings, joint=True)

    policy = taught(Joint(TOWN, STREAMS))
    assert policy.matrix.shape == (64, 64)
    assert policy.updates


@pytest.mark.parametrize("scheme", MACRO)
def test_every_scheme_of_its_own_learns_in_macro_mode(scheme):
    own = policy_class(scheme, mode="macro")
    assert issubclass(own, Macro)
    assert own is not policy_class(scheme)
    keen = type("Keen", (own,), {"settings": dataclasses.replace(own.settings, warmup=4, batch=8)})
    policy = taught(keen(TOWN, town().streams))
    assert policy.updates >= 5
    assert all(np.isfinite(array).all() for array in policy.parameters.values())


def test_too_many_vehicles_are_told_in_one_line():
    with pytest.raises(PolicyError, match=r"'decision.vehicles' must be .* decision.mode=branch"):
        Keen(TOWN, STREAMS).decide(seen(13, 3))
