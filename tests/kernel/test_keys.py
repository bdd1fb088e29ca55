"""The books of the key pools: whole bits in, whole keys out, nothing lost and nothing owed."""

from __future__ import annotations

import numpy as np
import pytest
from example import POLICIES, S, few, play, simulation_of, standing, story_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.kernel.keypool import deposit
from qvecsim.types import DROPPED, LOCAL, NO_KEY

SEEDS = st.integers(0, 2**32)


def assert_keys_are_conserved(story):
    capacity_bit, key_bit = story.world.scenario.keys.capacity_bit, story.world.scenario.keys.per_task_bit
    tasks, link = story.tasks, story.world.scene.rsu_link
    for before, after, outcome in story.slots:
        books = outcome.links
        columns = ("generated_bit", "consumed_bit", "overflow_bit", "expired_bit", "stored_bit")
        assert all(np.issubdtype(books[name].dtype, np.integer) and (books[name] >= 0).all() for name in columns)
        change = books["generated_bit"] - books["consumed_bit"] - books["overflow_bit"] - books["expired_bit"]
        assert np.array_equal(after.key_bit, before.key_bit + change)
        assert np.array_equal(after.key_bit, books["stored_bit"])
        assert ((after.key_bit >= 0) & (after.key_bit <= capacity_bit)).all()
        assert ((after.key_fraction >= 0) & (after.key_fraction < 1)).all()
        begun = tasks[(tasks["decided_ns"] == before.time_ns) & (tasks["rsu"] >= 0)]
        drawn = np.zeros_like(after.key_bit)
        np.add.at(drawn, link[begun["rsu"]], begun["key_bit"])
        assert np.array_equal(drawn, books["consumed_bit"])
        assert np.array_equal(begun["key_bit"], np.where(begun["exposed"] == 1, 0, key_bit))
        assert (books["consumed_bit"] <= before.key_bit).all()  # keys made in a slot are there from the next one on
    idle = tasks[(tasks["decided_ns"] < 0) | (tasks["rsu"] < 0)]
    assert not idle["key_bit"].any()
    assert not idle["exposed"].any()


@pytest.mark.parametrize("missing", ["wait", "local", "drop", "expose"])
@pytest.mark.parametrize("name", POLICIES)
def test_keys_are_conserved(name, missing):
    assert_keys_are_conserved(story_of(11, name, keys__missing=missing, steps=15))


@few
@given(
    seed=SEEDS,
    key_bit=st.sampled_from([0, 1, 255, 256, 1000]),
    capacity_bit=st.sampled_from([0, 300, 10_000]),
    rate_hz=st.floats(1.0, 1e5),
    shape=st.sampled_from(["ring", "star", "tree"]),
)
def test_keys_are_conserved_whatever_their_size(seed, key_bit, capacity_bit, rate_hz, shape):
    keys = {"per_task_bit": key_bit, "capacity_bit": capacity_bit, "initial_bit": capacity_bit // 3}
    changes = {"keys": keys, "qkd__source_rate_hz": rate_hz, "world__fibre__shape": shape}
    story = story_of(seed, "roulette", steps=12, world__fibre__count=3, **changes)
    assert_keys_are_conserved(story)


@few
@given(
    rates=st.lists(st.floats(0, 1e4), min_size=1, max_size=30),
    slot_s=st.sampled_from([1e-3, 0.1, 1.0, 7.0]),
    capacity_bit=st.integers(0, 10_000),
)
def test_a_pool_loses_no_bit_to_rounding(rates, slot_s, capacity_bit):
    stored, fraction, made, spilt = np.zeros(1, np.int64), np.zeros(1), 0, 0
    for rate in rates:
        step = deposit(stored, fraction, np.array([rate]), slot_s, capacity_bit)
        stored, fraction = step.stored_bit, step.fraction
        made, spilt = made + int(step.generated_bit[0]), spilt + int(step.overflow_bit[0])
        assert 0 <= stored[0] <= capacity_bit
        assert 0 <= fraction[0] < 1
    assert made == stored[0] + spilt
    assert made + fraction[0] == pytest.approx(sum(rates) * slot_s, rel=1e-9, abs=1e-9)


DARK = ({"qkd__other_efficiency": 0.0}, {"qkd__source_rate_hz": 1e-9})


@pytest.mark.parametrize("missing", ["wait", "local", "drop"])
@pytest.mark.parametrize("dark", DARK)
def test_without_keys_no_offload_is_admitted(dark, missing):
    for name in POLICIES:
        story = story_of(2, name, steps=10, keys__missing=missing, keys__initial_bit=0, **dark)
        assert all((state.key_bit == 0).all() for state in story.states)
        assert (story.tasks["rsu"] < 0).all()
        assert not any(outcome.slot["offloaded"] for outcome in story.outcomes)
        if name == "nearest":
            given_up = (story.ended["outcome"] == DROPPED) & (story.ended["reason"] == NO_KEY)
            assert given_up.any() == (missing == "drop")
            assert (story.tasks["phase"] == LOCAL).any() == (missing == "local")
            assert (story.tasks["key_wait_ns"] > 0).any() == (missing == "wait")


@pytest.mark.parametrize("dark", DARK)
def test_without_keys_every_offload_is_exposed_where_that_is_allowed(dark):
    story = story_of(2, "nearest", steps=10, keys__missing="expose", keys__initial_bit=0, **dark)
    sent = story.tasks[story.tasks["rsu"] >= 0]
    assert len(sent) > 5
    assert (sent["exposed"] == 1).all()
    assert not sent["key_bit"].any()
    assert sum(outcome.slot["exposed"] for outcome in story.outcomes) == len(sent)
    assert sum(int(outcome.links["consumed_bit"].sum()) for outcome in story.outcomes) == 0


def contenders(**changes):
    """Six vehicles at one unit, whose pool has keys for two of them."""
    classes = {"driving": {"input_bit": 1e6, "cycles": 1e8, "deadline_s": {"low": 1.0, "high": 50.0}}}
    keys = {"per_task_bit": 256, "initial_bit": 600, "capacity_bit": 600, "missing": "wait"}
    rsus = [{"x_m": 500.0, "y_m": 500.0}]
    fixed = {"world__rsus": rsus, "world__fibre": {"count": 1}, "tasks__classes": classes, "keys": keys}
    return simulation_of(standing(6, 4), **{**fixed, "tasks__rate_hz": 30.0, "radio__admission_db": -60.0, **changes})


def test_the_most_urgent_get_the_keys_and_the_others_wait():
    simulation = contenders(qkd__other_efficiency=0.0, world__range_m=2000.0)
    story = play(simulation, "nearest")
    before, after = story.states[1:3]
    wanted = before.tasks[np.isin(before.tasks["task"], story.seen[1].task)]
    urgent = set(wanted["task"][np.argsort(wanted["due_ns"])][:2].tolist())
    tasks = story.tasks
    assert set(tasks["task"][tasks["decided_ns"] == before.time_ns].tolist()) == urgent
    assert after.key_bit.tolist() == [88]
    assert story.outcomes[1].slot["wait_key"] == 4
    waited = after.tasks[np.isin(after.tasks["task"], [task for task in wanted["task"] if task not in urgent])]
    assert waited["key_wait_ns"].tolist() == [S] * 4


def test_where_tasks_go_without_a_key_none_waits_for_one():
    changes = {"keys__missing": "expose", "keys__initial_bit": 0, "qkd__other_efficiency": 0.0}
    story = story_of(2, "nearest", **changes, radio__admission_db=30.0)
    assert sum(outcome.slot["refused"] for outcome in story.outcomes) > 0
    assert not story.tasks["key_wait_ns"].any()
