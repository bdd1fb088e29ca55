"""Workers of this machine: processes that do one job at a time; one that dies costs that job a try, and no other.

Each has an executor of the standard library of its own, because an executor of many ends them all when one dies.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeVar

from qvecsim.errors import QvecsimError
from qvecsim.study.work import Report, prepare

T = TypeVar("T")
Work = Callable[..., Report]
Job = tuple[T, tuple[Any, ...]]  # what it is for, and the arguments of the work

TRIES = 3  # of a job whose worker dies
DIED = f"its worker died {TRIES} times; was there enough memory?"
UNBORN = (
    "Workers cannot be started. A script must call qvecsim.batch below: if __name__ == '__main__': "
    "because each worker imports it."
)


class Engine(Protocol):
    """Whoever does many jobs."""

    def each(self, work: Work, jobs: Iterable[Job[T]]) -> Iterator[tuple[T, Report]]:
        """Tell each job as it is done, in any order."""


class _Worker:
    """A process that lives until it is let go, its executor is broken, or this process is gone."""

    def __init__(self) -> None:
        # A fork would copy the locks of threads, but not the threads.
        spawn = multiprocessing.get_context("spawn")
        held, self._leash = spawn.Pipe(duplex=False)
        self._executor = ProcessPoolExecutor(1, mp_context=spawn, initializer=_begin, initargs=(held,))
        self._born = self._executor.submit(os.getpid)

    @property
    def lived(self) -> bool:
        """Whether it ever was there."""
        return self._born.done() and self._born.exception() is None

    def begin(self, work: Work, arguments: tuple[Any, ...]) -> Future[Report]:
        """Give it a job."""
        try:
            return self._executor.submit(work, *arguments)
        except BrokenProcessPool as error:  # it died while it waited
            failed: Future[Report] = Future()
            failed.set_exception(error)
            return failed

    def stop(self) -> None:
        """End it, whatever it does."""
        self._leash.close()
        self._executor.shutdown(cancel_futures=True)


def _begin(leash: Connection) -> None:
    """Runs in a worker before anything else."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; the first one ends us
    prepare()
    threading.Thread(target=_until_let_go, args=(leash,), daemon=True).start()


def _until_let_go(leash: Connection) -> None:
    # The other end closes when it is let go, or by itself when its process is killed.
    leash.poll(None)
    os._exit(1)


class Crew:
    """At most ``count`` workers."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._idle: list[_Worker] = []
        self._busy: dict[Future[Report], tuple[_Worker, Any, int]] = {}
        self._stillborn = 0

    def each(self, work: Work, jobs: Iterable[Job[T]]) -> Iterator[tuple[T, Report]]:
        """Tell each job as it is done. One whose worker died comes again after all others, ``TRIES`` times in all."""
        waiting = deque((job, 0) for job in jobs)
        while waiting or self._busy:
            while waiting and len(self._busy) < self._count:
                job, deaths = waiting.popleft()
                worker = self._idle.pop() if self._idle else _Worker()
                self._busy[worker.begin(work, job[1])] = worker, job, deaths
            for future in wait(self._busy, return_when=FIRST_COMPLETED).done:
                worker, job, deaths = self._busy.pop(future)
                if not isinstance(future.exception(), BrokenProcessPool):
                    self._idle.append(worker)
                    yield job[0], future.result()
                elif (deaths := deaths + self._lost(worker)) == TRIES:
                    yield job[0], Report(error=DIED)
                else:
                    waiting.append((job, deaths))

    def _lost(self, worker: _Worker) -> bool:
        """Let a dead worker go; whether it had ever lived, so that its job may be to blame."""
        worker.stop()
        self._stillborn = 0 if worker.lived else self._stillborn + 1
        if self._stillborn == TRIES:
            raise QvecsimError(UNBORN)
        return worker.lived

    def stop(self) -> None:
        """End all workers, whatever they do."""
        for worker in [*self._idle, *(worker for worker, _, _ in self._busy.values())]:
            worker.stop()


@contextmanager
def local(count: int) -> Iterator[Crew]:
    """Workers that are gone when the block ends, however it ends."""
    crew = Crew(count)
    try:
        yield crew
    finally:
        crew.stop()
