"""The schema in other forms: the data dictionary for JSON, the page of tables, and Arrow schemas."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from qvecsim.results.schema.core import SCHEMA_VERSION, Table
from qvecsim.results.schema.register import ALL_TABLES, LEARNING


def columns() -> dict[str, list[dict[str, Any]]]:
    """Every table with its columns, as plain values for JSON: the data dictionary."""
    return {name: list(_entries(table)) for name, table in ALL_TABLES.items()}


def markdown() -> str:
    """Every table with its columns, as the page ``docs/tables.md``."""
    return "\n".join([_PREFACE, *(_section(table) for table in (ALL_TABLES | LEARNING).values())])


@cache
def arrow(table: str) -> Any:
    """``pyarrow.Schema`` of a table."""
    import pyarrow as pa

    fields = [
        pa.field(
            column.name, _arrow_type(column.type), column.optional, {"unit": column.unit, "meaning": column.meaning}
        )
        for column in (ALL_TABLES | LEARNING)[table].columns
    ]
    return pa.schema(fields, {"table": table, "schema_version": str(SCHEMA_VERSION)})


def _arrow_type(name: str) -> Any:
    import pyarrow as pa

    types = {
        "bool": pa.bool_(),
        "int64": pa.int64(),
        "float64": pa.float64(),
        "text": pa.dictionary(pa.int32(), pa.string()),
        "string": pa.string(),
        "list<int64>": pa.list_(pa.int64()),
        "list<float64>": pa.list_(pa.float64()),
    }
    return types[name]


def _entries(table: Table) -> Iterator[dict[str, Any]]:
    for column in table.columns:
        yield {
            "name": column.name,
            "type": column.type,
            "unit": column.unit,
            "null": column.optional,
            "meaning": column.meaning,
        }


def _section(table: Table) -> str:
    head = f"## {table.name}\n\n{table.meaning[0].upper()}{table.meaning[1:]}.\n"
    rows = [
        f"| `{column.name}` | {column.type} | {column.unit} | {'yes' if column.optional else ''} | {column.meaning} |"
        for column in table.columns
    ]
    return "\n".join([head, "| column | type | unit | null | meaning |", "|---|---|---|---|---|", *rows, ""])


_PREFACE = f"""# Tables of a run

Written by `qvecsim.results.schema` (schema version {SCHEMA_VERSION}); a test holds this page equal to it.
Each table is a folder of Parquet parts. `text` is a string column stored as a dictionary. Unit `1` means a count,
a share or a ratio. Instants are seconds on the simulation clock, which starts at 0 with the first slot.
"""
