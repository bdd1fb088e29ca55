"""A run folder: written beside its place and then moved there whole, read lazily and never unchecked."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qvecsim.errors import AbsentError, QvecsimError, ResultError, nearest
from qvecsim.results import leftover
from qvecsim.results.recorder import saving, write_file
from qvecsim.results.schema import ALL_TABLES, BESIDE, BESIDE_OF, SCHEMA_VERSION, TABLES, UNDATED, arrow, columns

if TYPE_CHECKING:
    import pandas as pd

    from qvecsim.results.study import Study

FORMAT = "qvecsim run"
SCENARIO, MANIFEST, TIMING, DICTIONARY, SUMS = (
    "scenario.yaml",
    "run.json",
    "timing.json",
    "columns.json",
    "SHA256SUMS",
)
STUDY = "study.json"  # in a folder of many runs
NEITHER = f"it has neither {MANIFEST} nor {STUDY}"


class RunFolder:
    """A run folder that is being written: ``path`` is where it grows, ``target`` where it will be."""

    def __init__(self, path: Path, target: Path, run_id: str) -> None:
        self.path = path
        self.target = target
        self.run_id = run_id
        self.finished = False

    def finish(
        self,
        *,
        scenario: str,
        tables: Mapping[str, Any],
        manifest: Mapping[str, Any] | None = None,
        timing: Mapping[str, Any] | None = None,
    ) -> None:
        """Write what stands beside the tables; ``tables`` is what ``Recorder.close`` returned.

        ``timing`` takes all that differs between equal runs: wall times, host, command.
        """
        entries = {name: _undated(entry) if name in UNDATED else entry for name, entry in tables.items()}
        ours = {"format": FORMAT, "schema": SCHEMA_VERSION, "run_id": self.run_id, "tables": entries}
        write_file(self.path / SCENARIO, scenario.encode())
        write_file(self.path / DICTIONARY, dictionary())
        write_file(self.path / MANIFEST, as_json({**(manifest or {}), **ours}))
        write_file(self.path / TIMING, sealed(timing or {}))
        with saving(self.path / SUMS):
            sums = _sums(self.path)
        write_file(self.path / SUMS, sums.encode())
        self.finished = True


@contextmanager
def writing(path: str | Path, run_id: str) -> Iterator[RunFolder]:
    """Write a run folder at ``path``: it is there whole when the block ends, and not at all when the block raises.

    A run with the same id is replaced; anything else that is there is left alone, and refused at once. What runs
    that were killed have left beside ``path`` is cleared away.
    """
    target = _resolved(path)
    _refuse_foreign(target, run_id)
    made = [folder for folder in target.parents if not folder.exists()]
    leftover.sweep(target.parent)
    partial = leftover.name(target, leftover.PARTIAL)
    try:
        _make_empty(partial)
        folder = RunFolder(partial, target, run_id)
        yield folder
        if not folder.finished:
            raise RuntimeError("RunFolder.finish must be called before the block ends.")
        _refuse_foreign(target, run_id)  # someone else may have finished first
        with saving(target):
            _move(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        _remove_empty(made)
        raise


def read(path: str | Path) -> Run | Study:
    """Open the run folder, or the study, at ``path``; tables are read, and checked, when they are first asked for."""
    root = Path(path)
    if not os.path.isdir(root):
        raise AbsentError(f"'{root}' must be a run folder or a study (there is no such folder).{_beside(root)}")
    if os.path.isfile(root / STUDY):
        from qvecsim.results.study import open_study

        return open_study(root)
    if not any(os.path.isfile(root / name) for name in (MANIFEST, DICTIONARY, SUMS)):
        raise AbsentError(f"'{root}' must be a run folder or a study ({NEITHER}).{_inside(root)}")
    return open_run(root)


def _beside(root: Path) -> str:
    """The folder that may be meant by a name like its own."""
    near = nearest(root.name, (folder.name for folder in _results(root.parent)))
    return f" Did you mean '{root.parent / near}'?" if near else ""


def _inside(root: Path) -> str:
    """A folder that may be meant by the one that it is in."""
    first = next(iter(_results(root)), None)
    return f" Name one that is in it, such as '{first}'." if first else ""


def _results(folder: Path) -> list[Path]:
    """The runs and studies in a folder."""
    inner = sorted(folder.iterdir()) if folder.is_dir() else []
    return [one for one in inner if any(os.path.isfile(one / name) for name in (MANIFEST, STUDY))]


def open_run(root: Path) -> Run:
    """The run in a folder that is there."""
    if not os.path.isfile(root / MANIFEST):
        raise ResultError(f"'{root}' must be a run folder (it has no {MANIFEST}).")
    _check_sums(root)
    return Run(root, manifest_of(root))


class Run:
    """A finished run as it lies on disk: its frames, the scenario's text, and what was noted about the run.

    Not every run has ``signatures`` and ``quantum``. Each frame's ``attrs["units"]`` maps its columns to their units.
    """

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path = path
        self.manifest = manifest

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {self.manifest['tables'][name]['rows']:,}" for name in self.tables)
        return f"<Run {self.run_id} at {self.path} (rows: {rows})>"

    @property
    def run_id(self) -> str:
        """What names the run in every table."""
        return str(self.manifest["run_id"])

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the frames that there are."""
        return (*TABLES, *(name for name in BESIDE if name in self.manifest["tables"]))

    @cached_property
    def scenario(self) -> str:
        """Text of the scenario as it was resolved."""
        return text_of(self.path / SCENARIO)

    @cached_property
    def timing(self) -> dict[str, Any]:
        """Wall times, host and command: what differs between equal runs."""
        return {name: value for name, value in mapping_of(self.path / TIMING).items() if name != "sha256"}

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row: the run and its summary."""
        return self._frame("runs")

    @cached_property
    def slots(self) -> pd.DataFrame:
        """One row a slot."""
        return self._frame("slots")

    @cached_property
    def tasks(self) -> pd.DataFrame:
        """One row a task."""
        return self._frame("tasks")

    @cached_property
    def servers(self) -> pd.DataFrame:
        """One row a slot and RSU."""
        return self._frame("servers")

    @cached_property
    def links(self) -> pd.DataFrame:
        """One row a slot and QKD link."""
        return self._frame("links")

    @cached_property
    def blocks(self) -> pd.DataFrame:
        """One row a block."""
        return self._frame("blocks")

    @cached_property
    def transactions(self) -> pd.DataFrame:
        """One row a transaction."""
        return self._frame("transactions")

    @cached_property
    def records(self) -> pd.DataFrame:
        """One row a record of the ledger."""
        return self._frame("records")

    @cached_property
    def faults(self) -> pd.DataFrame:
        """One row a slot and fault under way."""
        return self._frame("faults")

    @cached_property
    def docks(self) -> pd.DataFrame:
        """One row a slot and dock."""
        return self._frame("docks")

    @cached_property
    def signatures(self) -> pd.DataFrame:
        """One row a signature; ResultError where the run has none."""
        return self._frame("signatures")

    @cached_property
    def quantum(self) -> pd.DataFrame:
        """Two rows a slot, of decisions and of training; ResultError where the scheme has no circuits."""
        return self._frame("quantum")

    def _frame(self, table: str) -> pd.DataFrame:
        frame: pd.DataFrame = self.arrow(table).to_pandas()
        frame.attrs["units"] = ALL_TABLES[table].units
        return frame

    def arrow(self, table: str) -> Any:
        """A table as ``pyarrow.Table``."""
        if table not in self.tables:
            raise ResultError(f"'{self.path}' has no table '{table}'. Runs {BESIDE_OF.get(table, 'of others')} have one.")
        return _table(self.path, table, self.manifest["tables"][table])


def _refuse_foreign(target: Path, run_id: str) -> None:
    try:
        reason = _obstacle(target, run_id)
    except OSError as error:
        reason = f"cannot be looked at ({error.strerror})"
    if reason:
        raise QvecsimError(f"'{target}' {reason}. Choose another --out.")


def _obstacle(target: Path, run_id: str) -> str:
    if not target.name:
        return "cannot be replaced"
    if not target.exists():
        return ""
    if not target.is_dir():
        return "is a file"
    if not any(target.iterdir()):
        return ""
    manifest = _own_manifest(target)
    if manifest is None:
        return "is not empty and holds no run"
    there = str(manifest.get("run_id"))
    if there != run_id:
        return f"holds another run ({there}, not {run_id})"
    return _strangers(target, manifest)


def _own_manifest(target: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((target / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return manifest if isinstance(manifest, dict) and manifest.get("format") == FORMAT else None


def _strangers(target: Path, manifest: Mapping[str, Any]) -> str:
    """Which files of the folder its manifest does not know: they are the user's, and replacing would delete them."""
    tables = manifest.get("tables")
    entries = tables.values() if isinstance(tables, dict) else ()
    parts = [name for entry in entries if isinstance(entry, dict) for name in entry.get("parts") or ()]
    ours = {SCENARIO, MANIFEST, TIMING, DICTIONARY, SUMS, *parts}
    ours |= {name.partition("/")[0] for name in parts}
    found = sorted(path.relative_to(target).as_posix() for path in target.rglob("*"))
    foreign = [name for name in found if name not in ours]
    more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
    return f"holds what the run did not write ('{foreign[0]}'{more})" if foreign else ""


