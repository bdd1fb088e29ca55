"""What no scenario may say, but a forged folder might: names that are markup."""

from __future__ import annotations

import dataclasses

import qvecsim

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;\u202e\x00"
NAMES = (
    "run_id",
    "name",
    "scheme",
    "profile",
    "vehicle",
    "kind",
    "reason",
    "rsu",
    "link",
    "subject",
    "producer",
    "fingerprint",
)
NAMED = {"violations", "guards", "packages"}


def forged(path):
    """The run in a folder with every name in its tables, its notes and its scenario changed."""
    run = qvecsim.read(path)
    for table in run.tables:
        frame = getattr(run, table).copy()
        for column in {*NAMES, *(["outcome"] if table == "blocks" else [])} & set(frame.columns):
            frame[column] = frame[column].map(evil, na_action="ignore")
        frame.attrs = getattr(run, table).attrs
        setattr(run, table, frame)
    run.manifest = noted(run.manifest)
    run.scenario = HOSTILE + run.scenario
    return run


def evil(name):
    """A name that would like to be more; no name stays none."""
    return HOSTILE + str(name) if name else name


def noted(node):
    """A tree with all its texts changed, and the names of constraints and packages."""
    if isinstance(node, dict):
        names = {key: {evil(name): noted(inner) for name, inner in node[key].items()} for key in NAMED & set(node)}
        return {key: names.get(key, noted(value)) for key, value in node.items()}
    return evil(node) if isinstance(node, str) else node


def renamed(places):
    """The places of a run with the same names as its forged tables."""
    sites = {field: getattr(places, field) for field in ("rsu", "node", "dock")}
    changed = {field: found._replace(name=tuple(map(evil, found.name))) for field, found in sites.items()}
    trace = dataclasses.replace(places.trace, ids=tuple(map(evil, places.trace.ids)))
    return dataclasses.replace(places, trace=trace, link=tuple(map(evil, places.link)), missing=HOSTILE, **changed)
