"""Which runs are there whole: every file hashed again and compared with what was written."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from qvecsim.audit.files import listed
from qvecsim.errors import ResultError
from qvecsim.results.files import (
    DICTIONARY,
    MANIFEST,
    SCENARIO,
    SUMS,
    TIMING,
    manifest_of,
    mapping_of,
    sealed,
    sha256_of,
)
from qvecsim.results.schema import ALL_TABLES

OWN = (SCENARIO, MANIFEST, TIMING, DICTIONARY, SUMS)
PART = re.compile(r"\.?part-\d{5,}\.parquet(\.tmp)?")


def summary(folder: Path, run_id: str) -> Mapping[str, Any] | None:
    """The summary of a run that is there whole, with its ``path``; None where it is not."""
    try:
        found: dict[str, Any] = manifest_of(folder)
        whole = found["run_id"] == run_id and _sums_hold(folder, found) and _timed(folder)
        return {**found["summary"], "path": str(folder)} if whole else None
    except (ResultError, OSError, KeyError, TypeError, ValueError):
        return None


def _sums_hold(folder: Path, manifest: Mapping[str, Any]) -> bool:
    sums = listed(folder)
    parts = {name for entry in manifest["tables"].values() for name in entry["parts"]}
    named = parts | {SCENARIO, MANIFEST, DICTIONARY}
    return named <= sums.keys() and all(sha256_of(folder / name) == digest for name, digest in sums.items())


def _timed(folder: Path) -> bool:
    return sealed(mapping_of(folder / TIMING)) == (folder / TIMING).read_bytes()


def clear(folder: Path) -> None:
    """Take away what is left of a damaged run, but nothing that a run does not write."""
    if not folder.is_dir() or folder.is_symlink():
        return
    with suppress(OSError):  # what stays is refused, and told, when the run is written
        for name in OWN:
            (folder / name).unlink(missing_ok=True)
        for table in ALL_TABLES:
            _clear_table(folder / table)
        if not any(folder.iterdir()):
            shutil.rmtree(folder)


def _clear_table(folder: Path) -> None:
    if not folder.is_dir() or folder.is_symlink():
        return
    for part in folder.iterdir():
        if PART.fullmatch(part.name):
            part.unlink()
    with suppress(OSError):
        folder.rmdir()
