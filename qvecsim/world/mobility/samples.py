"""Records of a table, each with its own time, on their way to whole steps: as they come, or put in order first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, NoReturn

import numpy as np

from qvecsim.types import Bools, Floats, Ints
from qvecsim.units import ns
from qvecsim.world.mobility.builder import Block, Builder
from qvecsim.world.mobility.records import MIXED_HINT, plain_s, short

TWICE = "vehicle twice in one step"
BLOCK = 1 << 14
RECORDS_MAX = 20_000_000  # of a table that is sorted in memory

Blame = Callable[[str, str, int], NoReturn]  # what, hint, line


class Samples(NamedTuple):
    """Some records; a record without an id is a step in which nobody drives."""

    line: Ints
    time_ns: Ints
    id: Sequence[str]
    x: Floats
    y: Floats
    speed_m_s: Floats  # NaN: not told

    def rows(self, chosen: slice | Ints | Bools) -> Samples:
        """Some of them."""
        if isinstance(chosen, slice):
            names = self.id[chosen]
        else:
            places = chosen.nonzero()[0] if chosen.dtype == bool else chosen
            names = [self.id[place] for place in places.tolist()]
        return Samples(self.line[chosen], self.time_ns[chosen], names, *(column[chosen] for column in self[3:]))


NUMERIC = tuple(name for name in Samples._fields if name != "id")


def together(parts: Sequence[Samples]) -> Samples:
    """Several as one."""
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in NUMERIC}
    return Samples(id=[name for part in parts for name in part.id], **columns)


class Stream:
    """For tables in the order of time: keeps no more than the step that may go on in the next part."""

    def __init__(self, builder: Builder, blame: Blame) -> None:
        self.builder, self.blame = builder, blame
        self.rest: list[Samples] = []

    def add(self, part: Samples) -> None:
        """Take the next records."""
        if not len(part.line):
            return
        before = int(self.rest[-1].time_ns[-1]) if self.rest else self.builder.last_ns
        late = np.diff(part.time_ns, prepend=before) < 0
        if late.any():
            row = int(late.argmax())
            last = plain_s(int(part.time_ns[row - 1]) if row else before)
            self.blame(f"time backwards ({plain_s(part.time_ns[row])} after {last} s)", MIXED_HINT, int(part.line[row]))
        cut = int(np.searchsorted(part.time_ns, part.time_ns[-1]))
        if cut or (self.rest and before != part.time_ns[-1]):
            feed(together([*self.rest, part.rows(slice(cut))]), self.builder, self.blame)
            self.rest = []
        self.rest.append(part.rows(slice(cut, None)))

    def close(self) -> None:
        """There are no more."""
        if self.rest:
            feed(together(self.rest), self.builder, self.blame)


class Sorted:
    """For tables in any order: holds them all, and may put every vehicle's samples on one grid of time."""

    def __init__(self, builder: Builder, blame: Blame, resample_s: float | None, gap_s: float) -> None:
        self.builder, self.blame = builder, blame
        self.step_ns = None if resample_s is None else ns(resample_s)
        self.gap_ns = ns(gap_s)
        self.names: dict[str, str] = {}
        self.parts: list[Samples] = []

    def add(self, part: Samples) -> None:
        """Take more records; each name is kept once."""
        self.parts.append(part._replace(id=[self.names.setdefault(name, name) for name in part.id]))

    def close(self) -> None:
        """Order them, and pass them on."""
        if not self.parts:
            return
        whole = together(self.parts)
        self.parts = []
        if self.step_ns is not None:
            whole = self._resampled(whole.rows(np.array([bool(name) for name in whole.id])))
        order = np.argsort(whole.time_ns, kind="stable")
        for rows in _blocks(whole.time_ns[order]):
            feed(whole.rows(order[rows]), self.builder, self.blame)

    def _resampled(self, whole: Samples) -> Samples:
        number = {name: index for index, name in enumerate(self.names)}
        vehicle = np.array([number[name] for name in whole.id])
        order = np.lexsort((whole.time_ns, vehicle))
        vehicle, time_ns = vehicle[order], whole.time_ns[order]
        twice = (np.diff(vehicle) == 0) & (np.diff(time_ns) == 0)
        if twice.any():
            row = int(order[1:][twice][0])
            told = f"(step time {plain_s(whole.time_ns[row])} s, vehicle {short(whole.id[row])})"
            self.blame(f"{TWICE} {told}", MIXED_HINT, int(whole.line[row]))
        self._bounded(vehicle, time_ns)
        source, instant_ns, share = grid(vehicle, time_ns, self.step_ns or 1, self.gap_ns)
        first, second = order[source], order[np.minimum(source + 1, len(order) - 1)]
        second = np.where(share > 0, second, first)
        x, y, speed = ((1 - share) * column[first] + share * column[second] for column in whole[3:])
        return Samples(whole.line[first], instant_ns, [whole.id[row] for row in first], x, y, speed)

    def _bounded(self, vehicle: Ints, time_ns: Ints) -> None:
        gaps = np.diff(time_ns)[(np.diff(vehicle) == 0) & (np.diff(time_ns) <= self.gap_ns)]
        records = float(gaps.sum()) / (self.step_ns or 1)
        if records > RECORDS_MAX:
            self.blame(
                f"makes {records:.3g} records by 'world.resample_s', more than {RECORDS_MAX:,}", "Make it longer.", 0
            )


def grid(vehicle: Ints, time_ns: Ints, step_ns: int, gap_ns: int) -> tuple[Ints, Ints, Floats]:
    """The multiples of a step at which vehicles are known, from samples sorted by vehicle and time.

    For each: the row of the sample at or before it, the instant, and how far it is on the way to the next row (0 to
    1). Between samples more than ``gap_ns`` apart a vehicle is not there.
    """
    joined = np.append((np.diff(vehicle) == 0) & (np.diff(time_ns) <= gap_ns), False)
    until = np.where(joined, np.append(time_ns[1:], 0), time_ns + 1)
    first, last = -(-time_ns // step_ns), -(-until // step_ns)  # half-open, so that no instant comes twice
    count = last - first
    row = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    instant_ns = (first[row] + nth) * step_ns
    share = (instant_ns - time_ns[row]) / (until - time_ns)[row]
    return row, instant_ns, np.where(joined[row], share, 0.0)


def feed(samples: Samples, builder: Builder, blame: Blame) -> None:
    """Whole steps in the order of time go to the builder."""
    time_ns, first = np.unique(samples.time_ns, return_index=True)
    named = np.array([bool(name) for name in samples.id])
    count = np.add.reduceat(named.astype(np.int64), first) if len(first) else first
    kept = samples if named.all() else samples.rows(named)
    block = Block(time_ns.tolist(), count.tolist(), kept.id, kept.x, kept.y, kept.speed_m_s)
    twice = builder.add(block)
    if twice is not None:
        told = f"{TWICE} (step time {plain_s(kept.time_ns[twice])} s, vehicle {short(kept.id[twice])})"
        blame(told, MIXED_HINT, int(kept.line[twice]))


def _blocks(time_ns: Ints) -> Iterator[slice]:
    """Slices of whole steps."""
    first = 0
    while first < len(time_ns):
        last = min(first + BLOCK, len(time_ns)) - 1
        last = int(np.searchsorted(time_ns, time_ns[last], "right"))
        yield slice(first, last)
        first = last
