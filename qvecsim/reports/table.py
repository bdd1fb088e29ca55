"""Tables of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from qvecsim.reports.html import Html, element


def table(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Html:
    """A table whose first column names its rows; it scrolls by itself where the page is narrow."""
    body = [
        element("tr", element("th", row[0], scope="row"), *(element("td", cell) for cell in row[1:])) for row in rows
    ]
    top = element("thead", element("tr", *(element("th", word, scope="col") for word in head)))
    return element("div", element("table", top, element("tbody", *body)), class_="wide", tabindex="0")
