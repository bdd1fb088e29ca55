"""Workers of other machines: Dask distributed, which is imported here only. They must see the same files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from qvecsim.errors import QvecsimError
from qvecsim.study.work import Report
from qvecsim.study.workers import Job, Work

T = TypeVar("T")

WAIT_S = 30  # for the scheduler to answer
MISSING = "'cluster' needs Dask (got no module '{}'). Install it with: pip install 'qvecsim[cluster]'."


class Cluster:
    """A scheduler that is there, and its workers. Dask itself gives a job to another worker when one dies."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def each(self, work: Work, jobs: Iterable[Job[T]]) -> Iterator[tuple[T, Report]]:
        """Tell each job as it is done; one on which too many workers died (``allowed-failures``) is told as failed."""
        from distributed import as_completed

        # pure=False: a job is never taken for one that was done before; what is there is found by its folder.
        futures = {self._client.submit(work, *arguments, pure=False): tag for tag, arguments in jobs}
        for future in as_completed(list(futures), loop=self._client.loop):
            yield futures.pop(future), _report(future)
            future.release()


@contextmanager
def cluster(address: str) -> Iterator[Cluster]:
    """A connection to the scheduler at an address such as ``tcp://host:8786``."""
    try:
        from distributed import Client
    except ImportError as error:
        raise QvecsimError(MISSING.format(error.name)) from error
    try:
        client = Client(address, timeout=WAIT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise QvecsimError(f"'cluster' must be the address of a Dask scheduler (got '{address}': {reason}).") from error
    with client:
        yield Cluster(client)


def _report(future: Any) -> Report:
    from distributed.scheduler import KilledWorker

    try:
        report: Report = future.result()
    except KilledWorker as error:
        return Report(error=f"{error.allowed_failures + 1} workers died of it; was there enough memory?")
    except Exception as error:  # such as a worker that has another qvecsim
        return Report(error=f"the cluster could not do it: {type(error).__name__}: {' '.join(str(error).split())}")
    return report
