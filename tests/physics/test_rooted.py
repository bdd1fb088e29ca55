"""Sharing by the roots of the work: against the closed form, against fractions, and in runs."""

from __future__ import annotations

import numpy as np
import pytest
from example import play, roaming, same, simulation_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.kernel.simulation import Simulation
from qvecsim.physics.rooted import emptied_ns, rooted, sharing_ns
from qvecsim.physics.sharing import square_root_hz
from qvecsim.types import ROOTED_JOB, SERVER

SECOND = 10**9
NONE = np.zeros(0, dtype=ROOTED_JOB)


def jobs_of(work_ns, unit=0):
    rows = np.zeros(len(work_ns), ROOTED_JOB)
    rows["rsu"], rows["task"], rows["left_ns"], rows["work_ns"] = unit, np.arange(len(rows)), work_ns, work_ns
    return rows


def fluid(arrival_s, work_s):
    """The same without rounding: ends, s."""
    left, ends, now = {}, np.full(len(work_s), np.inf), 0.0
    coming = list(range(len(work_s)))
    while coming or left:
        next_s = arrival_s[coming[0]] if coming else np.inf
        parts = dict(zip(left, square_root_hz(np.array([work_s[job] for job in left]), 1.0), strict=True))
        first_s, first = min(((now + left[job] / parts[job], job) for job in left), default=(np.inf, -1))
        until_s = min(next_s, first_s)
        left = {job: rest - (until_s - now) * parts[job] for job, rest in left.items()}
        now = until_s
        if first_s <= next_s:
            ends[first] = now
            del left[first]
        else:
            left[coming[0]] = work_s[coming[0]]
            coming.pop(0)
    return ends


PATHS = st.lists(st.tuples(st.integers(0, 5 * SECOND), st.integers(1000, 3 * SECOND)), min_size=1, max_size=8)


@given(PATHS, st.lists(st.integers(1, 12 * SECOND), max_size=4))
def test_parts_are_those_of_the_closed_form_whole_or_slot_by_slot(path, cuts):
    arrival, work = (np.array(column) for column in zip(*sorted(path), strict=True))
    expected = fluid(arrival / SECOND, work / SECOND)
    jobs, begin, ends = NONE, 0, np.full(len(work), -1)
    for until in (*sorted(cuts), 10**12):
        now = (arrival >= begin) & (arrival < until)
        served = rooted(jobs, jobs_of(work)[now], arrival[now], begin, until)
        ends[served.task] = served.end_ns
        jobs, begin = served.jobs, until
    assert not len(jobs)
    # each of at most 20 instants rounds by a nanosecond a job, and the slowest of eight has a small part of the clock
    slack_ns = 20 * len(work) * np.sqrt(work / work.min()).max() * len(work) + 1e-6 * SECOND * 1e-3
    assert np.abs(ends - expected * SECOND).max() <= slack_ns


def test_two_by_hand():
    """1 and 4 s share by 1 to 2: the small one ends after 3 s, the large one has 2 of 4 left."""
    served = rooted(NONE, jobs_of([SECOND, 4 * SECOND]), np.zeros(2, dtype=np.int64), 0, 10 * SECOND)
    assert served.task.tolist() == [0, 1]
    assert served.end_ns == pytest.approx([3 * SECOND, 5 * SECOND], abs=2)
    assert emptied_ns(jobs_of([SECOND, 4 * SECOND]), 7, 10**15) == pytest.approx(
        [3 * SECOND + 7, 5 * SECOND + 7], abs=2
    )
    assert sharing_ns(jobs_of([4 * SECOND]), np.array([[SECOND, SECOND]])).tolist() == [[2 * SECOND, 0]]


def test_equal_work_is_shared_equally_and_no_work_is_done_at_once():
    served = rooted(NONE, jobs_of([SECOND] * 3 + [0]), np.zeros(4, dtype=np.int64), 0, 10 * SECOND)
    assert served.end_ns[served.task.argsort()] == pytest.approx([3 * SECOND] * 3 + [0], abs=9)


BUSY = {"edge__queue": "sqrt", "keys__per_task_bit": 0, "edge__clock_hz": 1e9}


def test_a_run_shares_by_roots_and_is_taken_up_at_every_slot():
    make = simulation_of(roaming(8), seed=8, **BUSY)

    def continued(simulation):
        return Simulation(simulation.world.scenario, world=simulation.world, state=simulation.state)

    one, other = play(make.fork(), "nearest"), play(make, "nearest", renew=continued)
    assert same(one.states, other.states)
    assert same(one.outcomes, other.outcomes)
    assert max(len(state.jobs) for state in one.states) > 3
    served = one.ended[(one.ended["rsu"] >= 0) & (one.ended["service_end_ns"] > 0)]
    assert (served["service_start_ns"] == served["arrival_ns"]).all()


def test_every_task_of_a_run_ends_when_the_closed_form_says():
    story, met = play(simulation_of(roaming(8, churn=0.0), seed=8, **BUSY), "nearest"), 0
    tasks = story.tasks[(story.tasks["rsu"] >= 0) & (story.tasks["phase"] >= SERVER)]
    for unit in np.unique(tasks["rsu"]):
        here = tasks[tasks["rsu"] == unit]
        here = here[np.lexsort((here["task"], here["arrival_ns"]))]
        ends_s = fluid(here["arrival_ns"] / SECOND, here["cycles"] / 1e9)
        over = ends_s < story.states[-1].time_ns / SECOND
        assert here["service_end_ns"][over] / SECOND == pytest.approx(ends_s[over], abs=1e-6)
        met += over.sum()
    assert met > 20
