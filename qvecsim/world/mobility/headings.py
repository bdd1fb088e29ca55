"""Which column of a table holds what: by SUMO's names, by the user's, or by place."""

from __future__ import annotations

from collections.abc import Sequence

from qvecsim.errors import did_you_mean
from qvecsim.world.mobility.reading import Names
from qvecsim.world.source import Source

NEEDED = ("time", "id", "x", "y")
USED = (*NEEDED, "speed", "lane", "edge", "tag")
PREFIXES = ("timestep_", "vehicle_")


def plain(heading: str) -> str:
    """SUMO's name of a column without what it says about the element: ``timestep_vehicle_x`` is ``x``."""
    for prefix in PREFIXES:
        heading = heading.removeprefix(prefix)
    return heading


def is_headless(names: Names | None) -> bool:
    """Whether the table has no heading, because its columns are called by their places."""
    told = [name for name in names or () if name is not None]
    return bool(told) and all(name.startswith("#") and name[1:].isdecimal() for name in told)


def places(headings: Sequence[str], names: Names | None, source: Source) -> dict[str, int]:
    """The place, from 0, of each column that is used; TraceError for one that is missing."""
    if is_headless(names):
        return _numbered(len(headings), names, source)  # type: ignore[arg-type]
    if names is not None:
        return {key: _found(key, name, headings, source) for key, name in names._asdict().items() if name is not None}
    known = [plain(heading.strip()) for heading in headings]
    missing = [name for name in NEEDED if name not in known]
    if missing:
        shown = ", ".join(repr(heading.strip()[:30])[1:-1] for heading in headings[:8])
        told = f"has no column '{missing[0]}' in its heading ({shown[:160]})"
        source.fail(told, "Name the columns with world.columns: {time: ..., id: ..., x: ..., y: ...}.", 1)
    twice = [name for name in USED if known.count(name) > 1]
    if twice:
        source.fail(f"has two columns '{twice[0]}'", "Name the right ones with world.columns.", 1)
    return {name: known.index(name) for name in USED if name in known}


def _found(key: str, name: str, headings: Sequence[str], source: Source) -> int:
    known = [heading.strip() for heading in headings]
    if known.count(name) != 1:
        told = f"'world.columns.{key}' must name one column (got '{name}')"
        source.fail(told, did_you_mean(name, (repr(heading[:40])[1:-1] for heading in known[:40])), 1)
    return known.index(name)


def _numbered(width: int, names: Names, source: Source) -> dict[str, int]:
    found = {key: int(name[1:]) - 1 for key, name in names._asdict().items() if name is not None}
    for key, place in found.items():
        if not 0 <= place < width:
            source.fail(f"'world.columns.{key}' must be a place from #1 to #{width} (got '#{place + 1}')", line=1)
    return found
