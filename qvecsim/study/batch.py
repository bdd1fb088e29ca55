"""All runs of a plan into one folder: whatever is whole is kept, whatever is not is done again."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qvecsim.errors import BatchError, OutputError, QvecsimError
from qvecsim.results import leftover
from qvecsim.results.study import DONE, FAILED, begin, finish, is_free, is_study
from qvecsim.runner import Result
from qvecsim.scenario.plan import Plan, load_plan
from qvecsim.study import whole
from qvecsim.study.entries import Entry, Progress, counted, entries
from qvecsim.study.work import Job, perform
from qvecsim.study.workers import Engine, local
from qvecsim.version import __version__

HERE = "'{}' holds a study already. Add --resume to keep what is whole in it, or choose another --out."
FOREIGN = "'{}' is not empty and holds no study. Choose another --out."


@dataclass(frozen=True)
class Order:
    """What to do with a plan."""

    plan: Plan
    overrides: Sequence[str] = ()
    seed: int | None = None
    out: Path | None = None
    jobs: int = 1
    resume: bool = False
    shard: tuple[int, int] = (1, 1)
    cluster: str | None = None

    @property
    def folder(self) -> Path:
        """Where the study goes: ``results/<name>`` when nobody says."""
        return self.out or Path("results") / self.plan.title

    def engine(self) -> AbstractContextManager[Engine]:
        """Who does the work."""
        if self.cluster is None:
            return local(self.jobs)
        from qvecsim.study.cluster import cluster

        return cluster(self.cluster)

    def check(self) -> None:
        """Raise for what cannot be meant."""
        part, parts = self.shard
        if self.jobs < 1:
            raise QvecsimError(f"'jobs' must be at least 1 (got {self.jobs}).")
        if not 1 <= part <= parts:
            raise QvecsimError(f"'shard' must be i/n with 1 <= i <= n (got {part}/{parts}).")
        if is_free(self.folder):
            return
        if not is_study(self.folder):
            raise OutputError(FOREIGN.format(self.folder))
        if not self.resume and parts == 1:
            raise OutputError(HERE.format(self.folder))


@dataclass
class Tally:
    """How a batch went; filled as it goes."""

    folder: Path
    runs: int = 0
    kept: int = 0
    done: int = 0
    failures: dict[str, str] = field(default_factory=dict)  # reason by run
    wall_s: float = 0.0

    def summary(self) -> dict[str, Any]:
        """As one object."""
        counts = {"runs": self.runs, "done": self.done, "kept": self.kept, "failed": len(self.failures)}
        return {"path": str(self.folder), **counts, "wall_s": round(self.wall_s, 3)}


def batch(
    plan: Plan | str | Path,
    *overrides: str,
    seed: int | None = None,
    out: str | Path | None = None,
    jobs: int = 1,
    resume: bool = False,
    shard: tuple[int, int] = (1, 1),
    cluster: str | None = None,
) -> Iterator[Result]:
    """Make every run of a plan, and yield each as it is done; with ``resume`` those first that were there already.

    ``jobs`` processes of this machine work, or those of the Dask scheduler at ``cluster``. ``shard=(2, 3)`` makes the
    second third of the runs, and no index. When all is over, BatchError names the runs that failed. A script must call
    it below ``if __name__ == "__main__":``, because the workers import the script.
    """
    plan = plan if isinstance(plan, Plan) else load_plan(plan)
    target = None if out is None else Path(out)
    order = Order(plan, overrides, seed, target, jobs, resume, shard, cluster)
    yield from make(order, Tally(order.folder))


def make(
    order: Order, tally: Tally, reading: Progress | None = None, running: Progress | None = None
) -> Iterator[Result]:
    """What ``batch`` yields; ``reading`` is told of traces and ``running`` of runs, (done, in all)."""
    began = time.perf_counter()
    order.check()
    try:
        with order.engine() as engine:
            planned = entries(order.plan, engine, *order.overrides, seed=order.seed, progress=reading)
            ours = planned[order.shard[0] - 1 :: order.shard[1]]
            begin(order.folder, order.plan.source.read_bytes(), _facts(order, planned), replace=order.resume)
            yield from _made(engine, ours, order.folder, tally, running)
    finally:
        leftover.sweep(order.folder)  # of workers that were ended
    tally.wall_s = time.perf_counter() - began
    if order.shard[1] == 1:
        finish(order.folder, [_row(entry, tally) for entry in planned], _timing(order, tally))
    if tally.failures:
        failed = [entry for entry in ours if entry.run_id in tally.failures]
        raise BatchError(f"{entry} failed: {tally.failures[entry.run_id]}" for entry in failed)


def _made(
    engine: Engine, ours: Sequence[Entry], folder: Path, tally: Tally, progress: Progress | None
) -> Iterator[Result]:
    """What is there, then what has to be made, as it is done."""
    there = {entry.run_id: whole.summary(folder / entry.run_id, entry.run_id) for entry in ours}
    missing = [entry for entry in ours if there[entry.run_id] is None]
    tally.runs, tally.kept = len(ours), len(ours) - len(missing)
    yield from (Result(summary, folder / run_id) for run_id, summary in there.items() if summary is not None)
    for entry in missing:
        whole.clear(folder / entry.run_id)
    jobs = [(entry, (_job(entry, folder),)) for entry in missing]
    for entry, report in counted(engine.each(perform, jobs), len(jobs), progress):
        if report.error:
            tally.failures[entry.run_id] = report.error
        else:
            tally.done += 1
            yield Result(report.value, folder / entry.run_id)


def _job(entry: Entry, folder: Path) -> Job:
    return Job(entry.run_id, entry.scenario, entry.replication, str(folder.resolve() / entry.run_id), str(Path.cwd()))


def _facts(order: Order, planned: Sequence[Entry]) -> dict[str, Any]:
    made = {"qvecsim": __version__, "overrides": list(order.overrides), "seed": order.seed}
    return {**made, "name": order.plan.title, "axes": list(order.plan.axes), "runs": len(planned)}


def _row(entry: Entry, tally: Tally) -> dict[str, Any]:
    """A run in the index."""
    error = tally.failures.get(entry.run_id)
    return {"run_id": entry.run_id, **entry.key, "status": FAILED if error else DONE, "error": error}


def _timing(order: Order, tally: Tally) -> dict[str, Any]:
    """What differs between equal batches."""
    asked = {"jobs": order.jobs, "cluster": order.cluster, "command": sys.argv}
    counts = {"kept": tally.kept, "done": tally.done, "wall_s": tally.wall_s}
    return {**asked, **counts, "platform": platform.platform(), "machine": platform.machine()}
