from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest

from qvecsim.decision.branch import networks
from qvecsim.decision.branch.hindsight import Hindsight
from qvecsim.decision.branch.learner import Branch, Settings
from qvecsim.decision.schemes.greedy import Greedy
from qvecsim.decision.schemes.linear import Linear
from qvecsim.decision.schemes.mlp import Mlp
from qvecsim.decision.schemes.price import OneByOne, Price
from qvecsim.errors import PolicyError, ResultError
from qvecsim.kernel.simulation import Simulation
from qvecsim.runner import replay
from qvecsim.scenario import load
from qvecsim.streams import Streams
from qvecsim.world.world import build

from ..sight import STREAMS, WIDE, seen
from .city import SCENARIO, cost, driven, missed, world

SLOTS = 90


class Still(Linear):
    """Neither explores nor learns."""

    settings = dataclasses.replace(Settings(), epsilon=(1e-12, 1e-12), warmup=10**9)


class Keen(Mlp):
    """Explores and learns much and early."""

    settings = dataclasses.replace(Settings(), epsilon=(0.3, 0.3), warmup=100, batch=32)


def made(policy, slots=SLOTS, seed=1):
    """One of a run."""
    return policy(world(slots, seed).scenario, world(slots, seed).streams)


@cache
def price():
    return driven(made(Price), SLOTS)[0]


@cache
def keen():
    policy = made(Keen)
    ended, simulation = driven(policy, SLOTS)
    return policy, ended, simulation


def test_nothing_learned_is_the_price_rule():
    one, two = price(), driven(made(Still), SLOTS)[0]
    assert np.array_equal(one, two)
    assert (one["rsu"] >= 0).sum() > 50


def test_price_misses_fewer_deadlines_than_greedy_and_one_by_one_is_near():
    greedy, single = (driven(made(policy), SLOTS)[0] for policy in (Greedy, OneByOne))
    assert missed(price()) < 0.6 * missed(greedy)
    assert cost(single) < 1.05 * cost(price())


def test_vehicle_numbers_do_not_decide():
    rng = np.random.default_rng(4)
    told = {
        "gain": 10 ** rng.uniform(-12, -8, (40, 3)),
        "left_s": rng.uniform(0, 1, 40),
        "cycles": rng.integers(1e7, 1e9, 40),
        "task": np.arange(40),
    }
    shuffle = rng.permutation(40)
    for policy in (Price, Still):
        one = policy(WIDE, STREAMS).decide(seen(40, 3, **told))
        other = policy(WIDE, STREAMS).decide(seen(40, 3, **{name: value[shuffle] for name, value in told.items()}))
        assert np.array_equal(one.offload[shuffle], other.offload)
        assert np.array_equal(one.rsu[shuffle], other.rsu)
        assert 0 < one.offload.sum() < 40


def test_it_learns_what_decisions_come_to():
    """The loss on what it has seen falls well below that of the prior alone."""
    policy, _, _ = keen()
    count = len(policy.replay)
    assert count > 200
    assert policy.updates > 5
    columns = {name: column[:count] for name, column in policy.replay.columns.items()}
    rows = np.arange(count)

    def error(parameters):
        values = policy.net.values(parameters, columns["inputs"].astype(float)) + columns["prior"]
        return float(np.mean(np.abs(values[rows, columns["choice"]] - columns["reward"])))

    begin = policy.net.initial(np.zeros(policy.net.size), np.zeros(policy.net.size), spread=0.0)
    assert error(policy.parameters) < error(begin)
    assert np.isfinite(columns["reward"]).all()
    assert (columns["reward"] <= 0).all()


def test_every_decision_becomes_known_once():
    policy, ended, _ = keen()
    sight = policy.sights[0]
    still_open = sum(len(part.task) for part in sight.open)
    assert policy.decisions == policy.replay.added
    early = ended["task"][ended["end_ns"] < (SLOTS - 2 * sight.reach) * 100_000_000]
    left = np.concatenate([part.task for part in sight.open])
    assert not np.isin(early, left).any()
    assert still_open + policy.decisions >= len(ended)


def test_equal_seeds_learn_equally_and_others_do_not():
    again = made(Keen)
    driven(again, SLOTS)
    other = Keen(world(SLOTS).scenario, Streams(2))
    driven(other, SLOTS)
    for name, array in keen()[0].parameters.items():
        assert np.array_equal(array, again.parameters[name])
    assert any(not np.array_equal(array, other.parameters[name]) for name, array in again.parameters.items())


def test_the_learned_rule_stays_near_the_price_rule():
    """A gate against regressions: online, with its exploration, within 5 % of the rule it begins from."""
    assert cost(driven(made(Mlp, 180), 180)[0]) < 1.05 * cost(driven(made(Price, 180), 180)[0])


