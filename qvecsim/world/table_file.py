"""A user's table: CSV below a line of names, plain or gzipped (told by content), read in blocks, every cell checked.

Of the text only one block is held at a time: what a reader keeps of it are numbers.
"""

from __future__ import annotations

import codecs
import csv
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, NoReturn, TypeVar

import numpy as np

from qvecsim.errors import ScenarioError
from qvecsim.types import Floats, Ints
from qvecsim.world.mobility.records import instant_ns, number, short
from qvecsim.world.source import IDLE_BYTE_MAX, BrokenError, Source

T = TypeVar("T")

BLOCK_ROWS = 4096
LINE_MAX = 1 << 20  # characters


class Bounds(NamedTuple):
    """What a number of a column may be."""

    rule: str
    low: float
    high: float


class Block(NamedTuple):
    """Some rows: the line that each ends in, and the text of each cell by column."""

    lines: Sequence[int]
    cells: Mapping[str, Sequence[str]]


class TableFile:
    """A CSV file that is read once; ``names`` are those of its columns."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._reader = csv.reader(self._lines(), strict=True)
        self._rows = self._filled_rows()
        self.names = self._header()

    def fail(self, what: str, line: int = 0, hint: str = "") -> NoReturn:
        """Raise the error that users see; ``line`` counts from 1, 0 is the file as a whole."""
        where = f"{self.path}:{line}" if line else str(self.path)
        raise ScenarioError(f"{where}: {what}. {hint}".rstrip()) from None

    def need(self, *names: str) -> None:
        """Refuse a file without these columns."""
        for name in names:
            if name not in self.names:
                self.fail(f"must have a column '{name}' (got {', '.join(map(short, self.names))})", 1)

    def blocks(self) -> Iterator[Block]:
        """The rows below the names, some thousand at a time; empty lines are none."""
        while rows := list(islice(self._rows, BLOCK_ROWS)):
            for line, row in rows:
                if len(row) != len(self.names):
                    self.fail(f"must have {len(self.names)} cells, as its first line (got {len(row)})", line)
            lines, cells = zip(*rows, strict=True)
            yield Block(lines, dict(zip(self.names, zip(*cells, strict=True), strict=True)))

    def instants_ns(self, block: Block, name: str) -> Ints:
        """A column of times in seconds or [D:]H:M:S, not negative, as nanoseconds."""

        def instant(text: str) -> int | None:
            time_ns = instant_ns(text)
            return None if time_ns is None or time_ns < 0 else time_ns

        return np.array(self._read(block, name, instant, "be seconds or H:M:S, and not negative"), dtype=np.int64)

    def numbers(self, block: Block, name: str, bounds: Bounds, *, optional: bool = False) -> Floats:
        """A column of numbers within bounds; NaN where a cell is empty and may be."""

        def within(text: str) -> float | None:
            if optional and not text:
                return math.nan
            value = number(text)
            return value if value is not None and bounds.low <= value <= bounds.high else None

        return np.array(self._read(block, name, within, f"be {bounds.rule}"), dtype=np.float64)

    def _read(self, block: Block, name: str, read: Callable[[str], T | None], rule: str) -> list[T | None]:
        cells = block.cells[name]
        values = {text: read(text) for text in set(cells)}  # amounts and times repeat
        for text, line in zip(cells, block.lines, strict=True) if None in values.values() else ():
            if values[text] is None:
                self.fail(f"'{name}' must {rule} (got {short(text)})", line)
        return [values[text] for text in cells]

    def _header(self) -> tuple[str, ...]:
        line, row = next(self._rows, (0, []))
        names = tuple(name.strip() for name in row)
        if not any(names):
            self.fail("must begin with a line of column names (got no names)", line)
        for name in names:
            if name and names.count(name) > 1:
                self.fail(f"a column must have a name of its own (got {short(name)} twice)", line)
        return names

    def _filled_rows(self) -> Iterator[tuple[int, list[str]]]:
        try:
            for row in self._reader:
                if row:
                    yield self._reader.line_num, row
        except csv.Error as error:
            self.fail(f"is no CSV ({error})", self._reader.line_num)

    def _lines(self) -> Iterator[str]:
        decoder, rest, before, idle = codecs.getincrementaldecoder("utf-8-sig")(), "", 1, 0
        for chunk in self._chunks():
            try:
                *whole, rest = (rest + decoder.decode(chunk, final=not chunk)).split("\n")
            except UnicodeDecodeError as error:
                self.fail("must be text in UTF-8", before + error.object[: error.start].count(b"\n"))
            before += len(whole)
            idle = 0 if any(map(str.strip, islice(whole, 64))) else idle + len(chunk)
            if idle > IDLE_BYTE_MAX:
                self.fail("must not be blank for long", before)
            if len(rest) > LINE_MAX:
                self.fail(f"must not have a line of more than {LINE_MAX} characters", before)
            yield from (line + "\n" for line in whole)
        if rest:
            yield rest

    def _chunks(self) -> Iterable[bytes]:
        """The unpacked bytes, and at last none."""
        try:
            yield from _Source(self.path).chunks()
        except BrokenError as error:
            self.fail(str(error))
        yield b""


class _Source(Source):
    """The same bytes, but what is wrong with them is the scenario's, not the trace's."""

    def fail(self, what: str, hint: str = "", line: int = 0) -> NoReturn:
        raise ScenarioError(f"{self.path}: {what}.") from None
