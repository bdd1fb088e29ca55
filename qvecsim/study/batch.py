"""All runs of a plan into one folder: whatever is whole is kept, whatever is not is done again."""

from __future__ import annotations

import platform
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qvecsim.errors import BatchError, OutputError, QvecsimError
from qvecsim.results import leftover
from qvecsim.results.study import DONE, FAILED, begin, finish, is_free, is_study, open_study
from qvecsim.runner import Result
from qvecsim.scenario.plan import Plan, load_plan
from qvecsim.study import figures, trainings, whole
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
    beside: Sequence[Path] = ()  # studies whose runs are taken where they are the same
    shown: Path | None = None  # where its figure is gathered with those of others

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
        figures.check(self.plan)
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
    notes: list[str] = field(default_factory=list)  # what there is to tell

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
            figures.clear(order.folder)
            yield from _made(engine, ours, order, tally, running)
    finally:
        leftover.sweep(order.folder)  # of workers that were ended
    tally.wall_s = time.perf_counter() - began
    if order.shard[1] == 1:
        finish(order.folder, [_row(entry, tally) for entry in planned], _timing(order, tally))
        if not tally.failures:
            tally.notes += figures.write(order.plan, open_study(order.folder))
    if tally.failures:
        failed = [entry for entry in ours if entry.run_id in tally.failures]
        raise BatchError(f"{entry} failed: {tally.failures[entry.run_id]}" for entry in failed)


def _made(
    engine: Engine, ours: Sequence[Entry], order: Order, tally: Tally, progress: Progress | None
) -> Iterator[Result]:
    """What is there, then what has to be made, as it is done."""
    folder, kind = order.folder, whole if order.plan.train is None else trainings
    there = {entry.run_id: kind.summary(folder / entry.run_id, entry.run_id) for entry in ours}
    there |= {name: _taken(name, order, kind) for name, summary in there.items() if summary is None}
    missing = [entry for entry in ours if there[entry.run_id] is None]
    tally.runs, tally.kept = len(ours), len(ours) - len(missing)
    yield from (Result(summary, folder / run_id) for run_id, summary in there.items() if summary is not None)
    for entry in missing:
        kind.clear(folder / entry.run_id)
    jobs = [(entry, (_job(entry, order),)) for entry in missing]
    for entry, report in counted(engine.each(perform, jobs), len(jobs), progress):
        if report.error:
            tally.failures[entry.run_id] = report.error
        else:
            tally.done += 1
            yield Result(report.value, folder / entry.run_id)


def _taken(run_id: str, order: Order, kind: Any) -> Mapping[str, Any] | None:
    """The summary of a run that another study has and this one gets a copy of."""
    for other in order.beside:
        if kind.summary(other / run_id, run_id) is not None:
            kind.clear(order.folder / run_id)
            with leftover.growing(order.folder / run_id) as copy:
                shutil.copytree(other / run_id, copy)
            return kind.summary(order.folder / run_id, run_id)  # type: ignore[no-any-return]
    return None


def _job(entry: Entry, order: Order) -> Job:
    target = str(order.folder.resolve() / entry.run_id)
    return Job(entry.run_id, entry.scenario, entry.replication, target, str(Path.cwd()), order.plan.train)


def _facts(order: Order, planned: Sequence[Entry]) -> dict[str, Any]:
    made = {"qvecsim": __version__, "overrides": list(order.overrides), "seed": order.seed}
    scenarios = [entry.scenario for entry in planned]
    worlds = {
        "scenarios": list(dict.fromkeys(one.name for one in scenarios)),
        "profiles": list(dict.fromkeys(one.profile for one in scenarios)),
        "slots": list(dict.fromkeys(one.slots for one in scenarios)),
    }
    asked = {"small": order.plan.is_small, "train": order.plan.train and order.plan.train.model_dump(mode="json")}
    return {**made, **asked, **worlds, "name": order.plan.title, "axes": list(order.plan.axes), "runs": len(planned)}


def _row(entry: Entry, tally: Tally) -> dict[str, Any]:
    """A run in the index."""
    error = tally.failures.get(entry.run_id)
    return {"run_id": entry.run_id, **entry.key, "status": FAILED if error else DONE, "error": error}


def _timing(order: Order, tally: Tally) -> dict[str, Any]:
    """What differs between equal batches."""
    asked = {"jobs": order.jobs, "cluster": order.cluster, "command": sys.argv}
    counts = {"kept": tally.kept, "done": tally.done, "wall_s": tally.wall_s}
    return {**asked, **counts, "platform": platform.platform(), "machine": platform.machine()}
