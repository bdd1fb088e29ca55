"""What a worker does: one run, or the SHA-256 of one trace. It raises nothing: what went wrong is in the report.

Nothing heavy is imported before it is needed, so that ``prepare`` can still say how many threads NumPy may use.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from qvecsim.errors import QvecsimError
from qvecsim.plugin import told

if TYPE_CHECKING:
    from qvecsim.scenario.parameters import Scenario
    from qvecsim.scenario.parts import Train

T = TypeVar("T")

# As many workers as processors leave no processor for a second thread of one.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Job:
    """One run, as a worker gets it."""

    run_id: str
    scenario: Scenario
    replication: int
    target: str  # the run folder
    here: str  # the folder from which the paths of the scenario begin, and where plug-ins are looked for
    train: Train | None = None  # what makes of the run a training


class Report(NamedTuple):
    """What came of it."""

    value: Any = None
    error: str = ""


def prepare() -> None:
    """One thread of linear algebra a worker, unless the environment says otherwise."""
    for name in THREADS:
        os.environ.setdefault(name, "1")


def perform(job: Job) -> Report:
    """Make a run or a training, unless somebody has; the summary of it."""
    return _reported(lambda: _run(job) if job.train is None else _train(job, job.train), job.here)


def trace_sha256(scenario: Scenario, here: str) -> Report:
    """SHA-256 of what the trace of a scenario says."""
    return _reported(lambda: _digest(scenario), here)


def _reported(work: Callable[[], T], here: str) -> Report:
    try:
        if os.getcwd() != here:
            os.chdir(here)
        return Report(work())
    except QvecsimError as error:
        return Report(error=" ".join(str(error).split()))
    except (Exception, SystemExit) as error:  # a plug-in may end its process
        return Report(error=f"{told(error)}.")


def _run(job: Job) -> Mapping[str, Any]:
    from qvecsim.runner import run
    from qvecsim.study.whole import summary

    # A cluster may run a job again whose first worker it has lost from sight.
    if (there := summary(Path(job.target), job.run_id)) is not None:
        return there
    try:
        run(job.scenario, replication=job.replication, out=job.target)
    except (QvecsimError, OSError):
        if summary(Path(job.target), job.run_id) is None:
            raise
    there = summary(Path(job.target), job.run_id)
    if there is None:
        raise QvecsimError(f"'{job.target}' is another run than was planned: a file that it reads has changed.")
    return there


def _train(job: Job, asked: Train) -> Mapping[str, Any]:
    from qvecsim.study.trainings import perform as taught

    return taught(job.scenario, asked, job.run_id, Path(job.target))


def _digest(scenario: Scenario) -> str:
    from qvecsim.world.sumo.network import read_network
    from qvecsim.world.world import replayed

    network = read_network(scenario.file("world.network")) if scenario.world.network else None
    return replayed(scenario, None if network is None else network.plane).sha256
