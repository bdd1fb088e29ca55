"""A folder of many runs: written so that equal studies are equal bytes, and read as one set of frames.

::

    study.json      what the study is: name, axes, number of runs
    plan.yaml       its plan, as it was written
    study.parquet   the index: one row a run, with its place on every axis and whether it was done
    timing.json     wall time, host, command
    SHA256SUMS      of these but timing.json, and of the SHA256SUMS of every run
    RUN_ID/         run folders
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from qvecsim.errors import OutputError, ResultError, did_you_mean, nearest
from qvecsim.results import leftover
from qvecsim.results.disk import saving, write_file
from qvecsim.results.files import STUDY, SUMS, TIMING, as_json, check, mapping_of, sealed, sha256_of, summed
from qvecsim.results.parquet import part_of
from qvecsim.results.schema import ALL_TABLES, BESIDE, LEARNING, TABLES
from qvecsim.results.store import Run, open_run

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "qvecsim study"
SCHEMA_VERSION = 1
INDEX, PLAN = "study.parquet", "plan.yaml"
DONE, FAILED = "done", "failed"
FILES = ("scenario", "trace")  # axes whose values are files
LISTED = 10  # the most values that an error lists
UNFINISHED = "Finish it with: qvecsim batch PLAN --out '{}' --resume"


def is_study(folder: Path) -> bool:
    """Whether somebody has begun a study there."""
    try:
        return mapping_of(folder / STUDY).get("format") == FORMAT
    except ResultError:
        return False


def is_free(folder: Path) -> bool:
    """Whether nothing is there but what killed runs have left, and the beginning of a study."""
    if not folder.exists():
        return True
    if not folder.is_dir():
        return False
    leftover.sweep(folder)
    beginning = {STUDY, PLAN} if is_study(folder) else set()
    return {path.name for path in folder.iterdir()} <= beginning


def begin(folder: Path, plan: bytes, facts: Mapping[str, Any], *, replace: bool) -> None:
    """Write what is known before the first run; where something else is known, refuse or ``replace`` it.

    Several shards may do so at once.
    """
    manifest = as_json({**facts, "format": FORMAT, "schema": SCHEMA_VERSION})
    with saving(folder):
        folder.mkdir(parents=True, exist_ok=True)
    known = {STUDY: manifest, PLAN: plan}
    if all(_holds(folder / name, content) for name, content in known.items()):
        return
    others = [
        name for name, content in known.items() if (folder / name).exists() and not _holds(folder / name, content)
    ]
    if others and not replace and not is_free(folder):
        raise OutputError(f"'{folder}' holds another study. Add --resume to change it, or choose another --out.")
    with saving(folder):
        for name in (SUMS, INDEX):  # which say something else
            (folder / name).unlink(missing_ok=True)
    put(folder, STUDY, manifest)
    put(folder, PLAN, plan)


def finish(folder: Path, rows: Sequence[Mapping[str, Any]], timing: Mapping[str, Any]) -> None:
    """Write the index: a mapping for each run, in the order of the plan: ``run_id``, axes, ``status``, ``error``."""
    leftover.sweep(folder)
    put(folder, INDEX, _index(rows))
    put(folder, TIMING, sealed(timing))
    names = [STUDY, PLAN, INDEX, *(f"{row['run_id']}/{SUMS}" for row in rows if row["status"] == DONE)]
    with saving(folder / SUMS):
        sums = "".join(f"{sha256_of(folder / name)}  {name}\n" for name in sorted(names))
    put(folder, SUMS, sums.encode())


def open_study(root: Path) -> Study:
    """The study in a folder that has a ``study.json``."""
    manifest = mapping_of(root / STUDY)
    if manifest.get("format") != FORMAT:
        raise ResultError(f"'{root / STUDY}' was not written by qvecsim.")
    if manifest.get("schema") != SCHEMA_VERSION:
        raise ResultError(
            f"'{root / STUDY}' must have schema version {SCHEMA_VERSION} (got {manifest.get('schema')!r}). "
            "Read it with the qvecsim that wrote it."
        )
    if not (root / SUMS).is_file():
        raise ResultError(f"'{root}' is a study that is not finished. {UNFINISHED.format(root)}")
    sums = summed(root)
    for name in (STUDY, PLAN, INDEX):
        check(root, name, sums.get(name, ""))
    return Study(root, manifest, _read_index(root))


class Study:
    """Many runs as one set of frames: each has the columns of its table, and before them those that tell runs apart.

    ``index``   one row a run, in the order of the plan: run id, axes, status, error
    ``tasks``   and every other table that a run has: the rows of all runs, one run after the other
    ``where``   part of the study, by values on its axes
    ``run``     one run by its id; iterating gives all that are done

    A frame is read, and checked, when it is first asked for, and then kept; ``where`` first, for less memory.
    """

    def __init__(self, path: Path, manifest: dict[str, Any], index: pd.DataFrame) -> None:
        self.path = path
        self.manifest = manifest
        self.index = index
        self._frames: dict[str, pd.DataFrame] = {}

    def __repr__(self) -> str:
        failed = f", {len(self.index) - len(self)} failed" if len(self) < len(self.index) else ""
        return f"<Study {self.manifest['name']} at {self.path} ({len(self)} runs{failed})>"

    def __len__(self) -> int:
        return len(self.run_ids)

    def __iter__(self) -> Iterator[Run]:
        return map(self.run, self.run_ids)

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_") or name not in self.tables:
            raise AttributeError(f"A study has no '{name}'. {did_you_mean(name, ALL_TABLES | LEARNING)}".rstrip())
        if name not in self._frames:
            self._frames[name] = self._frame(name)
        return self._frames[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.tables]

    @property
    def is_taught(self) -> bool:
        """Whether its runs are trainings, which have tables ``training`` and ``evaluation`` and no others."""
        return bool(self.manifest.get("train"))

    @property
    def run_ids(self) -> list[str]:
        """Those of the runs that are done, in the order of the plan."""
        return [str(name) for name in self.index["run_id"][self.index["status"] == DONE]]

    @property
    def axes(self) -> list[str]:
        """The columns that tell the runs apart, beside ``run_id``."""
        return [name for name in self.index.columns if name not in ("run_id", "status", "error")]

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the frames that there may be."""
        if self.is_taught:
            return tuple(LEARNING)
        return (*TABLES, *BESIDE)

    def where(self, **values: Any) -> Study:
        """The runs with these values on these axes; for a swept parameter write ``where(**{"keys.missing": "drop"})``.

        A list means any of its values. Of a scenario or a trace the end of its path is enough.
        """
        index = self.index
        for axis, value in values.items():
            if axis not in index.columns:
                raise ResultError(f"'{axis}' is no axis of the study. {did_you_mean(axis, self.axes)}")
            index = index[index[axis].isin(self._meant(axis, value if isinstance(value, list | tuple) else [value]))]
        return Study(self.path, self.manifest, index)

    def _meant(self, axis: str, wanted: Sequence[Any]) -> list[Any]:
        """The values on an axis that are asked for, each of which some run must have."""
        known = self.index[axis].unique().tolist()
        found: list[Any] = []
        for value in wanted:
            same = [one for one in known if one == value] or (_ending(known, value) if axis in FILES else [])
            if not same and axis in self.axes:
                raise ResultError(f"No run has {axis} {_told(value)}. {_known(value, known)}".rstrip())
            found += same
        return found

    def run(self, run_id: str) -> Run:
        """One run, as ``read`` gives it; ResultError where it is no longer the one that the index means."""
        name = f"{run_id}/{SUMS}"
        if name not in self._sums:
            raise ResultError(f"'{run_id}' is no finished run of the study '{self.path}'.")
        if self.is_taught:
            raise ResultError(f"'{self.path}' holds trainings, which are no runs. Read its 'training' or 'evaluation'.")
        check(self.path, name, self._sums[name])
        return open_run(self.path / run_id)

    @cached_property
    def _sums(self) -> dict[str, str]:
        return summed(self.path)

    def _frame(self, table: str) -> pd.DataFrame:
        import pyarrow as pa

        rows = self.index[self.axes].to_dict("records")
        keys: dict[str, Any] = dict(zip(self.index["run_id"], rows, strict=True))
        parts = [_keyed(rows, keys[run_id]) for run_id, rows in self._arrow(table)]
        if not parts:
            raise ResultError(f"'{self.path}' has no run with a table '{table}'.")
        frame: pd.DataFrame = pa.concat_tables(parts, promote_options="permissive").unify_dictionaries().to_pandas()
        frame.attrs["units"] = dict.fromkeys(self.axes, "") | (ALL_TABLES | LEARNING)[table].units
        return frame

    def _arrow(self, table: str) -> Iterator[tuple[str, Any]]:
        """The rows of a table, run by run."""
        if not self.is_taught:
            yield from ((run.run_id, run.arrow(table)) for run in self if table in run.tables)
            return
        for name in self.run_ids:
            check(self.path, f"{name}/{SUMS}", self._sums[f"{name}/{SUMS}"])
            sums, file = summed(self.path / name), f"{table}.parquet"
            if file in sums:  # a scheme that learns nothing has no table of training
                check(self.path / name, file, sums[file])
                yield name, part_of(self.path / name, table, file)


