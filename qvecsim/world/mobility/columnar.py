"""One file that holds a trace's columns side by side, so that a later reading maps it instead of parsing.

Layout: eight bytes of magic, the length of the header, the header as JSON (facts, ids, and each column's place), then
the columns, each at a multiple of 64 bytes. Written to a nameless or temporary file, seen only when whole.
"""

from __future__ import annotations

import json
import mmap
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"qvecsim1"
ALIGN = 64
HEADER_BYTE_MAX = 1 << 30
COLUMNS = {
    "time_ns": np.dtype("<i8"),
    "offset": np.dtype("<i8"),
    "vehicle": np.dtype("<i8"),
    "x_m": np.dtype("<f8"),
    "y_m": np.dtype("<f8"),
    "speed_m_s": np.dtype("<f8"),
}
Arrays = dict[str, NDArray[Any]]


class Spool:
    """Columns that grow on disk, so that a trace may be longer than memory; the files have no names."""

    def __init__(self, folder: Path | None = None) -> None:
        # Open until ``close``; even a killed process leaves nothing of them.
        self._maps: list[mmap.mmap] = []
        self._files: dict[str, IO[bytes]] = {name: tempfile.TemporaryFile(dir=folder) for name in COLUMNS}  # noqa: SIM115

    def append(self, name: str, values: NDArray[Any]) -> None:
        """Add values to the end of a column."""
        self._files[name].write(np.ascontiguousarray(values, COLUMNS[name]).data)

    def arrays(self) -> Arrays:
        """The columns so far, mapped: what is written into them is written to disk."""
        self._maps.clear()
        return {name: self._mapped(name) for name in COLUMNS}

    def rest(self) -> None:
        """Give back the memory of what was read and written of ``arrays``; it is on disk."""
        for part in self._maps:
            release(part)

    def save(self, target: IO[bytes], header: Mapping[str, Any]) -> None:
        """Write header and columns as one file."""
        places, position = {}, 0
        for name, file in self._files.items():
            size = file.seek(0, 2)
            places[name] = [position, size // COLUMNS[name].itemsize]
            position += -(-size // ALIGN) * ALIGN
        text = json.dumps({**header, "columns": places, "size": position}).encode()
        target.write(MAGIC + len(text).to_bytes(8, "little") + text)
        target.write(bytes(-target.tell() % ALIGN))
        for file in self._files.values():
            file.seek(0)
            shutil.copyfileobj(file, target, 1 << 20)
            target.write(bytes(-target.tell() % ALIGN))
        target.flush()

    def close(self) -> None:
        """Give the disk back."""
        self._maps.clear()
        for file in self._files.values():
            file.close()

    def _mapped(self, name: str) -> NDArray[Any]:
        file, dtype = self._files[name], COLUMNS[name]
        file.flush()
        size = file.seek(0, 2) // dtype.itemsize
        if not size:
            return np.empty(0, dtype)
        self._maps.append(mmap.mmap(file.fileno(), size * dtype.itemsize))
        return np.frombuffer(self._maps[-1], dtype)


def release(pages: mmap.mmap) -> None:
    """Take the pages of a map of a file out of this process's memory; the next look brings them back."""
    if hasattr(mmap, "MADV_DONTNEED"):
        pages.madvise(mmap.MADV_DONTNEED)


def header_of(file: IO[bytes]) -> dict[str, Any] | None:
    """The header of a columnar file, and in ``start`` where its columns begin; None if it is none, or not whole."""
    size = file.seek(0, 2)
    file.seek(0)
    begin = file.read(16)
    length = int.from_bytes(begin[8:], "little")
    if begin[:8] != MAGIC or not 0 < length <= min(size, HEADER_BYTE_MAX):
        return None
    try:
        header: dict[str, Any] = json.loads(file.read(length))
        start = -(-(16 + length) // ALIGN) * ALIGN
        return header | {"start": start} if start + header["size"] == size and _fits(header) else None
    except (ValueError, KeyError, TypeError):
        return None


def _fits(header: Mapping[str, Any]) -> bool:
    """Whether every column lies inside the file."""
    places = header["columns"]
    return set(places) == set(COLUMNS) and all(
        begin >= 0 and count >= 0 and begin + count * COLUMNS[name].itemsize <= header["size"]
        for name, (begin, count) in places.items()
    )


def mapped(file: IO[bytes], header: Mapping[str, Any]) -> tuple[mmap.mmap, Arrays]:
    """The columns of an open file as read-only arrays over one map; the file may be closed and unlinked."""
    whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    arrays = {
        name: np.frombuffer(whole, COLUMNS[name], count, header["start"] + begin)
        for name, (begin, count) in header["columns"].items()
    }
    return whole, arrays
