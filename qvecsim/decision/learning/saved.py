"""What was learned, as plain arrays on disk: an .npz without pickled objects, which carries its own SHA-256."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qvecsim.arrays import Array, to_host
from qvecsim.errors import ResultError

SUM = "sha256"
DAMAGE = (OSError, ValueError, EOFError, LookupError, RuntimeError, struct.error, zlib.error, zipfile.BadZipFile)


def digest(arrays: Mapping[str, Array]) -> str:
    """SHA-256 over names, types, shapes and numbers, whatever the order and the device."""
    total = sha256()
    for name in sorted(arrays):
        host = np.ascontiguousarray(to_host(arrays[name]))
        host = host.astype(host.dtype.newbyteorder("<"), copy=False)
        total.update(f"{name}\0{host.dtype.str}\0{host.shape}\0".encode())
        total.update(host.tobytes())
    return total.hexdigest()


def save(path: str | Path, arrays: Mapping[str, Array]) -> str:
    """Writes the arrays, whole or not at all, and returns their SHA-256; equal arrays make equal files."""
    path = Path(path)
    if SUM in arrays:
        raise ResultError(f"'arrays' must not have the name '{SUM}' (got it). It is the file's own.")
    host = {name: to_host(array) for name, array in sorted(arrays.items())}
    if objects := [name for name, array in host.items() if array.dtype.hasobject]:
        raise ResultError(f"'arrays' must be numbers or text (got objects in '{objects[0]}').")
    total = digest(host)
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **{**host, SUM: np.array(total)})
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return total


def read(path: str | Path) -> dict[str, NDArray[Any]]:
    """The arrays of a file, if they are what was written."""
    path = Path(path)
    try:
        with path.open("rb") as handle:
            found = _arrays(np.load(handle, allow_pickle=False))
    except FileNotFoundError as error:
        raise ResultError(f"'{path}' must be a file (got none).") from error
    except DAMAGE as error:
        raise ResultError(f"'{path}' must hold arrays, .npz without pickled objects (got: {error}).") from error
    written = str(found.pop(SUM, ""))
    if written != digest(found):
        raise ResultError(f"'{path}' must have the SHA-256 that it names (got another). It is damaged or was edited.")
    return found


def _arrays(file: object) -> dict[str, NDArray[Any]]:
    if not isinstance(file, Mapping):
        raise ValueError("one array without a name")
    with file:  # type: ignore[attr-defined]
        return {name: np.asanyarray(file[name]) for name in file}
