"""Blocks, the time until they are final, and the stakes of those who make them."""

from __future__ import annotations

from typing import Any

import numpy as np

from qvecsim.reports import thin
from qvecsim.reports.chart import COLOURS, Line, over_time
from qvecsim.reports.html import Html, element, name
from qvecsim.reports.source import Source, number
from qvecsim.reports.table import table
from qvecsim.reports.tasks import series, times
from qvecsim.reports.thin import Thin
from qvecsim.types import Floats

TIMES = {
    "finality_s": "finality",
    "generation_s": "generation",
    "propagation_s": "propagation",
    "verification_s": "verification",
}
PROMISES = {
    "safe": "safe: less than 1/3 of the voting weight was ever Byzantine, and more than 2/3 honest and present",
    "stalled": "stalled: in some round, not more than 2/3 of the weight was honest and present",
    "unsafe": "unsafe: in some round, at least 1/3 of the weight was Byzantine",
}


def section(source: Source) -> Html:
    """The whole part of the page."""
    blocks = source.run.blocks
    title = element("h2", "Blocks and finality")
    if not len(blocks):
        return element("section", title, element("p", "No block was due in this run."), id="chain")
    time_s = thin.begins(blocks["time_s"])
    lines = [_means(blocks, column, word, colour) for colour, (column, word) in enumerate(TIMES.items())]
    pending = series(source, "pending_transactions", "pending")
    promise = source.value("runs", "finality", "only")
    return element(
        "section",
        title,
        element("p", "The chain was ", element("b", PROMISES.get(str(promise), str(promise))), "."),
        element(
            "div",
            over_time("Time to finality of each block", time_s, lines, "s"),
            over_time("Transactions that wait for a block", times(source), [pending], "1"),
            _stakes(source, time_s),
            _weights(blocks, time_s),
            class_="charts",
        ),
        _outcomes(source),
        id="chain",
    )


def _means(blocks: Any, column: str, word: str, colour: int) -> Line:
    mean = thin.thin(blocks[column]).mean
    return Line(word, Thin(mean, mean, mean), f"blocks.{column}", colour)


def _stakes(source: Source, time_s: Floats) -> Html:
    """The largest stakes; validators are the roadside units, in their order."""
    stakes = np.stack([np.asarray(row, np.float64) for row in source.run.blocks["stake_bit"]], axis=1)
    names = source.values("servers", "rsu")
    first = np.argsort(-stakes[:, -1], kind="stable")[:COLOURS]
    lines = []
    for colour, row in enumerate(sorted(first.tolist())):
        mean = thin.thin(stakes[row]).mean
        label = names[row] if row < len(names) else f"validator {row}"
        lines.append(Line(label, Thin(mean, mean, mean), f"blocks.stake_bit {row}", colour))
    note = f"The {COLOURS} largest of {len(stakes)}." if len(stakes) > COLOURS else ""
    return over_time("Stake after each block", time_s, lines, "bit", note=note)


def _weights(blocks: Any, time_s: Floats) -> Html:
    words = {"weight": "signed", "honest_weight": "honest", "byzantine_weight": "Byzantine"}
    lines = [_means(blocks, column, word, colour) for colour, (column, word) in enumerate(words.items())]
    return over_time("Share of the voting weight", time_s, lines, "share", top=1.0)


def _outcomes(source: Source) -> Html:
    rounds = source.run.blocks["outcome"].value_counts()
    counts = [(str(word), int(count)) for word, count in rounds.items() if count]
    rows: list[list[Any]] = [
        [name(word), number(count, "1", ["blocks", "outcome", "count", "outcome", word])] for word, count in counts
    ]
    rows += [
        ["conflicts", source.number("runs", "conflicts", "only")],
        ["mean time to finality", source.number("runs", "mean_finality_s", "only")],
        ["greatest time to finality", source.number("blocks", "finality_s", "max")],
        ["transactions still pending", source.number("runs", "pending_transactions", "only")],
        ["stake slashed", source.number("runs", "slashed_bit", "only")],
    ]
    return table(["rounds", ""], rows)
