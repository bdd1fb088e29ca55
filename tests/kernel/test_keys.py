"""The books of the key pools: whole bits in, whole keys out, nothing lost and nothing owed."""

from __future__ import annotations

import numpy as np
import pytest
from example import POLICIES, S, few, play, roaming, same, simulation_of, standing, story_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.keys.pools import STATES, filled
from qvecsim.types import DROPPED, LOCAL, NO_KEY

SEEDS = st.integers(0, 2**32)


def assert_keys_are_conserved(story):
    keys = story.world.scenario.keys
    capacity_bit, key_bit = keys.capacity_bit, keys.per_task_bit
    tasks, link = story.tasks, story.world.scene.rsu_link
    for before, after, outcome in story.slots:
        books = outcome.links
        columns = ("generated_bit", "consumed_bit", "relayed_bit", "overflow_bit", "expired_bit", "stored_bit")
        assert all(np.issubdtype(books[name].dtype, np.integer) and (books[name] >= 0).all() for name in columns)
        paid = books["consumed_bit"] + books["relayed_bit"]
        change = books["generated_bit"] - paid - books["overflow_bit"] - books["expired_bit"]
        assert np.array_equal(after.key_bit, before.key_bit + change)
        assert np.array_equal(after.key_bit, books["stored_bit"])
        assert ((after.key_bit >= 0) & (after.key_bit <= capacity_bit)).all()
        assert ((after.key_fraction >= 0) & (after.key_fraction < 1)).all()
        begun = tasks[(tasks["decided_ns"] == before.time_ns) & (tasks["rsu"] >= 0)]
        drawn = np.zeros_like(after.key_bit)
        np.add.at(drawn, link[begun["rsu"]], begun["key_bit"])
        assert np.array_equal(drawn, books["consumed_bit"])
        if (keys.encryption, keys.rekey) == ("aes256", "per_task"):
            assert np.array_equal(begun["key_bit"], np.where(begun["exposed"] == 1, 0, key_bit))
        # Keys made in a slot are there from the next one on, and the reserve is not for tasks.
        assert (books["consumed_bit"] <= np.maximum(before.key_bit - keys.reserved_bit, 0)).all()
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
    expiry_s=st.sampled_from([None, 0.5, 1.0, 3.0, 7.5]),
    rekey=st.sampled_from(["per_task", "interval", "bytes"]),
)
def test_keys_are_conserved_whatever_their_size(seed, key_bit, capacity_bit, rate_hz, shape, expiry_s, rekey):
    keys = {"per_task_bit": key_bit, "capacity_bit": capacity_bit, "initial_bit": capacity_bit // 3}
    keys |= {"expiry_s": expiry_s, "rekey": rekey, "rekey_s": 2.0, "rekey_byte": 1_000_000}
    keys |= {"reserved_bit": min(100, max(capacity_bit - key_bit, 0))}
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
        step = filled(stored, fraction, np.array([rate]), slot_s, capacity_bit)
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


@pytest.mark.parametrize("expiry_s", [0.4, 1.0, 2.0, 4.0])
def test_bits_are_discarded_at_their_age_oldest_spent_first(expiry_s):
    keys = {"expiry_s": expiry_s, "capacity_bit": 3000, "initial_bit": 900, "per_task_bit": 128}
    story = story_of(5, "nearest", steps=25, keys=keys, qkd__source_rate_hz=3000.0)
    life, links = max(int(np.ceil(expiry_s)), 1), len(story.states[0].key_bit)
    cohorts = [[(-1, 900)] for _ in range(links)]  # (slot in which it came, bits left)
    discarded = 0
    for before, after, outcome in story.slots:
        books = outcome.links
        for link, pool in enumerate(cohorts):
            spent = int(books["consumed_bit"][link])
            while spent:
                came, bits = pool.pop(0)
                if bits > spent:
                    pool.insert(0, (came, bits - spent))
                spent -= min(bits, spent)
            old = sum(bits for came, bits in pool if before.slot - came >= life)
            pool[:] = [(came, bits) for came, bits in pool if before.slot - came < life]
            pool.append((before.slot, int(books["generated_bit"][link] - books["overflow_bit"][link])))
            assert books["expired_bit"][link] == old
            assert after.key_bit[link] == sum(bits for _, bits in pool)
            discarded += old
    assert discarded > 0
    assert sum(int(outcome.links["consumed_bit"].sum()) for outcome in story.outcomes) > 0
    assert_keys_are_conserved(story)


def test_a_checkpoint_keeps_ages_and_sessions():
    keys = {"expiry_s": 3.0, "rekey": "interval", "rekey_s": 4.0}
    simulation = simulation_of(roaming(3, steps=14), keys=keys)
    for _ in range(6):
        simulation.step(simulation.observe().action(np.ones(len(simulation.state.fleet), bool)))
    assert (simulation.state.sessions.rsu >= 0).any()
    fork = simulation.fork()
    one, other = play(simulation, "nearest"), play(fork, "nearest")
    assert all(same(a, b) for a, b in zip(one.states, other.states, strict=True))
    assert sum(int(outcome.links["expired_bit"].sum()) for outcome in one.outcomes) > 0


def test_the_buffer_states_are_told():
    keys = {"capacity_bit": 2000, "initial_bit": 600, "reserved_bit": 300, "threshold_bit": 700, "expiry_s": 2.0}
    story = story_of(4, "nearest", steps=25, keys=keys, qkd__source_rate_hz=1200.0)
    before = ["charging"] * len(story.states[0].key_bit)
    seen = set()
    for _, after, outcome in story.slots:
        now = outcome.links["state"]
        for was, state, level in zip(before, now, after.key_bit.tolist(), strict=True):
            between = "warning" if was in {"ready", "warning"} else "charging"
            assert state == ("empty" if level <= 300 else "ready" if level >= 700 else between)
        before = now
        seen |= set(now)
    assert seen == set(STATES)
    assert_keys_are_conserved(story)


def test_the_reserve_is_not_offered():
    story = story_of(4, "nearest", steps=15, keys__reserved_bit=400)
    link = story.world.scene.rsu_link
    for state, seen in zip(story.states, story.seen, strict=False):
        assert np.array_equal(seen.key_bit, np.maximum(state.key_bit[link] - 400, 0))


def test_a_one_time_pad_costs_the_payload_both_ways_and_256_bit():
    classes = {"driving": {"input_bit": [100, 900], "result_bit": 40, "cycles": 1e8, "deadline_s": 5.0}}
    changes = {"tasks__classes": classes, "keys__encryption": "otp", "keys__capacity_bit": 5000}
    story = story_of(6, "nearest", steps=20, **changes)
    sent = story.tasks[story.tasks["rsu"] >= 0]
    assert set(sent["key_bit"]) == {100 + 40 + 256, 900 + 40 + 256}
    assert not sent["exposed"].any()
    for seen in story.seen:
        need = np.where(seen.deciding, seen.input_bit + seen.result_bit + 256, 0)
        assert np.array_equal(seen.key_need_bit[seen.deciding], need[seen.deciding])
    assert_keys_are_conserved(story)


def test_without_encryption_nothing_is_withdrawn_and_all_is_exposed():
    story = story_of(6, "nearest", keys__encryption="none", keys__initial_bit=0)
    sent = story.tasks[story.tasks["rsu"] >= 0]
    assert len(sent) > 10
    assert (sent["exposed"] == 1).all()
    assert not sent["key_bit"].any()
    assert not story.tasks["key_wait_ns"].any()
    assert all(outcome.slot["exposed"] == outcome.slot["offloaded"] for outcome in story.outcomes)


LASTING = [("rekey_s", 0.5), ("rekey_s", 3.0), ("rekey_s", 100.0)]
LASTING += [("rekey_byte", size) for size in (1, 100_000, 600_000, 10**9)]


@pytest.mark.parametrize("missing", ["wait", "expose"])
@pytest.mark.parametrize("name", ["nearest", "roulette"])
@pytest.mark.parametrize(("limit", "value"), LASTING)
def test_a_session_key_lasts_for_its_time_or_volume_at_one_unit(limit, value, name, missing):
    rekey, rekey_s, rekey_byte = ("interval", value, 1) if limit == "rekey_s" else ("bytes", 1.0, value)
    keys = {"rekey": rekey, "rekey_s": rekey_s, "rekey_byte": rekey_byte, "missing": missing}
    keys |= {"per_task_bit": 3, "capacity_bit": 10**9, "initial_bit": 10**6 if missing == "wait" else 40}
    classes = {"driving": {"input_bit": {"low": 0.0, "high": 4e6}, "result_bit": 1e5, "cycles": 1e8}}
    changes = {"tasks__classes": classes, "tasks__rate_hz": 3.0, "qkd__source_rate_hz": 1.0}
    story = story_of(5, name, steps=15, keys=keys, **changes)
    open_, tasks = {}, story.tasks
    for state, seen in zip(story.states, story.seen, strict=False):
        open_ = {vehicle: session for vehicle, session in open_.items() if vehicle in state.fleet.vehicle}
        for task in tasks[(tasks["decided_ns"] == state.time_ns) & (tasks["rsu"] >= 0)]:
            vehicle, unit, now = (int(task[name]) for name in ("vehicle", "rsu", "decided_ns"))
            payload_bit = int(task["input_bit"] + task["result_bit"])
            had, since, left_bit = open_.get(vehicle, (-1, 0, 0))
            good = had == unit and (rekey == "bytes" or now - since < rekey_s * S)
            left_bit, bought = left_bit if good else 0, 0 if good else 1
            while rekey == "bytes" and rekey_byte > 1 and left_bit + bought * rekey_byte * 8 < payload_bit:
                bought += 1
            if rekey == "bytes" and rekey_byte == 1:
                bought = max(bought, -(-max(payload_bit - left_bit, 0) // 8))
            row = int(np.flatnonzero(seen.vehicle == vehicle)[0])
            assert (seen.session_rsu[row] == unit) == (bought == 0)
            if task["exposed"]:
                assert task["key_bit"] == 0
                open_.pop(vehicle, None)
                continue
            assert task["key_bit"] == 3 * bought
            open_[vehicle] = (unit, since if good else now, left_bit + bought * rekey_byte * 8 - payload_bit)
    assert_keys_are_conserved(story)
