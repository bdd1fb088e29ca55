"""A trace: who was where at which instant, as columns; the mobility that a run replays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qvecsim.errors import TraceError
from qvecsim.types import Fleet, Floats, Ints
from qvecsim.units import NS_PER_S, ns

JUMP_M_S = 100.0  # no car is that fast: the vehicle was moved, it did not drive
PARKED_M_S = 0.1
GEO_SHARE = 1e-4  # a degree is 111 km, so degrees read as metres move 1e-5 of what the speeds say

NOBODY = Fleet(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0))


@dataclass(frozen=True, eq=False)
class Trace:
    """Positions of N vehicles at K instants, R records in all; rows are sorted by vehicle inside each step.

    Instants are those of the file (a trace may begin at 25,200 s). Columns are read-only.
    """

    ids: tuple[str, ...]  # (N,) in order of first appearance in the file
    time_ns: Ints  # (K,) rising
    offset: Ints  # (K+1,) rows offset[k] ... offset[k+1]-1 are step k
    vehicle: Ints  # (R,) index into ids
    x_m: Floats  # (R,)
    y_m: Floats
    speed_m_s: Floats
    sha256: str = ""  # of the file's text from its root element on; a clip keeps it

    def __post_init__(self) -> None:
        for name in ("time_ns", "offset", "vehicle"):
            object.__setattr__(self, name, _frozen(getattr(self, name), np.int64))
        for name in ("x_m", "y_m", "speed_m_s"):
            object.__setattr__(self, name, _frozen(getattr(self, name), np.float64))

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
            span = f"{self.begin_ns / NS_PER_S:g} ... {self.end_ns / NS_PER_S:g} s"
            raise TraceError(f"no vehicle between {begin_s} s and {end_s} s; the trace covers {span}.")
        present, vehicle = np.unique(self.vehicle[rows], return_inverse=True)
        return replace(
            self,
            ids=tuple(self.ids[index] for index in present.tolist()),
            time_ns=self.time_ns[first:last],
            offset=self.offset[first : last + 1] - rows.start,
            vehicle=vehicle,
            x_m=self.x_m[rows],
            y_m=self.y_m[rows],
            speed_m_s=self.speed_m_s[rows],
        )

    def _step(self, step: int) -> Fleet:
        first, last = self.offset[step : step + 2].tolist()
        return Fleet(self.vehicle[first:last], self.x_m[first:last], self.y_m[first:last], self.speed_m_s[first:last])


def info(trace: Trace) -> dict[str, Any]:
    """What a trace holds, in plain values; ``reentries`` and ``jumps`` are what to be wary of."""
    steps_s = np.diff(trace.time_ns) / NS_PER_S
    return {
        "records": trace.records,
        "vehicles": len(trace.ids),
        "at_once_max": int(np.diff(trace.offset).max()),
        "steps": len(trace.time_ns),
        "step_s": float(np.median(steps_s)) if len(steps_s) else 0.0,
        "begin_s": trace.begin_ns / NS_PER_S,
        "end_s": trace.end_ns / NS_PER_S,
        "x_m": [float(trace.x_m.min()), float(trace.x_m.max())],
        "y_m": [float(trace.y_m.min()), float(trace.y_m.max())],
        "reentries": reentries(trace),
        "jumps": jumps(trace),
        "parked": float(np.mean(trace.speed_m_s < PARKED_M_S)),
        "sha256": trace.sha256,
    }


def reentries(trace: Trace) -> int:
    """How often a vehicle came back after steps that did not list it."""
    again = 0
    last = np.full(len(trace.ids), -1)
    for step in range(len(trace.time_ns)):
        vehicle = trace.vehicle[trace.offset[step] : trace.offset[step + 1]]
        seen = last[vehicle]
        again += int(np.count_nonzero((seen >= 0) & (seen < step - 1)))
        last[vehicle] = step
    return again


def jumps(trace: Trace) -> int:
    """How often a vehicle's positions in neighbouring steps are more than 100 m/s apart."""
    found = 0
    for before, after, gap_s in _pairs(trace.time_ns, trace.offset, trace.vehicle):
        moved_m = np.hypot(trace.x_m[after] - trace.x_m[before], trace.y_m[after] - trace.y_m[before])
        found += int(np.count_nonzero(moved_m > JUMP_M_S * gap_s))
    return found


def derived_speed(time_ns: Ints, offset: Ints, vehicle: Ints, x_m: Floats, y_m: Floats, speed_m_s: Floats) -> Floats:
    """Speeds with those not told (NaN) taken from the way since the step before, or to the step after; else 0."""
    derived = np.full(len(vehicle), np.nan)
    ahead = np.zeros(len(vehicle))
    for before, after, gap_s in _pairs(time_ns, offset, vehicle):
        derived[after] = np.hypot(x_m[after] - x_m[before], y_m[after] - y_m[before]) / gap_s
        ahead[before] = derived[after]
    derived = np.where(np.isnan(derived), ahead, derived)
    return np.where(np.isnan(speed_m_s), derived, speed_m_s)


def looks_geographic(trace: Trace) -> bool:
    """Whether x and y are degrees: they fit on a globe, and vehicles hardly move for the speeds they report."""
    if np.abs(trace.x_m).max() > 180 or np.abs(trace.y_m).max() > 90:
        return False
    moved_m = reported_m = 0.0
    for before, after, gap_s in _pairs(trace.time_ns, trace.offset, trace.vehicle):
        moved_m += np.hypot(trace.x_m[after] - trace.x_m[before], trace.y_m[after] - trace.y_m[before]).sum()
        reported_m += trace.speed_m_s[after].sum() * gap_s
    return bool(0 < moved_m < GEO_SHARE * reported_m)


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


def _pairs(time_ns: Ints, offset: Ints, vehicle: Ints) -> Iterator[tuple[Ints, Ints, float]]:
    """For each two neighbouring steps: the rows of those listed in both, in either, and the time between."""
    bounds = offset.tolist()
    gaps_s = (np.diff(time_ns) / NS_PER_S).tolist()
    for step, gap_s in enumerate(gaps_s):
        first, middle, last = bounds[step : step + 3]
        rows = np.arange(first, last)
        old, new = _common(vehicle[first:middle], vehicle[middle:last])
        yield rows[: middle - first][old], rows[middle - first :][new], gap_s
