"""The page of a run."""

from __future__ import annotations

from collections.abc import Sequence

from qvecsim.reports import atlas, chain, checks, keys, learning, overview, tasks
from qvecsim.reports.page import page
from qvecsim.reports.places import places
from qvecsim.reports.source import Source
from qvecsim.results.store import Run

CONTENTS = (
    ("numbers", "Numbers"),
    ("map", "Map"),
    ("tasks", "Tasks"),
    ("latency", "Latency"),
    ("keys", "Keys"),
    ("servers", "Units"),
    ("chain", "Blocks"),
    ("learning", "Learning"),
    ("checks", "Checks"),
    ("origin", "Origin"),
)


def run_page(run: Run, overrides: Sequence[str] = ()) -> str:
    """The report of a run as HTML."""
    source, found = Source(run), places(run, overrides)
    summary = run.runs.iloc[0]
    return page(
        f"{summary['name']}, {summary['scheme']}",
        CONTENTS,
        overview.heading(source),
        overview.section(source),
        atlas.section(run, found),
        tasks.section(source),
        tasks.latency(source),
        keys.section(source),
        keys.servers(source),
        chain.section(source),
        learning.section(source),
        checks.faults(source),
        checks.section(source),
        checks.origin(source),
    )
