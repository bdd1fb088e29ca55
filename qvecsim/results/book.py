"""The ledger's rows: transactions wait here until a block takes them, in their order, or the run ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from qvecsim.rows import joined
from qvecsim.types import RECORDS, Ints, Records
from qvecsim.units import NS_PER_S

Stage = Callable[[Any, int], None]  # takes rows and how many they are
FIELDS = ("subject", "key_bit", "cycles", "time_ns")  # columns of a record after its unit and its kind


class Book:
    """Numbers transactions and records, and passes them on: records at once, transactions when they are sealed."""

    def __init__(self, transactions: Stage, records: Stage) -> None:
        self._transactions, self._records = transactions, records
        self._waiting: list[Records] = []
        self._written = self._sealed = 0

    def add(self, transactions: Records, records: Ints) -> None:
        """New transactions and what they hold."""
        if not len(transactions):
            return
        self._records((self._written, transactions["records"], records), len(records))
        self._written += len(transactions)
        self._waiting.append(transactions)

    def seal(self, height: int, count: int) -> None:
        """The oldest transactions are in the block of this height."""
        if count:
            self._pass(count, height)

    def close(self) -> None:
        """What still waits is in no block."""
        if self._waiting:
            self._pass(self._written - self._sealed, -1)

    def _pass(self, count: int, height: int) -> None:
        rows = joined(*self._waiting)
        taken, self._waiting = rows[:count], [rows[count:]]
        self._transactions((self._sealed, height, taken), len(taken))
        self._sealed += len(taken)


def transaction_columns(staged: list[tuple[int, int, Records]], names: Sequence[str]) -> dict[str, Any]:
    """Columns of ``transactions`` but ``run_id``, from calls of (first number, height or -1, rows)."""
    rows = joined(*(rows for _, _, rows in staged))
    counts = [len(rows) for _, _, rows in staged]
    place = np.concatenate([np.arange(count) for count in counts])
    height = np.repeat([height for _, height, _ in staged], counts)
    return {
        "transaction": np.repeat([first for first, _, _ in staged], counts) + place,
        "time_ns": rows["time_ns"],
        "time_s": rows["time_ns"] / NS_PER_S,
        "rsu": named(rows["rsu"], names),
        "records": rows["records"],
        "root": [root.hex() for root in rows["root"].astype("V32").tolist()],
        "height": _placed(height, height),
        "place": _placed(place, height),
    }


def record_columns(staged: list[tuple[int, Ints, Ints]]) -> dict[str, Any]:
    """Columns of ``records`` but ``run_id``, from calls of (first transaction, records in each, rows)."""
    counts = np.concatenate([count for _, count, _ in staged])
    first = np.concatenate([np.arange(first, first + len(count)) for first, count, _ in staged])
    number = np.repeat(first, counts)
    place = np.arange(len(number)) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = np.concatenate([rows for _, _, rows in staged])
    kind, *values = (np.ascontiguousarray(column) for column in rows.T[1:])
    return {
        "transaction": number,
        "place": place,
        "kind": named(kind, RECORDS),
        **dict(zip(FIELDS, values, strict=True)),
    }


def named(codes: Ints, names: Sequence[str]) -> Any:
    """The names of indices as an Arrow array; null below 0."""
    import pyarrow as pa

    if len(codes) and codes.max() >= len(names):
        raise ValueError(f"An index must have a name (got {codes.max()}, names: {len(names)}).")
    indices = pa.array(codes, mask=codes < 0)
    return pa.array(names, type=pa.string()).take(indices)


def _placed(values: Ints, height: Ints) -> Any:
    """Whole numbers that are null where there is no block."""
    import pyarrow as pa

    return pa.array(values, mask=height < 0)
