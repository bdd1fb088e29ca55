"""Rows as they happen, into closed Parquet parts: constant work a call, and at most one part of a table in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from qvecsim.results.book import Book, record_columns, transaction_columns
from qvecsim.results.disk import saving, write_file
from qvecsim.results.parquet import as_bytes, batch, columns_of, whole
from qvecsim.results.schema import BESIDE, TABLES, Table
from qvecsim.results.tasks import as_of, task_columns
from qvecsim.rows import joined
from qvecsim.types import Ints, Records
from qvecsim.units import NEVER_NS

PART_ROWS = 50_000
OWN_ROWS = {"signatures": 2_000}  # the largest part where rows are kilobytes
# Rows as Python objects weigh ten times their columns: they are packed long before a part is full.
STAGED_CALLS, STAGED_ROWS = 1024, 1 << 14
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
        return lambda staged: columns_of(table, staged)


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
            self._batches.append(batch(self.table, self._columns_of(self._staged)))
            self._staged, self._staged_rows = [], 0
        while self._held >= self._limit:
            self._write(self._limit)

    def _write(self, rows: int) -> None:
        import pyarrow as pa

        held = pa.concat_tables(self._batches) if self._batches else None
        part = whole(self.table, self._run_id, held.slice(0, rows) if held else None)
        name = f"{self.table.name}/part-{len(self._parts):05d}.parquet"
        with saving(self._folder / self.table.name):
            (self._folder / self.table.name).mkdir(parents=True, exist_ok=True)
        self._parts[name] = write_file(self._folder / name, as_bytes(part))
        self._batches = [held.slice(rows)] if held and held.num_rows > rows else []
        self._held -= rows
        self._rows += rows


def _mismatch(sheet: _Sheet, row: Mapping[str, Any]) -> str:
    missing = sorted(sheet.expected - row.keys())
    unknown = sorted(row.keys() - sheet.expected)
    return f"'{sheet.table.name}' must get its columns (missing: {missing}, unknown: {unknown})."
