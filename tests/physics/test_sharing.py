"""Other disciplines of the servers: against events, against turns played one by one, and against textbooks."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import simpy
from example import few, play, roaming, same, simulation_of
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import t as student

from qvecsim.errors import ScenarioError
from qvecsim.kernel.simulation import Simulation
from qvecsim.physics.queue import backlog_ns, fcfs, several, with_room, work_ns
from qvecsim.physics.sharing import emptied_ns, shared, sharing_ns, square_root_hz
from qvecsim.types import DROPPED, JOB, RETURN, SERVER

SECOND = 10**9
NONE = np.zeros(0, dtype=JOB)


@st.composite
def paths(draw, most=14):
    servers = draw(st.integers(1, 3))
    jobs = draw(st.lists(st.tuples(st.integers(0, servers - 1), st.integers(0, 30), st.integers(0, 9)), max_size=most))
    rows = np.array(sorted(jobs, key=lambda job: job[:2]), dtype=np.int64).reshape(-1, 3)
    return servers, rows[:, 0], rows[:, 1], rows[:, 2]


def jobs_of(server, service):
    rows = np.empty(len(server), JOB)
    rows["rsu"], rows["task"], rows["left_ns"] = server, np.arange(len(server)), service
    return rows


def ends_of(server, arrival, service, until=10**15):
    done = shared(NONE, jobs_of(server, service), arrival, 0, until)
    ends = np.full(len(server), -1)
    ends[done.task] = done.end_ns
    return ends, done.jobs


def turn_by_turn(server, arrival, service):
    """The same by playing every nanosecond."""
    ends = np.where(service == 0, arrival, -1)
    for one in set(server.tolist()):
        coming = deque(row for row in np.flatnonzero(server == one) if service[row])
        turns, now = deque(), 0
        while coming or turns:
            while coming and arrival[coming[0]] <= now:
                row = coming.popleft()
                turns.append([row, int(service[row])])
            now += 1
            if turns:
                turns[0][1] -= 1
                turns.rotate(-1)
                if turns[-1][1] == 0:
                    ends[turns.pop()[0]] = now
    return ends


@given(paths())
def test_sharing_goes_round_nanosecond_by_nanosecond(path):
    _, *columns = path
    ends, left = ends_of(*columns)
    assert ends.tolist() == turn_by_turn(*columns).tolist()
    assert len(left) == 0


@given(paths(), st.lists(st.integers(0, 60), max_size=4))
def test_sharing_in_parts_is_sharing_at_once(path, cuts):
    _, server, arrival, service = path
    whole, _ = ends_of(server, arrival, service)
    jobs, ends = NONE, np.full(len(server), -1)
    coming = jobs_of(server, service)
    edges = [0, *sorted(cuts), 10**15]
    for begin, until in pairwise(edges):
        now = (arrival >= begin) & (arrival < until)
        part = shared(jobs, coming[now], arrival[now], begin, until)
        ends[part.task], jobs = part.end_ns, part.jobs
    assert ends.tolist() == whole.tolist()


@given(paths())
def test_a_server_that_shares_is_idle_when_one_that_queues_is(path):
    servers, server, arrival, service = path
    free = fcfs(server, arrival, service, np.zeros(servers, dtype=np.int64))[1]
    for until in (0, 7, 20, 45):
        early = arrival < until
        _, jobs = ends_of(server[early], arrival[early], service[early], until)
        partly = fcfs(server[early], arrival[early], service[early], np.zeros(servers, dtype=np.int64))[1]
        left = np.bincount(jobs["rsu"], jobs["left_ns"], servers)
        assert left.tolist() == np.maximum(partly - until, 0).tolist()
    ends, _ = ends_of(server, arrival, service)
    for one in range(servers):
        assert ends[server == one].max(initial=0) == max(free[one], arrival[server == one].max(initial=0))


def egalitarian(arrival, service):
    """Ends under ideal processor sharing, as fractions."""
    left, ends, now, rows = {}, {}, Fraction(0), deque(range(len(arrival)))
    while rows or left:
        end = now + min(left.values()) * len(left) if left else None
        if rows and (end is None or arrival[rows[0]] < end):
            step, row = Fraction(int(arrival[rows[0]])) - now, rows.popleft()
            left = {job: rest - step / len(left) for job, rest in left.items()}
            now += step
            left[row] = Fraction(int(service[row]))
        else:
            step, now = end - now, end
            left = {job: rest - step / len(left) for job, rest in left.items()}
            for job in [job for job, rest in left.items() if rest == 0]:
                ends[job] = now
                del left[job]
    return [ends[row] for row in range(len(arrival))]


@few
@given(paths(most=10), st.sampled_from([1, 10**6 + 3, 10**9 + 7]))
def test_turns_of_a_nanosecond_are_processor_sharing_to_a_few_of_them(path, scale):
    _, _, arrival, service = path
    arrival, service = np.sort(arrival) * scale, service * scale
    ends, _ = ends_of(np.zeros(len(arrival), dtype=np.int64), arrival, service)
    ideal = egalitarian(arrival, service)
    assert all(abs(end - exact) <= len(ends) ** 2 for end, exact in zip(ends.tolist(), ideal, strict=True))


def shared_by_events(arrival_s, service_s):
    """Ends as a SimPy server sees them that tells its jobs at every change how much they have got."""
    env, ends, left = simpy.Environment(), {}, {}
    changed = [env.event()]

    def server():
        while len(ends) < len(arrival_s):
            before, count = env.now, len(left)
            waits = [changed[0]]
            if left:
                waits.append(env.timeout(max(min(left.values()), 0.0) * count))
            yield env.any_of(waits)
            got = (env.now - before) / count if count else 0.0
            for job in list(left)[:count]:
                left[job] -= got
                if left[job] <= 1e-12:
                    ends[job] = env.now
                    del left[job]
            if changed[0].triggered:
                changed[0] = env.event()

    def source():
        for job, (arrival, service) in enumerate(zip(arrival_s, service_s, strict=True)):
            yield env.timeout(arrival - env.now)
            left[job] = service
            if not changed[0].triggered:
                changed[0].succeed()

    env.process(server())
    env.process(source())
    env.run()
    return np.array([ends[job] for job in range(len(arrival_s))])


def test_sharing_against_simpy_job_by_job():
    """Case q.lindley, for sharing."""
    arrival, service = draws("mm1", 3, 400)
    ends, _ = ends_of(np.zeros(400, dtype=np.int64), arrival, service)
    assert ends / SECOND == pytest.approx(shared_by_events(arrival / SECOND, service / SECOND), abs=1e-6)


@given(paths(), st.integers(1, 4), st.lists(st.integers(0, 25), min_size=12, max_size=12))
def test_several_processors_against_simpy(path, count, busy):
    servers, server, arrival, service = path
    free = np.array(busy[: servers * count], dtype=np.int64).reshape(servers, count)
    start, after = several(server, arrival, service, free)
    env = simpy.Environment()
    units = [simpy.Resource(env, count) for _ in range(servers)]
    seen = [0] * len(server)

    def job(row, unit, at, span):
        yield env.timeout(at)
        with units[unit].request() as turn:
            yield turn
            if row >= 0:
                seen[row] = env.now
            yield env.timeout(span)

    for unit in range(servers):
        for until in free[unit].tolist():
            env.process(job(-1, unit, 0, until))
    for row, values in enumerate(zip(server.tolist(), arrival.tolist(), service.tolist(), strict=True)):
        env.process(job(row, *values))
    env.run()
    assert start.tolist() == seen
    assert (np.diff(after, axis=1) >= 0).all()
    assert after.sum() >= free.sum()
    assert (start >= arrival).all()


@given(paths(), st.lists(st.integers(0, 40), min_size=3, max_size=3))
def test_one_of_several_is_the_only_one(path, busy):
    servers, server, arrival, service = path
    free = np.array(busy[:servers], dtype=np.int64)
    start, after = several(server, arrival, service, free[:, None])
    expected, last = fcfs(server, arrival, service, free)
    assert (start == expected).all()
    assert (after[:, 0] == last).all()


@given(paths(), st.integers(1, 3))
def test_several_processors_in_two_parts(path, count):
    servers, server, arrival, service = path
    free = np.zeros((servers, count), dtype=np.int64)
    early = arrival <= 15
    first, middle = several(server[early], arrival[early], service[early], free)
    second, last = several(server[~early], arrival[~early], service[~early], middle)
    start, after = several(server, arrival, service, free)
    assert (start[early] == first).all()
    assert (start[~early] == second).all()
    assert (after == last).all()


JOBS, WARM = 40_000, 4_000


def draws(kind, seed, jobs=JOBS, rate=0.8):
    rng = np.random.default_rng([seed, 77])
    arrival = np.cumsum(np.rint(rng.exponential(SECOND / rate, jobs)).astype(np.int64))
    sigma = np.sqrt(np.log1p(4.0))
    service = {
        "mm1": lambda: rng.exponential(1.0, jobs),
        "md1": lambda: np.ones(jobs),
        "mg1": lambda: rng.lognormal(-(sigma**2) / 2, sigma, jobs),
    }[kind]()
    return arrival, np.rint(service * SECOND).astype(np.int64)


def covers(values, truth, widest):
    """Whether the 99.9 % interval of independent replications holds the truth, and is narrow enough to miss it."""
    half = student.ppf(0.9995, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    assert half < widest * truth, half / truth
    return abs(np.mean(values) - truth) <= half


@pytest.mark.parametrize("kind", ["mm1", "md1", "mg1"])
def test_sharing_takes_five_seconds_whatever_the_work_is_like(kind):
    """Case q.ps: W = 1/(mu (1 - rho)) = 5 at rho = 0.8 (Kleinrock 1967; insensitive: Sakata, Noguchi, Oizumi 1969)."""
    means = []
    for seed in range(8):
        arrival, service = draws(kind, seed, 20_000)
        ends, _ = ends_of(np.zeros(len(arrival), dtype=np.int64), arrival, service)
        means.append(np.mean((ends - arrival)[2000:]) / SECOND)
    assert covers(means, 5.0, 0.35)


def test_three_processors_against_erlang_c():
    """Case q.mmc: c = 3, a = 2.4: P(wait) = 0.647191, Wq = 1.07865 (Erlang 1917)."""
    waits = []
    for seed in range(12):
        arrival, service = draws("mm1", seed, 100_000, rate=2.4)
        start, _ = several(np.zeros(len(arrival), dtype=np.int64), arrival, service, np.zeros((1, 3), dtype=np.int64))
        waits.append((start - arrival)[WARM:] / SECOND)
    assert covers([np.mean(wait > 0) for wait in waits], 0.647191, 0.02)
    assert covers([np.mean(wait) for wait in waits], 1.07865, 0.1)


def test_erlang_c_is_what_the_formula_gives():
    load, count = 2.4, 3
    terms = [load**k / float(np.prod(range(1, k + 1))) for k in range(count + 1)]
    last = terms[-1] * count / (count - load)
    assert last / (sum(terms[:-1]) + last) == pytest.approx(0.647191, abs=1e-6)


def test_room_for_five_against_the_loss_formula():
    """Case q.loss: M/M/1/5 at rho = 0.8 loses (1 - rho) rho^5 / (1 - rho^6) = 0.0888195."""
    formula = 0.2 * 0.8**5 / (1 - 0.8**6)
    assert formula == pytest.approx(0.0888195, abs=1e-7)
    lost = [1 - np.mean(with_room(*draws("mm1", seed, 60_000), 5)[WARM:]) for seed in range(8)]
    assert covers(lost, 0.0888195, 0.06)


@given(paths(), st.integers(1, 4))
def test_a_server_is_never_fuller_than_its_room(path, room):
    _, _, arrival, service = path
    arrival = np.sort(arrival)
    accepted = with_room(arrival, service, room)
    taken = np.flatnonzero(accepted)
    start, _ = fcfs(np.zeros(len(taken), dtype=np.int64), arrival[taken], service[taken], np.zeros(1, dtype=np.int64))
    end = start + service[taken]
    for row in range(len(arrival)):
        before = taken[taken < row]
        present = int((end[: len(before)] > arrival[row]).sum())
        assert accepted[row] == (present < room)


def test_a_paper_server_at_one_task_a_second_waits_1_135_s():
    """M/G/1 by Pollaczek and Khinchine for 0.5, 1.8 and 3 Gcycles at 2.5 GHz: (16) without a queue has no wait."""
    spans = np.array([0.5, 1.8, 3.0]) / 2.5
    assert spans.mean() == pytest.approx(0.706667, abs=1e-6)
    assert np.mean(spans**2) / (2 * (1 - spans.mean())) == pytest.approx(1.13545, abs=1e-5)
    waits = []
    for seed in range(8):
        rng = np.random.default_rng([seed, 5])
        arrival = np.cumsum(np.rint(rng.exponential(SECOND, 100_000)).astype(np.int64))
        service = np.rint(rng.choice(spans, 100_000) * SECOND).astype(np.int64)
        start, _ = fcfs(np.zeros(100_000, dtype=np.int64), arrival, service, np.zeros(1, dtype=np.int64))
        waits.append(np.mean((start - arrival)[WARM:]) / SECOND)
    assert covers(waits, 1.13545, 0.06)


@pytest.mark.parametrize("discipline", ["ps", "servers", "room"])
def test_little(discipline):
    """Case q.little: empty at both ends, the integral of the number present is the sum of the sojourns."""
    arrival, service = draws("mg1", 1, 1500)
    zero = np.zeros(len(arrival), dtype=np.int64)
    if discipline == "ps":
        end, _ = ends_of(zero, arrival, service)
    elif discipline == "servers":
        end = several(zero, arrival, service, np.zeros((1, 2), dtype=np.int64))[0] + service
    else:
        kept = with_room(arrival, service, 3)
        arrival, service, zero = arrival[kept], service[kept], zero[kept]
        end = fcfs(zero, arrival, service, np.zeros(1, dtype=np.int64))[0] + service
    instants = np.concatenate([arrival, end])
    order = np.argsort(instants, kind="stable")
    present = np.cumsum(np.repeat([1, -1], len(arrival))[order])[:-1]
    area = sum(count * span for count, span in zip(present.tolist(), np.diff(instants[order]).tolist(), strict=True))
    assert area == sum((end - arrival).tolist())


@given(paths())
def test_the_forecast_of_ends_is_right_when_nobody_comes(path):
    _, server, arrival, service = path
    _, jobs = ends_of(server[arrival < 12], arrival[arrival < 12], service[arrival < 12], 12)
    done = shared(jobs, NONE, np.zeros(0, dtype=np.int64), 12, 10**6)
    end = dict(zip(done.task.tolist(), done.end_ns.tolist(), strict=True))
    forecast = emptied_ns(jobs, 12, 10**18)
    for job, told in zip(jobs, forecast.tolist(), strict=True):
        assert end[job["task"]] <= told < end[job["task"]] + np.count_nonzero(jobs["rsu"] == job["rsu"])


@given(paths(), st.integers(0, 12))
def test_one_more_job_is_delayed_by_what_it_shares(path, work):
    servers, server, arrival, service = path
    _, jobs = ends_of(server[arrival < 12], arrival[arrival < 12], service[arrival < 12], 12)
    added = sharing_ns(jobs, np.full((1, servers), work, dtype=np.int64))[0]
    for one in range(servers):
        more = np.array([(one, 999, work)], dtype=JOB)
        done = shared(jobs, more, np.array([12]), 12, 10**6)
        assert done.end_ns[done.task == 999][0] - 12 <= work + added[one]
        assert done.end_ns[done.task == 999][0] - 12 > work + added[one] - 1 - np.count_nonzero(jobs["rsu"] == one)


def test_what_a_server_has_to_do():
    one, several_free = np.array([5, 12]), np.array([[5, 30], [12, 20]])
    assert (backlog_ns(one, 10).tolist(), work_ns(one, 10).tolist()) == ([0, 2], [0, 2])
    assert (backlog_ns(several_free, 10).tolist(), work_ns(several_free, 10).tolist()) == ([0, 2], [20, 12])


@given(st.lists(st.floats(1e6, 1e10), min_size=1, max_size=8))
def test_the_square_root_rule_is_the_least_sum_of_times(cycles):
    cycles, clock_hz = np.array(cycles), 2.5e9
    best_hz = square_root_hz(cycles, clock_hz)
    least_s = np.sqrt(cycles).sum() ** 2 / clock_hz
    assert best_hz.sum() == pytest.approx(clock_hz)
    assert (cycles / best_hz).sum() == pytest.approx(least_s)
    for seed in range(5):
        other_hz = np.random.default_rng(seed).dirichlet(np.ones(len(cycles))) * clock_hz + 1e-3
        assert (cycles / other_hz).sum() >= least_s * (1 - 1e-9)


def test_the_square_root_rule_against_a_solver():
    cycles = np.array([0.5, 1.8, 3.0, 3.0, 0.7])
    found = minimize(
        lambda share: (cycles / share).sum(),
        np.full(5, 0.5),
        bounds=[(1e-3, 2.5)] * 5,
        constraints={"type": "eq", "fun": lambda share: share.sum() - 2.5},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found.success
    assert square_root_hz(cycles, 2.5) == pytest.approx(found.x, rel=1e-4)
    assert square_root_hz(np.zeros(2), 2.5).tolist() == [0.0, 0.0]


# In runs.


def run(queue, seed=3, **changes):
    changes = {"edge__queue": queue, "keys__per_task_bit": 0, "tasks__rate_hz": 2.0} | changes
    return play(simulation_of(roaming(seed, steps=20), seed=seed, **changes), "nearest")


def served(story):
    tasks = story.tasks[(story.tasks["arrival_ns"] >= 0) & (story.tasks["rsu"] >= 0)]
    now = story.states[-1].time_ns
    return np.sort(tasks[(tasks["service_start_ns"] >= 0) & (tasks["arrival_ns"] < now)], order="task")


@few
@given(seed=st.integers(0, 2**32), clock_hz=st.sampled_from([1e9, 2.5e9]))
def test_a_run_that_shares_is_sharing_over_the_whole_run(seed, clock_hz):
    story = run("ps", seed, edge__clock_hz=clock_hz)
    tasks = served(story)
    tasks = tasks[np.lexsort((tasks["task"], tasks["arrival_ns"], tasks["rsu"]))]
    service = np.rint(tasks["cycles"] / clock_hz * SECOND).astype(np.int64)
    done = shared(NONE, jobs_of(tasks["rsu"], service), tasks["arrival_ns"], 0, story.states[-1].time_ns)
    over = {int(tasks["task"][row]): end for row, end in zip(done.task.tolist(), done.end_ns.tolist(), strict=True)}
    gone = {int(task["task"]) for task in story.tasks if task["outcome"] == DROPPED}
    for task in tasks:
        if int(task["task"]) in over and int(task["task"]) not in gone:
            assert task["service_end_ns"] == over[int(task["task"])]
            assert task["phase"] == RETURN or task["service_end_ns"] == story.states[-1].time_ns
        elif int(task["task"]) not in gone:
            assert task["phase"] == SERVER
            assert task["service_end_ns"] >= story.states[-1].time_ns
    assert (tasks["service_start_ns"] == tasks["arrival_ns"]).all()


def test_work_is_done_whatever_the_discipline():
    for queue, more in (("fcfs", {}), ("ps", {}), ("servers", {"edge__servers": 3})):
        story = run(queue, edge__clock_hz=1e9, **more)
        for state in story.states:
            left = work_ns(state.server_free_ns, state.time_ns)
            if queue == "ps":
                assert left.tolist() == np.bincount(state.jobs["rsu"], state.jobs["left_ns"], 4).tolist()
            else:
                assert len(state.jobs) == 0
        busy = np.sum([outcome.servers["busy_s"] for outcome in story.outcomes], axis=0)
        done = np.bincount(served(story)["rsu"], served(story)["cycles"], 4) / 1e9
        assert busy * more.get("edge__servers", 1) + left / SECOND == pytest.approx(done, abs=1e-6)
        assert all((outcome.servers["busy_s"] <= 1 + 1e-9).all() for outcome in story.outcomes)


def test_more_processors_wait_less():
    waits = [
        np.sum(served(story)["service_start_ns"] - served(story)["arrival_ns"])
        for story in (
            run("fcfs", edge__clock_hz=1e9),
            *(run("servers", edge__clock_hz=1e9, edge__servers=k) for k in (1, 2, 50)),
        )
    ]
    assert waits[0] == waits[1] > waits[2] > waits[3] == 0


def test_one_processor_of_several_is_first_come_first_served():
    one, other = run("fcfs"), run("servers")
    assert one.states[-1].fingerprint == other.states[-1].fingerprint
    assert same([outcome.servers for outcome in one.outcomes], [outcome.servers for outcome in other.outcomes])
    assert same([seen.backlog_s for seen in one.seen], [seen.backlog_s for seen in other.seen])


@pytest.mark.parametrize("changes", [{"edge__queue": "ps"}, {"edge__queue": "servers", "edge__servers": 2}])
def test_a_run_taken_up_from_its_state_goes_on_alike(changes):
    make = simulation_of(roaming(8), seed=8, edge__clock_hz=1e9, **changes)

    def continued(simulation):
        return Simulation(simulation.world.scenario, world=simulation.world, state=simulation.state)

    one, other = play(make.fork(), "roulette"), play(make, "roulette", renew=continued)
    assert same(one.states, other.states)
    assert same(one.outcomes, other.outcomes)


def test_a_number_of_servers_without_their_discipline_is_refused():
    with pytest.raises((ScenarioError, ValueError), match="be left out with 'queue: fcfs'"):
        simulation_of(roaming(1, steps=2), edge__servers=2)
