"""Servers shared by the roots of the work: at each instant the optimum of c in (23). Level: integers, a loop.

Whoever is there has the part that ``sharing.square_root_hz`` gives to its work at arrival, until the next one comes or
ends: discriminatory processor sharing (Kleinrock 1967) with roots as weights. What is left is rounded to a nanosecond a
job at each of these instants, and ends are rounded up.
"""

from __future__ import annotations

import math
from itertools import chain

import numpy as np

from qvecsim.physics.sharing import Shared
from qvecsim.types import ROOTED_JOB, Ints, Records

Job = tuple[int, int, int]  # task, what is left and what it came with, ns


def rooted(jobs: Records, coming: Records, arrival_ns: Ints, begin_ns: int, until_ns: int) -> Shared:
    """As ``sharing.shared``, of rows of ROOTED_JOB."""
    ended: list[tuple[int, int]] = []
    left: list[tuple[int, ...]] = []
    for one in np.union1d(jobs["rsu"], coming["rsu"]).tolist():
        here, new = jobs[jobs["rsu"] == one], coming["rsu"] == one
        there: list[Job] = [tuple(row)[1:] for row in here.tolist()]
        rows = [tuple(row)[1:] for row in coming[new].tolist()]
        ended += _served(there, list(zip(arrival_ns[new].tolist(), rows, strict=True)), begin_ns, until_ns)
        left += [(one, *job) for job in there]
    rows_of = np.array(ended, dtype=np.int64).reshape(-1, 2)
    return Shared(rows_of[:, 0], rows_of[:, 1], np.array(left, dtype=ROOTED_JOB))


def _served(there: list[Job], coming: list[tuple[int, Job]], now_ns: int, until_ns: int) -> list[tuple[int, int]]:
    """One server: (task, end) of those that end; ``there`` is left with the others."""
    ended = []
    for arrival_ns, job in chain(coming, [(until_ns, (-1, 0, 0))]):
        while there:
            total = sum(math.sqrt(work) for _, _, work in there)
            spans_ns = [math.ceil(left * total / math.sqrt(work)) for _, left, work in there]
            span_ns = min(spans_ns)
            if now_ns + span_ns > arrival_ns:
                _serve(there, arrival_ns - now_ns, total)
                break
            task, _, _ = there.pop(spans_ns.index(span_ns))
            _serve(there, span_ns, total)
            now_ns += span_ns
            ended.append((task, now_ns))
        now_ns = arrival_ns
        if job[1] > 0:
            there.append(job)
        elif job[0] >= 0:
            ended.append((job[0], now_ns))
    return ended


def _serve(there: list[Job], span_ns: int, total: float) -> None:
    """Everybody gets its part of a span that is too short for it to end."""
    there[:] = [
        (task, max(left - round(span_ns * math.sqrt(work) / total), 1), work) if span_ns else (task, left, work)
        for task, left, work in there
    ]


def emptied_ns(jobs: Records, now_ns: int, never_ns: int) -> Ints:
    """(J,) when each would end if nobody else came."""
    nobody = jobs[:0]
    served = rooted(jobs, nobody, np.zeros(0, dtype=np.int64), now_ns, never_ns)
    ends = dict(zip(served.task.tolist(), served.end_ns.tolist(), strict=True))
    return np.array([ends.get(task, never_ns) for task in jobs["task"].tolist()], dtype=np.int64)


def sharing_ns(jobs: Records, service_ns: Ints) -> Ints:
    """(D, M) what the jobs of each server would add to one more of this work: what they get meanwhile, or all."""
    added = np.zeros(service_ns.shape, dtype=np.int64)
    for one in np.unique(jobs["rsu"]):
        here = jobs[jobs["rsu"] == one]
        own_ns = service_ns[:, one, None].astype(np.float64)
        meanwhile_ns = np.rint(np.minimum(np.sqrt(own_ns * here["work_ns"]), here["left_ns"]))
        added[:, one] = meanwhile_ns.astype(np.int64).sum(axis=1)
    return added
