"""Rows as they happen, into closed Parquet parts: constant work a call, and at most one part of a table in memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np

from qvecsim.errors import OutputError
from qvecsim.results.book import Book, named, record_columns, transaction_columns
from qvecsim.results.schema import BESIDE, TABLES, Column, Table, arrow
from qvecsim.rows import joined
from qvecsim.types import DONE, IN_FLIGHT, LATE, OUTCOMES, REASONS, Floats, Ints, Records
from qvecsim.units import NEVER_NS, NS_PER_S

PART_ROWS = 50_000
OWN_ROWS = {"signatures": 2_000}  # the largest part where rows are kilobytes
# Rows as Python objects weigh ten times their columns: they are packed long before a part is full.
STAGED_CALLS, STAGED_ROWS = 1024, 1 << 14
STAMPS = ("decided_ns", "arrival_ns", "service_start_ns", "service_end_ns")
PARTS = ("wait_s", "key_wait_s", "uplink_s", "queue_s", "compute_s", "return_s")
# Axes whose names each call brings.
OWN_AXES: dict[str, tuple[str, ...]] = {"fault": (), "validator": (), "part": ()}


class Recorder:
    """Takes whole columns, writes ``TABLE/part-00000.parquet`` and so on below ``folder``.

    Equal rows give equal bytes, however they were cut into calls. Names resolve the indices of ``TASK``; those of the
    RSUs and links are also the rows of ``servers`` and ``links``, unless a call brings its own. ``beside`` are the
    tables that not every run has.
    """

    def __init__(
        self,
        folder: str | Path,
        run_id: str,
        *,
        vehicles: Sequence[str] = (),
        kinds: Sequence[str] = (),
        rsus: Sequence[str] = (),
        links: Sequence[str] = (),
        docks: Sequence[str] = (),
        beside: Sequence[str] = (),
        limit: int = PART_ROWS,
    ) -> None:
        if limit < 1:
            raise ValueError(f"'limit' must be at least 1 (got {limit}).")
        self._axes = {"": (), "rsu": tuple(rsus), "link": tuple(links), "dock": tuple(docks)} | OWN_AXES
        self._names = {"vehicle": vehicles, "kind": kinds, "rsu": rsus}
        limits = {name: min(limit, OWN_ROWS.get(name, limit)) for name in (*TABLES, *beside)}
        self._sheets = {
            name: _Sheet(Path(folder), table, run_id, limits[name], self._packer(table))
            for name, table in (TABLES | {name: BESIDE[name] for name in beside}).items()
        }
        self._book = Book(self._sheets["transactions"].add, self._sheets["records"].add)

    def add(self, table: str, columns: Mapping[str, Any]) -> None:
        """One call a slot: one row, or where the table has an axis one row for each of its entries.

        There a scalar holds for all rows. NaN and None are null where the column may be null.
        """
        sheet = self._sheets[table]
        axis = sheet.table.axis
        row = {axis: self._axes[axis], **columns} if axis else dict(columns)
        if row.keys() != sheet.expected:
            raise ValueError(_mismatch(sheet, row))
        rows = len(row[axis]) if axis else 1
        for name, value in row.items():
            if isinstance(value, np.ndarray):  # the kernel may use its arrays again
                if axis and len(value) != rows:
                    raise ValueError(f"'{table}.{name}' must have {rows} rows (got {len(value)}).")
                row[name] = value.copy()
        sheet.add(row, rows)

    def add_tasks(self, records: Records, now_ns: int = NEVER_NS) -> None:
        """Tasks, of dtype ``TASK``; what was planned for an instant after ``now_ns`` is not known yet."""
        if len(records):
            self._sheets["tasks"].add(joined(records) if now_ns >= NEVER_NS else as_of(records, now_ns), len(records))

    def add_block(self, block: Mapping[str, Any]) -> None:
        """One round; a final block takes the oldest transactions."""
        self.add("blocks", block)
        if block["final"]:
            self._book.seal(block["height"], block["transactions"])

    def add_ledger(self, transactions: Records, records: Ints) -> None:
        """Transactions, of dtype ``TRANSACTION``, and the records that they hold, in their order."""
        self._book.add(transactions, records)

    def close(self) -> dict[str, dict[str, Any]]:
        """Write what is left; every table has at least one part. Returns rows and SHA-256 of the parts by table."""
        self._book.close()
        return {name: sheet.close() for name, sheet in self._sheets.items()}

    def _packer(self, table: Table) -> Callable[[list[Any]], dict[str, Any]]:
        if table.name == "tasks":
            return lambda staged: task_columns(joined(*staged), self._names)
        if table.name == "transactions":
            return lambda staged: transaction_columns(staged, self._names["rsu"])
        if table.name == "records":
            return record_columns
        return lambda staged: _columns(table, staged)


class _Sheet:
    """One table under way: staged calls, packed batches, closed parts."""

    def __init__(
        self, folder: Path, table: Table, run_id: str, limit: int, pack: Callable[[list[Any]], dict[str, Any]]
    ) -> None:
        self.table = table
        self.expected = frozenset(table.names[1:])
        self._folder = folder
        self._run_id = run_id
        self._limit = limit
        self._columns_of = pack
        self._staged: list[Any] = []
        self._staged_rows = 0
        self._batches: list[Any] = []
        self._held = 0
        self._rows = 0
        self._parts: dict[str, str] = {}

    def add(self, item: Any, rows: int) -> None:
        """Stage one call."""
        self._staged.append(item)
        self._held += rows
        self._staged_rows += rows
        if self._held >= self._limit or len(self._staged) >= STAGED_CALLS or self._staged_rows >= STAGED_ROWS:
            self._pack()

    def close(self) -> dict[str, Any]:
        """Write the last part, which is empty when nothing was ever added."""
        self._pack()
        if self._held or not self._parts:
            self._write(self._held)
        return {"rows": self._rows, "parts": dict(self._parts)}

    def _pack(self) -> None:
        if self._staged:
            self._batches.append(_batch(self.table, self._columns_of(self._staged)))
            self._staged, self._staged_rows = [], 0
        while self._held >= self._limit:
            self._write(self._limit)

    def _write(self, rows: int) -> None:
        import pyarrow as pa

        whole = pa.concat_tables(self._batches) if self._batches else None
        part = _part(self.table, self._run_id, whole.slice(0, rows) if whole else None)
        name = f"{self.table.name}/part-{len(self._parts):05d}.parquet"
        with saving(self._folder / self.table.name):
            (self._folder / self.table.name).mkdir(parents=True, exist_ok=True)
        self._parts[name] = write_file(self._folder / name, _parquet(part))
        self._batches = [whole.slice(rows)] if whole and whole.num_rows > rows else []
        self._held -= rows
        self._rows += rows


def as_of(records: Records, now_ns: int) -> Records:
    """Copy in which every planned instant after ``now_ns`` is -1, as if it had not been planned."""
    known = joined(records)
    for stamp in (*STAMPS, "end_ns"):
        known[stamp][known[stamp] > now_ns] = -1
    return known


def task_columns(records: Records, names: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Columns of ``tasks`` but ``run_id``, from records of dtype ``TASK``."""
    # Whole columns first: every step below is faster on them than on every 25th number of the records.
    known = {name: np.ascontiguousarray(records[name]) for name in records.dtype.names or ()}
    finished = (known["outcome"] == DONE) | (known["outcome"] == LATE)
    end = np.where((known["outcome"] == IN_FLIGHT) | (known["end_ns"] >= NEVER_NS), -1, known["end_ns"])
    for stamp in STAMPS:  # never, or planned for after the task was dropped: it never came
        known[stamp] = np.where(known[stamp] > np.where(end >= 0, end, NEVER_NS - 1), -1, known[stamp])
    decided = known["decided_ns"] >= 0
    sent = decided & (known["rsu"] >= 0)
    return {
        **{
            name: known[name]
            for name in ("task", "input_bit", "result_bit", "cycles", "key_bit", "pool_bit", "energy_j")
        },
        **{name: known[name].astype(np.bool_) for name in ("exposed", "rerouted", "handover")},
        **{name: named(known[name], names[name]) for name in ("vehicle", "kind", "rsu")},
        "outcome": named(known["outcome"], OUTCOMES),
        "reason": named(known["reason"], REASONS),
        "born_s": known["born_ns"] / NS_PER_S,
        "due_s": known["due_ns"] / NS_PER_S,
        "deadline_s": _span_s(known["born_ns"], known["due_ns"]),
        "decided_s": _instant_s(known["decided_ns"]),
        "end_s": _instant_s(end),
        "rate_bps": np.where(sent, known["rate_bps"], np.nan),
        "sinr_db": _decibel(np.where(sent, known["sinr"], 0.0)),
        "latency_s": np.where(finished, _span_s(known["born_ns"], end), np.nan),
        "predicted_s": np.where(decided, known["predicted_s"], np.nan),
        **_latency_parts(known, end),
    }


