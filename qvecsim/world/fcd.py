"""SUMO floating-car data: XML, plain or gzipped, streamed into columns with every record checked."""

from __future__ import annotations

import math
import re
from array import array
from collections import defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import numpy as np

from qvecsim.errors import TraceError
from qvecsim.types import Floats, Ints
from qvecsim.units import NEVER_NS, NS_PER_S
from qvecsim.world.document import DEPTH_MAX, Attributes, Document
from qvecsim.world.trace import Trace, derived_speed, looks_geographic

BLOCK = 4096  # records checked together
ID_MAX = 256
POSITION_MAX_M = 1e8  # SUMO writes -1073741824 where it has no position

Row = tuple[str | None, str | None, str | None, str | None]  # id, x, y, speed as written; None: not there
NUMBER_HINT = "SUMO writes decimals; mend the record, or leave it out."
Fault = tuple[str, str]  # what, hint

STEP = ["fcd-export", "timestep"]
DECIMAL = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?\s*", re.ASCII)
CLOCK = re.compile(r"\s*(?:(\d+):)?(\d+):(\d\d):(\d\d(?:\.\d*)?)\s*", re.ASCII)

ATTRIBUTES_HINT = "Run SUMO with x and y among --fcd-output.attributes."
POSITION_HINT = "SUMO writes such a value for a vehicle that is nowhere."
GEO_HINT = "Run SUMO without --fcd-output.geo: positions must be metres."
MIXED_HINT = "Are these two traces in one file?"
TWICE = "vehicle twice in one step", MIXED_HINT


def read_fcd(path: str | Path) -> Trace:
    """The trace in a floating-car data file; TraceError with file and line where it breaks a rule."""
    return _Reader(path).trace()


def instant_ns(text: str) -> int | None:
    """A step's time, in seconds or as [D:]H:M:S, as nanoseconds; None where it is neither."""
    seconds = _seconds(text)
    # Compared before it is made an integer: 1e9999 would be a number of ten thousand digits.
    if seconds is None or abs(seconds) * NS_PER_S >= NEVER_NS:
        return None
    return int((seconds * NS_PER_S).to_integral_value(ROUND_HALF_EVEN))


