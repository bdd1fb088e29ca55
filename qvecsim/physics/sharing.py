"""Servers that are shared by all that are there: processor sharing in whole nanoseconds. Level: exact integers, a loop.

A server goes round its jobs and gives each one nanosecond; who comes joins at the end. Egalitarian processor sharing is
the limit of short turns (Kleinrock 1967): what a job has got differs by a nanosecond for each that came, no more, so
that among n jobs the ends agree to n^2 nanoseconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

import numpy as np

from qvecsim.types import JOB, Floats, Ints, Records


class Shared(NamedTuple):
    """What processor sharing came to by an instant."""

    task: Ints  # that ended, in the order of server and instant
    end_ns: Ints
    jobs: Records  # of JOB: that did not


def shared(jobs: Records, coming: Records, arrival_ns: Ints, begin_ns: int, until_ns: int) -> Shared:
    """From ``begin_ns``, when the servers have ``jobs``, until ``until_ns``; a job may end at that instant.

    ``coming`` are rows of JOB with their work, sorted by (server, arrival).
    """
    ended: list[tuple[int, int]] = []
    left: list[tuple[int, int, int]] = []
    for one in np.union1d(jobs["rsu"], coming["rsu"]).tolist():
        here, new = jobs[jobs["rsu"] == one], coming["rsu"] == one
        turns = deque(zip(here["task"].tolist(), here["left_ns"].tolist(), strict=True))
        rows = zip(arrival_ns[new].tolist(), coming["task"][new].tolist(), coming["left_ns"][new].tolist(), strict=True)
        ended += _rounds(turns, rows, begin_ns, until_ns)
        left += [(one, task, left_ns) for task, left_ns in turns]
    rows_of = np.array(ended, dtype=np.int64).reshape(-1, 2)
    return Shared(rows_of[:, 0], rows_of[:, 1], np.array(left, dtype=JOB))


def _rounds(
    turns: deque[tuple[int, int]], coming: Iterable[tuple[int, int, int]], now_ns: int, until_ns: int
) -> list[tuple[int, int]]:
    """One server: (task, end) of those that end; ``turns`` is left with the others, whose turn is next first."""
    ended = []
    for arrival_ns, task, work_ns in chain(coming, [(until_ns, -1, 0)]):
        while turns:
            least = min(left for _, left in turns)
            place = next(place for place, (_, left) in enumerate(turns) if left == least)
            span_ns = (least - 1) * len(turns) + place + 1  # until the first of them has had its last turn
            if now_ns + span_ns > arrival_ns:
                break
            _turn(turns, span_ns)
            now_ns += span_ns
            ended.append((turns.pop()[0], now_ns))
        _turn(turns, arrival_ns - now_ns)
        now_ns = arrival_ns
        if work_ns > 0:
            turns.append((task, work_ns))
        elif task >= 0:
            ended.append((task, now_ns))
    return ended


def _turn(turns: deque[tuple[int, int]], span_ns: int) -> None:
    """Gives out so many nanoseconds, one each in turn; who had the last of them is the last."""
    if not turns or not span_ns:
        return
    rounds, more = divmod(span_ns, len(turns))
    served = [(task, left - rounds - (place < more)) for place, (task, left) in enumerate(turns)]
    turns.clear()
    turns.extend(served)
    turns.rotate(-more)


def emptied_ns(jobs: Records, now_ns: int, never_ns: int) -> Ints:
    """(J,) when each would end if nobody else came: the shortest first, to a nanosecond a job and never too early."""
    ends = np.empty(len(jobs), dtype=np.int64)
    for one in np.unique(jobs["rsu"]):
        rows = np.flatnonzero(jobs["rsu"] == one)
        rows = rows[np.argsort(jobs["left_ns"][rows], kind="stable")]
        spent, before = 0, 0
        for done, left in enumerate(jobs["left_ns"][rows].tolist()):
            spent, before = spent + (left - before) * (len(rows) - done), left
            ends[rows[done]] = min(now_ns + spent, never_ns)
    return ends


def sharing_ns(jobs: Records, service_ns: Ints) -> Ints:
    """(D, M) what the jobs of each server would add to one more of this work (D, M): as much as it takes itself."""
    added = np.zeros(service_ns.shape, dtype=np.int64)
    for one in np.unique(jobs["rsu"]):
        left_ns = jobs["left_ns"][jobs["rsu"] == one]
        added[:, one] = np.minimum(service_ns[:, one, None], left_ns).sum(axis=1)
    return added


def square_root_hz(cycles: Floats, clock_hz: float) -> Floats:
    """(K,) parts of a clock that make the sum of the computing times least: in proportion to the root of the work.

    Minimises sum of f/c subject to sum of c = C, the inner problem of c in (23); by Cauchy and Schwarz the least is
    (sum of sqrt f)^2 / C.
    """
    root = np.sqrt(cycles)
    total = root.sum()
    return np.asarray(clock_hz * root / total) if total > 0 else np.zeros(len(root))