def packed(table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> Any:
    """A whole table without an axis as the bytes of one Parquet file; ``key`` is its first column in all rows."""
    return _parquet(_part(table, key, _batch(table, _columns(table, list(rows))) if rows else None))


def write_file(path: Path, data: Any) -> str:
    """Write bytes so that ``path`` holds all of them or does not exist; returns their SHA-256 in hex."""
    temporary = path.with_name(f".{path.name}.tmp")
    with saving(path):
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    return hashlib.sha256(data).hexdigest()


@contextmanager
def saving(path: Path) -> Iterator[None]:
    """What the disk refuses in this block is told of ``path`` in one line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"'{path}' cannot be written ({reason}). Make room there, or choose another --out."
        ) from error


def _latency_parts(known: Mapping[str, Ints], end: Ints) -> dict[str, Floats]:
    local = known["rsu"] < 0
    queued = np.where(local, known["decided_ns"], known["arrival_ns"])
    return {
        "wait_s": _span_s(known["born_ns"] + known["key_wait_ns"], known["decided_ns"]),
        "key_wait_s": known["key_wait_ns"] / NS_PER_S,
        "uplink_s": _span_s(known["decided_ns"], queued),
        "queue_s": _span_s(queued, known["service_start_ns"]),
        "compute_s": _span_s(known["service_start_ns"], known["service_end_ns"]),
        "return_s": _span_s(known["service_end_ns"], end),
    }


def _instant_s(stamp_ns: Ints) -> Floats:
    return np.where(stamp_ns < 0, np.nan, stamp_ns / NS_PER_S)


def _span_s(begin_ns: Ints, end_ns: Ints) -> Floats:
    return np.where((begin_ns < 0) | (end_ns < 0), np.nan, (end_ns - begin_ns) / NS_PER_S)


def _decibel(ratio: Floats) -> Floats:
    level = np.full(len(ratio), np.nan)
    np.log10(ratio, out=level, where=ratio > 0.0)
    return 10.0 * level


def _columns(table: Table, staged: list[Mapping[str, Any]]) -> dict[str, Any]:
    if not table.axis:
        return {name: [row[name] for row in staged] for name in table.names[1:]}
    counts = [len(row[table.axis]) for row in staged]
    return {column.name: _spread(column, [row[column.name] for row in staged], counts) for column in table.columns[1:]}


def _spread(column: Column, values: list[Any], counts: list[int]) -> Any:
    if column.type in ("text", "string"):
        return list(
            chain.from_iterable(
                repeat(value, n) if isinstance(value, str) else value for value, n in zip(values, counts, strict=True)
            )
        )
    if all(isinstance(value, np.ndarray) for value in values):
        return np.concatenate(values)
    if not any(isinstance(value, (np.ndarray, list, tuple)) for value in values):
        return np.repeat(np.asarray(values), counts)
    return np.concatenate([np.broadcast_to(value, (n,)) for value, n in zip(values, counts, strict=True)])


def _batch(table: Table, columns: Mapping[str, Any]) -> Any:
    import pyarrow as pa

    # Text stays plain until its part is closed, so that a part's dictionary depends on its rows alone.
    return pa.table({column.name: _array(table, column, columns[column.name]) for column in table.columns[1:]})


def _array(table: Table, column: Column, values: Any) -> Any:
    import pyarrow as pa

    try:
        array = _typed(column, values)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise ValueError(f"'{table.name}.{column.name}' must be {column.type} ({error}).") from error
    if array.null_count and not column.optional:
        raise ValueError(f"'{table.name}.{column.name}' must not be null.")
    return array


def _typed(column: Column, values: Any) -> Any:
    import pyarrow as pa

    if column.type in ("text", "string"):
        return pa.array(values, type=pa.string())
    if column.type.startswith("list<"):
        item = column.type[5:-1]
        return pa.array([np.asarray(value, dtype=item) for value in values], type=pa.list_(pa.type_for_alias(item)))
    target = pa.type_for_alias(column.type)
    # The cast is checked: half a bit in an integer column is an error, not a smaller number.
    return pa.array(_numbers(values), from_pandas=column.optional).cast(target)


def _numbers(values: Any) -> Any:
    return values if hasattr(values, "__array__") else np.asarray(values)


def _part(table: Table, run_id: str, rows: Any) -> Any:
    import pyarrow as pa

    schema = arrow(table.name)
    if rows is None:
        return schema.empty_table()
    keys = pa.DictionaryArray.from_arrays(np.zeros(rows.num_rows, np.int32), [run_id])
    arrays = [keys, *(_encoded(column, rows[column.name]) for column in table.columns[1:])]
    return pa.Table.from_arrays(arrays, schema=schema)


def _encoded(column: Column, values: Any) -> Any:
    import pyarrow as pa

    array = pa.concat_arrays(values.chunks)
    return array.dictionary_encode() if column.type == "text" else array


def _parquet(part: Any) -> memoryview:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    # Times and rates rarely repeat: a dictionary of them costs time and makes the file larger.
    text = [field.name for field in part.schema if pa.types.is_dictionary(field.type)]
    pq.write_table(part, sink, compression="zstd", use_dictionary=text, write_page_checksum=True)
    return memoryview(sink.getvalue())


def _mismatch(sheet: _Sheet, row: Mapping[str, Any]) -> str:
    missing = sorted(sheet.expected - row.keys())
    unknown = sorted(row.keys() - sheet.expected)
    return f"'{sheet.table.name}' must get its columns (missing: {missing}, unknown: {unknown})."
