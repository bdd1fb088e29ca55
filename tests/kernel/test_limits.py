"""What really limits a plan, counted in runs: against the same asked instant by instant and task by task."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from example import few, roaming, simulation_of, story_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.kernel.limits import busiest, over
from qvecsim.physics.slot import slot
from qvecsim.results.schema import OVER
from qvecsim.types import TASK

MISSING = st.sampled_from(["wait", "local", "drop"])


def counts(story):
    return np.array([[outcome.slot[name] for name in OVER] for outcome in story.outcomes])


@few
@given(
    seed=st.integers(0, 2**32),
    queue=st.sampled_from(["fcfs", "servers", "ps", "sqrt"]),
    missing=MISSING,
    profile=st.sampled_from(["paper", "amended", "field"]),
    share=st.sampled_from([None, 0.7]),
)
def test_a_run_keeps_what_limits_a_plan(seed, queue, missing, profile, share):
    changes = {"edge__servers": 2} if queue == "servers" else {}
    changes |= {"chain__clock_share": share, "chain__cycles_per_bit": 3e4, "keys__missing": missing}
    story = story_of(seed, "roulette", steps=10, profile=profile, edge__queue=queue, **changes)
    assert not counts(story).any()


def test_unlimited_servers_go_beyond_their_clock():
    story, some = story_of(4, "nearest", steps=30, edge__queue="unlimited", keys__missing="expose"), 0
    for before, after, outcome in story.slots:
        # Whoever has left by now does not count: its row is gone with it.
        gone = np.concatenate([np.zeros(0, TASK), *(o.ended for o in story.outcomes[: before.slot])])
        tasks = story.tasks[(story.tasks["rsu"] >= 0) & ~np.isin(story.tasks["task"], gone["task"])]
        busy = 0
        for unit in range(4):
            mine = tasks[tasks["rsu"] == unit]
            spans = [(int(t["service_start_ns"]), int(t["service_end_ns"])) for t in mine if t["service_start_ns"] >= 0]
            at = [max(begin, before.time_ns) for begin, end in spans if begin < after.time_ns and end > before.time_ns]
            busy += any(sum(begin <= instant < end for begin, end in spans) > 1 for instant in at)
        assert outcome.slot["over_capacity"] == busy
        some += busy
    assert some > 5


@pytest.mark.parametrize("queue", ["fcfs", "unlimited"])
def test_uploads_without_a_key_go_beyond_what_pools_hold(queue):
    poor = {"qkd__source_rate_hz": 300.0, "keys__missing": "expose", "keys__reserved_bit": 100}
    story, scene, some = story_of(2, "nearest", steps=30, edge__queue=queue, **poor), None, 0
    scene, need_bit = story.world.scene, story.world.scenario.keys.per_task_bit
    for before, after, outcome in story.slots:
        began = story.tasks[(story.tasks["decided_ns"] == before.time_ns) & (story.tasks["rsu"] >= 0)]
        wanted_bit = np.bincount(scene.rsu_link[began["rsu"]], minlength=len(scene.link)) * need_bit
        beyond = wanted_bit > np.maximum(before.key_bit - 100, 0)
        assert outcome.slot["over_keys"] == beyond.sum()
        assert outcome.slot["exposed"] >= beyond.sum()
        assert after.slot == before.slot + 1
        some += beyond.sum()
    assert some > 5


def asked():
    """A slot in which something begins, with its State; both may be bent."""
    simulation = simulation_of(roaming(1), seed=1)
    while True:
        seen, state = simulation.observe(), simulation.state
        action = seen.action(seen.deciding.copy(), seen.nearest.copy())
        moved = slot(simulation.inputs(action))
        outages = simulation.world.faults.at(state.slot)
        if moved.start.sent.sum() > 1:
            return state, moved, simulation.world.scene, outages, simulation.world.scenario
        simulation.step(action)


def test_who_begins_twice_is_counted():
    state, moved, *rest = asked()
    assert over(state, moved, *rest).targets == 0
    both = dataclasses.replace(moved, start=moved.start._replace(local=moved.start.sent))
    assert over(state, both, *rest).targets == moved.start.sent.sum()
    tasks = state.tasks.copy()
    tasks["phase"][moved.start.task[moved.start.sent][:1]] = 3
    assert over(dataclasses.replace(state, tasks=tasks), moved, *rest).targets == 1


def test_a_queue_or_a_pool_that_gave_too_much_is_counted():
    state, moved, scene, *rest = asked()
    assert over(state, moved, scene, *rest) == (0, 0, 0)
    tasks = moved.moves.tasks.copy()
    tasks["rsu"], tasks["service_start_ns"], tasks["service_end_ns"] = 1, state.time_ns + 5, state.time_ns + 9
    bent = dataclasses.replace(moved, moves=dataclasses.replace(moved.moves, tasks=tasks))
    assert over(state, bent, scene, *rest).capacity == 1
    paid = dataclasses.replace(moved.moves, consumed_bit=state.key_bit + 1)
    assert over(state, dataclasses.replace(moved, moves=paid), scene, *rest).keys == len(scene.link)


def test_a_shared_server_that_did_too_much_is_counted():
    simulation = simulation_of(roaming(1), seed=1, edge__queue="ps")
    state, world = simulation.state, simulation.world
    moved = slot(simulation.inputs(simulation.observe().action()))
    rest = world.scene, world.faults.at(0), world.scenario
    work = np.array([10**9, 10**9 + 10, 0, 0])
    assert over(state, dataclasses.replace(moved, work_ns=work), *rest).capacity == 1


@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(-5, 25), st.integers(0, 12)), max_size=12))
def test_the_most_at_one_time_is_found_by_trying_every_instant(jobs):
    tasks = np.zeros(len(jobs), TASK)
    rows = np.array(jobs, dtype=np.int64).reshape(-1, 3)
    tasks["rsu"], tasks["service_start_ns"], tasks["service_end_ns"] = rows[:, 0], rows[:, 1], rows[:, 1] + rows[:, 2]
    for unit, most in enumerate(busiest(tasks, 0, 20, 3).tolist()):
        spans = [(begin, begin + last) for one, begin, last in jobs if one == unit]
        assert most == max(sum(begin <= instant < end for begin, end in spans) for instant in range(20))
