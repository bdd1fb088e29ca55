"""Equal seeds give equal runs, other seeds do not, and a run may be broken off and taken up at any boundary."""

from __future__ import annotations

import copy
import pickle
from itertools import product

import numpy as np
import pytest
from example import POLICIES, few, play, policy, roaming, same, scenario_of, simulation_of, story_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.kernel.simulation import Simulation
from qvecsim.world.world import build

SEEDS = st.integers(0, 2**32)
SEAMS = ("qkd", "vec", "chain", "problem")
MODELS = [dict(zip(SEAMS, mix, strict=True)) for mix in product(("paper", "amended", "field"), repeat=4)]
ALIVE = {  # everything that draws or remembers is on
    "qkd": {
        "source_rate_hz": 1500.0,
        "temperature_swing_k": 5.0,
        "temperature_drift_k": 2.0,
        "heating_k": 3.0,
        "noise_phase_drift_rad": 0.3,
    },
    "sources": {"pair_rate": "table", "visibility": "table", "generation": "table"},
    "tasks__regimes": {"busy": 2.0, "quiet": 0.2, "mean_s": 3.0},
    "world__fibre": {"count": 2, "access": 2},
    "keys__store": {
        "capacity_bit": 2000,
        "initial_bit": 500,
        "docks": [{"x_m": 300.0, "y_m": 500.0}],
        "range_m": 300.0,
        "speed_m_s": 15.0,
        "rate_bps": 400.0,
    },
    "faults": [
        {"kind": kind, "rate_hz": 0.05, "lasts_s": 2.0}
        for kind in ("fibre_cut", "node_down", "server_down", "rsu_down", "byzantine", "eavesdropper")
    ],
}


def continued(simulation):
    """The same run taken up again from its State alone."""
    return Simulation(simulation.world.scenario, world=simulation.world, state=simulation.state)


def assert_equal_runs(one, other):
    assert one.states[-1].fingerprint == other.states[-1].fingerprint
    for name in ("states", "seen", "outcomes"):
        equal = [same(mine, theirs) for mine, theirs in zip(getattr(one, name), getattr(other, name), strict=True)]
        assert all(equal), f"{name} differ from slot {equal.index(False)} on"


@pytest.mark.parametrize("name", POLICIES)
def test_equal_seeds_give_equal_runs(name):
    one, other = (story_of(3, name, steps=12, **ALIVE) for _ in range(2))
    assert_equal_runs(one, other)
    assert one.ended.tobytes() == other.ended.tobytes()


def test_other_seeds_and_replications_do_not():
    trace, scenario = roaming(1, steps=8), scenario_of()
    worlds = [build(scenario_of(seed=seed), replication, trace) for seed, replication in ((1, 0), (2, 0), (1, 1))]
    assert worlds[0].scenario == scenario
    runs = [play(Simulation(world.scenario, world=world)) for world in worlds]
    assert len({run.states[-1].fingerprint for run in runs}) == 3
    assert len({tuple(run.tasks["born_ns"].tolist()) for run in runs}) == 3


@pytest.mark.parametrize("changes", [{}, ALIVE, {"world__fibre__count": 3}, {"keys__missing": "drop"}])
def test_every_scheme_meets_the_same_world(changes):
    first, *others = (story_of(5, name, steps=12, **changes) for name in POLICIES)
    # Learners decide as the rule that they begin at until they have seen more than a few tasks; these are all unlike.
    rules = {"ralc", "rars", "nearest", "greedy", "price", "roulette"}
    told = dict(zip(POLICIES, (first, *others), strict=True))
    assert len({told[name].states[-1].fingerprint for name in rules}) == len(rules)
    fixed = ["task", "vehicle", "kind", "born_ns", "due_ns", "input_bit", "result_bit", "cycles"]
    met = first.tasks[np.argsort(first.tasks["task"])][fixed]
    for story in others:
        assert np.array_equal(story.tasks[np.argsort(story.tasks["task"])][fixed], met)
        for mine, theirs in zip(first.seen, story.seen, strict=True):
            assert np.array_equal(mine.vehicle, theirs.vehicle)
            assert np.array_equal(mine.gain, theirs.gain)
            assert np.array_equal(mine.x_m, theirs.x_m)
        assert [state.busy for state in story.states] == [state.busy for state in first.states]
        assert all(np.array_equal(a.drift, b.drift) for a, b in zip(story.states, first.states, strict=True))


