"""What stands beside the tables of a run folder: file names, JSON, digests, and what ``run.json`` must say."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from qvecsim.errors import ResultError
from qvecsim.results.schema import BESIDE, SCHEMA_VERSION, TABLES, columns

FORMAT = "qvecsim run"
SCENARIO, MANIFEST, TIMING, DICTIONARY, SUMS = (
    "scenario.yaml",
    "run.json",
    "timing.json",
    "columns.json",
    "SHA256SUMS",
)
STUDY = "study.json"  # in a folder of many runs


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


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
