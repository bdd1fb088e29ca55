"""SUMO floating-car data in XML, streamed into columns with every record checked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from qvecsim.errors import TraceError
from qvecsim.world.document import DEPTH_MAX, Attributes, Document
from qvecsim.world.mobility.builder import Block, Builder
from qvecsim.world.mobility.express import Express, Steps, whole_steps
from qvecsim.world.mobility.records import (
    METRES,
    MIXED_HINT,
    Limits,
    Rows,
    Text,
    faults,
    instant_ns,
    numbers,
    plain_s,
    short,
)

BLOCK = 4096  # records checked together
STEP = ["fcd-export", "timestep"]

Record = tuple[Text, Text, Text, Text]  # id, x, y, speed as written


def read_xml(path: Path, builder: Builder, limits: Limits = METRES) -> None:
    """Feed a floating-car data file to a builder; TraceError with file and line where it breaks a rule."""
    _Reader(path, builder, limits).read()


class _Reader:
    """Keeps of each record of the block only its text and its line."""

    def __init__(self, path: Path, builder: Builder, limits: Limits) -> None:
        self.document = Document(path, STEP[0], self._reached)
        self.builder, self.limits = builder, limits
        self.path = STEP[:1]  # of elements, down to where the parser stands
        self.time_ns: list[int] = []  # of the steps of the block, and the number of its records before each
        self.before: list[int] = []
        self.records: list[Record] = []
        self.lines: list[int] = []
        self.elements = 0
        self.express = Express()

    def read(self) -> None:
        start, end = self._callbacks()
        fault = None
        try:
            self.document.read(start, end, self._progress, cut=whole_steps, express=self._taken)
        except TraceError as error:
            fault = error
        self._flush()  # where the file broke, an earlier fault of the block comes first
        if fault is not None:
            raise fault
        if not self.builder.records:
            told = f"has {self.builder.steps} time steps and no vehicle"
            self.document.fail(told, "Did the demand depart at all?", line=0)

    def _reached(self) -> str:
        """How far reading came, for what breaks off."""
        last = self._last_ns()
        return f" (after step time {plain_s(last)} s)" if last >= 0 else ""

    def _last_ns(self) -> int:
        return self.time_ns[-1] if self.time_ns else self.builder.last_ns

    def _progress(self) -> int:
        return self.elements + len(self.records) + self.builder.records + self.builder.steps

    def _callbacks(self) -> tuple[Callable[[str, Attributes], None], Callable[[str], None]]:
        path, other = self.path, self._other
        parser, document = self.document.parser, self.document
        push, pop, keep, mark = path.append, path.pop, self.records.append, self.lines.append

        # Called for every record, so it does nothing but remember.
        def start(name: str, attributes: Attributes) -> None:
            if name == "vehicle" and path == STEP:
                get = attributes.get
                keep((get("id"), get("x"), get("y"), get("speed")))
                mark(parser.CurrentLineNumber + document.skipped)
            else:
                other(name, attributes)
            push(name)

        def end(_: str) -> None:
            pop()

        return start, end

    def _other(self, name: str, attributes: Attributes) -> None:
        """Anything but a vehicle in its step; persons, containers and what is not known yet pass unread."""
        self.elements += 1
        if name == "vehicle":
            self.document.fail(f"vehicle outside a timestep (in <{self.path[-1][:40]}>)")
        if len(self.path) >= DEPTH_MAX:
            self.document.fail(f"elements are nested deeper than {DEPTH_MAX}")
        if name == "timestep":
            self._step(attributes)
        self.builder.others += name == "person"

    def _step(self, attributes: Attributes) -> None:
        if self.path != STEP[:1]:
            self.document.fail(f"timestep inside <{self.path[-1][:40]}>")
        if len(self.records) >= BLOCK:
            self._flush()
        time_ns = self._instant(attributes.get("time"))
        self.before.append(len(self.records))
        self.time_ns.append(time_ns)

    def _instant(self, text: str | None) -> int:
        if text is None:
            self.document.fail("timestep without a 'time'")
        time_ns = instant_ns(text)
        if time_ns is None:
            self.document.fail(f"'time' must be seconds or H:M:S (got {short(text)})")
        if time_ns < 0:
            self.document.fail(f"'time' must not be negative (got {short(text)})")
        last_ns = self._last_ns()
        if time_ns <= last_ns:
            verb = "repeated" if time_ns == last_ns else "backwards"
            self.document.fail(f"time {verb} ({short(text)} after {plain_s(last_ns)} s)", MIXED_HINT)
        return time_ns

    def _taken(self, piece: bytes) -> bool:
        """Take a piece of whole steps without the parser, if it is as SUMO writes them and breaks no rule."""
        if self.path != STEP[:1]:
            return False
        steps = self.express.steps(piece)
        if steps is None:
            return False
        block = self._block(steps)
        if block is None:
            return False
        self._flush()
        return self.builder.add(block) is None

    def _block(self, steps: Steps) -> Block | None:
        told = [instant_ns(text) for text in steps.time]
        time_ns = [instant for instant in told if instant is not None]
        rising = all(one < other for one, other in zip([self._last_ns(), *time_ns], time_ns, strict=False))
        columns = numbers(steps.rows, self.limits)
        if len(time_ns) < len(told) or not rising or columns is None:
            return None
        return Block(time_ns, steps.records, steps.rows.id, *columns)  # type: ignore[arg-type]

    def _flush(self) -> None:
        """Check the block, move it into the columns and forget it."""
        if self.time_ns or self.records:
            self._absorb()
        for column in (self.time_ns, self.before, self.records, self.lines):
            column.clear()

    def _absorb(self) -> None:
        rows = Rows(*zip(*self.records, strict=True)) if self.records else Rows((), (), (), ())
        count = [last - first for first, last in zip(self.before, [*self.before[1:], len(self.records)], strict=True)]
        columns = numbers(rows, self.limits)
        if columns is None:
            self._explain(rows)
        block = Block(self.time_ns, count, rows.id, *columns)  # type: ignore[arg-type]
        twice = self.builder.add(block)
        if twice is not None:
            self._blame(twice, ("vehicle twice in one step", MIXED_HINT))

    def _explain(self, rows: Rows) -> NoReturn:
        seen: set[tuple[int, Text]] = set()
        for row, fault in enumerate(faults(rows, self.limits)):
            step = self._step_of(row)
            if (step, rows.id[row]) in seen and fault is None:
                fault = "vehicle twice in one step", MIXED_HINT
            if fault:
                self._blame(row, fault)
            seen.add((step, rows.id[row]))
        raise AssertionError("a block was refused, and none of its records is wrong")

    def _step_of(self, row: int) -> int:
        return bisect_right(self.before, row) - 1

    def _blame(self, row: int, fault: tuple[str, str]) -> NoReturn:
        time_s = plain_s(self.time_ns[self._step_of(row)])
        name = self.records[row][0]
        told = f", vehicle {short(name)}" if name else ""
        self.document.fail(f"{fault[0]} (step time {time_s} s{told})", fault[1], self.lines[row])
