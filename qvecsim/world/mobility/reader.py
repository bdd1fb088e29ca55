"""The door for mobility files: whatever the format, a Trace comes out."""

from __future__ import annotations

from pathlib import Path

from qvecsim.world.mobility.builder import Builder
from qvecsim.world.mobility.cache import opened
from qvecsim.world.mobility.fcd import read_xml
from qvecsim.world.mobility.reading import Reading
from qvecsim.world.mobility.records import DEGREES, METRES
from qvecsim.world.mobility.trace import Trace
from qvecsim.world.source import Source

PARQUET = b"PAR1"


def read_trace(
    path: str | Path, begin_s: float | None = None, end_s: float | None = None, reading: Reading | None = None
) -> Trace:
    """The trace in a file, or its part from ``begin_s`` to ``end_s``; TraceError where the file breaks a rule.

    XML and CSV, plain or gzipped, and Parquet are told by content, not by name.
    """
    how = reading or Reading()
    source = Source(path)
    head = source.head()

    def build(builder: Builder) -> None:
        if head.startswith(PARQUET):
            from qvecsim.world.mobility.parquet import read_parquet

            read_parquet(source.path, builder, how)
        elif _is_table(head):
            from qvecsim.world.mobility.tabular import read_csv

            read_csv(source, builder, how)
        elif how.names is not None:
            source.fail("is no table of columns", "Leave world.columns out.")
        else:
            read_xml(source.path, builder, DEGREES if how.coords == "geo" else METRES)

    trace = opened(source.path, how, build)
    return trace if begin_s is None and end_s is None else trace.clip(begin_s, end_s)


def _is_table(head: bytes) -> bool:
    """Whether a file is text that does not begin as XML does."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return bool(text) and not text.startswith((b"<", b"\xff\xfe", b"\xfe\xff")) and b"\0" not in head
