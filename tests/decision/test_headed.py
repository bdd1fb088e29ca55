"""Heads of branch mode: the scenario's efficiency, producer and band until something else is found to be better."""

from __future__ import annotations

import dataclasses
import itertools
from functools import cache

import numpy as np
import pytest
from example import few, roaming
from hypothesis import given
from hypothesis import strategies as st

import qvecsim
from qvecsim.decision.branch.learner import Settings
from qvecsim.decision.check import shapes
from qvecsim.decision.headed import Headed
from qvecsim.decision.learning.saved import read
from qvecsim.decision.macro import explore
from qvecsim.decision.macro.heads import Heads
from qvecsim.decision.macro.menu import BANDS
from qvecsim.decision.schemes import fresh, policy
from qvecsim.decision.schemes.linear import Linear, Sums
from qvecsim.decision.schemes.mlp import Hidden
from qvecsim.decision.schemes.tnqdrl import Chained
from qvecsim.errors import PolicyError
from qvecsim.scenario import load
from qvecsim.training.lesson import lesson
from qvecsim.types import Action, Step
from qvecsim.world.world import build

from .branch.city import SCENARIO as URBAN
from .sight import STREAMS, WIDE, seen

FIELDS = [field.name for field in dataclasses.fields(Action)]
STANDING = ["efficiency", "producer", "bandwidth"]
SCHEMES = ("tnqdrl", "tn-only", "vqc-random", "qedrl", "mlp", "mlp-small", "mlp-tied", "linear")
TOWN = load(
    URBAN,
    *("slots=16", "slot_s=1", "decision.policy=null", "decision.heads=learned", "tasks.rate_hz=0.9"),
    *("world.place.at=grid", "world.place.count=3", "world.fibre.count=2"),
)
SIGHT = seen(12, 3, backlog_s=[0.4, 0.0, 2.0], key_bit=[100, 900_000, 500_000])


def having(heads, scenario=WIDE):
    return scenario.model_copy(update={"decision": scenario.decision.model_copy(update={"heads": heads})})


class Soon(Headed):
    """Learns early in all that it decides."""

    settings = dataclasses.replace(Settings(), warmup=20, batch=16, updates=0.5)

    def _headed(self):
        own = super()._headed()
        own.settings = dataclasses.replace(own.settings, warmup=8, batch=16)
        return own


class SoonLinear(Sums, Soon):
    """Weighted sums."""


class SoonMlp(Hidden, Soon):
    """One hidden layer."""


class SoonChain(Chained, Soon):
    """A chain and a circuit."""


@cache
def town(replication=0):
    return build(TOWN, replication, roaming(vehicles=12, steps=40))


def taught(own, replications=(0, 1)):
    lesson(own, [town(number) for number in replications], "own", lambda slots: None)
    return own


def scattered(own, seed=5):
    """With other parameters than at the beginning, and exploring no more."""
    rng = np.random.default_rng(seed)
    for learner in (own, *own.heads):
        learner.average = {name: array + rng.standard_normal(array.shape) for name, array in learner.average.items()}
    own.frozen = True
    return own


def alike(one, two):
    return one.keys() == two.keys() and all(np.array_equal(one[name], two[name], equal_nan=True) for name in one)


def same(one, two, fields=FIELDS):
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in fields)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_before_anything_is_learned_all_is_as_the_scenario_has_it(scheme):
    headed, fixed = (fresh(scheme, having(heads), STREAMS) for heads in ("learned", "fixed"))
    assert [type(own) for own in headed.heads] == [Heads]
    assert fixed.heads == ()
    headed.frozen = True
    for sight in (SIGHT, seen(0, 2), seen(1, 1)):
        assert same(headed.decide(sight), fixed.decide(sight))


