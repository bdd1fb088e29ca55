"""Numbers of a page, each with the table that it comes from: whoever reads the tables finds the same one."""

from __future__ import annotations

import json
from typing import Any

from qvecsim.reports.html import Html, element
from qvecsim.reports.wording import exact, shown
from qvecsim.results.store import Run

QUANTILES = {"median": 0.5, "p95": 0.95, "p99": 0.99}


class Source:
    """The tables of a run, and parts of them by the value in one column."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._parts: dict[tuple[str, str], dict[Any, Any]] = {}

    def frame(self, table: str, where: tuple[str, Any] | None = None) -> Any:
        """A table, or its rows where a column has a value."""
        frame: Any = getattr(self.run, table)
        if where is None:
            return frame
        column, value = where
        if (table, column) not in self._parts:
            self._parts[table, column] = frame.groupby(column, observed=True).indices
        return frame.iloc[self._parts[table, column].get(value, [])]

    def values(self, table: str, column: str) -> list[str]:
        """Every value in a column, as they first appear."""
        return [str(value) for value in self.frame(table)[column].dropna().unique().tolist()]

    def value(self, table: str, column: str, how: str, where: tuple[str, Any] | None = None) -> Any:
        """One number: ``how`` is only (of one row), sum, mean, min, max, count, or one of ``QUANTILES``."""
        series: Any = self.frame(table, where)[column]
        value: Any
        if how == "only":
            value = series.iloc[0] if len(series) else None
        elif how in QUANTILES:
            value = series.quantile(QUANTILES[how])
        else:
            value = series.agg(how)
        return value.item() if hasattr(value, "item") else value

    def number(
        self, table: str, column: str, how: str, where: tuple[str, Any] | None = None, unit: str | None = None
    ) -> Html:
        """The same as an element: rounded for people, exact and with its origin for programs."""
        value = self.value(table, column, how, where)
        shown_unit = self.frame(table).attrs["units"][column] if unit is None else unit
        return number(value, shown_unit, [table, column, how, *(where or ())])


def number(value: Any, unit: str, of: Any) -> Html:
    """A number that says where it comes from."""
    value = None if value is None or value != value else value
    origin = json.dumps(of, ensure_ascii=False)
    return element("data", shown(value, unit), value=exact(value), data_of=origin)