def _seconds(text: str) -> Decimal | None:
    if DECIMAL.fullmatch(text):
        return Decimal(text.strip())
    clock = CLOCK.fullmatch(text)
    if clock is None:
        return None
    days, hours, minutes, seconds = (Decimal(part or 0) for part in clock.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


class _Reader:
    """Columns that grow by blocks; of the block only the text of each record is kept."""

    def __init__(self, path: str | Path) -> None:
        self.document = Document(path, STEP[0], self._reached)
        self.ids: defaultdict[str, int] = defaultdict()
        self.ids.default_factory = self.ids.__len__  # an unknown id gets the next number
        self.time_ns, self.offset, self.vehicle = array("q"), array("q"), array("q")
        self.x_m, self.y_m, self.speed_m_s = array("d"), array("d"), array("d")
        self.rows: list[Row] = []  # of the block, and their lines
        self.lines: list[int] = []
        self.block_step = 0  # first step of the block
        self.others = 0

    def trace(self) -> Trace:
        sha256 = self._read()
        self.offset.append(len(self.vehicle))
        if not self.vehicle:
            steps = len(self.time_ns)
            self.document.fail(f"has {steps} time steps and no vehicle", "Did the demand depart at all?", line=0)
        time_ns, offset, vehicle = (np.frombuffer(a, np.int64) for a in (self.time_ns, self.offset, self.vehicle))
        x_m, y_m, speed_m_s = (np.frombuffer(a, np.float64) for a in (self.x_m, self.y_m, self.speed_m_s))
        if np.isnan(speed_m_s).any():
            speed_m_s = derived_speed(time_ns, offset, vehicle, x_m, y_m, speed_m_s)
        trace = Trace(tuple(self.ids), time_ns, offset, vehicle, x_m, y_m, speed_m_s, sha256)
        if looks_geographic(trace):
            self.document.fail("'x' and 'y' are longitude and latitude", GEO_HINT, line=0)
        return trace

    def _read(self) -> str:
        start, end = self._callbacks()
        fault, sha256 = None, ""
        try:
            sha256 = self.document.read(start, end, self._progress)
        except TraceError as error:
            fault = error
        self._flush()  # where the file broke, an earlier fault of the block comes first
        if fault is not None:
            raise fault
        return sha256

    def _reached(self) -> str:
        """How far reading came, for what breaks off."""
        return f" (after step time {_plain_s(self.time_ns[-1])} s)" if self.time_ns else ""

    def _progress(self) -> int:
        return self.others + len(self.time_ns) + len(self.rows) + len(self.vehicle)

    def _callbacks(self) -> tuple[Callable[[str, Attributes], None], Callable[[str], None]]:
        path = STEP[:1]
        parser, other = self.document.parser, self._other
        push, pop, keep, mark = path.append, path.pop, self.rows.append, self.lines.append

        # Called for every record, so it does nothing but remember.
        def start(name: str, attributes: Attributes) -> None:
            if name == "vehicle" and path == STEP:
                get = attributes.get
                keep((get("id"), get("x"), get("y"), get("speed")))
                mark(parser.CurrentLineNumber)
            else:
                other(path, name, attributes)
            push(name)

        def end(_: str) -> None:
            pop()

        return start, end

    def _other(self, path: list[str], name: str, attributes: Attributes) -> None:
        """Anything but a vehicle in its step; persons, containers and what is not known yet pass unread."""
        self.others += 1
        if name == "vehicle":
            self.document.fail(f"vehicle outside a timestep (in <{path[-1][:40]}>)")
        if len(path) >= DEPTH_MAX:
            self.document.fail(f"elements are nested deeper than {DEPTH_MAX}")
        if name == "timestep":
            self._step(path, attributes)

    def _step(self, path: list[str], attributes: Attributes) -> None:
        if path != STEP[:1]:
            self.document.fail(f"timestep inside <{path[-1][:40]}>")
        if len(self.rows) >= BLOCK:
            self._flush()
        time_ns = self._instant(attributes.get("time"))
        self.offset.append(len(self.vehicle) + len(self.rows))
        self.time_ns.append(time_ns)

    def _instant(self, text: str | None) -> int:
        if text is None:
            self.document.fail("timestep without a 'time'")
        time_ns = instant_ns(text)
        if time_ns is None:
            self.document.fail(f"'time' must be seconds or H:M:S (got {_short(text)})")
        if time_ns < 0:
            self.document.fail(f"'time' must not be negative (got {_short(text)})")
        if self.time_ns and time_ns <= self.time_ns[-1]:
            verb = "repeated" if time_ns == self.time_ns[-1] else "backwards"
            last = _plain_s(self.time_ns[-1])
            self.document.fail(f"time {verb} ({_short(text)} after {last} s)", MIXED_HINT)
        return time_ns

    def _flush(self) -> None:
        """Check the block, move it into the columns and forget it."""
        if self.rows and not self._absorb():
            self._explain()
        self.rows.clear()
        self.lines.clear()
        self.block_step = len(self.time_ns)

    def _absorb(self) -> bool:
        columns = _columns(self.rows)
        if columns is None:
            return False
        ids, x_m, y_m, speed_m_s = columns
        vehicle = np.fromiter(map(self.ids.__getitem__, ids), np.int64, len(ids))
        step = self._steps()
        order = np.lexsort((vehicle, step))
        vehicle = vehicle[order]
        if ((np.diff(vehicle) == 0) & (np.diff(step) == 0)).any():
            return False
        self.vehicle.frombytes(vehicle.tobytes())
        for column, values in ((self.x_m, x_m), (self.y_m, y_m), (self.speed_m_s, speed_m_s)):
            column.frombytes(values[order].tobytes())
        return True

    def _steps(self) -> Ints:
        """The step of each row of the block, (rows,)."""
        bounds = [*self.offset[self.block_step :], len(self.vehicle) + len(self.rows)]
        return np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))

    def _explain(self) -> None:
        """Raise for the first record of the block that breaks a rule."""
        seen: set[tuple[int, str | None]] = set()
        for step, row, line in zip(self._steps().tolist(), self.rows, self.lines, strict=True):
            vehicle = row[0]
            fault = _fault(*row) or (TWICE if (step, vehicle) in seen else None)
            if fault:
                time_s = _plain_s(self.time_ns[self.block_step + step])
                name = f", vehicle {_short(vehicle)}" if vehicle else ""
                self.document.fail(f"{fault[0]} (step time {time_s} s{name})", fault[1], line)
            seen.add((step, vehicle))
        raise AssertionError("a block was refused, and none of its records is wrong")


