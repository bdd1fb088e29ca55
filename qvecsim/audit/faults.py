"""What failed, as the tables tell it: faults that are the scenario's, and effects that add up. Level: whole slots."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qvecsim.audit.books import Books, codes
from qvecsim.audit.fault import Fault
from qvecsim.consensus.validators import beset
from qvecsim.consensus.verdict import Parties
from qvecsim.streams import Streams
from qvecsim.types import Bools, Floats, Ints
from qvecsim.units import NS_PER_S
from qvecsim.world.faults import SUBJECTS, UNIT, happenings

FAULTS, SLOTS, TASKS = "faults", "slots", "tasks"
LOST = ("server_down", "rsu_down")


def outage_faults(books: Books) -> Iterator[Fault]:
    """Everything about faults."""
    yield from _plan_faults(books)
    yield from _effect_faults(books)


def beset_in(books: Books, members: Parties) -> list[Parties]:
    """The validators' parties in each slot, with those who are down or have turned in it."""
    down, turned = _units(books, LOST), _units(books, ("byzantine",))
    return [beset(members, ~one, other) for one, other in zip(down, turned, strict=True)]


def _units(books: Books, kinds: tuple[str, ...]) -> Bools:
    """(slots, M) whether a fault of these kinds befalls a unit in a slot."""
    table, befallen = books.tables[FAULTS], np.zeros((len(books.tables[SLOTS]["slot"]), len(books.units)), dtype=bool)
    unit = codes(table["subject"], books.units)
    rows = np.flatnonzero(np.isin(table["kind"], kinds) & (unit >= 0) & (table["slot"] < len(befallen)))
    befallen[table["slot"][rows], unit[rows]] = True
    return befallen


def _plan_faults(books: Books) -> Iterator[Fault]:
    """Faults of units are those of the scenario, from the seed; of the others only links are known by name."""
    wanted = [fault for fault in books.scenario.faults if SUBJECTS[fault.kind] == UNIT]
    table = books.tables[FAULTS]
    found = {
        (slot, kind, subject)
        for slot, kind, subject in zip(table["slot"].tolist(), table["kind"], table["subject"], strict=True)
        if SUBJECTS.get(kind) == UNIT
    }
    if not wanted and not found:
        return
    slots = len(books.tables[SLOTS]["slot"])
    names = {UNIT: books.units}
    planned = happenings(books.scenario.faults, names, Streams(books.seed, books.replication), books.slot_ns, slots)
    expected = {
        (slot, one.kind, one.name) for one in planned for slot in range(one.begin_slot, min(one.end_slot, slots))
    }
    for slot, kind, subject in sorted(found ^ expected):
        there = (slot, kind, subject) in found
        rule = f"must have {kind} of {subject} as the scenario has it"
        yield Fault(FAULTS, f"slot {slot}", rule, "a row" if there else "no row", "no row" if there else "a row")


def _effect_faults(books: Books) -> Iterator[Fault]:
    """What faults did is what ``slots`` and ``tasks`` tell."""
    slots, tasks, faults = books.tables[SLOTS], books.tables[TASKS], books.tables[FAULTS]
    count = len(slots["slot"])
    told = {name: np.zeros(count, dtype=np.int64) for name in ("rerouted", "starved", "failed")}
    for name, sums in told.items():
        np.add.at(sums, np.clip(faults["slot"], 0, count - 1), faults[name])
    lost, came = np.isin(tasks["reason"], LOST), tasks["rerouted"]
    seen: dict[str, Ints] = {
        "failed": _by_slot(books, tasks["end_s"][lost], count),
        "rerouted": _by_slot(books, tasks["decided_s"][came], count),
    }
    yield from _reason_faults(books, count)
    for name, sums in told.items():
        for where, values in ((FAULTS, sums), (TASKS, seen[name] if name in seen else slots[name])):
            for slot in np.flatnonzero(slots[name] != values).tolist():
                yield Fault(
                    SLOTS, f"slot {slot}", f"'{name}' must be what '{where}' tells", slots[name][slot], values[slot]
                )


def _reason_faults(books: Books, count: int) -> Iterator[Fault]:
    """Tasks that were lost for a reason are those that faults of this kind took along, slot by slot."""
    tasks, faults = books.tables[TASKS], books.tables[FAULTS]
    for kind in LOST:
        rows = np.flatnonzero(faults["kind"] == kind)
        taken = np.zeros(count, dtype=np.int64)
        np.add.at(taken, np.clip(faults["slot"][rows], 0, count - 1), faults["failed"][rows])
        seen = _by_slot(books, tasks["end_s"][tasks["reason"] == kind], count)
        for slot in np.flatnonzero(taken != seen).tolist():
            yield Fault(
                FAULTS, f"slot {slot}", f"'failed' must be the tasks that {kind} took along", taken[slot], seen[slot]
            )


def _by_slot(books: Books, instant_s: Floats, count: int) -> Ints:
    """How many of these instants, which are beginnings of slots, fall into each."""
    slot = np.rint(instant_s * NS_PER_S / books.slot_ns).astype(np.int64)
    return np.bincount(np.clip(slot, 0, count - 1), minlength=count)
