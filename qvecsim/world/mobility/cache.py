"""The columnar copy of a trace, kept beside its source: made by the first reading, mapped by later ones.

``city.fcd.xml.gz`` gets ``city.fcd.xml.gz.qvc``, other ways of reading the same file a key before the suffix. A copy is
used only if the source is the one it was made from: same size, times of change, beginning and end. It appears whole
or not at all; of two processes that make it at once the later one's, equal, stays. Where the folder cannot be
written, or with ``QVECSIM_CACHE=off``, the columns go to a nameless temporary file.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from qvecsim.errors import TraceError
from qvecsim.world.geodesy import Plane
from qvecsim.world.mobility.builder import Builder
from qvecsim.world.mobility.columnar import header_of, mapped
from qvecsim.world.mobility.reading import Reading
from qvecsim.world.mobility.trace import Pages, Trace
from qvecsim.world.source import Source

SUFFIX = ".qvc"
VERSION = 1  # of what a reader makes of a file; a change makes every copy stale
PROBE_BYTE = 1 << 16
DEFAULT = Reading()


def opened(source: Path, reading: Reading, build: Callable[[Builder], None]) -> Trace:
    """The trace in a file, from its copy, or by ``build`` where there is none."""
    place = place_of(source, reading)
    found = _from_copy(place, source, reading) if _may_cache() else None
    if found is not None:
        return found
    if _may_cache() and _writable(place.parent):
        with contextlib.suppress(OSError):  # the disk is full, or somebody took the folder away
            return _built(place, source, reading, build)
    try:
        return _built(None, source, reading, build)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        told = f"has no room for its columns in {tempfile.gettempdir()}" if full else "cannot be read"
        told = f"{told} ({error.strerror})"
        Source(source).fail(told)


def place_of(source: Path, reading: Reading) -> Path:
    """Where the copy of a file is kept."""
    key = "" if reading == DEFAULT else "." + hashlib.sha256(reading.key().encode()).hexdigest()[:12]
    return source.with_name(source.name + key + SUFFIX)


def _may_cache() -> bool:
    return os.environ.get("QVECSIM_CACHE", "") != "off"


def _writable(folder: Path) -> bool:
    """Whether somebody may write there; whoever may everything still respects a folder marked read-only."""
    return os.access(folder, os.W_OK) and bool(folder.stat().st_mode & 0o222)


def identity(source: Path, reading: Reading) -> dict[str, Any]:
    """What a copy must agree with."""
    stat = source.stat()
    with source.open("rb") as file:
        digest = hashlib.sha256(file.read(PROBE_BYTE))
        file.seek(max(stat.st_size - PROBE_BYTE, 0))
        digest.update(file.read(PROBE_BYTE))
    changed = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
    return {"version": VERSION, "reading": reading.key(), "changed": changed, "ends": digest.hexdigest()}


def _from_copy(place: Path, source: Path, reading: Reading) -> Trace | None:
    try:
        # A pipe in its place would be waited for without end.
        with os.fdopen(os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            if not _ours(os.fstat(file.fileno()), source):
                return None
            header = header_of(file)
            if header is None or header.get("source") != identity(source, reading):
                return None
            return _trace(file, header)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # whatever is wrong with a copy, the source is the truth


def _ours(copy: os.stat_result, source: Path) -> bool:
    """Whether a copy is a file that we, or whoever owns the source, have written."""
    owners = {source.stat().st_uid, os.getuid() if hasattr(os, "getuid") else copy.st_uid}
    return stat.S_ISREG(copy.st_mode) and copy.st_uid in owners


def _built(place: Path | None, source: Path, reading: Reading, build: Callable[[Builder], None]) -> Trace:
    before = identity(source, reading)
    builder = Builder(place and place.parent)
    try:
        build(builder)
        header = _header(builder, source, before, reading)
        with _target(place) as file:
            builder.spool.save(file, header)
            trace = _trace(file, header_of(file) or {})
            # A source that grew meanwhile, because SUMO still writes it, is read again next time.
            if place is not None and identity(source, reading) == before:
                os.fsync(file.fileno())
                os.chmod(file.name, source.stat().st_mode & 0o666)
                os.replace(file.name, place)
        return trace
    finally:
        builder.spool.close()


@contextlib.contextmanager
def _target(place: Path | None) -> Iterator[IO[bytes]]:
    """A file that has no name, or one of its own in the folder of ``place`` until it is renamed."""
    if place is None:
        with tempfile.TemporaryFile() as file:
            yield file
        return
    with tempfile.NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}.", delete=False) as file:
        try:
            yield file
        finally:
            Path(file.name).unlink(missing_ok=True)


def _trace(file: IO[bytes], header: dict[str, Any]) -> Trace:
    whole, arrays = mapped(file, header)
    return Trace(
        ids=tuple(header["ids"]),
        **arrays,
        sha256=header["sha256"],
        plane=header["plane"] and Plane(**header["plane"]),
        facts=header["facts"],
        pages=Pages(whole),
    )


def _header(builder: Builder, path: Path, source: dict[str, Any], reading: Reading) -> dict[str, Any]:
    try:
        done = builder.finish(reading.coords, reading.plane)
    except TraceError as error:
        Source(path).fail(str(error))
    plane = None if done.plane is None else vars(done.plane)
    return {"source": source, "ids": done.ids, "facts": done.facts, "sha256": done.sha256, "plane": plane}