def _columns(rows: list[Row]) -> tuple[tuple[str, ...], Floats, Floats, Floats] | None:
    """Ids, x, y and speed (NaN: not told) of a block, or None where any record breaks a rule."""
    ids, x, y, speed = zip(*rows, strict=True)
    try:
        told = "".join(("".join(x), "".join(y), "".join(filter(None, speed))))
        x_m, y_m = (np.fromiter(map(float, texts), np.float64, len(rows)) for texts in (x, y))
        speed_m_s, moving = _speeds(speed)
        named = "" not in ids and max(map(len, ids)) <= ID_MAX
    except (TypeError, ValueError):  # None, or no number
        return None
    plain = "_" not in told and told.isascii()  # Python's float reads 1_0, and digits of every script
    placed = bool((np.abs(x_m) < POSITION_MAX_M).all() and (np.abs(y_m) < POSITION_MAX_M).all())
    return (ids, x_m, y_m, speed_m_s) if plain and named and placed and moving else None


def _speeds(texts: tuple[str | None, ...]) -> tuple[Floats, bool]:
    """Speeds, NaN where there is no text, and whether all that have one are allowed."""
    if None not in texts:
        speed_m_s = np.fromiter(map(float, texts), np.float64, len(texts))  # type: ignore[arg-type]
        return speed_m_s, bool(((speed_m_s >= 0) & (speed_m_s < math.inf)).all())
    numbers = [math.nan if text is None else float(text) for text in texts]
    allowed = all(text is None or 0 <= number < math.inf for text, number in zip(texts, numbers, strict=True))
    return np.array(numbers), allowed


def _fault(vehicle: str | None, x: str | None, y: str | None, speed: str | None) -> Fault | None:
    """What is wrong with one record, and a hint."""
    if vehicle is None:
        return "vehicle without an 'id'", ""
    if not 0 < len(vehicle) <= ID_MAX:
        return f"'id' must have 1 to {ID_MAX} characters (got {_short(vehicle)})", ""
    return _misplaced("x", x) or _misplaced("y", y) or _misdriven(speed)


def _misplaced(name: str, text: str | None) -> Fault | None:
    if text is None:
        return f"vehicle without '{name}'", ATTRIBUTES_HINT
    position_m = number(text)
    if position_m is None:
        return f"'{name}' must be a finite number (got {_short(text)})", NUMBER_HINT
    if abs(position_m) >= POSITION_MAX_M:
        return f"'{name}' must be within {POSITION_MAX_M:.0e} m (got {_short(text)})", POSITION_HINT
    return None


def _misdriven(text: str | None) -> Fault | None:
    if text is None:
        return None
    speed_m_s = number(text)
    if speed_m_s is None:
        return f"'speed' must be a finite number (got {_short(text)})", NUMBER_HINT
    return None if speed_m_s >= 0 else (f"'speed' must not be negative (got {_short(text)})", "")


def number(text: str) -> float | None:
    """A finite decimal number, or None."""
    if "_" in text or not text.isascii():
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _plain_s(time_ns: int) -> str:
    """Nanoseconds as seconds without trailing zeros."""
    return f"{Decimal(time_ns) / NS_PER_S:f}"
