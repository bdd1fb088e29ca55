"""A trace: who was where at which instant, as columns; the mobility that a run replays."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qvecsim.errors import TraceError
from qvecsim.types import Fleet, Floats, Ints
from qvecsim.units import NS_PER_S, ns
from qvecsim.world.geodesy import Plane
from qvecsim.world.mobility.columnar import release
from qvecsim.world.mobility.tracks import survey

PART_ROWS = 1 << 17
KEPT_ROWS = 1 << 19  # read from a map before its pages are given back

NOBODY = Fleet(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0))


class Part(NamedTuple):
    """Neighbouring records."""

    vehicle: Ints
    x_m: Floats
    y_m: Floats
    speed_m_s: Floats


class Pages:
    """The map that columns lie in; what was read is given back, so that memory does not grow with the trace."""

    def __init__(self, whole: mmap.mmap) -> None:
        self._whole = whole
        self._rows = 0

    def passed(self, rows: int) -> None:
        """So many records were read."""
        self._rows += rows
        if self._rows > KEPT_ROWS:
            release(self._whole)
            self._rows = 0


@dataclass(frozen=True, eq=False)
class Trace:
    """Positions of N vehicles at K instants, R records in all; rows are sorted by vehicle inside each step.

    Instants are those of the file (a trace may begin at 25,200 s). Columns are read-only, and may lie on disk.
    """

    ids: tuple[str, ...]  # (N,) in order of first appearance in the file
    time_ns: Ints  # (K,) rising
    offset: Ints  # (K+1,) rows offset[k] ... offset[k+1]-1 are step k
    vehicle: Ints  # (R,) index into ids
    x_m: Floats  # (R,)
    y_m: Floats
    speed_m_s: Floats
    sha256: str = ""  # of the columns, whatever the format of the file; a clip keeps it
    plane: Plane | None = None  # in which longitude and latitude became x and y; None: they were metres
    facts: Mapping[str, Any] | None = None  # what its reader found out; see ``info``
    pages: Pages | None = None  # of columns on disk

    def __post_init__(self) -> None:
        for name in ("time_ns", "offset", "vehicle"):
            object.__setattr__(self, name, _frozen(getattr(self, name), np.int64))
        for name in ("x_m", "y_m", "speed_m_s"):
            object.__setattr__(self, name, _frozen(getattr(self, name), np.float64))

    def __getstate__(self) -> dict[str, Any]:
        """A copy, or what another process gets, holds its columns in memory."""
        return vars(self) | {"pages": None}

    @property
    def begin_ns(self) -> int:
        """The first instant."""
        return int(self.time_ns[0])

    @property
    def end_ns(self) -> int:
        """The last instant."""
        return int(self.time_ns[-1])

    @property
    def records(self) -> int:
        """R, the rows of all steps."""
        return len(self.vehicle)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Least and greatest x and y."""
        if self.facts is not None:
            return (*self.facts["x_m"], *self.facts["y_m"])
        lows, highs = zip(
            *(((p.x_m.min(), p.y_m.min()), (p.x_m.max(), p.y_m.max())) for p in self.parts()), strict=True
        )
        (left, low), (right, high) = np.min(lows, axis=0), np.max(highs, axis=0)
        return float(left), float(right), float(low), float(high)

    def parts(self) -> Iterator[Part]:
        """All records, some at a time: for whoever must look at every one of a long trace."""
        for first in range(0, self.records, PART_ROWS):
            yield Part(*self._rows(first, min(first + PART_ROWS, self.records)))

    def at(self, time_ns: int) -> Fleet:
        """The fleet at an instant of the file's own clock; nobody before the first step and after the last.

        Between two steps, those listed in both are interpolated. Whoever is missing from the later one is gone right
        after the earlier, and who is missing from the earlier comes at the later.
        """
        step = int(self.time_ns.searchsorted(time_ns, "right")) - 1
        if step < 0:
            return NOBODY
        before = int(self.time_ns[step])
        if before == time_ns:
            return self._step(step)
        if step + 1 == len(self.time_ns):
            return NOBODY
        share = (time_ns - before) / (int(self.time_ns[step + 1]) - before)
        return _between(self._step(step), self._step(step + 1), share)

    def clip(self, begin_s: float | None = None, end_s: float | None = None) -> Trace:
        """The steps from ``begin_s`` to ``end_s``, both included, and the vehicles seen in them."""
        first = 0 if begin_s is None else int(self.time_ns.searchsorted(ns(begin_s), "left"))
        last = len(self.time_ns) if end_s is None else int(self.time_ns.searchsorted(ns(end_s), "right"))
        rows = slice(int(self.offset[first]), int(self.offset[max(first, last)]))
        if rows.start == rows.stop:
            asked = " ".join(f"{word} {at:g} s" for word, at in (("from", begin_s), ("to", end_s)) if at is not None)
            span = f"{self.begin_ns / NS_PER_S:g} ... {self.end_ns / NS_PER_S:g} s"
            raise TraceError(f"no vehicle {asked} (world.begin_s, world.end_s); the trace covers {span}.")
        seen = np.zeros(len(self.ids), dtype=bool)
        for start in range(rows.start, rows.stop, PART_ROWS):
            seen[self._rows(start, min(start + PART_ROWS, rows.stop))[0]] = True
        present = seen.nonzero()[0]
        # Only a window that misses somebody needs new numbers, and memory for them.
        vehicle = self.vehicle[rows] if seen.all() else (np.cumsum(seen) - 1)[self.vehicle[rows]]
        return replace(
            self,
            ids=tuple(self.ids[index] for index in present.tolist()),
            time_ns=self.time_ns[first:last],
            offset=self.offset[first : last + 1] - rows.start,
            vehicle=vehicle,
            x_m=self.x_m[rows],
            y_m=self.y_m[rows],
            speed_m_s=self.speed_m_s[rows],
            facts=None,
        )

    def _step(self, step: int) -> Fleet:
        first, last = self.offset[step : step + 2].tolist()
        return Fleet(*self._rows(first, last))

    def _rows(self, first: int, last: int) -> tuple[Ints, Floats, Floats, Floats]:
        if self.pages is not None:
            self.pages.passed(last - first)
        rows = slice(first, last)
        return self.vehicle[rows], self.x_m[rows], self.y_m[rows], self.speed_m_s[rows]