def _resolved(path: str | Path) -> Path:
    try:
        return Path(path).resolve()
    except OSError as error:
        raise QvecsimError(f"'{path}' cannot be looked at ({error.strerror}). Choose another --out.") from error


def _make_empty(partial: Path) -> None:
    shutil.rmtree(partial, ignore_errors=True)  # of a killed process that had our number
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise QvecsimError(f"Cannot write in '{partial.parent}' ({error.strerror}). Choose another --out.") from error


def _remove_empty(folders: list[Path]) -> None:
    """Take away the parents that were made for nothing, from the inside out; someone may use one by now."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _move(partial: Path, target: Path) -> None:
    """Put the new folder in the place of the old; where that fails, everything is as it was."""
    _sync(partial)
    old = leftover.name(target, leftover.OLD)
    replaces = target.exists() and any(target.iterdir())
    try:
        if replaces:
            os.replace(target, old)
        os.replace(partial, target)
        _sync(target.parent)
    except BaseException:
        _put_back(partial, target, old)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _put_back(partial: Path, target: Path, old: Path) -> None:
    if not partial.exists():
        os.replace(target, partial)
    if old.exists():
        os.replace(old, target)


def _sync(folder: Path) -> None:
    # A rename is on disk only when its folder is. Windows has no handle for a folder, and no need of one.
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def as_json(value: Any) -> bytes:
    """An object as a file holds it: equal objects give equal bytes."""
    return (json.dumps(_plain(value), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def dictionary() -> bytes:
    """``columns.json``."""
    return as_json(columns())


def sealed(timing: Mapping[str, Any]) -> bytes:
    """``timing.json``: it differs from run to run, so its own SHA-256 stands in it instead of in ``SHA256SUMS``."""
    rest = {name: value for name, value in timing.items() if name != "sha256"}
    return as_json({**rest, "sha256": hashlib.sha256(as_json(rest)).hexdigest()})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, (np.generic, np.ndarray)):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None  # JSON has no NaN
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, Path) else value


def _undated(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Rows and parts of a table that differs between equal runs, without the digests: ``run.json`` does not."""
    return {**entry, "parts": dict.fromkeys(entry["parts"])}


