"""What fails when: the scenario's faults, listed or drawn, and what does not work in each slot.

Faults do not depend on decisions, so all of them are known before a run begins and are the same for every scheme. One
acts from the first slot that begins when it is there or later, and on at least one slot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.scenario.parameters import Fault
from qvecsim.streams import Streams
from qvecsim.types import Ints, Outages, Scene

LINK, NODE, UNIT = "link", "node", "rsu"
SUBJECTS = {  # what each kind befalls
    "fibre_cut": LINK,
    "node_down": NODE,
    "server_down": UNIT,
    "rsu_down": UNIT,
    "byzantine": UNIT,
    "eavesdropper": LINK,
}
MOST = 100_000  # faults that may be drawn for one thing


class Happening(NamedTuple):
    """One fault that comes about; ``subject`` is an index among the things of its kind."""

    kind: str
    subject: int
    name: str  # of the subject
    begin_slot: int
    end_slot: int  # the first slot without it
    begin_s: float
    end_s: float  # infinite: never
    intercepted: float


def happenings(
    faults: Sequence[Fault], names: Mapping[str, Sequence[str]], streams: Streams, slot_ns: int, slots: int
) -> tuple[Happening, ...]:
    """The faults of a run by their first slot; ``names`` has the subjects, of LINK, NODE and UNIT.

    Faults of what has no names are left out, and change nothing about the others.
    """
    slot_s = slot_ns / 1e9
    found = [
        _within(fault, subject, name, span, slot_s)
        for entry, fault in enumerate(faults)
        for subject, name in _subjects(entry, fault, names.get(SUBJECTS[fault.kind]))
        for span in _spans(entry, fault, subject, streams, slots * slot_s)
    ]
    return tuple(sorted((one for one in found if one.begin_slot < slots), key=lambda one: one.begin_slot))


def _subjects(entry: int, fault: Fault, names: Sequence[str] | None) -> list[tuple[int, str]]:
    """The thing that an entry names, or all of its kind."""
    if names is None:
        return []
    if fault.where is None:
        return list(enumerate(names))
    if fault.where not in names:
        raise ScenarioError(
            f"'faults.{entry}.where' must be a {SUBJECTS[fault.kind]} (got '{fault.where}')."
            f" {did_you_mean(fault.where, names)}"
        )
    return [(list(names).index(fault.where), fault.where)]


def _spans(entry: int, fault: Fault, subject: int, streams: Streams, run_s: float) -> Iterator[tuple[float, float]]:
    """When an entry befalls one subject: once, or again and again with drawn times between and drawn lengths."""
    if fault.rate_hz is None:
        assert fault.begin_s is not None
        yield fault.begin_s, np.inf if fault.lasts_s is None else fault.begin_s + fault.lasts_s
        return
    if run_s * fault.rate_hz > MOST:
        most = f"draw at most {MOST:,} faults for each {SUBJECTS[fault.kind]}, so be at most {MOST / run_s:g}"
        raise ScenarioError(f"'faults.{entry}.rate_hz' must {most} in a run of {run_s:g} s (got {fault.rate_hz:g}).")
    draw, now_s = streams.at(f"fault {entry}", subject), 0.0
    while (now_s := now_s + draw.exponential(1.0 / fault.rate_hz)) < run_s:
        end_s = np.inf if fault.lasts_s is None else now_s + draw.exponential(fault.lasts_s)
        yield now_s, end_s
        now_s = end_s


def _within(fault: Fault, subject: int, name: str, span: tuple[float, float], slot_s: float) -> Happening:
    """A span as whole slots."""
    begin, end = (int(min(np.ceil(edge / slot_s - 1e-9), 2**62)) for edge in span)
    intercepted = 1.0 if fault.intercepted is None else fault.intercepted
    return Happening(fault.kind, subject, name, begin, max(end, begin + 1), *span, intercepted)


@dataclass(frozen=True)
class Timeline:
    """All faults of a run, numbered as they begin."""

    happenings: tuple[Happening, ...]
    scene: Scene
    _known: dict[int, Outages] = field(default_factory=dict)

    def at(self, slot: int) -> Outages:
        """What does not work in a slot; the same object while nothing changes."""
        era = int(self._edges.searchsorted(slot, side="right"))
        if era not in self._known:
            under_way = [number for number, one in enumerate(self.happenings) if one.begin_slot <= slot < one.end_slot]
            self._known[era] = outages(self.happenings, under_way, self.scene)
        return self._known[era]

    def begun(self, slot: int) -> int:
        """How many faults have begun by a slot, that one included."""
        return sum(one.begin_slot <= slot for one in self.happenings)

    @cached_property
    def _edges(self) -> Ints:
        edges = {edge for one in self.happenings for edge in (one.begin_slot, one.end_slot)}
        return np.array(sorted(edges), dtype=np.int64)


def outages(happenings: Sequence[Happening], under_way: Sequence[int], scene: Scene) -> Outages:
    """What does not work while these faults are there; of several to blame, the first."""
    links, units, nodes = len(scene.link), len(scene.rsu), len(scene.node)
    link_up, unit_up, server_up = np.ones(links, bool), np.ones(units, bool), np.ones(units, bool)
    byzantine, intercepted, node_up = np.zeros(units, bool), np.zeros(links), np.ones(nodes, bool)
    link_fault, tap_fault = np.full((2, links), -1)
    unit_fault, server_fault = np.full((2, units), -1)
    for number in reversed(under_way):
        one = happenings[number]
        touched = _links_of(one, scene, nodes)
        if one.kind == "eavesdropper":
            tap_fault[touched] = number
            intercepted[touched] = np.maximum(intercepted[touched], one.intercepted)
        else:
            link_fault[touched], link_up[touched] = number, False
        if one.kind == "node_down":
            node_up[one.subject] = False
        elif one.kind == "byzantine":
            byzantine[one.subject] = True
        elif one.kind == "server_down":
            server_fault[one.subject], server_up[one.subject] = number, False
        elif one.kind == "rsu_down":
            unit_fault[one.subject], unit_up[one.subject], server_up[one.subject] = number, False, False
    return Outages(
        faults=np.array(under_way, dtype=np.int64),
        link_up=link_up,
        unit_up=unit_up,
        server_up=server_up,
        byzantine=byzantine,
        intercepted=intercepted,
        node_up=node_up,
        link_fault=link_fault,
        tap_fault=tap_fault,
        unit_fault=unit_fault,
        server_fault=server_fault,
    )


def _links_of(one: Happening, scene: Scene, nodes: int) -> Ints:
    """The links that a fault touches."""
    if SUBJECTS[one.kind] == LINK:
        return np.array([one.subject])
    ends = {"node_down": one.subject, "rsu_down": nodes + one.subject}
    end = ends.get(one.kind, -1)
    return np.flatnonzero((scene.link_node == end) | (scene.link_target == end))