def test_little_is_tried_and_nothing_once_it_is_frozen():
    own = fresh("linear", having("learned"), STREAMS).heads[0]
    sights = [dataclasses.replace(SIGHT, slot=slot) for slot in range(400)]
    others = [not same(own.over([sight], [sight.action()])[0], sight.action()) for sight in sights]
    # Of the three parts: by need is the highest level here, which a third of the tries of the first part takes.
    likely = 1 - explore.SELDOM[0] ** 2 * (1 - 2 / 3 * (1 - explore.SELDOM[0]))
    assert abs(np.mean(others) - likely) < 4 * np.sqrt(likely * (1 - likely) / 400)
    own.frozen = True
    assert all(same(own.over([sight], [sight.action()])[0], sight.action()) for sight in sights)


def test_offloads_are_drawn_as_without_heads():
    """Their streams are their own: what the heads try moves no task."""
    sights = [dataclasses.replace(SIGHT, slot=slot) for slot in range(40)]
    both = (SoonMlp(having(heads), STREAMS) for heads in ("learned", "fixed"))
    headed, fixed = ([own.decide(sight) for sight in sights] for own in both)
    assert all(same(one, two, ["offload", "rsu"]) for one, two in zip(headed, fixed, strict=True))
    assert not all(same(one, two) for one, two in zip(headed, fixed, strict=True))


@few
@given(st.integers(0, 9), st.integers(1, 4), st.integers(0, 2**32))
def test_whatever_it_has_learned_it_keeps_the_constraints(vehicles, units, seed):
    rng = np.random.default_rng(seed)
    sight = seen(
        vehicles,
        units,
        deciding=rng.random(vehicles) < 0.7,
        backlog_s=rng.uniform(0, 3, units),
        key_bit=rng.integers(0, 10**6, units),
        key_rate_bps=rng.choice([0.0, 700.0], units),
        pending=int(rng.integers(10**6)),
    )
    headed, fixed = scattered(Linear(having("learned"), STREAMS), seed), Linear(having("fixed"), STREAMS)
    fixed.average, fixed.frozen = headed.average, True
    action = headed.decide(sight)
    assert list(shapes(action, sight)) == []
    assert set(action.efficiency) <= set(sight.efficiencies)
    assert set(action.bandwidth) <= set(BANDS)
    assert action.producer in (-1, int(sight.backlog_s.argmin()))
    assert same(action, fixed.decide(sight), ["offload", "rsu", "block_bit"])


@pytest.mark.parametrize("scheme", ["tnqdrl", "mlp"])
def test_what_was_saved_brings_its_heads_or_none(scheme, tmp_path):
    path = tmp_path / "policy.npz"
    for saved in ("learned", "fixed"):
        one = scattered(fresh(scheme, having(saved), STREAMS), seed=6)
        one.save(path)
        assert any(name.startswith("heads.") for name in read(path)) == (saved == "learned")
        for here in ("learned", "fixed"):
            other = fresh(scheme, having(here), STREAMS)
            other.load(path)
            assert other.frozen
            assert len(other.heads) == len(one.heads)
            assert same(other.decide(SIGHT), one.decide(SIGHT))
        assert same(one.decide(SIGHT), SIGHT.action(), STANDING) == (saved == "fixed")


def test_a_policy_from_before_there_were_heads_decides_as_it_did():
    shipped = URBAN.parent / "policies" / "urban-tnqdrl"
    actions = []
    for heads in ("learned", "fixed"):
        scenario = load(URBAN, f"decision.policy={shipped}", f"decision.heads={heads}")
        own = policy("tnqdrl", scenario, STREAMS)
        assert own.heads == ()
        actions.append(own.decide(SIGHT))
    assert same(*actions)
    assert same(actions[0], SIGHT.action(), STANDING)


def test_heads_of_another_network_are_refused(tmp_path):
    fresh("mlp", having("learned"), STREAMS).save(tmp_path / "mlp.npz")
    with pytest.raises(PolicyError, match="must hold the parameters of this network"):
        fresh("tnqdrl", having("learned"), STREAMS).load(tmp_path / "mlp.npz")


@pytest.mark.parametrize("cls", [SoonMlp, SoonChain])
def test_equal_seeds_learn_equal_bytes_and_others_do_not(cls, tmp_path):
    one, two = (taught(cls(TOWN, town().streams)) for _ in range(2))
    other = taught(cls(TOWN, town(1).streams))
    assert one.updates >= 4
    assert one.heads[0].updates >= 4
    assert one.save(tmp_path / "a.npz") == two.save(tmp_path / "b.npz")
    assert alike(one.state(), two.state())
    assert not np.array_equal(one.heads[0].average["head"], other.heads[0].average["head"])
    assert one.progress()["heads.decisions"] == 32


