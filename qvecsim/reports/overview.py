"""What was run, and its headline numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qvecsim.reports import batches
from qvecsim.reports.html import Html, element, name
from qvecsim.reports.source import Source
from qvecsim.reports.wording import SHARE, between, shown
from qvecsim.results.intervals import Interval
from qvecsim.types import Floats, Ints

Sums = tuple[Floats, Floats]  # of a batch: what is divided, and by what

# The miss rate alone flatters whoever drops what is slow: the mean latency stands beside it.
HEADLINES = (
    ("deadline_miss_rate", "deadlines missed", SHARE),
    ("mean_latency_s", "mean latency", "s"),
    ("key_rate_bps", "key rate, all links", "bit/s"),
    ("mean_finality_s", "mean time to finality", "s"),
    ("energy_j", "energy of all tasks", "J"),
    ("return", "return", "1"),
)
COUNTS = (
    ("vehicles", "vehicles"),
    ("tasks_generated", "tasks"),
    ("tasks_done", "done in time"),
    ("tasks_late", "late"),
    ("tasks_dropped", "dropped"),
    ("tasks_in_flight", "in flight at the end"),
    ("blocks", "final blocks"),
    ("exposed_tasks", "sent without a key"),
    ("violations", "constraints broken"),
    ("guards", "guards fired"),
)
FACTS = ("scheme", "profile", "seed", "replication", "slots", "slot_s", "run_id")


def heading(source: Source) -> Html:
    """Title, and what was run."""
    run = source.run.runs.iloc[0]
    units = source.run.runs.attrs["units"]
    facts = [element("div", element("dt", _word(fact)), element("dd", _fact(run[fact], units[fact]))) for fact in FACTS]
    length = shown(float(run["slots"] * run["slot_s"]), "s")
    told = element("p", f"One run of {length} simulated time, decided by ", element("b", name(run["scheme"])), ".")
    return element("header", element("h1", name(run["name"])), told, element("dl", *facts, class_="facts"))


def _word(fact: str) -> str:
    return {"slot_s": "length of a slot", "run_id": "run id"}.get(fact, fact)


def _fact(value: Any, unit: str) -> Html:
    if isinstance(value, str):
        return name(value)
    return Html(shown(value, unit if unit == "s" else "1")) if unit else Html(str(value))


def section(source: Source) -> Html:
    """Tiles with intervals, then counts."""
    tiles = [_tile(source, column, word, unit) for column, word, unit in HEADLINES]
    counts = [
        element("div", element("dt", word), element("dd", source.number("runs", column, "only")))
        for column, word in COUNTS
    ]
    return element(
        "section",
        element("h2", "Headline numbers"),
        element("div", *tiles, class_="tiles"),
        element("p", _how(source), class_="soft"),
        element("dl", *counts, class_="facts"),
        id="numbers",
    )


def _tile(source: Source, column: str, word: str, unit: str) -> Html:
    found = interval(source, column)
    told = "" if found is None else between(*found, unit)
    number = source.number("runs", column, "only", unit=unit)
    return element("div", element("span", word), element("strong", number), element("small", told), class_="tile")


def _how(source: Source) -> str:
    count = batches.count_of(len(source.run.slots))
    if not count:
        return "The run is too short for intervals."
    return (
        f"Below a mean: its 95 % interval by batch means, from {count} equal parts of this run. It tells how far "
        "chance in the run may have moved the mean. What another seed would give, replications tell (qvecsim batch)."
    )


def interval(source: Source, column: str) -> Interval | None:
    """The interval of one headline number; None where it is no mean, or there is too little."""
    slots = len(source.run.slots)
    count = batches.count_of(slots)
    return batches.ratio(*SUMS[column](source, slots, count)) if count and column in SUMS else None


def _missed(source: Source, slots: int, count: int) -> Sums:
    frame = source.run.slots
    late, dropped, done = (frame[column].to_numpy() for column in ("late", "dropped", "done"))
    batch = batches.batch_of(frame["slot"].to_numpy(), slots, count)
    return batches.sums(batch, late + dropped, count), batches.sums(batch, late + dropped + done, count)


def _latency(source: Source, slots: int, count: int) -> Sums:
    latency_s = source.run.tasks["latency_s"].to_numpy()
    batch = _batch_at(source, source.run.tasks["end_s"].to_numpy(), slots, count)
    return batches.sums(batch, latency_s, count), batches.sums(batch, np.isfinite(latency_s).astype(float), count)


def _key_rate(source: Source, slots: int, count: int) -> Sums:
    frame = source.run.slots
    batch = batches.batch_of(frame["slot"].to_numpy(), slots, count)
    return batches.sums(batch, frame["key_rate_bps"].to_numpy(), count), batches.sums(batch, np.ones(slots), count)


def _finality(source: Source, slots: int, count: int) -> Sums:
    finality_s = source.run.blocks["finality_s"].to_numpy()
    batch = _batch_at(source, source.run.blocks["time_s"].to_numpy(), slots, count)
    return batches.sums(batch, finality_s, count), batches.sums(batch, np.isfinite(finality_s).astype(float), count)


def _batch_at(source: Source, time_s: Floats, slots: int, count: int) -> Ints:
    """The batch in which something happened; what never did counts nowhere, so any will do."""
    slot = np.nan_to_num(time_s, nan=0.0) / float(source.run.runs["slot_s"].iloc[0])
    return batches.batch_of(np.clip(slot.astype(np.int64), 0, slots - 1), slots, count)


SUMS: dict[str, Callable[[Source, int, int], Sums]] = {
    "deadline_miss_rate": _missed,
    "mean_latency_s": _latency,
    "key_rate_bps": _key_rate,
    "mean_finality_s": _finality,
}
