"""Section III-C, beside eq. (16): when the servers start what has arrived. Level: exact integers, no clock.

Jobs are rows sorted by (server, arrival, id). Sums of arrival and work must stay within the clock's 2^63 ns.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qvecsim.types import Ints


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


DISCIPLINES: dict[str, Callable[[Ints, Ints, Ints, Ints], tuple[Ints, Ints]]] = {
    "fcfs": fcfs,
    "unlimited": unlimited,
}
