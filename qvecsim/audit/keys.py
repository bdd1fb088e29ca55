"""The key ledger: pools that conserve bits, and records, tasks and tables that tell the same. Level: exact integers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from qvecsim.audit.books import Books, codes
from qvecsim.audit.fault import Fault
from qvecsim.types import COMPUTED, CONSUMED, GENERATED, RETURNED, STORED, UPDATED, Ints
from qvecsim.units import NS_PER_S

LINKS, RECORDS, SLOTS, TASKS = "links", "records", "slots", "tasks"


def key_faults(books: Books) -> Iterator[Fault]:
    """Everything about keys; the later rules need whole tables of links."""
    wrong = list(_shape_faults(books))
    yield from wrong
    if wrong:
        return
    yield from _pool_faults(books)
    yield from _slot_faults(books)
    yield from _record_faults(books)
    yield from _withdrawal_faults(books)


def _shape_faults(books: Books) -> Iterator[Fault]:
    """One row for each slot and link, one for each slot and unit, one for each slot."""
    slots = len(books.tables[SLOTS]["slot"])
    for table, name, names in ((LINKS, "link", books.links), ("servers", "rsu", books.units), (SLOTS, "", [""])):
        columns = books.tables[table]
        expected = np.repeat(np.arange(slots), len(names))
        if not np.array_equal(columns["slot"], expected):
            yield Fault(table, "", "must have its rows for every slot, in order", len(columns["slot"]), len(expected))
        elif not np.array_equal(columns["time_s"], expected * books.slot_ns / NS_PER_S):
            yield Fault(table, "", "'time_s' must be when the slot begins", "another", "slot times slot_s")
        elif name and list(columns[name]) != names * slots:
            yield Fault(table, "", f"must have every {name} in every slot, in the order of the first", "another", names)


def _pool_faults(books: Books) -> Iterator[Fault]:
    names = ("stored_bit", "generated_bit", "consumed_bit", "relayed_bit", "overflow_bit", "expired_bit")
    table, width, keys = books.tables[LINKS], len(books.links), books.scenario.keys
    stored, made, used, passed, lost, old = (table[name].reshape(-1, width) for name in names)
    before = np.vstack([np.full(width, keys.initial_bit, dtype=np.int64), stored])[:-1]
    limits: list[tuple[str, Any, Any, Any]] = [
        (
            "'stored_bit' must be what was there and came, less what went",
            stored,
            before + made - used - passed - lost - old,
            None,
        ),
        ("'stored_bit' must be at most 'keys.capacity_bit'", stored, keys.capacity_bit, stored > keys.capacity_bit),
    ]
    limits += [(f"'{name}' must not be negative", table[name].reshape(-1, width), 0, None) for name in names]
    for place, (rule, found, expected, broken) in enumerate(limits):
        wrong = broken if broken is not None else found != expected if place == 0 else found < expected
        yield from _cells(books, rule, found, np.broadcast_to(expected, found.shape), wrong)


def _cells(books: Books, rule: str, found: Any, expected: Any, wrong: Any) -> Iterator[Fault]:
    for slot, link in zip(*(index.tolist() for index in wrong.nonzero()), strict=True):
        place = f"slot {slot}, link {books.links[link]}"
        yield Fault(LINKS, place, rule, int(found[slot, link]), int(expected[slot, link]))


def _slot_faults(books: Books) -> Iterator[Fault]:
    """The totals of ``slots`` are those of the links and of the chain."""
    slots, links, width = books.tables[SLOTS], books.tables[LINKS], len(books.links)
    expected = {
        "keys_generated_bit": links["generated_bit"].reshape(-1, width).sum(axis=1),
        "keys_consumed_bit": links["consumed_bit"].reshape(-1, width).sum(axis=1),
        "keys_relayed_bit": links["relayed_bit"].reshape(-1, width).sum(axis=1),
        "pending_transactions": _pending(books),
    }
    for name, values in expected.items():
        for slot in np.flatnonzero(slots[name] != values).tolist():
            rule = f"'{name}' must be the sum over links, or what no block had taken"
            yield Fault(SLOTS, f"slot {slot}", rule, slots[name][slot], values[slot])


def _pending(books: Books) -> Ints:
    """Transactions that wait at the end of each slot."""
    blocks, written = books.tables["blocks"], np.sort(books.tables["transactions"]["time_ns"])
    ends = (books.tables[SLOTS]["slot"] + 1) * books.slot_ns
    sealed = np.append(0, np.cumsum(np.where(blocks["final"], blocks["transactions"], 0)))
    pending: Ints = written.searchsorted(ends, "right") - sealed[np.sort(blocks["time_ns"]).searchsorted(ends, "left")]
    return pending


def _record_faults(books: Books) -> Iterator[Fault]:
    """What the ledger says of a link in a slot is what ``links`` says; every unit speaks of its own link."""
    records, transactions, width = books.tables[RECORDS], books.tables["transactions"], len(books.links)
    for kind, name in ((GENERATED, "generated_bit"), (STORED, "stored_bit")):
        rows = np.flatnonzero(books.kind == kind)
        slot = transactions["time_ns"][books.owner[rows]] // books.slot_ns - 1
        link = records["subject"][rows]
        known = (slot >= 0) & (slot < len(books.tables[SLOTS]["slot"])) & (link >= 0) & (link < width)
        cell = np.where(known, slot * width + link, 0)
        expected = np.where(known, books.tables[LINKS][name][cell], -1)
        for at in np.flatnonzero(records["key_bit"][rows] != expected).tolist():
            place = f"row {rows[at]}, transaction {books.owner[rows[at]]}"
            yield Fault(
                RECORDS, place, f"'key_bit' must be '{name}' of 'links'", records["key_bit"][rows[at]], expected[at]
            )


def _withdrawal_faults(books: Books) -> Iterator[Fault]:
    """Bits that left pools are those that tasks' keys cost, slot by slot; records of a task are what ``tasks`` says."""
    tasks, slots = books.tables[TASKS], books.tables[SLOTS]
    unit = codes(tasks["rsu"], books.units)
    took = np.flatnonzero((unit >= 0) & (tasks["key_bit"] != 0) & np.isfinite(tasks["decided_s"]))
    at = np.rint(tasks["decided_s"][took] * NS_PER_S / books.slot_ns).astype(np.int64)
    took, at = took[at < len(slots["slot"])], at[at < len(slots["slot"])]
    sums = {name: np.zeros(len(slots["slot"]), dtype=np.int64) for name in ("key_bit", "pool_bit")}
    for name, values in sums.items():
        np.add.at(values, at, tasks[name][took])
    paid = slots["keys_consumed_bit"] + slots["keys_relayed_bit"]
    yield from _slot_sums("bits that left the pools must be what tasks' keys cost", paid, sums["pool_bit"])
    yield from _feed_faults(books, unit, took, at)
    yield from _store_faults(books, sums["key_bit"])
    yield from _story_faults(books, unit)


