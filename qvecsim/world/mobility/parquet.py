"""Mobility in Parquet: what SUMO writes since 1.24, unrounded, and tables of others whose columns the user names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from qvecsim.types import Bools, Floats, Ints
from qvecsim.units import NEVER_NS
from qvecsim.world.mobility.builder import Builder
from qvecsim.world.mobility.headings import places
from qvecsim.world.mobility.reading import Reading
from qvecsim.world.mobility.records import DEGREES, ID_MAX, METRES, plain_s, short
from qvecsim.world.mobility.samples import Samples, Sorted, Stream
from qvecsim.world.mobility.tabular import clock
from qvecsim.world.source import ENDED, Source

BATCH = 1 << 16
NUMBERS = (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal)
TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer)


def read_parquet(path: Path, builder: Builder, how: Reading) -> None:
    """Feed a table to a builder; TraceError with file and row (counted from 1) where it breaks a rule."""
    source = Source(path)
    end = Stream(builder, source.fail) if how.names is None else Sorted(builder, source.fail, how.resample_s, how.gap_s)
    try:
        with pq.ParquetFile(path) as file:
            table = _Table(source, how, file)
            for first, batch in table.batches():
                end.add(table.samples(first, batch, builder))
    except (pa.ArrowException, OSError) as error:
        source.fail(f"is broken Parquet ({str(error).splitlines()[0][:160]})", f"{ENDED} Copy it again.")
    end.close()
    if not builder.records:
        source.fail("has no vehicle", "Did the demand depart at all?")


class _Table:
    """A file whose schema has been read."""

    def __init__(self, source: Source, how: Reading, file: pq.ParquetFile) -> None:
        self.source, self.how, self.file = source, how, file
        names = file.schema_arrow.names
        self.name = {key: names[place] for key, place in places(names, how.names, source).items()}
        self.instant = clock(how)
        self.limits = DEGREES if how.coords == "geo" else METRES
        self.metre = 1.0 if how.coords == "geo" else how.metre
        self.people = how.names is None and self._tells_people()

    def batches(self) -> Iterator[tuple[int, pa.RecordBatch]]:
        """The rows before each, and the batch."""
        first = 0
        for batch in self.file.iter_batches(BATCH, columns=list(self.name.values())):
            yield first, batch
            first += len(batch)

    def _tells_people(self) -> bool:
        """Whether an empty lane tells a person from a vehicle, as in ``tabular``."""
        if "tag" in self.name or not {"lane", "edge"} <= set(self.name):
            return False
        return any(_told(batch.column(0)).any() for batch in self.file.iter_batches(BATCH, columns=[self.name["lane"]]))

    def samples(self, first: int, batch: pa.RecordBatch, builder: Builder) -> Samples:
        """A batch as numbers; what drives is kept, and SUMO's empty row of a step without vehicles."""
        drives = ~self._persons(batch)
        builder.others += int(np.count_nonzero(~drives))
        line = first + 1 + drives.nonzero()[0]
        kept = batch.filter(pa.array(drives))
        ids = self._names(kept.column(self.name["id"]))
        x, y, speed = (self._numbers(kept, name) for name in ("x", "y", "speed"))
        time_ns = self._instants(kept.column(self.name["time"]), line)
        named = np.array([bool(name) for name in ids]) | ~np.isnan(x) | ~np.isnan(y)
        self._check(ids, x, y, speed, named, line, time_ns)
        return Samples(line, time_ns, ids, x * self.metre, y * self.metre, speed * self.how.metre_per_s)

    def _names(self, column: pa.Array) -> list[str]:
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not any(is_kind(kind) for is_kind in TEXTS) and not pa.types.is_null(kind):
            self.source.fail(f"column '{self.name['id']}' must hold text (got {column.type})")
        return [name or "" for name in pc.cast(column, pa.string()).to_pylist()]

    def _persons(self, batch: pa.RecordBatch) -> Bools:
        if "tag" in self.name:
            return np.array([tag not in ("vehicle", "", None) for tag in batch.column(self.name["tag"]).to_pylist()])
        if not self.people:
            return np.zeros(len(batch), bool)
        return ~_told(batch.column(self.name["lane"])) & _told(batch.column(self.name["edge"]))

    def _numbers(self, batch: pa.RecordBatch, name: str) -> Floats:
        """A column as float64, NaN where there is nothing; text is no number here."""
        if name not in self.name:
            return np.full(len(batch), np.nan)
        column = batch.column(self.name[name])
        if not any(is_kind(column.type) for is_kind in NUMBERS):
            self.source.fail(f"column '{self.name[name]}' must hold numbers (got {column.type})")
        return np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False))

    def _instants(self, column: pa.Array, line: Ints) -> Ints:
        if pa.types.is_timestamp(column.type):
            values = pc.cast(column, pa.timestamp("ns")).to_numpy(zero_copy_only=False)
            instants = np.where(np.isnat(values), np.int64(-1), values.astype("datetime64[ns]").astype(np.int64))
            wrong = (instants < 0) | (instants >= NEVER_NS)
            if wrong.any():
                first = int(wrong.argmax())
                got = short(str(values[first]))
                self.source.fail(f"'time' must be a date from 1970 to 2115 (got {got})", line=int(line[first]))
            return instants
        if pa.types.is_duration(column.type):
            column = pc.divide(pc.cast(pc.cast(column, pa.duration("ns")), pa.int64()).cast(pa.float64()), 1e9)
        values = column.to_numpy(zero_copy_only=False)
        if values.dtype == np.float32:  # as it was meant, not as it is in twice the digits
            values = np.array([float(str(value)) for value in values])
        starts = np.flatnonzero(np.append(True, values[1:] != values[:-1])) if len(values) else np.zeros(0, np.int64)
        found = [self._instant(value) for value in values[starts].tolist()]
        for row, time_ns in zip(starts, found, strict=True):
            if time_ns is None or time_ns < 0:
                got = short(str(values[row]))
                self.source.fail(f"'time' must be seconds or H:M:S, and not negative (got {got})", line=int(line[row]))
        return np.repeat(np.array(found, np.int64), np.diff(np.append(starts, len(values))))

    def _instant(self, value: Any) -> int | None:
        """A time as SUMO's other formats would write it."""
        if isinstance(value, bool):
            return None
        if isinstance(value, float):
            # Doubles hold what was written with a few decimals: the shortest text is what was meant.
            return self.instant(repr(value)) if abs(value) < NEVER_NS else None
        return self.instant(str(Decimal(value) if isinstance(value, int) else value))

    def _check(
        self, ids: Sequence[str], x: Floats, y: Floats, speed: Floats, named: Bools, line: Ints, time_ns: Ints
    ) -> None:
        """Blame the first record that breaks a rule."""
        length = np.array([len(name) for name in ids])
        rules = (
            (named & ((length == 0) | (length > ID_MAX)), f"'id' must have 1 to {ID_MAX} characters"),
            (named & ~(np.abs(x) < self.limits.x), f"'x' must be a finite number within {self.limits.x:g}"),
            (named & ~(np.abs(y) < self.limits.y), f"'y' must be a finite number within {self.limits.y:g}"),
            (named & ~((speed >= 0) & (speed < np.inf) | np.isnan(speed)), "'speed' must be finite and not negative"),
        )
        broken = np.logical_or.reduce([rule for rule, _ in rules]) if len(ids) else np.zeros(0, bool)
        if not broken.any():
            return
        row = int(broken.argmax())
        told = next(text for rule, text in rules if rule[row])
        got = {"'i": short(ids[row]), "'x": f"{x[row]:g}", "'y": f"{y[row]:g}", "'s": f"{speed[row]:g}"}[told[:2]]
        vehicle = f", vehicle {short(ids[row])}" if ids[row] else ""
        what = f"{told} (got {got}) (step time {plain_s(time_ns[row])} s{vehicle})"
        self.source.fail(what, self.limits.hint if told[1] in "xy" else "", int(line[row]))


def _told(column: pa.Array) -> Bools:
    """Which texts are there and not empty."""
    told = pc.not_equal(pc.cast(column, pa.string()), "")
    return np.asarray(pc.fill_null(told, False).to_numpy(zero_copy_only=False))
