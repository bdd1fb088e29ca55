"""Mobility in CSV: what SUMO writes since 1.24, and tables of others whose columns the user names."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import chain, islice
from typing import NoReturn

import numpy as np

from qvecsim.types import Bools, Floats, Ints
from qvecsim.units import NEVER_NS
from qvecsim.world.mobility.builder import Builder
from qvecsim.world.mobility.headings import is_headless, places
from qvecsim.world.mobility.reading import Reading
from qvecsim.world.mobility.records import DEGREES, METRES, Limits, Rows, faults, instant_ns, numbers, plain_s, short
from qvecsim.world.mobility.samples import Samples, Sorted, Stream
from qvecsim.world.source import ENDED, IDLE_BYTE_MAX, BrokenError, Source, TruncatedError

BLOCK = 4096
LINE_MAX = 1 << 16  # characters
SEPARATORS = (";", ",", "\t", "|")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_YEAR = datetime(1900, 1, 1, tzinfo=UTC)  # what strptime puts in where a pattern has none

Line = tuple[int, list[str]]  # number from 1, fields


def read_csv(source: Source, builder: Builder, how: Reading) -> None:
    """Feed a table to a builder; TraceError with file and line where it breaks a rule."""
    table = _Table(source, how)
    end = Stream(builder, source.fail) if how.names is None else Sorted(builder, source.fail, how.resample_s, how.gap_s)
    for lines in table.blocks():
        part, persons = table.samples(lines)
        builder.others += persons
        end.add(part)
    end.close()
    if not builder.records:
        source.fail("has no vehicle", "Did the demand depart at all?")


class _Table:
    """A file whose heading has been read."""

    def __init__(self, source: Source, how: Reading) -> None:
        self.source, self.how = source, how
        self.separator = ","
        self.lines = 0
        headings = self._headings()
        if headings is None:
            source.fail("has no line", ENDED)
        self.width, self.begin = len(headings), 0 if is_headless(how.names) else 1
        self.place = places(headings, how.names, source)
        self.limits: Limits = DEGREES if how.coords == "geo" else METRES
        self.metre = 1.0 if how.coords == "geo" else how.metre
        self.instant = clock(how)
        self.people = how.names is None and self._tells_people()

    def blocks(self) -> Iterator[list[Line]]:
        """The rows below the heading, some at a time; empty lines are passed over."""
        body = (line for line in islice(self._rows(), self.begin, None) if line[1])
        while block := list(islice(body, BLOCK)):
            yield block

    def _headings(self) -> list[str] | None:
        """The first line; its separators are those of all."""
        with self._telling():
            first = next(self._lines(), None)
            if first is None:
                return None
            self.separator = separator_of(first)
            return next(csv.reader([first], delimiter=self.separator, strict=True), None)

    def _rows(self) -> Iterator[Line]:
        with self._telling():
            reader = csv.reader(self._lines(), delimiter=self.separator, strict=True)
            for row in reader:
                yield reader.line_num, row

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What is wrong with the lines themselves, with the number of the last."""
        try:
            yield
        except csv.Error as error:
            self._blame(f"is no proper CSV ({error})", "Is a quotation mark left open?", self.lines)
        except TruncatedError as broken:
            self._blame(str(broken), f"{ENDED} Copy it again.", self.lines)
        except BrokenError as broken:
            self._blame(str(broken), "Copy it again from where it came from.", self.lines)

    def _lines(self) -> Iterator[str]:
        """Lines as text; their length is bounded, so that a bomb cannot fill the memory."""
        decoder, rest, idle, self.lines = codecs.getincrementaldecoder("utf-8-sig")(), "", 0, 0
        for chunk in chain(self.source.chunks(), [b""]):
            try:
                text = rest + decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                self._blame("is no UTF-8 text", "Is it a binary file?", self.lines + 1)
            *lines, rest = text.split("\n")
            idle = 0 if any(map(str.strip, islice(lines, 64))) else idle + len(chunk)
            if idle > IDLE_BYTE_MAX:
                self._blame("has nothing but blanks for long", "Is it a gzip bomb?", self.lines + 1)
            for line in lines:
                self.lines += 1
                yield self._short(line, self.lines) + "\n"
            self._short(rest, self.lines + 1)
        if rest:
            self.lines += 1
            yield rest

    def _short(self, line: str, number: int) -> str:
        if len(line) > LINE_MAX:
            self._blame(f"has a line of more than {LINE_MAX:,} characters", "Is it a gzip bomb?", number)
        return line

    def _tells_people(self) -> bool:
        """Whether an empty lane tells a person from a vehicle: SUMO's mesoscopic model gives lanes to nobody."""
        if "tag" in self.place or not {"lane", "edge"} <= set(self.place):
            return False
        lane = self.place["lane"]
        return any(len(row) > lane and row[lane] for block in self.blocks() for _, row in block)

    def samples(self, lines: list[Line]) -> tuple[Samples, int]:
        """A block of rows as numbers, and how many were persons."""
        for line, row in lines:
            if len(row) != self.width:
                self._blame(f"has {len(row)} columns where the heading has {self.width}", "", line)
        drives = [line for line in lines if not self._is_person(line[1])]
        number = np.array([line for line, _ in drives], np.int64)
        rows = Rows(*(self._column(drives, name) for name in Rows._fields))
        time_ns = self._instants(self._column(drives, "time"), number)
        # SUMO's row for a step without vehicles has nothing but its time.
        named = np.array([bool(name or x or y) for name, x, y in zip(rows.id, rows.x, rows.y, strict=True)], bool)
        columns = self._numbers(rows if named.all() else _some(rows, named), number[named], time_ns[named])
        whole = [np.zeros(len(named)) for _ in columns]
        for column, values in zip(whole, columns, strict=True):
            column[named] = values
        return Samples(number, time_ns, [name or "" for name in rows.id], *whole), len(lines) - len(drives)

    def _is_person(self, row: Sequence[str]) -> bool:
        if "tag" in self.place:
            return row[self.place["tag"]] not in ("vehicle", "")
        return self.people and not row[self.place["lane"]] and bool(row[self.place["edge"]])

    def _column(self, lines: list[Line], name: str) -> list[str | None]:
        place = self.place.get(name)
        return [None] * len(lines) if place is None else [row[place] for _, row in lines]

    def _instants(self, texts: list[str | None], number: Ints) -> Ints:
        found = np.empty(len(texts), np.int64)
        last: tuple[str | None, int] = (None, 0)
        for row, text in enumerate(texts):
            if text != last[0]:
                last = text, self._instant(text or "", int(number[row]))
            found[row] = last[1]
        return found

    def _instant(self, text: str, number: int) -> int:
        time_ns = self.instant(text)
        if time_ns is None or time_ns < 0:
            rule = "seconds or H:M:S" if self.how.time_format == "auto" else f"as in '{self.how.time_format}'"
            self._blame(f"'time' must be {rule}, and not negative (got {short(text)})", "", number)
        return time_ns

    def _numbers(self, rows: Rows, number: Ints, time_ns: Ints) -> tuple[Floats, Floats, Floats]:
        columns = numbers(rows, self.limits)
        if columns is None:
            self._explain(rows, number, time_ns)
        x, y, speed = columns
        return x * self.metre, y * self.metre, speed * self.how.metre_per_s

    def _explain(self, rows: Rows, number: Ints, time_ns: Ints) -> NoReturn:
        for row, fault in enumerate(faults(rows, self.limits)):
            if fault:
                name = f", vehicle {short(rows.id[row] or '')}" if rows.id[row] else ""
                self._blame(f"{fault[0]} (step time {plain_s(time_ns[row])} s{name})", fault[1], int(number[row]))
        raise AssertionError("a block was refused, and none of its records is wrong")

    def _blame(self, what: str, hint: str, line: int) -> NoReturn:
        self.source.fail(what, hint, line)


def _some(rows: Rows, chosen: Bools) -> Rows:
    places = chosen.nonzero()[0].tolist()
    return Rows(*([column[place] for place in places] for column in rows))


def separator_of(heading: str) -> str:
    """The separator that a heading uses most; a space where it has no other."""
    return max(SEPARATORS, key=heading.count) if any(map(heading.count, SEPARATORS)) else " "


def clock(how: Reading) -> Callable[[str], int | None]:
    """From a time as written to nanoseconds; None for what is no time."""
    if how.time_format == "auto":
        unit_s = Decimal(repr(how.time_unit_s))
        return lambda text: instant_ns(text, unit_s)
    pattern = how.time_format
    begin = EPOCH if any(f"%{letter}" in pattern for letter in "YyGcxs") else NO_YEAR

    @lru_cache(maxsize=1024)
    def read(text: str) -> int | None:
        try:
            instant = datetime.strptime(text.strip(), pattern)
        except ValueError:
            return None
        # A time without a zone is read as UTC: what matters is the time between two.
        aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        time_ns = (aware - begin) // timedelta(microseconds=1) * 1000
        return time_ns if abs(time_ns) < NEVER_NS else None

    return read
