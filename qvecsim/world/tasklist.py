"""Tasks that the user lists in a file, instead of those that chance draws: checked once, then columns of numbers."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qvecsim.errors import did_you_mean
from qvecsim.types import Fleet, Floats, Ints
from qvecsim.units import NS_PER_S
from qvecsim.world.table_file import Block, Bounds, TableFile

LARGEST = 1e18  # as in the scenario: amounts must fit 64-bit integers
ROAD_HINT = (
    "A task must be born at a vehicle that is there when its slot begins: leave it out, or use a shorter slot_s."
)
CLOCK_HINT = "Times are on the trace's own clock, which `qvecsim trace info` shows."

AMOUNTS = {
    "input_bit": Bounds("a number from 0 to 1e18", 0.0, LARGEST),
    "cycles": Bounds("a number from 0 to 1e18", 0.0, LARGEST),
    "result_bit": Bounds("a number from 0 to 1e18", 0.0, LARGEST),
    "deadline_s": Bounds("a number above 0, to 1e18", 5e-324, LARGEST),
}


@dataclass(frozen=True, eq=False)
class TaskList:
    """T tasks by birth, then by row of the file; what the file leaves open is NaN, or -1 for a kind."""

    offset: Ints  # (slots+1,) tasks offset[k] ... offset[k+1]-1 are born in slot k
    born_ns: Ints  # (T,) on the simulation clock
    vehicle: Ints  # (T,) index into the trace's ids
    kind: Ints  # (T,) task class
    amount: Floats  # (4, T) in the order of ``AMOUNTS``
    outside: int  # rows of the file that the run does not reach

    def rows(self, slot: int) -> slice:
        """The tasks that are born in a slot."""
        return slice(int(self.offset[slot]), int(self.offset[slot + 1]))


def read_tasks(
    path: str | Path, ids: tuple[str, ...], kinds: tuple[str, ...], edges_ns: Ints, fleet: Callable[[int], Fleet]
) -> TaskList:
    """The tasks of a file that are born between ``edges_ns``, the (slots+1,) boundaries on the trace's clock.

    ``fleet`` tells who is on the road when a slot begins.
    """
    return _Reader(TableFile(path), ids, kinds, edges_ns).tasks(fleet)


class _Reader:
    """Columns that grow by blocks."""

    def __init__(self, file: TableFile, ids: tuple[str, ...], kinds: tuple[str, ...], edges_ns: Ints) -> None:
        file.need("time_s", "vehicle")
        self.file, self.edges_ns = file, edges_ns
        self.ids = {name: index for index, name in enumerate(ids)}
        self.kinds = {name: index for index, name in enumerate(kinds)}
        self.line, self.born_ns, self.vehicle, self.kind = (array("q") for _ in range(4))
        self.amount = [array("d") for _ in AMOUNTS]
        self.outside = 0

    def tasks(self, fleet: Callable[[int], Fleet]) -> TaskList:
        for block in self.file.blocks():
            self._absorb(block)
        line, born_ns, vehicle, kind = (
            np.frombuffer(column, np.int64) for column in (self.line, self.born_ns, self.vehicle, self.kind)
        )
        if not len(born_ns) and not self.outside:
            self.file.fail("must have tasks (got none below its first line)")
        if not len(born_ns):
            span = " to ".join(f"{edge / NS_PER_S:g}" for edge in (self.edges_ns[0], self.edges_ns[-1]))
            self.file.fail(f"must have tasks in the run, which lasts from {span} s (got none)", hint=CLOCK_HINT)
        order = np.argsort(born_ns, kind="stable")
        born_ns, vehicle = born_ns[order], vehicle[order]
        offset = np.searchsorted(born_ns, self.edges_ns)
        self._on_the_road(offset, vehicle, line[order], fleet)
        amount = np.stack([np.frombuffer(column, np.float64)[order] for column in self.amount])
        return TaskList(offset, born_ns - self.edges_ns[0], vehicle, kind[order], amount, self.outside)

    def _absorb(self, block: Block) -> None:
        born_ns = self.file.instants_ns(block, "time_s")
        inside = (born_ns >= self.edges_ns[0]) & (born_ns < self.edges_ns[-1])
        self.outside += int(np.count_nonzero(~inside))
        vehicle = self._indices(block, "vehicle", self.ids, inside)
        kind = self._indices(block, "kind", self.kinds | {"": -1}, inside | True)
        columns: list[tuple[array[Any], Ints | Floats]] = [
            (self.line, np.array(block.lines, dtype=np.int64)),
            (self.born_ns, born_ns),
            (self.vehicle, vehicle),
            (self.kind, kind),
            *zip(self.amount, self._amounts(block), strict=True),
        ]
        for column, values in columns:
            column.frombytes(values[inside].tobytes())

    def _indices(self, block: Block, name: str, known: Mapping[str, int], checked: Ints) -> Ints:
        """A column of names as indices; -1 where there is no such column, and where what is unknown does no harm."""
        if name not in block.cells:
            return np.full(len(block.lines), -1, dtype=np.int64)
        unknown = -2
        index = np.array([known.get(text, unknown) for text in block.cells[name]], dtype=np.int64)
        for row in np.flatnonzero((index == unknown) & checked)[:1].tolist():
            text, whose = block.cells[name][row], "the trace" if name == "vehicle" else "tasks.classes"
            self.file.fail(
                f"'{name}' must be one of {whose} (got '{text[:40]}')", block.lines[row], _nearest(text, known)
            )
        return index

    def _amounts(self, block: Block) -> list[Floats]:
        return [
            self.file.numbers(block, name, bounds, optional=True)
            if name in block.cells
            else np.full(len(block.lines), np.nan)
            for name, bounds in AMOUNTS.items()
        ]

    def _on_the_road(self, offset: Ints, vehicle: Ints, line: Ints, fleet: Callable[[int], Fleet]) -> None:
        """Refuse tasks of vehicles that are not there, naming the first line of them."""
        absent = [
            line[first:last][~np.isin(vehicle[first:last], fleet(slot).vehicle)]
            for slot, (first, last) in enumerate(zip(offset[:-1].tolist(), offset[1:].tolist(), strict=True))
            if first < last
        ]
        lines = np.concatenate([*absent, np.zeros(0, dtype=np.int64)])
        if len(lines):
            self.file.fail(
                f"'vehicle' must be on the road then (not so in {len(lines)} rows)", int(lines.min()), ROAD_HINT
            )


def _nearest(text: str, known: Mapping[str, int]) -> str:
    """What may have been meant; of a city's vehicles only some."""
    names = [name for name in known if name]
    return did_you_mean(text, names) if len(names) <= 50 else f"Known: {', '.join(names[:3])}, ..."
