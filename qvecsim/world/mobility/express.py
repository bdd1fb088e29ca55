"""SUMO's own way of writing XML, read without a parser: whole steps, one element a vehicle, one set of attributes.

It takes a piece of a file only if every ``<`` in it begins something known; anything else is left to the XML parser,
so both give the same records (tests/world/mobility/test_express.py).
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from qvecsim.world.mobility.records import Rows

CLOSE = "</timestep>"
STEP_BYTE_MAX = 1 << 22
PLAIN = (string.ascii_letters + string.digits + string.punctuation + " \n").encode()
FIRST = re.compile(r'<vehicle((?: [a-zA-Z][\w:.-]*="[^"<&]*")+)/>', re.ASCII)
NAME = re.compile(r' ([a-zA-Z][\w:.-]*)="', re.ASCII)
EMPTY = r'\s*<timestep time="([^"<&]*)"/>'
OPEN = re.compile(rf'(?:{EMPTY.replace("(", "(?:", 1)})*\s*<timestep time="([^"<&]*)">')
EMPTIES = re.compile(EMPTY)
WANTED = ("id", "x", "y", "speed")
KEPT, PASSED = '([^"<&]*)', '[^"<&]*'


class Steps(NamedTuple):
    """Whole steps as they were written: a time and a number of rows each, and the rows."""

    time: list[str]
    records: list[int]
    rows: Rows


def whole_steps(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut before the first step and after the last step of each piece."""
    rest, begun = b"", False
    for chunk in chunks:
        rest += chunk
        if not begun:
            begin = rest.find(b"<timestep")
            if begin < 0:
                yield rest
                rest = b""
                continue
            begun = True
            yield rest[:begin]
            rest = rest[begin:]
        end = rest.rfind(CLOSE.encode()) + len(CLOSE)
        if end < len(CLOSE):
            if len(rest) < STEP_BYTE_MAX:
                continue
            end = len(rest)  # no step ends here: the parser may have it
        yield rest[:end]
        rest = rest[end:]
    yield rest


class Express:
    """Remembers the attributes that vehicles of this file have."""

    def __init__(self) -> None:
        self._shape: re.Pattern[str] | None = None
        self._places: list[int | None] = []  # where the wanted attributes are among those found

    def steps(self, piece: bytes) -> Steps | None:
        """The steps in a piece; None where it holds anything unexpected."""
        if not piece.endswith(CLOSE.encode()) or piece.translate(None, PLAIN) or b"&" in piece or b"]]>" in piece:
            return None
        text = piece.decode("ascii")
        if self._shape is None and not self._learn(text):
            return None
        found = Steps([], [], Rows([], [], [], []))
        rows: list[tuple[str, ...]] = []
        for step in text.split(CLOSE)[:-1]:
            if not self._take(step, found, rows):
                return None
        found = found._replace(rows=self._columns(rows))
        # A parser makes a space of a line's end in a value.
        return None if "\n" in "".join(found.rows.id) else found  # type: ignore[arg-type]

    def _learn(self, text: str) -> bool:
        """Take the attributes of the first vehicle as those of all."""
        first = FIRST.search(text)
        names = NAME.findall(first[1]) if first else []
        if not names or len(set(names)) < len(names) or not {"id", "x", "y"} <= set(names):
            return False
        wanted = [name for name in names if name in WANTED]
        parts = (f' {re.escape(name)}="{KEPT if name in WANTED else PASSED}"' for name in names)
        self._shape = re.compile(f"<vehicle{''.join(parts)}/>")
        self._places = [wanted.index(name) if name in wanted else None for name in WANTED]
        return True

    def _take(self, step: str, found: Steps, rows: list[tuple[str, ...]]) -> bool:
        opening = OPEN.match(step)
        if opening is None or self._shape is None:
            return False
        empty = EMPTIES.findall(step, 0, opening.start(1))
        here = self._shape.findall(step, opening.end())
        if step.count("<") != len(here) + len(empty) + 1:
            return False
        found.time.extend([*empty, opening[1]])
        found.records.extend([0] * len(empty) + [len(here)])
        rows.extend(here)
        return True

    def _columns(self, rows: list[tuple[str, ...]]) -> Rows:
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(WANTED)
        return Rows(*(columns[place] if place is not None else (None,) * len(rows) for place in self._places))
