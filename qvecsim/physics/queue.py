"""Section III-C, beside eq. (16): when the servers start what has arrived. Level: exact integers, no clock.

Jobs are rows sorted by (server, arrival, id). Sums of arrival and work must stay within the clock's 2^63 ns.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable

import numpy as np

from qvecsim.types import Bools, Ints


def fcfs(server: Ints, arrival_ns: Ints, service_ns: Ints, free_ns: Ints) -> tuple[Ints, Ints]:
    """First come, first served: when each job (K,) starts, and when each server (M,) is free after them."""
    place = np.arange(1, len(server) + 1) - server.searchsorted(server)
    width = int(place.max(initial=0)) + 1
    # One row a server; the first job of all is what it is busy with, and so is the padding, which delays nothing.
    ready = np.repeat(free_ns[:, None], width, axis=1)
    ready[server, place] = arrival_ns
    work = np.zeros_like(ready)
    work[server, place] = service_ns
    done = np.cumsum(work, axis=1)
    before = done - work
    # start = max(ready, start + work of the one before): less the work before, that is a running maximum (Lindley).
    idle = np.maximum.accumulate(ready - before, axis=1)
    return (idle + before)[server, place], idle[:, -1] + done[:, -1]


def unlimited(server: Ints, arrival_ns: Ints, service_ns: Ints, free_ns: Ints) -> tuple[Ints, Ints]:
    """Eq. (16) as printed: every job starts when it arrives, and no server is ever taken."""
    return arrival_ns.copy(), free_ns.copy()


def several(server: Ints, arrival_ns: Ints, service_ns: Ints, free_ns: Ints) -> tuple[Ints, Ints]:
    """First come, first served by several processors each: ``free_ns`` (M, k) when they are free, sorted."""
    free = [heap.tolist() for heap in np.sort(free_ns, axis=1)]  # sorted is a heap
    starts = []
    for one, arrival, service in zip(server.tolist(), arrival_ns.tolist(), service_ns.tolist(), strict=True):
        starts.append(max(arrival, free[one][0]))
        heapq.heapreplace(free[one], starts[-1] + service)
    return np.array(starts, dtype=np.int64), np.sort(np.array(free, dtype=np.int64).reshape(free_ns.shape), axis=1)


def with_room(arrival_ns: Ints, service_ns: Ints, room: int) -> Bools:
    """Who finds room at one server, first come, first served, that holds ``room`` jobs, the one in service included."""
    present: deque[int] = deque()
    accepted = []
    for arrival, service in zip(arrival_ns.tolist(), service_ns.tolist(), strict=True):
        while present and present[0] <= arrival:
            present.popleft()
        accepted.append(len(present) < room)
        if accepted[-1]:
            present.append((present[-1] if present else arrival) + service)
    return np.array(accepted, dtype=bool)


def backlog_ns(free_ns: Ints, now_ns: int) -> Ints:
    """(M,) until each server, or the first of its processors, is idle."""
    late_ns: Ints = np.maximum(free_ns - now_ns, 0)
    return late_ns if late_ns.ndim == 1 else late_ns.min(axis=1)


def work_ns(free_ns: Ints, now_ns: int) -> Ints:
    """(M,) what each server, all its processors together, has to do."""
    late_ns: Ints = np.maximum(free_ns - now_ns, 0)
    return late_ns if late_ns.ndim == 1 else late_ns.sum(axis=1)


def processors(free_ns: Ints) -> int:
    """How many each server has."""
    return 1 if free_ns.ndim == 1 else free_ns.shape[1]


# When a job starts; it ends after its work. Sharing (``ps``) has no such instant and is ``sharing.shared``.
DISCIPLINES: dict[str, Callable[[Ints, Ints, Ints, Ints], tuple[Ints, Ints]]] = {
    "fcfs": fcfs,
    "unlimited": unlimited,
    "servers": several,
}