def _ending(known: Sequence[str], value: str | PurePath) -> list[str]:
    """The paths that end as another one."""
    parts = PurePath(value).parts
    return [one for one in known if parts and PurePath(one).parts[-len(parts) :] == parts]


def _told(value: object) -> str:
    return f"'{value}'" if isinstance(value, str | PurePath) else str(value)


def _known(value: object, known: Sequence[Any]) -> str:
    """What to write instead of a value that no run has."""
    names = [str(one) for one in known]
    if isinstance(value, str) and (near := nearest(value, names)):
        return f"Did you mean '{near}'?"
    return f"Known: {', '.join([*names[:LISTED], *(['...'] if len(names) > LISTED else [])])}." if names else ""


def _keyed(rows: Any, key: Mapping[str, Any]) -> Any:
    """A table with the columns of a key behind ``run_id``, but those that it has itself."""
    place = 1
    for name, value in key.items():
        if name not in rows.column_names:
            rows = rows.add_column(place, name, _constant(value, rows.num_rows))
            place += 1
    return rows


def _constant(value: Any, count: int) -> Any:
    import pyarrow as pa

    if isinstance(value, str):
        return pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), [value])
    return pa.array(np.full(count, value))


def put(folder: Path, name: str, content: Any) -> None:
    """Write a file of a study whole, in a place that no other process uses and that is swept if this one is killed."""
    beside = leftover.name(folder / name, leftover.PARTIAL)
    with saving(folder / name):
        beside.mkdir(exist_ok=True)
        try:
            write_file(beside / name, content)
            os.replace(beside / name, folder / name)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _index(rows: Sequence[Mapping[str, Any]]) -> memoryview:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: _column([row[name] for row in rows]) for name in rows[0]}
    columns["error"] = pa.array([row["error"] for row in rows], pa.string())
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression="zstd", write_page_checksum=True)
    return memoryview(sink.getvalue())


def _column(values: Sequence[Any]) -> Any:
    """Numbers, truths or texts as they are; whatever is mixed or nested as JSON."""
    import pyarrow as pa

    kinds = {type(value) for value in values}
    if kinds == {int, float}:
        return pa.array([float(value) for value in values])
    if len(kinds) == 1 and kinds <= {bool, int, float, str}:
        return pa.array(values)
    return pa.array([json.dumps(value) for value in values])


def _read_index(root: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        frame: pd.DataFrame = pq.read_table(root / INDEX, page_checksum_verification=True).to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ResultError(f"'{root / INDEX}' cannot be read ({error}). The study is damaged.") from error
    return frame