def info(trace: Trace) -> dict[str, Any]:
    """What a trace holds, in plain values; ``reentries`` and ``jumps`` are what to be wary of."""
    facts = trace.facts or survey(vars(trace), len(trace.ids))._asdict()
    steps_s = np.diff(trace.time_ns) / NS_PER_S
    return {
        "records": trace.records,
        "vehicles": len(trace.ids),
        "at_once_max": facts["at_once_max"],
        "steps": len(trace.time_ns),
        "step_s": float(np.median(steps_s)) if len(steps_s) else 0.0,
        "begin_s": trace.begin_ns / NS_PER_S,
        "end_s": trace.end_ns / NS_PER_S,
        "x_m": list(facts["x_m"]),
        "y_m": list(facts["y_m"]),
        "projected": facts.get("projected", False),
        "reentries": facts["reentries"],
        "jumps": facts["jumps"],
        "parked": facts["parked"],
        "persons": facts.get("persons", 0),
        "sha256": trace.sha256,
    }


def _frozen(values: NDArray[Any], dtype: type) -> NDArray[Any]:
    column: NDArray[Any] = np.ascontiguousarray(values, dtype).view()
    column.flags.writeable = False
    return column


def _between(before: Fleet, after: Fleet, share: float) -> Fleet:
    old, new = _common(before.vehicle, after.vehicle)

    def blend(earlier: Floats, later: Floats) -> Floats:
        start: Floats = earlier[old]
        end: Floats = later[new]
        return start + share * (end - start)

    return Fleet(
        before.vehicle[old],
        blend(before.x_m, after.x_m),
        blend(before.y_m, after.y_m),
        blend(before.speed_m_s, after.speed_m_s),
    )


def _common(before: Ints, after: Ints) -> tuple[Any, Any]:
    """Rows of the vehicles listed in two steps, in both; a slice where both list the same."""
    if len(before) == len(after) and np.array_equal(before, after):
        return slice(None), slice(None)
    if not len(after):
        return slice(0), slice(0)
    row = after.searchsorted(before)
    row[row == len(after)] = 0  # past the end: any row does, it cannot match
    both = after[row] == before
    return both.nonzero()[0], row[both]
