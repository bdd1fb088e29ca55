"""The door for mobility files: whatever the format, a Trace comes out."""

from __future__ import annotations

from pathlib import Path

from qvecsim.world.fcd import read_fcd
from qvecsim.world.trace import Trace


def read_trace(path: str | Path, begin_s: float | None = None, end_s: float | None = None) -> Trace:
    """The trace in a file, or its part from ``begin_s`` to ``end_s``."""
    trace = read_fcd(path)
    return trace if begin_s is None and end_s is None else trace.clip(begin_s, end_s)
