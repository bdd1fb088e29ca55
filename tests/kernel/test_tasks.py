"""What becomes of tasks: none is lost, none is served twice, and every stamp follows the one before."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest
import simpy
from example import POLICIES, S, few, play, roaming, simulation_of, standing, story_of, trace_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.types import (
    DONE,
    DROPPED,
    IN_FLIGHT,
    LATE,
    LEFT,
    LOCAL,
    NO_KEY,
    NO_REASON,
    NO_SIGNAL,
    RETURN,
    SERVER,
    UNDECIDED,
    UPLINK,
)
from qvecsim.units import ns_array
from qvecsim.world.demand import births, next_regime

SEEDS = st.integers(0, 2**32)


def births_of(story):
    """The tasks of a run, drawn again without the kernel."""
    world, found, busy = story.world, [], story.states[0].busy
    for slot in range(world.slots):
        first = sum(map(len, found))
        found.append(births(world.scenario, world.scene, world.streams, slot, world.fleet(slot), busy, first))
        busy = next_regime(world.scenario, world.streams, slot, busy)
    return np.concatenate(found)


def assert_none_is_lost(story):
    born, ended, left = births_of(story), story.ended, story.states[-1].tasks
    fates = Counter(zip(ended["outcome"].tolist(), ended["reason"].tolist(), strict=True))
    assert set(fates) <= {(DONE, NO_REASON), (LATE, NO_REASON), *((DROPPED, why) for why in (LEFT, NO_KEY, NO_SIGNAL))}
    assert len(born) == sum(fates.values()) + len(left) == story.states[-1].tasks_born
    assert (left["outcome"] == IN_FLIGHT).all()
    tasks = story.tasks[np.argsort(story.tasks["task"], kind="stable")]
    assert tasks["task"].tolist() == list(range(len(born)))
    for name in ("vehicle", "kind", "born_ns", "due_ns", "input_bit", "result_bit", "cycles"):
        assert np.array_equal(tasks[name], born[name]), name
    return fates


@pytest.mark.parametrize("name", POLICIES)
def test_every_task_born_ends_once_or_is_in_flight(name):
    for missing in ("wait", "local", "drop", "expose"):
        for refused in ("wait", "local", "drop"):
            fates = assert_none_is_lost(story_of(7, name, keys__missing=missing, radio__refused=refused, steps=15))
            assert missing == "drop" or not fates[DROPPED, NO_KEY]
            assert refused == "drop" or not fates[DROPPED, NO_SIGNAL]


@few
@given(
    seed=SEEDS, missing=st.sampled_from(["wait", "local", "drop", "expose"]), slot_s=st.sampled_from([0.5, 1.0, 3.0])
)
def test_no_task_is_lost_in_any_world(seed, missing, slot_s):
    regimes = {"busy": 2.0, "quiet": 0.5, "mean_s": 4.0}
    assert_none_is_lost(
        story_of(seed, "roulette", steps=12, slot_s=slot_s, keys__missing=missing, tasks__regimes=regimes)
    )


def test_the_slots_table_counts_what_the_tasks_say():
    story = story_of(3, "roulette", keys__missing="drop", radio__refused="drop", steps=40)
    before = 0
    for state, after, outcome in story.slots:
        fates = np.bincount(outcome.ended["outcome"], minlength=4).tolist()
        assert [outcome.slot[name] for name in ("done", "late", "dropped")] == fates[1:]
        assert outcome.slot["generated"] == after.tasks_born - state.tasks_born
        assert before + outcome.slot["generated"] - len(outcome.ended) == outcome.slot["in_flight"] == len(after.tasks)
        begun = (story.tasks["decided_ns"] == state.time_ns) & (story.tasks["rsu"] >= 0)
        assert outcome.slot["offloaded"] == np.count_nonzero(begun)
        before = len(after.tasks)


@few
@given(seed=SEEDS, missing=st.sampled_from(["wait", "local", "drop", "expose"]))
def test_stamps_follow_one_another_and_parts_add_up(seed, missing):
    tasks = story_of(seed, "roulette", keys__missing=missing).tasks
    decided = tasks[tasks["decided_ns"] >= 0]
    sent, local = decided[decided["rsu"] >= 0], decided[decided["rsu"] < 0]
    served, back = sent[sent["service_start_ns"] >= 0], sent[sent["phase"] == RETURN]
    assert (tasks["due_ns"] > tasks["born_ns"]).all()
    assert (decided["decided_ns"] >= decided["born_ns"]).all()
    assert (decided["key_wait_ns"] <= decided["decided_ns"] - decided["born_ns"]).all()
    assert (tasks["key_wait_ns"] % S == 0).all()  # whole slots
    assert (sent["arrival_ns"] >= sent["decided_ns"]).all()
    for first, second in (("arrival_ns", "service_start_ns"), ("service_start_ns", "service_end_ns")):
        assert (served[second] >= served[first]).all()
    assert (local["service_start_ns"] >= local["decided_ns"]).all()
    assert np.array_equal(local["end_ns"], local["service_end_ns"])
    kept = back[back["outcome"] != DROPPED]
    assert (kept["end_ns"] >= kept["service_end_ns"]).all()
    over = tasks[tasks["outcome"] != IN_FLIGHT]
    assert (over["end_ns"] >= over["born_ns"]).all()
    whole = np.concatenate([kept, local])
    for task in whole[whole["outcome"] != IN_FLIGHT]:
        queued = task["arrival_ns"] if task["rsu"] >= 0 else task["decided_ns"]
        parts = (
            task["decided_ns"] - task["born_ns"] - task["key_wait_ns"],
            task["key_wait_ns"],
            queued - task["decided_ns"],
            task["service_start_ns"] - queued,
            task["service_end_ns"] - task["service_start_ns"],
            task["end_ns"] - task["service_end_ns"],
        )
        assert min(parts) >= 0
        assert sum(parts) == task["end_ns"] - task["born_ns"]
        assert task["outcome"] == (DONE if task["end_ns"] <= task["due_ns"] else LATE)


@few
@given(seed=SEEDS, slot_s=st.sampled_from([0.5, 1.0]))
def test_a_task_ends_in_the_slot_that_says_so(seed, slot_s):
    story = story_of(seed, "roulette", slot_s=slot_s, steps=12)
    for state, after, outcome in story.slots:
        delivered = outcome.ended[outcome.ended["outcome"] != DROPPED]
        assert (delivered["end_ns"] <= after.time_ns).all()
        assert (delivered["end_ns"] >= state.time_ns).all()
        going = after.tasks[np.isin(after.tasks["phase"], [LOCAL, RETURN])]
        assert (going["end_ns"] > after.time_ns).all()
        uploading, queued = (after.tasks[after.tasks["phase"] == phase] for phase in (UPLINK, SERVER))
        assert (uploading["arrival_ns"] >= after.time_ns).all()
        assert (queued["arrival_ns"] < after.time_ns).all()
        assert (queued["service_end_ns"] >= after.time_ns).all()
        assert (after.tasks["task"][1:] > after.tasks["task"][:-1]).all()


@few
@given(seed=SEEDS, missing=st.sampled_from(["wait", "local", "expose"]))
def test_a_vehicle_sends_one_task_at_a_time_and_computes_one_at_a_time(seed, missing):
    story = story_of(seed, "roulette", keys__missing=missing, steps=25)
    sending, computing = defaultdict(list), defaultdict(list)
    for task in story.tasks[story.tasks["decided_ns"] >= 0]:
        if task["rsu"] < 0:
            computing[task["vehicle"]].append((task["service_start_ns"], task["service_end_ns"]))
        elif task["reason"] == LEFT:  # the air is free again when its vehicle is gone
            sending[task["vehicle"]].append((task["decided_ns"], min(task["arrival_ns"], task["end_ns"])))
        else:
            sending[task["vehicle"]].append((task["decided_ns"], task["arrival_ns"]))
    assert sending
    assert computing
    for spans in (*sending.values(), *computing.values()):
        spans.sort()
        assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))


def test_a_vehicle_decides_its_oldest_task_first():
    story = story_of(5, "roulette", steps=30)
    for state, seen in zip(story.states, story.seen, strict=False):
        undecided = state.tasks[state.tasks["phase"] == UNDECIDED]
        for vehicle, task, waiting in zip(seen.vehicle, seen.task, seen.waiting, strict=True):
            own = undecided["task"][undecided["vehicle"] == vehicle]
            assert task == (own.min() if len(own) else -1)
            assert waiting == len(own)


def served_in_simpy(jobs):
    """Start of each job and the integral of jobs present over time, event by event."""
    env = simpy.Environment()
    server = simpy.Resource(env, capacity=1)
    starts, area, present, since = {}, 0, 0, 0

    def count(change):
        nonlocal area, present, since
        area, present, since = area + present * (env.now - since), present + change, env.now

    def job(name, arrival_ns, service_ns):
        yield env.timeout(arrival_ns)
        count(1)
        with server.request() as turn:
            yield turn
            starts[name] = env.now
            yield env.timeout(service_ns)
        count(-1)

    for name, arrival_ns, service_ns in jobs:
        env.process(job(name, arrival_ns, service_ns))
    env.run()
    assert present == 0
    return starts, area


def servers_of(story):
    """The tasks that reached each server, by arrival and id."""
    tasks = story.tasks[(story.tasks["rsu"] >= 0) & (story.tasks["service_start_ns"] >= 0)]
    tasks = tasks[np.lexsort((tasks["task"], tasks["arrival_ns"]))]
    return [(rsu, tasks[tasks["rsu"] == rsu]) for rsu in range(len(story.world.scene.rsu))]


def assert_servers_are_first_come_first_served(story):
    jobs = 0
    for rsu, tasks in servers_of(story):
        service_ns = ns_array(tasks["cycles"] / story.world.scene.edge_hz[rsu])
        assert np.array_equal(tasks["service_end_ns"] - tasks["service_start_ns"], service_ns)
        names, arrivals, services = tasks["task"].tolist(), tasks["arrival_ns"].tolist(), service_ns.tolist()
        starts, area = served_in_simpy(zip(names, arrivals, services, strict=True))
        assert [starts[name] for name in names] == tasks["service_start_ns"].tolist()
        # Little's law on the path itself: what the monitor integrated is what the tasks spent there.
        assert area == sum((tasks["service_end_ns"] - tasks["arrival_ns"]).tolist())
        jobs += len(names)
    return jobs


@few
@given(seed=SEEDS, slot_s=st.sampled_from([0.25, 1.0, 2.0]))
def test_servers_serve_as_an_event_by_event_reference_does(seed, slot_s):
    changes = {"keys__per_task_bit": 0, "edge__clock_hz": {"low": 0.5e9, "high": 2e9}, "slot_s": slot_s}
    story = play(simulation_of(roaming(seed, 16, 15), seed=seed, **changes), "nearest")
    assert assert_servers_are_first_come_first_served(story) > 0


def test_equal_arrivals_are_served_by_id():
    # A rate and a size from Table II for all: uploads end together, and every second one at a boundary.
    classes = {"driving": {"input_bit": [15e6, 7.5e6], "cycles": [1e9, 2e9]}}
    changes = {"keys__per_task_bit": 0, "sources__rate": "table", "tasks__rate_hz": 2.0, "edge__clock_hz": 4e9}
    story = play(
        simulation_of(standing(16, 30), **changes, radio__admission_db=-60.0, tasks__classes=classes), "nearest"
    )
    tied = sum(len(tasks) - len(set(tasks["arrival_ns"].tolist())) for _, tasks in servers_of(story))
    assert tied > 20
    assert assert_servers_are_first_come_first_served(story) > 60


def test_without_a_queue_everything_is_served_as_it_arrives():
    story = story_of(2, "nearest", edge__queue="unlimited", keys__per_task_bit=0)
    tasks = np.concatenate([tasks for _, tasks in servers_of(story)])
    assert len(tasks) > 10
    assert np.array_equal(tasks["service_start_ns"], tasks["arrival_ns"])
    assert (story.states[-1].server_free_ns == 0).all()


@few
@given(seed=SEEDS)
def test_busy_and_backlog_add_up_to_the_work_that_came(seed):
    story = play(simulation_of(roaming(seed, 16, 15), seed=seed, keys__per_task_bit=0), "nearest")
    for rsu, tasks in servers_of(story):
        servers = [outcome.servers for outcome in story.outcomes]
        busy = sum(row["busy_s"][rsu] for row in servers)
        work_ns = int((tasks["service_end_ns"] - tasks["service_start_ns"]).sum())
        assert busy + servers[-1]["backlog_s"][rsu] == pytest.approx(work_ns / S, abs=1e-6)
        assert all(0 <= row["busy_s"][rsu] <= 1 and 0 <= row["sending_s"][rsu] <= 1 for row in servers)
        assert sum(row["arrivals"][rsu] for row in servers) == len(tasks)


@few
@given(seed=SEEDS, slot_s=st.sampled_from([0.5, 1.0]))
def test_who_leaves_takes_along_what_is_unsent_or_undelivered(seed, slot_s):
    story = story_of(seed, "roulette", slot_s=slot_s, steps=15)
    lost = 0
    for slot, (state, after, outcome) in enumerate(story.slots):
        assert np.array_equal(state.fleet.vehicle, story.world.fleet(slot).vehicle)
        gone, came = (np.setdiff1d(a.fleet.vehicle, b.fleet.vehicle) for a, b in ((state, after), (after, state)))
        assert (outcome.slot["leavers"], outcome.slot["arrivals"]) == (len(gone), len(came))
        left = outcome.ended[outcome.ended["reason"] == LEFT]
        assert np.isin(left["vehicle"], gone).all()
        assert (left["phase"] != LOCAL).all()
        assert (left["end_ns"] == after.time_ns).all()
        rest = after.tasks[~np.isin(after.tasks["vehicle"], after.fleet.vehicle)]
        assert (rest["phase"] == LOCAL).all()
        kept = outcome.ended[np.isin(outcome.ended["vehicle"], gone) & (outcome.ended["reason"] != LEFT)]
        assert (kept["end_ns"] <= after.time_ns).all()
        lost += len(left)
    assert lost or not sum(outcome.slot["leavers"] for outcome in story.outcomes)


# Vehicle 0 stays; vehicle 1 is on the road in steps 0-3 and 7-11; both stand beside a unit.
GAP = np.array([[True, not 4 <= step < 7] for step in range(12)])
NEAR = {"world__rsus": [{"x_m": 100.0, "y_m": 0.0}], "world__fibre": {"count": 1}, "keys__per_task_bit": 0}
LONG = {"driving": {"input_bit": 33e6, "cycles": 2e9, "deadline_s": 100.0}}  # 2.2 s to send at Table II's rate


def test_an_unfinished_upload_is_lost_with_its_vehicle_and_none_is_sent_in_the_gap():
    trace = trace_of(GAP, [110.0, 90.0], 0.0)
    changes = {**NEAR, "sources__rate": "table", "tasks__rate_hz": 20.0, "tasks__classes": LONG}
    story = play(simulation_of(trace, **changes), "nearest")
    own = story.tasks[story.tasks["vehicle"] == 1]
    sent = own[own["rsu"] >= 0]
    assert sent["decided_ns"].tolist() == [1 * S, 8 * S, 11 * S]
    assert sent["outcome"].tolist() == [DROPPED, DONE, IN_FLIGHT]
    assert (sent["reason"][0], sent["end_ns"][0], sent["arrival_ns"][0]) == (LEFT, 4 * S, 3 * S + S // 5 * 1)
    assert (own["born_ns"] // S % 12 != 5).all()
    born_s = set((own["born_ns"] // S).tolist())
    assert born_s.isdisjoint({4, 5, 6})
    assert (own["outcome"] == DROPPED).sum() > 1  # and what it had not decided


def test_what_is_delivered_as_its_vehicle_leaves_is_delivered():
    # Half a second to send, a quarter to compute, a quarter back: due at the boundary, to the nanosecond.
    classes = {"driving": {"input_bit": 7.5e6, "cycles": 0.625e9, "result_bit": 25e6, "deadline_s": 100.0}}
    changes = {**NEAR, "sources__rate": "table", "tasks__rate_hz": 20.0, "tasks__classes": classes}
    story = play(simulation_of(trace_of(GAP, [110.0, 90.0], 0.0), edge__queue="unlimited", **changes), "nearest")
    last = story.ended[(story.ended["decided_ns"] == 3 * S) & (story.ended["vehicle"] == 1)]
    assert last["end_ns"].tolist() == [4 * S]
    assert last["outcome"].tolist() == [DONE]
    assert last["task"][0] in story.outcomes[3].ended["task"]


def test_the_processor_of_a_leaver_goes_on_and_is_as_busy_when_it_comes_back():
    trace = trace_of(GAP, [110.0, 90.0], 0.0)
    classes = {"driving": {"cycles": 5e9, "deadline_s": 1000.0}}
    changes = {**NEAR, "tasks__rate_hz": 20.0, "tasks__classes": classes, "vehicles__local_hz": 1e9}
    story = play(simulation_of(trace, **changes), "ralc")
    own = story.tasks[(story.tasks["vehicle"] == 1) & (story.tasks["decided_ns"] >= 0)]
    assert own["decided_ns"].tolist()[:4] == [1 * S, 2 * S, 3 * S, 8 * S]
    assert own["service_start_ns"].tolist()[:4] == [1 * S, 6 * S, 11 * S, 16 * S]
    ended = own[own["outcome"] != IN_FLIGHT]
    assert ended["end_ns"].tolist() == [6 * S, 11 * S]  # the first while it was away
    assert (ended["outcome"] == DONE).all()
    back = story.seen[7]
    assert back.local_backlog_s[1] == 9.0


@pytest.mark.parametrize("name", ["ralc", "nearest"])
def test_who_is_never_done_is_not_done_after_two_such_tasks(name):
    classes = {"driving": {"input_bit": 0.0, "cycles": 9e17, "deadline_s": 1e9}}  # 28 years
    changes = {"tasks__rate_hz": 3.0, "keys__per_task_bit": 0, "radio__admission_db": -90.0, "vehicles__local_hz": 1e9}
    story = play(simulation_of(standing(4, 8), **changes, tasks__classes=classes, edge__clock_hz=1e9), name)
    assert not len(story.ended)
    assert (story.tasks["service_end_ns"][story.tasks["decided_ns"] >= 0] > 0).all()


def test_the_first_fleet_is_no_arrival_and_at_the_end_nobody_departs():
    present = np.ones((8, 5), dtype=bool)
    present[4:, 1:] = False
    for slots, leavers in ((4, 0), (5, 4), (8, 4)):
        story = play(simulation_of(trace_of(present, np.arange(5) * 200.0, 0.0), slots=slots))
        assert sum(outcome.slot["arrivals"] for outcome in story.outcomes) == 0
        assert sum(outcome.slot["leavers"] for outcome in story.outcomes) == leavers
        assert story.outcomes[-1].slot["leavers"] == 0
    assert len(story.simulation.met) == 5


def test_an_empty_road_has_slots_too():
    present = np.zeros((6, 2), dtype=bool)
    present[3:5] = True
    story = play(simulation_of(trace_of(present, [100.0, 900.0], 500.0)), "nearest")
    assert [outcome.slot["vehicles"] for outcome in story.outcomes] == [0, 0, 0, 2, 2, 0]
    assert [outcome.slot["arrivals"] for outcome in story.outcomes] == [0, 0, 2, 0, 0, 0]
    assert [outcome.slot["leavers"] for outcome in story.outcomes] == [0, 0, 0, 0, 2, 0]


def test_a_result_returns_through_the_unit_that_is_then_nearest():
    # Past a unit at 250 m at the middle of the way to one at 750 m.
    east = np.linspace(240, 760, 14)[:, None]
    rsus = [{"x_m": 250.0, "y_m": 0.0}, {"x_m": 750.0, "y_m": 0.0}]
    classes = {"driving": {"input_bit": 1e6, "cycles": 9e9, "deadline_s": 100.0}}
    changes = {"world__rsus": rsus, "keys__per_task_bit": 0, "tasks__rate_hz": 0.7, "tasks__classes": classes}
    wired_s = 0.25
    story = play(simulation_of(trace_of(np.ones((14, 1)), east, 0.0), edge__wired_s=wired_s, **changes), "nearest")
    back = story.tasks[story.tasks["phase"] == RETURN]
    slot = back["service_end_ns"] // S
    nearest = np.argmin(np.abs(east[slot, 0][:, None] - [250.0, 750.0]), axis=1)
    assert np.array_equal(back["handover"], nearest != back["rsu"])
    assert 0 < back["handover"].sum() < len(back)
    way_ns = back["end_ns"] - back["service_end_ns"]
    assert np.array_equal(way_ns >= wired_s * S, back["handover"] == 1)