def _sums(root: Path) -> str:
    # Without timing.json, which differs between equal runs: so they have equal sums, but for real signatures.
    names = sorted(file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file())
    return "".join(f"{sha256_of(root / name)}  {name}\n" for name in names if name not in (TIMING, SUMS))


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_sums(root: Path) -> None:
    """Compare the small files with SHA256SUMS; the parts are compared when they are read."""
    sums = summed(root)
    for name in (MANIFEST, SCENARIO, DICTIONARY):
        check(root, name, sums.get(name, ""))


def summed(root: Path) -> dict[str, str]:
    """SHA-256 by file, as ``SHA256SUMS`` has them."""
    lines = text_of(root / SUMS).splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def check(root: Path, name: str, digest: str) -> None:
    """Raise ResultError unless a file has this SHA-256."""
    try:
        found = sha256_of(root / name)
    except OSError as error:
        raise ResultError(f"'{root / name}' cannot be read ({error.strerror}). The run folder is damaged.") from error
    if found != digest:
        raise ResultError(f"'{root / name}' is not what was written (its SHA-256 differs). The run folder is damaged.")


def text_of(path: Path) -> str:
    """The text of a file of a run folder."""
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise ResultError(f"'{path}' cannot be read ({error.strerror}). The run folder is damaged.") from error
    except UnicodeDecodeError as error:
        raise ResultError(f"'{path}' is not text. The run folder is damaged.") from error


