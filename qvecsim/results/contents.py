"""Tables as plain columns, for readers that want neither pandas nor Arrow: arrays of numbers, arrays of text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from qvecsim.errors import ResultError
from qvecsim.results.parquet import part_of
from qvecsim.results.schema import ALL_TABLES, Column

ABSENT = -1  # what stands for null in a column of whole numbers


def contents(root: Path, table: str, parts: Sequence[str]) -> dict[str, Any]:
    """The columns of a table from its parts, whatever their SHA-256; raises ResultError for what cannot be read."""
    import pyarrow as pa

    if not parts:
        raise ResultError(f"'{root / table}' must have parts. The run folder is damaged.")
    whole = pa.concat_tables([part_of(root, table, name) for name in parts]).unify_dictionaries()
    return {column.name: _values(root, table, column, whole[column.name]) for column in ALL_TABLES[table].columns}


def _values(root: Path, table: str, column: Column, chunked: Any) -> Any:
    import pyarrow as pa

    if chunked.null_count and not column.optional:
        raise ResultError(f"'{root / table}' must have no null in '{column.name}'. The run folder is damaged.")
    array = pa.concat_arrays(chunked.chunks) if chunked.num_chunks else pa.array([], chunked.type)
    if column.type == "text":
        names = np.array([*array.dictionary.to_pylist(), None], dtype=object)
        return names[array.indices.fill_null(len(names) - 1).to_numpy()]
    if column.type == "int64":
        return array.fill_null(ABSENT).to_numpy()
    if column.type in ("float64", "bool"):
        return array.to_numpy(zero_copy_only=False)
    return array.to_pylist()