def test_a_draw_that_is_switched_on_moves_no_other():
    plain, more = story_of(5, "ralc"), story_of(5, "ralc", sources__visibility="table", qkd__temperature_drift_k=2.0)
    assert all(np.array_equal(a.gain, b.gain) for a, b in zip(plain.seen, more.seen, strict=True))
    assert np.array_equal(plain.tasks["born_ns"], more.tasks["born_ns"])
    assert not np.array_equal(plain.states[-1].links.qber, more.states[-1].links.qber)


@pytest.mark.parametrize("name", POLICIES)
def test_a_run_taken_up_from_its_state_at_every_slot_is_the_unbroken_one(name):
    make = simulation_of(roaming(8), seed=8, **ALIVE)
    assert_equal_runs(play(make.fork(), name), play(make, name, renew=continued))


@few
@given(seed=SEEDS, interval_s=st.sampled_from([0.3, 1.0, [0.5, 2.0]]), slot_s=st.sampled_from([0.5, 1.0, 2.0]))
def test_no_event_is_lost_or_doubled_when_the_agenda_is_rebuilt(seed, interval_s, slot_s):
    make = simulation_of(roaming(seed, 6, 8), seed=seed, slot_s=slot_s, chain__interval_s=interval_s)
    unbroken = play(make.fork())
    assert_equal_runs(unbroken, play(make, renew=continued))
    assert sum(len(outcome.blocks) for outcome in unbroken.outcomes) == unbroken.states[-1].head.height


def test_a_state_may_be_stored_and_taken_up_elsewhere():
    def stored(simulation):
        kept = pickle.loads(pickle.dumps(simulation.state))
        return Simulation(simulation.world.scenario, world=simulation.world, state=kept)

    make = simulation_of(roaming(8, steps=10), **ALIVE)
    assert_equal_runs(play(make.fork(), "roulette"), play(make, "roulette", renew=stored))


@pytest.mark.parametrize("name", POLICIES)
def test_a_state_never_changes(name):
    story = simulation_of(roaming(9, steps=10), **ALIVE)
    decides, kept = policy(name, story), []
    while not story.finished:
        kept.append((story.state, copy.deepcopy(story.state)))
        story.step(decides.act([story.observe()])[0])
    assert all(same(state, before) for state, before in kept)


def test_a_fork_continues_alike_and_leaves_the_original_alone():
    simulation = simulation_of(roaming(4, steps=12), **ALIVE)
    for _ in range(5):
        simulation.step(simulation.observe().action())
    before, seen = copy.deepcopy(simulation.state), copy.deepcopy(simulation.observe())
    fork = simulation.fork()
    other = play(fork.fork(), "roulette")
    one = play(fork, "nearest")
    assert same(simulation.state, before)
    assert same(simulation.observe(), seen)
    assert not same(one.states[-1], other.states[-1])
    assert_equal_runs(play(simulation, "nearest"), one)


def test_asking_twice_what_a_policy_sees_changes_nothing():
    one, other = (simulation_of(roaming(4, steps=6)) for _ in range(2))
    while not one.finished:
        first = copy.deepcopy(one.observe())
        assert same(one.observe(), first)
        assert same(one.step(first.action()), other.step(other.observe().action()))


@pytest.mark.parametrize("models", MODELS, ids=lambda models: "-".join(models.values()))
def test_every_mixture_of_models_runs_ten_slots(models):
    story = story_of(2, "rars", steps=10, physics=models)
    assert len(story.outcomes) == 10
    assert np.isfinite([outcome.reward for outcome in story.outcomes]).all()
    assert all((state.key_bit >= 0).all() for state in story.states)
    assert_equal_runs(story, story_of(2, "rars", steps=10, physics=models))


def test_a_profile_is_its_four_models():
    for profile in ("paper", "amended", "field"):
        mixed = story_of(2, "rars", steps=6, physics=dict.fromkeys(SEAMS, profile))
        assert_equal_runs(mixed, story_of(2, "rars", steps=6, profile=profile))
