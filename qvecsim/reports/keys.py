"""Key rates, the pools of all links, and the servers that need them."""

from __future__ import annotations

from typing import Any

import numpy as np

from qvecsim.reports import thin
from qvecsim.reports.chart import SMALL, Line, over_time
from qvecsim.reports.html import Html, element, join, name
from qvecsim.reports.source import Source, number
from qvecsim.reports.table import table
from qvecsim.reports.tasks import BANDS, points, series, times
from qvecsim.reports.thin import Thin
from qvecsim.reports.wording import SHARE

DRAWN = 24  # small charts
LISTED = 200  # rows of a table
SMALL_POINTS = 120
HEAD = [
    *("link", "distilled", "consumed", "relayed", "overflow", "expired"),
    *("mean rate", "mean QBER", "ready", "empty"),
]
LEDGER = ("generated_bit", "consumed_bit", "relayed_bit", "overflow_bit", "expired_bit")


def section(source: Source) -> Html:
    """Charts, small charts and the ledger of each link."""
    time_s, note = times(source), BANDS.format(points(source))
    rate = over_time(
        "Secret key rate, all links", time_s, [series(source, "key_rate_bps", "key rate")], "bit/s", note=note
    )
    flows = [_total(source, column, word, colour) for colour, (column, word) in enumerate(
        (("keys_generated_bit", "distilled"), ("keys_consumed_bit", "consumed"), ("keys_relayed_bit", "relayed"))
    )]  # fmt: skip
    totals = over_time("Key bits since the run began", time_s, flows, "bit")
    charts = [rate, totals]
    if source.run.slots["stores_bit"].any():
        charts.append(
            over_time("Key bits that vehicles carry", time_s, [series(source, "stores_bit", "stores")], "bit")
        )
    links = source.values("links", "link")
    return element(
        "section",
        element("h2", "Keys"),
        element("div", *charts, class_="charts"),
        element("h3", "Key pools"),
        _pools(source, links),
        table(HEAD, [_ledger(source, link) for link in links[:LISTED]]),
        _first(links, LISTED, "links are listed"),
        id="keys",
    )


def _total(source: Source, column: str, word: str, colour: int) -> Line:
    level = np.cumsum(source.run.slots[column].to_numpy())
    end = level[thin.edges(len(level))[1:] - 1].astype(np.float64)
    return Line(word, Thin(end, end, end), f"slots.{column} total", colour)


def _pools(source: Source, links: list[str]) -> Html:
    """Small charts with one scale, so that pools can be compared."""
    most = float(source.run.links["stored_bit"].max()) if len(source.run.links) else 1.0
    drawn = [_pool(source, link, most) for link in links[:DRAWN]]
    words = f"Bits in each pool when a slot ended; all charts have one scale. {SMALL_POINTS} intervals, mean and band."
    return join(
        element("p", words, class_="soft"),
        element("div", *drawn, class_="small"),
        _first(links, DRAWN, "pools are drawn"),
    )


def _pool(source: Source, link: str, most: float) -> Html:
    frame = source.frame("links", ("link", link))
    line = Line(link, thin.thin(frame["stored_bit"], SMALL_POINTS), f"links.stored_bit {link}")
    return over_time(link, thin.begins(frame["time_s"], SMALL_POINTS), [line], "bit", size=SMALL, top=most)


def _first(names: list[str], limit: int, words: str) -> Html | None:
    return element("p", f"The first {limit} of {len(names):,} {words}.", class_="soft") if len(names) > limit else None


def _ledger(source: Source, link: str) -> list[Any]:
    where = ("link", link)
    bits = [source.number("links", column, "sum", where) for column in LEDGER]
    means = [
        source.number("links", "key_rate_bps", "mean", where),
        source.number("links", "qber", "mean", where, SHARE),
    ]
    return [name(link), *bits, *means, *(_share(source, "links", "state", word, where) for word in ("ready", "empty"))]


def _share(source: Source, table_name: str, column: str, value: Any, where: tuple[str, Any]) -> Html:
    found = source.frame(table_name, where)[column]
    share = float((found == value).mean()) if len(found) else None
    return number(share, SHARE, [table_name, column, f"share {value}", *where])


def servers(source: Source) -> Html:
    """What the roadside units and their servers did."""
    units = source.values("servers", "rsu")
    head = ["unit", "tasks served", "mean vehicles", "busy", "mean backlog", "greatest backlog", "abandoned", "up"]
    return element(
        "section",
        element("h2", "Roadside units and servers"),
        table(head, [_unit(source, unit) for unit in units[:LISTED]]),
        _first(units, LISTED, "units are listed"),
        id="servers",
    )


def _unit(source: Source, unit: str) -> list[Any]:
    where, slot_s = ("rsu", unit), float(source.run.runs["slot_s"].iloc[0])
    busy = number(
        source.value("servers", "busy_s", "mean", where) / slot_s, SHARE, ["servers", "busy_s", "share of slot", *where]
    )
    return [
        name(unit),
        source.number("servers", "served", "sum", where),
        source.number("servers", "attached", "mean", where),
        busy,
        source.number("servers", "backlog_s", "mean", where),
        source.number("servers", "backlog_s", "max", where),
        source.number("servers", "abandoned", "sum", where),
        source.number("servers", "up", "mean", where, SHARE),
    ]