def test_what_was_learned_is_saved_and_only_decides_when_loaded(tmp_path):
    policy, _, _ = keen()
    digest = policy.save(tmp_path / "mlp.npz")
    one, two = made(Keen), made(Keen)
    one.load(tmp_path / "mlp.npz")
    two.load(tmp_path / "mlp.npz")
    assert len(digest) == 64
    before = {name: array.copy() for name, array in one.average.items()}
    assert np.array_equal(driven(one, 40)[0], driven(two, 40)[0])
    assert one.updates == one.decisions == 0
    for name, array in policy.average.items():
        assert np.array_equal(array, before[name])
        assert np.array_equal(array, one.average[name])


def test_what_does_not_fit_is_not_loaded(tmp_path):
    keen()[0].save(tmp_path / "mlp.npz")
    with pytest.raises(PolicyError, match="must hold the parameters of this network"):
        made(Linear).load(tmp_path / "mlp.npz")
    (tmp_path / "mlp.npz").write_bytes((tmp_path / "mlp.npz").read_bytes()[:-40])
    with pytest.raises(ResultError):
        made(Keen).load(tmp_path / "mlp.npz")


def test_worlds_are_followed_one_by_one():
    policy = made(Keen)
    simulations = [driven_to(policy, seed) for seed in (1, 2)]
    observations = [one.observe() for one in simulations]
    together = policy.act(observations)
    assert len(together) == 2
    assert set(policy.sights) == {0, 1}
    assert policy.sights[0] is not policy.sights[1]


def driven_to(policy, seed):
    one = Simulation(world(SLOTS, seed).scenario, world=world(SLOTS, seed))
    for _ in range(5):
        one.step(one.observe().action())
    return one


def test_a_restart_keeps_what_was_learned_and_forgets_what_was_under_way():
    policy = made(Keen)
    driven(policy, SLOTS)
    known = policy.decisions
    policy.restart(world(SLOTS, 2).streams)
    assert not policy.sights
    driven(policy, SLOTS, 2)
    assert policy.decisions > known + 100
    assert policy.sights[0].over[0][0] < SLOTS


def test_a_boundary_of_many_is_learned_from_in_part():
    class Few(Keen):
        settings = dataclasses.replace(Keen.settings, kept=10)

    policy = Few(WIDE, STREAMS)
    policy.decide(seen(95, 2))
    assert len(policy.sights[0].open[0].task) == 10


def test_without_a_prior_options_are_valued_by_the_network_alone():
    class Bare(Linear):
        settings = dataclasses.replace(Settings(), prior=False, epsilon=(1e-12, 1e-12))

        def network(self, ties, outputs):
            return Wanted(len(ties), outputs)

    class Wanted(networks.Linear):
        def values(self, parameters, inputs):
            return np.broadcast_to([0.0, 0.0, 1.0, 0.0], (len(inputs), 4))  # always the second candidate

    action = Bare(WIDE, STREAMS).decide(seen(6, 3, edge_hz=[1e9, 9e9, 5e9]))
    assert action.offload.all()
    assert set(action.rsu[:5].tolist()) <= {0, 1, 2}
    lone = Bare(WIDE, STREAMS).decide(seen(1, 2, edge_hz=[1e9, 9e9]))
    assert lone.rsu.tolist() == [0]


def test_a_policy_without_a_network_says_so():
    with pytest.raises(NotImplementedError, match="must define network"):
        Branch(WIDE, STREAMS)


def test_hindsight_reaches_as_far_as_deadlines_do():
    assert Hindsight(world(SLOTS).scenario, Price.rule).reach == 46  # 5 x 0.91 s in slots of 0.1 s


@pytest.mark.parametrize(
    "overrides",
    [
        ("edge.queue=ps",),
        ("edge.queue=servers", "edge.servers=2", "keys.missing=local"),
        ("edge.queue=unlimited", "keys.missing=expose", "radio.refused=local"),
        ("profile=field", "keys.missing=drop", "radio.refused=drop"),
        ("profile=paper", "keys.rekey=interval"),
    ],
)
@pytest.mark.parametrize("policy", [Price, Keen])
def test_every_kind_of_world_is_decided_and_learned_from(policy, overrides):
    here = build(load(SCENARIO, "slots=60", *overrides), 0)
    own = policy(here.scenario, here.streams)
    ended = []
    replay(Simulation(here.scenario, world=here), own, lambda outcome: ended.append(outcome.ended))
    assert (np.concatenate(ended)["rsu"] >= 0).any()
    if policy is Keen:
        count = len(own.replay)
        assert count
        assert np.isfinite(own.replay.columns["reward"][:count]).all()