@pytest.mark.parametrize("cls", [SoonLinear, SoonChain])
def test_a_training_that_was_broken_off_goes_on_as_if_it_had_not_been(cls):
    whole, first = (taught(cls(TOWN, town().streams)) for _ in range(2))
    second = cls(TOWN, town(7).streams)
    second.resume({name: np.array(array) for name, array in first.state().items()})
    for own in (whole, second):
        own.restart(town(2).streams)
        taught(own, (2, 3))
    assert alike(whole.state(), second.state())
    assert whole.progress() == second.progress()


def test_the_state_of_one_without_heads_is_another_kind_s():
    headed, fixed = (Linear(having(heads), STREAMS) for heads in ("learned", "fixed"))
    for one, other in ((headed, fixed), (fixed, headed)):
        with pytest.raises(PolicyError, match="must be that of a learner of this kind"):
            one.resume(other.state())


@pytest.mark.parametrize("scheme", ["tnqdrl", "linear"])
def test_worlds_in_step_are_decided_as_one_by_one(scheme):
    own = scattered(fresh(scheme, having("learned"), STREAMS))
    sights = [SIGHT, seen(3, 2), seen(0, 2), seen(5, 1, backlog_s=3.0)]
    assert all(same(one, own.decide(sight)) for one, sight in zip(own.act(sights), sights, strict=True))


def test_vqc_random_keeps_the_chain_of_its_heads_as_it_was_drawn():
    assert set(fresh("vqc-random", TOWN, STREAMS).heads[0].rates()) == {"angles", "head"}
    assert set(fresh("tnqdrl", TOWN, STREAMS).heads[0].rates()) == {"cores", "label", "angles", "head"}


def test_the_circuits_of_both_networks_are_counted():
    own = SoonChain(TOWN, town().streams)
    before, only = taught(own).spent(), fresh("tnqdrl", having("fixed", TOWN), STREAMS)
    assert before.decisions > 32
    assert before.deciding.oracle_calls > 0
    own.frozen = True
    own.decide(SIGHT)
    only.decide(SIGHT)
    assert own.spent().decisions == only.spent().decisions + 1
    assert fresh("mlp", TOWN, STREAMS).spent() is None
    assert qvecsim.circuit(own).circuit == own.net.network.circuit


class Quick(Linear):
    """Tries much and learns fast: for what a few hundred slots can tell."""

    def _headed(self):
        own = super()._headed()
        own.settings = dataclasses.replace(own.settings, rate=0.02, warmup=40, explored=10**9)
        return own


@pytest.mark.parametrize("better", ["highest", "lowest"])
def test_it_finds_the_level_that_is_better_and_where(better):
    """Made up: where pools are empty the lowest level is good, or always the highest; half of all is noise."""
    scenario = having("learned").model_copy(update={"learning": WIDE.learning.model_copy(update={"discount": 0.0})})
    own, rng = Quick(scenario, STREAMS), np.random.default_rng(1)
    sights = {"empty": seen(2, 2, key_bit=0), "full": seen(2, 2, key_bit=10**6)}
    names = rng.choice(list(sights), 601)
    for slot, (name, after) in enumerate(itertools.pairwise(names)):
        now = dataclasses.replace(sights[name], slot=slot)
        action = own.heads[0].over([now], [now.action()])[0]
        level = float(action.efficiency.min())
        reward = (level == 0.8) - 1.0 if better == "lowest" and name == "empty" else level - 1.0
        step = Step(now, action, reward + 0.5 * rng.standard_normal(), None, sights[after])
        own.heads[0].learn([step])
    own.frozen = True
    found = {name: float(own.decide(sight).efficiency[0]) for name, sight in sights.items()}
    assert found == {"empty": 0.8 if better == "lowest" else 1.0, "full": 1.0}
