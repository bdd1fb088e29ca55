"""Rows as columns, columns as Arrow, and Arrow as the bytes of a Parquet file; and a part read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np

from qvecsim.errors import ResultError
from qvecsim.results.schema import Column, Table, arrow


def packed(table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> Any:
    """A whole table without an axis as the bytes of one Parquet file; ``key`` is its first column in all rows."""
    return as_bytes(whole(table, key, batch(table, columns_of(table, list(rows))) if rows else None))


def columns_of(table: Table, staged: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The columns of many calls; a scalar is spread over the rows of its call."""
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


def batch(table: Table, columns: Mapping[str, Any]) -> Any:
    """Columns as an Arrow table, but the first one, which is the same in all rows."""
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


def whole(table: Table, key: str, rows: Any) -> Any:
    """A batch, or None for no rows, with its first column and in the types of the schema."""
    import pyarrow as pa

    schema = arrow(table.name)
    if rows is None:
        return schema.empty_table()
    keys = pa.DictionaryArray.from_arrays(np.zeros(rows.num_rows, np.int32), [key])
    arrays = [keys, *(_encoded(column, rows[column.name]) for column in table.columns[1:])]
    return pa.Table.from_arrays(arrays, schema=schema)


def _encoded(column: Column, values: Any) -> Any:
    import pyarrow as pa

    array = pa.concat_arrays(values.chunks)
    return array.dictionary_encode() if column.type == "text" else array


def as_bytes(part: Any) -> memoryview:
    """An Arrow table as a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    # Times and rates rarely repeat: a dictionary of them costs time and makes the file larger.
    text = [field.name for field in part.schema if pa.types.is_dictionary(field.type)]
    pq.write_table(part, sink, compression="zstd", use_dictionary=text, write_page_checksum=True)
    return memoryview(sink.getvalue())


def part_of(root: Path, table: str, name: str) -> Any:
    """One part as an Arrow table, whatever its SHA-256."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(root / name, page_checksum_verification=True) as file:
            part = file.read()
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise ResultError(f"'{root / name}' cannot be read ({error}). The run folder is damaged.") from error
    if part.schema != arrow(table):
        raise ResultError(f"'{root / name}' must have the columns of '{table}'. The run folder is damaged.")
    return part