def _slot_sums(rule: str, found: Any, expected: Any) -> Iterator[Fault]:
    for slot in np.flatnonzero(found != expected).tolist():
        yield Fault(SLOTS, f"slot {slot}", rule, found[slot], expected[slot])


def _feed_faults(books: Books, unit: Ints, took: Ints, at: Ints) -> Iterator[Fault]:
    """Where units share keys with the other end of their own link, that link alone pays for a key of one hop."""
    keys, tasks, width = books.scenario.keys, books.tables[TASKS], len(books.links)
    if keys.centre is not None or keys.store.capacity_bit is not None or keys.ways > 1:
        return
    one_hop = tasks["pool_bit"][took] == tasks["key_bit"][took]
    found = np.zeros((len(books.tables[SLOTS]["slot"]), width), dtype=np.int64)
    np.add.at(found, (at[one_hop], _link_of(books)[unit[took[one_hop]]]), tasks["key_bit"][took[one_hop]])
    used = books.tables[LINKS]["consumed_bit"].reshape(-1, width)
    yield from _cells(books, "'consumed_bit' must be what tasks withdrew", used, found, used != found)


def _store_faults(books: Books, key_bit: Ints) -> Iterator[Fault]:
    """Vehicles' stores: what they held and were handed, less what they spent; docks and tasks tell the same."""
    slots, docks = books.tables[SLOTS], books.tables["docks"]
    stored, loaded, spent = (slots[f"stores{name}_bit"] for name in ("", "_loaded", "_spent"))
    if books.scenario.keys.store.capacity_bit is None:
        key_bit = np.zeros_like(key_bit)
    handed = np.zeros_like(loaded)
    np.add.at(handed, np.clip(docks["slot"], 0, len(handed) - 1), docks["loaded_bit"])
    yield from _slot_sums("'stores_spent_bit' must be the keys of its tasks", spent, key_bit)
    yield from _slot_sums("'stores_loaded_bit' must be what 'docks' tells", loaded, handed)
    before = np.append(stored[:1] - loaded[:1] + spent[:1], stored[:-1])
    after = before + loaded - spent
    yield from _slot_sums("'stores_bit' must be what was there and came, less what went", stored, after)
    yield from _slot_sums("'stores_bit' must not be negative", stored, np.maximum(stored, 0))


def _link_of(books: Books) -> Ints:
    """(M,) the link of each unit, as the first record of its keys says."""
    rows = np.flatnonzero(books.kind == GENERATED)[::-1]
    link = np.zeros(len(books.units), dtype=np.int64)
    link[books.unit[books.owner[rows]]] = np.clip(books.tables[RECORDS]["subject"][rows], 0, len(books.links) - 1)
    return link


def _story_faults(books: Books, unit: Ints) -> Iterator[Fault]:
    tasks, records = books.tables[TASKS], books.tables[RECORDS]
    order = np.argsort(tasks["task"], kind="stable")
    ended = (unit >= 0) & (tasks["outcome"] != "in_flight")
    stories: dict[str, tuple[tuple[int, ...], Any, str, str]] = {
        "a withdrawal": ((UPDATED, CONSUMED), ended & (tasks["key_bit"] > 0), "key_bit", "decided_s"),
        "a computation": ((COMPUTED,), ended & np.isfinite(tasks["compute_s"]), "cycles", ""),
        "a result": ((RETURNED,), ended & (tasks["outcome"] != "dropped"), "key_bit", "end_s"),
    }
    for name, (kinds, has, amount, instant) in stories.items():
        rows = np.flatnonzero(np.isin(books.kind, kinds))
        at = np.minimum(np.searchsorted(tasks["task"][order], records["subject"][rows]), len(order) - 1)
        task = order[at] if len(order) else at[:0]
        expected = np.sort(tasks["task"][has])
        if not np.array_equal(np.sort(records["subject"][rows]), expected):
            yield Fault(RECORDS, "", f"must have {name} for each task that had one", len(rows), len(expected))
            continue
        wrong = (records[amount][rows] != tasks[amount][task]) | (books.unit[books.owner[rows]] != unit[task])
        if instant:
            wrong |= records["time_ns"][rows] / NS_PER_S != tasks[instant][task]
        for one in np.flatnonzero(wrong).tolist():
            place = f"row {rows[one]}, task {records['subject'][rows[one]]}"
            yield Fault(
                RECORDS,
                place,
                f"must tell {name} as 'tasks' does",
                records[amount][rows[one]],
                tasks[amount][task[one]],
            )
