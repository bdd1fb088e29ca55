from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qvecsim.results.schema import ALL_TABLES, SUMMARY, TABLES, arrow, columns, markdown

SUFFIX = {"_s": "s", "_ns": "ns", "_bps": "bit/s", "_bit": "bit", "_j": "J", "_db": "dB"}
ALL = [(table.name, column) for table in ALL_TABLES.values() for column in table.columns]


def test_the_page_of_the_tables_is_the_schema():
    page = Path(__file__).parents[2] / "docs" / "tables.md"
    assert page.read_text(encoding="utf-8") == markdown()


@pytest.mark.parametrize(("table", "column"), ALL, ids=lambda value: getattr(value, "name", value))
def test_the_unit_is_in_the_name(table, column):
    by_name = [unit for suffix, unit in SUFFIX.items() if column.name.endswith(suffix)]
    assert [column.unit] == by_name if by_name else column.unit in ("", "1", "cycle")


@pytest.mark.parametrize("table", ALL_TABLES)
def test_keys_come_first_and_names_are_unique(table):
    names = ALL_TABLES[table].names
    assert names[0] == "run_id"
    assert len(set(names)) == len(names)
    if "slot" in names:
        assert names[:3] == ("run_id", "slot", "time_s")


@pytest.mark.parametrize("table", ALL_TABLES)
def test_arrow_fields_carry_unit_meaning_and_nullability(table):
    for field, column in zip(arrow(table), ALL_TABLES[table].columns, strict=True):
        assert field.name == column.name
        assert field.metadata[b"unit"].decode() == column.unit
        assert field.metadata[b"meaning"]
        assert field.nullable == column.optional


def test_the_runs_table_is_the_summary_without_what_a_machine_decides():
    missing = {column.name for column in SUMMARY} - set(TABLES["runs"].names)
    assert missing == {"path", "wall_s"}


def test_the_data_dictionary_lists_every_column():
    assert {name: [entry["name"] for entry in entries] for name, entries in columns().items()} == {
        name: list(table.names) for name, table in ALL_TABLES.items()
    }


def test_importing_the_results_imports_neither_pandas_nor_pyarrow():
    code = (
        "import sys, qvecsim.results, qvecsim.results.metrics, qvecsim.results.recorder, qvecsim.results.store;"
        "sys.exit(bool({'pandas', 'pyarrow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
