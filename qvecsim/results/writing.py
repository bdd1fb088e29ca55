"""A run folder is written beside its place and then moved there whole; what is not ours is left alone."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from qvecsim.errors import QvecsimError
from qvecsim.results import leftover
from qvecsim.results.disk import saving, write_file
from qvecsim.results.files import (
    DICTIONARY,
    FORMAT,
    MANIFEST,
    SCENARIO,
    SUMS,
    TIMING,
    as_json,
    dictionary,
    sealed,
    sha256_of,
)
from qvecsim.results.schema import SCHEMA_VERSION, UNDATED


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


def _undated(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Rows and parts of a table that differs between equal runs, without the digests: ``run.json`` does not."""
    return {**entry, "parts": dict.fromkeys(entry["parts"])}


def _sums(root: Path) -> str:
    # Without timing.json, which differs between equal runs: so they have equal sums, but for real signatures.
    names = sorted(file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file())
    return "".join(f"{sha256_of(root / name)}  {name}\n" for name in names if name not in (TIMING, SUMS))


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
