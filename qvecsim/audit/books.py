"""What an audit reads, once: the tables as columns, the names of units and links, the chain's bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qvecsim.consensus import merkle
from qvecsim.scenario import Scenario
from qvecsim.types import RECORDS, TRANSACTION, Ints, Records
from qvecsim.units import ns

Columns = Mapping[str, Any]
LEAF_BYTES = 48


@dataclass(frozen=True)
class Books:
    """Everything that is written of a run, as it is written; nothing in it is trusted."""

    scenario: Scenario
    seed: int
    replication: int
    tables: Mapping[str, Columns]

    @cached_property
    def units(self) -> list[str]:
        """The RSUs in their order: those of the first slot."""
        return _first(self.tables["servers"], "rsu")

    @cached_property
    def links(self) -> list[str]:
        """The links in their order."""
        return _first(self.tables["links"], "link")

    @property
    def slot_ns(self) -> int:
        """Length of a slot."""
        return ns(self.scenario.slot_s)

    @cached_property
    def unit(self) -> Ints:
        """(T,) the unit of each transaction; -1 for one that nobody knows."""
        return codes(self.tables["transactions"]["rsu"], self.units)

    @cached_property
    def kind(self) -> Ints:
        """(R,) the kind of each record."""
        return codes(self.tables["records"]["kind"], RECORDS)

    @cached_property
    def ends(self) -> Ints:
        """(T + 1,) where the records of each transaction begin, by the transaction that each record names."""
        count = len(self.tables["transactions"]["root"])
        ends: Ints = np.searchsorted(self.tables["records"]["transaction"], np.arange(count + 1))
        return ends

    @cached_property
    def owner(self) -> Ints:
        """(R,) the transaction that each record names, as far as there is one."""
        count = len(self.tables["transactions"]["root"])
        owner: Ints = np.clip(self.tables["records"]["transaction"], 0, max(count - 1, 0))
        return owner

    @cached_property
    def leaf_bytes(self) -> bytes:
        """The records as they are hashed: unit, kind, subject, key bits, cycles, instant, eight bytes each."""
        records = self.tables["records"]
        rows = np.empty((len(self.kind), 6), dtype="<i8")
        rows[:, 0] = self.unit[self.owner] if len(self.unit) else -1
        rows[:, 1] = self.kind
        for column, name in enumerate(("subject", "key_bit", "cycles", "time_ns"), start=2):
            rows[:, column] = records[name]
        return rows.tobytes()

    @cached_property
    def leaves(self) -> list[bytes]:
        """The hash of each record."""
        return merkle.leaves(self.leaf_bytes, LEAF_BYTES)

    @cached_property
    def written(self) -> Records:
        """The transactions as they are hashed."""
        table = self.tables["transactions"]
        rows = np.zeros(len(table["root"]), TRANSACTION)
        rows["time_ns"], rows["rsu"], rows["records"] = table["time_ns"], self.unit, table["records"]
        rows["root"] = np.frombuffer(b"".join(unhexed(root, 32) for root in table["root"]), "V32")
        return rows

    @cached_property
    def hashes(self) -> list[bytes]:
        """The hash of each transaction."""
        return merkle.leaves(self.written.tobytes(), TRANSACTION.itemsize)


def unhexed(text: str, width: int) -> bytes:
    """The bytes of a text in hex; zeros where it is none of this width, which then fits nothing."""
    try:
        content = bytes.fromhex(text)
    except ValueError:
        return bytes(width)
    return content if len(content) == width else bytes(width)


def codes(values: NDArray[Any], names: Any) -> Ints:
    """Indices of names; -1 for one that is none of them."""
    known = {name: index for index, name in enumerate(names)}
    return np.fromiter((known.get(value, -1) for value in values), dtype=np.int64, count=len(values))


def _first(table: Columns, name: str) -> list[str]:
    slots = table["slot"]
    return list(table[name][slots == slots[0]]) if len(slots) else []
