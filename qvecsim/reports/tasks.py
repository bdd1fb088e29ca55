"""Tasks through time, and why they took as long as they did."""

from __future__ import annotations

from typing import Any

import numpy as np

from qvecsim.reports import thin
from qvecsim.reports.bars import stacked
from qvecsim.reports.chart import Line, over_time
from qvecsim.reports.html import Html, element, name
from qvecsim.reports.source import QUANTILES, Source, number
from qvecsim.reports.table import table
from qvecsim.reports.thin import Thin
from qvecsim.reports.wording import SHARE
from qvecsim.types import Floats

PARTS = {
    "wait_s": "wait",
    "key_wait_s": "key wait",
    "uplink_s": "uplink",
    "queue_s": "queue",
    "compute_s": "computing",
    "return_s": "return",
}
FLOWS = ("generated", "done", "late", "dropped")
BANDS = "The line is the mean of each of {} equal intervals, the band their least and greatest slot."
MEANS = "Each point is the mean of one of {} equal intervals."


def series(source: Source, column: str, word: str | None = None, colour: int = 0) -> Line:
    """A column of ``slots`` as a line with its band."""
    return Line(word or column, thin.thin(source.run.slots[column]), f"slots.{column}", colour)


def per_second(source: Source, column: str, colour: int) -> Line:
    """Counts of ``slots`` as a rate."""
    mean = thin.thin(source.run.slots[column] / float(source.run.runs["slot_s"].iloc[0])).mean
    return Line(column, Thin(mean, mean, mean), f"slots.{column}", colour)


def times(source: Source) -> Floats:
    """When the intervals of the charts begin, s."""
    return thin.begins(source.run.slots["time_s"])


def points(source: Source) -> int:
    """How many intervals the charts have."""
    return len(times(source))


def miss_rate(slots: Any, points: int = thin.POINTS) -> Floats:
    """Late and dropped over all that ended, in each interval; NaN where none did."""
    missed = thin.sums(slots["late"] + slots["dropped"], points)
    ended = missed + thin.sums(slots["done"], points)
    rate: Floats = np.divide(missed, ended, out=np.full(len(ended), np.nan), where=ended > 0)
    return rate


def section(source: Source) -> Html:
    """Charts over time."""
    time_s, rate = times(source), miss_rate(source.run.slots)
    means, bands = MEANS.format(points(source)), BANDS.format(points(source))
    flows = [per_second(source, column, colour) for colour, column in enumerate(FLOWS)]
    missed = Line("deadlines missed", Thin(rate, rate, rate), "slots.late+dropped", 3)
    return element(
        "section",
        element("h2", "Tasks through time"),
        element(
            "div",
            over_time("Tasks per second", time_s, flows, "1/s", note=means),
            over_time("Share of deadlines missed", time_s, [missed], SHARE, note=means),
            over_time("Vehicles on the road", time_s, [series(source, "vehicles")], "1", note=bands),
            over_time("Tasks in flight", time_s, [series(source, "in_flight", "in flight")], "1", note=bands),
            class_="charts",
        ),
        id="tasks",
    )


def latency(source: Source) -> Html:
    """The six parts of the latency, by task class and by where it was computed; and its distribution."""
    kinds = sorted(source.values("tasks", "kind"))
    wheres: list[tuple[str, tuple[str, Any] | None]] = [("all", None), *((kind, ("kind", kind)) for kind in kinds)]
    kept = [(word, where) for word, where in wheres if _finished(source, where)]
    bars = [(word, [_mean(source, part, where) for part in PARTS]) for word, where in kept]
    drawing = stacked("Mean latency by cause", bars, list(PARTS.values()), "s", "Of tasks with a result, done or late.")
    return element(
        "section",
        element("h2", "Latency, split by cause"),
        drawing if kept else element("p", "No task had a result."),
        table(["class", *PARTS.values(), "latency"], [_causes(source, *row) for row in kept]) if kept else None,
        element("h3", "Distribution"),
        table(
            ["class", "tasks", "median", "95 %", "99 %", "greatest", "missed"],
            [_spread(source, *row) for row in wheres],
        ),
        _reasons(source),
        id="latency",
    )


def _finished(source: Source, where: tuple[str, Any] | None) -> bool:
    return bool(source.frame("tasks", where)["latency_s"].notna().any())


def _results(source: Source, where: tuple[str, Any] | None) -> Any:
    frame = source.frame("tasks", where)
    return frame[frame["latency_s"].notna()]


def _mean(source: Source, part: str, where: tuple[str, Any] | None) -> float:
    return float(_results(source, where)[part].mean())


def _causes(source: Source, word: str, where: tuple[str, Any] | None) -> list[Any]:
    origin = ["tasks", None, "mean of results", *(where or ())]
    cells = [number(_mean(source, part, where), "s", [origin[0], part, *origin[2:]]) for part in PARTS]
    return [name(word), *cells, source.number("tasks", "latency_s", "mean", where)]


def _spread(source: Source, word: str, where: tuple[str, Any] | None) -> list[Any]:
    quantiles = [source.number("tasks", "latency_s", how, where) for how in (*QUANTILES, "max")]
    return [name(word), source.number("tasks", "task", "count", where, "1"), *quantiles, _missed(source, where)]


def _missed(source: Source, where: tuple[str, Any] | None) -> Html:
    outcome = source.frame("tasks", where)["outcome"]
    ended = int((outcome != "in_flight").sum())
    share = float(outcome.isin(["late", "dropped"]).sum()) / ended if ended else None
    return number(share, SHARE, ["tasks", "outcome", "missed", *(where or ())])


def _reasons(source: Source) -> Html | None:
    dropped = source.frame("tasks", ("outcome", "dropped"))["reason"].value_counts()
    counts = [(str(reason), int(count)) for reason, count in dropped.items() if count]
    if not counts:
        return element("p", "No task was dropped.")
    rows = [
        [name(reason), number(count, "1", ["tasks", "reason", "count", "reason", reason])] for reason, count in counts
    ]
    return element("div", element("h3", "Why tasks were dropped"), table(["reason", "tasks"], rows))
