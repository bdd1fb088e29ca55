"""Cases of the servers: textbook means with intervals of independent runs, and identities path by path."""

from __future__ import annotations

from functools import cache

import numpy as np
import simpy

from qvecsim.physics.queue import fcfs, several, with_room
from qvecsim.physics.sharing import shared
from qvecsim.types import JOB

from .case import Case, Exact, Interval, Within

SECOND = 10**9
RUNS, JOBS, SHARED = 8, 250_000, 15_000
SPREAD = float(np.sqrt(np.log1p(4.0)))  # of a lognormal whose squared coefficient of variation is 4
WORK = {
    "mm1": lambda rng, jobs: rng.exponential(1.0, jobs),
    "md1": lambda rng, jobs: np.ones(jobs),
    "mg1": lambda rng, jobs: rng.lognormal(-(SPREAD**2) / 2, SPREAD, jobs),
    "paper": lambda rng, jobs: rng.choice([0.2, 0.72, 1.2], jobs),  # 0.5, 1.8, 3 Gcycles at 2.5 GHz
}


def path(kind, seed, rate_hz=0.8, jobs=JOBS):
    """Instants of arrival and work, whole nanoseconds."""
    rng = np.random.default_rng([seed, 2026])
    arrival = np.cumsum(np.rint(rng.exponential(SECOND / rate_hz, jobs)).astype(np.int64))
    return arrival, np.rint(WORK[kind](rng, jobs) * SECOND).astype(np.int64)


def starts(arrival, service, processors=1):
    """When each job starts."""
    zero = np.zeros(len(arrival), dtype=np.int64)
    if processors > 1:
        return several(zero, arrival, service, np.zeros((1, processors), dtype=np.int64))[0]
    return fcfs(zero, arrival, service, np.zeros(1, dtype=np.int64))[0]


def ends(arrival, service):
    """When each job ends that shares its server."""
    coming = np.zeros(len(arrival), JOB)
    coming["task"], coming["left_ns"] = np.arange(len(arrival)), service
    done = shared(coming[:0], coming, arrival, 0, 2**61)
    found = np.empty(len(arrival), dtype=np.int64)
    found[done.task] = done.end_ns
    return found


@cache
def waits(kind, rate_hz=0.8, processors=1):
    """(RUNS, jobs) s, the first tenth left out."""
    rows = []
    for seed in range(RUNS):
        arrival, service = path(kind, seed, rate_hz)
        rows.append((starts(arrival, service, processors) - arrival)[JOBS // 10 :] / SECOND)
    return np.array(rows)


def mean_waits(*arguments):
    return waits(*arguments).mean(axis=1)[None]


def exponential_server():
    """Number, wait, sojourn and the chance of more than 10 s, of M/M/1."""
    work = np.array([path("mm1", seed)[1][JOBS // 10 :] / SECOND for seed in range(RUNS)])
    sojourn = waits("mm1") + work
    columns = 0.8 * sojourn.mean(axis=1), waits("mm1").mean(axis=1), sojourn.mean(axis=1), (sojourn > 10).mean(axis=1)
    return np.array(columns)


def three_processors():
    found = waits("mm1", 2.4, 3)
    return np.array([(found > 0).mean(axis=1), found.mean(axis=1)])


def sharing():
    """Sojourns of three kinds of work, s."""
    found = []
    for kind in ("mm1", "md1", "mg1"):
        paths = [path(kind, seed, jobs=SHARED) for seed in range(RUNS)]
        found.append([np.mean((ends(*one) - one[0])[SHARED // 10 :]) / SECOND for one in paths])
    return np.array(found)


def lost():
    paths = [path("mm1", seed) for seed in range(RUNS)]
    return np.array([[1.0 - np.mean(with_room(*one, 5)[JOBS // 10 :]) for one in paths]])


def by_events(arrival, service):
    """When each job starts, as SimPy has it."""
    env, found = simpy.Environment(), np.zeros(len(arrival), dtype=np.int64)
    server = simpy.Resource(env)

    def job(row, at, span):
        yield env.timeout(at)
        with server.request() as turn:
            yield turn
            found[row] = env.now
            yield env.timeout(span)

    for row, columns in enumerate(zip(arrival.tolist(), service.tolist(), strict=True)):
        env.process(job(row, *columns))
    env.run()
    return found


def unlike_events():
    """Jobs that start at another nanosecond."""
    count = 0
    for kind in ("mm1", "md1", "mg1"):
        one = path(kind, 0, jobs=2000)
        count += np.count_nonzero(starts(*one) != by_events(*one))
    return count


def little(leave):
    """The integral of the number present less the sum of sojourns, ns."""
    arrival, service = path("mg1", 1, jobs=2000)
    end = leave(arrival, service)
    instants = np.concatenate([arrival, end])
    order = np.argsort(instants, kind="stable")
    present = np.cumsum(np.repeat([1, -1], len(arrival))[order])[:-1]
    area = sum(count * span for count, span in zip(present.tolist(), np.diff(instants[order]).tolist(), strict=True))
    return area - sum((end - arrival).tolist())


def all_of_little():
    leaves = (lambda a, s: starts(a, s) + s, lambda a, s: starts(a, s, 2) + s, ends)
    return np.array([little(leave) for leave in leaves])


def case(name, what, ours, published, source, tolerance=None, **more):
    return Case(f"q.{name}", what, ours, published, tolerance or Interval(), source, **more)


CASES = (
    case(
        "mm1",
        "load 0.8: L, Wq, W, P(W > 10)",
        exponential_server,
        (4.0, 4.0, 5.0, 0.135335),
        "Kleinrock (1975), ch. 3",
    ),
    case("md1", "load 0.8: Wq", lambda: mean_waits("md1"), 2.0, "Pollaczek, Khinchine", unit=" s"),
    case(
        "mg1",
        "load 0.8, lognormal work, c² = 4: Wq",
        lambda: mean_waits("mg1"),
        10.0,
        "Pollaczek, Khinchine",
        unit=" s",
    ),
    case(
        "mg1",
        "0.5, 1.8, 3 Gcycles at 2.5 GHz, 1 task/s: Wq",
        lambda: mean_waits("paper", 1.0),
        1.13545,
        "Pollaczek, Khinchine; Table II of the paper",
        unit=" s",
    ),
    case(
        "ps",
        "load 0.8, shared; exponential, equal, lognormal work: W",
        sharing,
        (5.0, 5.0, 5.0),
        "Kleinrock (1967); Sakata, Noguchi, Oizumi (1969)",
        unit=" s",
    ),
    case(
        "mmc",
        "3 processors, offered 2.4: P(wait), Wq",
        three_processors,
        (0.647191, 1.07865),
        "Erlang (1917), C formula",
    ),
    case("loss", "M/M/1/5, load 0.8: share lost", lost, 0.0888195, "(1 - r) r^5 / (1 - r^6)"),
    case(
        "lindley",
        "6,000 jobs that start at another nanosecond than in SimPy",
        unlike_events,
        0,
        "Lindley (1952); SimPy, event by event",
        Exact(),
    ),
    case(
        "little",
        "integral of the number present less all sojourns: one server, two, shared",
        all_of_little,
        (0, 0, 0),
        "Little (1961), path by path",
        Within(0.0, unit=" ns"),
        unit=" ns",
    ),
)
