"""Bytes on the disk: a file holds all of them or is not there, and what the disk refuses is told in one line."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qvecsim.errors import OutputError


def write_file(path: Path, data: Any) -> str:
    """Write bytes so that ``path`` holds all of them or does not exist; returns their SHA-256 in hex."""
    temporary = path.with_name(f".{path.name}.tmp")
    with saving(path):
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    return hashlib.sha256(data).hexdigest()


@contextmanager
def saving(path: Path) -> Iterator[None]:
    """What the disk refuses in this block is told of ``path`` in one line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"'{path}' cannot be written ({reason}). Make room there, or choose another --out."
        ) from error
