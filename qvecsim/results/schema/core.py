"""A column and a table, as data, and one short word for each sort of column."""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA_VERSION = 4


@dataclass(frozen=True)
class Column:
    """One column; ``type`` is bool, int64, float64, text (few values, many rows), string or list<int64 or float64>."""

    name: str
    type: str
    unit: str  # "1": a count, a share or a ratio; "": no quantity
    meaning: str
    optional: bool = False  # may be null


@dataclass(frozen=True)
class Table:
    """One granularity; ``axis`` is the column whose length is the number of rows of one call, "" for single rows."""

    name: str
    meaning: str
    axis: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns in order."""
        return tuple(column.name for column in self.columns)

    @property
    def units(self) -> dict[str, str]:
        """Column to unit."""
        return {column.name: column.unit for column in self.columns}


def text(name: str, meaning: str, optional: bool = False) -> Column:
    """One of few words."""
    return Column(name, "text", "", meaning, optional)


def string(name: str, meaning: str, optional: bool = False) -> Column:
    """Text that hardly repeats, such as a digest."""
    return Column(name, "string", "", meaning, optional)


def number(name: str, meaning: str, optional: bool = False) -> Column:
    """A whole number that names something."""
    return Column(name, "int64", "", meaning, optional)


def count(name: str, meaning: str, unit: str = "1", optional: bool = False) -> Column:
    """How many, a whole number."""
    return Column(name, "int64", unit, meaning, optional)


def flag(name: str, meaning: str) -> Column:
    """Whether."""
    return Column(name, "bool", "", meaning)


def real(name: str, unit: str, meaning: str) -> Column:
    """How much."""
    return Column(name, "float64", unit, meaning)


def maybe(name: str, unit: str, meaning: str) -> Column:
    """How much, null where nobody can tell."""
    return Column(name, "float64", unit, meaning, optional=True)


RUN_ID = text("run_id", "the run; the same in every table, and a digest of everything that decides the result")
SLOT = (RUN_ID, number("slot", "index of the slot, from 0"), real("time_s", "s", "when the slot begins"))
