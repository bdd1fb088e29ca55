"""Keys that replace one another: what is written later puts the other away, and what is written twice is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qvecsim.scenario.yaml import Key

RSUS, PLACE, COLUMNS = ("world", "rsus"), ("world", "place"), ("world", "columns")
FIBRE = ("world", "fibre", "file")
OTHERS: dict[Key, tuple[Key, ...]] = {
    ("world", "trace"): (("world", "sumocfg"),),
    ("world", "sumocfg"): (("world", "trace"),),
    RSUS: (PLACE,),
    PLACE: (RSUS,),
    FIBRE: (("world", "fibre", "nodes"), ("world", "fibre", "links")),
    ("world", "fibre", "nodes"): (FIBRE,),
    ("world", "fibre", "links"): (FIBRE,),
}
# Keys that mean nothing beside another key, and those that mean nothing without it.
BESIDE: dict[Key, list[Key]] = {
    RSUS: [(*PLACE, "at"), (*PLACE, "count")],
    FIBRE: [("world", "fibre", "nodes"), ("world", "fibre", "links")],
}
ONLY: dict[Key, list[Key]] = {
    COLUMNS: [("world", key) for key in ("units", "speed_units", "time_format", "time_unit_s", "resample_s", "gap_s")]
}


def put_away(key: Key, value: object) -> Iterator[Key]:
    """The keys that writing ``value`` at ``key`` replaces."""
    if value not in (None, [], {}, ""):
        yield from (other for ours, others in OTHERS.items() if key[: len(ours)] == ours for other in others)


def conflicts(data: Any) -> Iterator[tuple[Key, str]]:
    """What is written and would not be used: its key, and the words that follow the key's name."""
    world = at(data, ("world",))
    if isinstance(world, dict) and (world.get("trace") is None) == (world.get("sumocfg") is None):
        yield ("world", "trace"), "must be given, or 'sumocfg' instead, and not both"
    for key, others in BESIDE.items():
        if at(data, key):
            yield from ((other, f"must be left out where '{key[-1]}' is given") for other in others if at(data, other))
    for key, others in ONLY.items():
        if not at(data, key):
            yield from (
                (other, f"must be left out where '{key[-1]}' is not given")
                for other in others
                if at(data, other) is not None
            )


def unused(data: Any) -> Iterator[Key]:
    """The keys of a whole tree that are not used."""
    yield from (other for key in BESIDE if at(data, key) for other in OTHERS[key])
    yield from (other for key, others in ONLY.items() if not at(data, key) for other in others)


def at(data: Any, key: Key) -> Any:
    """The value at a key of plain data, or None."""
    for part in key:
        data = data.get(part) if isinstance(data, dict) else None
    return data


def drop(data: Any, key: Key) -> None:
    """Takes a key out of plain data."""
    group = at(data, key[:-1])
    if isinstance(group, dict):
        group.pop(key[-1], None)