def mapping_of(path: Path) -> dict[str, Any]:
    """The JSON object in a file of a run folder."""
    try:
        value = json.loads(text_of(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ResultError(f"'{path}' is not JSON. The run folder is damaged.") from error
    if not isinstance(value, dict):
        raise ResultError(f"'{path}' must hold a mapping. The run folder is damaged.")
    return value


def manifest_of(root: Path) -> dict[str, Any]:
    """What ``run.json`` says, if it is one of ours."""
    manifest = mapping_of(root / MANIFEST)
    if manifest.get("format") != FORMAT:
        raise ResultError(f"'{root / MANIFEST}' was not written by qvecsim.")
    if manifest.get("schema") != SCHEMA_VERSION:
        raise ResultError(
            f"'{root / MANIFEST}' must have schema version {SCHEMA_VERSION} (got {manifest.get('schema')!r}). "
            "Read it with the qvecsim that wrote it."
        )
    if not all(_is_entry(name, manifest.get("tables")) for name in TABLES):
        raise ResultError(f"'{root / MANIFEST}' must list rows and parts of: {', '.join(TABLES)}.")
    for name in BESIDE:
        if name in manifest["tables"] and not _is_entry(name, manifest["tables"]):
            raise ResultError(f"'{root / MANIFEST}' must list rows and parts of '{name}', or not name it.")
    return manifest


def _is_entry(table: str, tables: Any) -> bool:
    entry = tables.get(table) if isinstance(tables, dict) else None
    if not isinstance(entry, dict) or not isinstance(entry.get("rows"), int):
        return False
    parts = entry.get("parts")
    if not isinstance(parts, dict) or not parts:
        return False
    # A name that leads out of the folder is nobody's part.
    return all(re.fullmatch(rf"{table}/part-\d{{5,}}\.parquet", name) for name in parts)


def _table(root: Path, table: str, entry: Mapping[str, Any]) -> Any:
    import pyarrow as pa

    digests = summed(root) if table in UNDATED else entry["parts"]
    whole = pa.concat_tables([_part(root, table, name, digests.get(name, "")) for name in sorted(entry["parts"])])
    if whole.num_rows != entry["rows"]:
        raise ResultError(f"'{root / table}' must have {entry['rows']} rows (got {whole.num_rows}).")
    return whole.unify_dictionaries()


def _part(root: Path, table: str, name: str, digest: str) -> Any:
    check(root, name, digest)
    return part_of(root, table, name)


def part_of(root: Path, table: str, name: str) -> Any:
    """One part as an Arrow table, whatever its SHA-256."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(root / name, page_checksum_verification=True) as file:
            part = file.read()
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise ResultError(f"'{root / name}' cannot be read ({error}). The run folder is damaged.") from error
    if part.schema != arrow(table):
        raise ResultError(f"'{root / name}' must have the columns of '{table}'. The run folder is damaged.")
    return part
