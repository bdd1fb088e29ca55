"""The two stages of a record's proof: the record is in its transaction, the transaction in its block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qvecsim.audit.books import LEAF_BYTES, Books
from qvecsim.consensus import merkle
from qvecsim.types import GENERATED, STORED, TRANSACTION

Steps = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Proof:
    """One record's: leaves as bytes, paths from the bottom up; the second stage is empty while it is pending."""

    kind: str
    transaction: int
    leaf: bytes
    path: Steps
    transaction_root: bytes
    height: int | None
    transaction_leaf: bytes
    block_path: Steps
    block_root: str | None
    block_hash: str | None

    @property
    def sound(self) -> bool:
        """Whether both stages lead to the roots that are written, and the second leaf holds the first root."""
        first = merkle.climbed(merkle.leaf(self.leaf), self.path)
        held = first == self.transaction_root == self.transaction_leaf[-32:]
        if self.block_root is None:
            return held
        return held and merkle.climbed(merkle.leaf(self.transaction_leaf), self.block_path).hex() == self.block_root

    def plain(self) -> dict[str, Any]:
        """For JSON: bytes as hex, paths as (side, hash)."""
        return {
            "kind": self.kind,
            "leaf": self.leaf.hex(),
            "path": [[side, sibling.hex()] for side, sibling in self.path],
            "transaction": self.transaction,
            "transaction_root": self.transaction_root.hex(),
            "transaction_leaf": self.transaction_leaf.hex(),
            "block_path": [[side, sibling.hex()] for side, sibling in self.block_path],
            "block_root": self.block_root,
            "height": self.height,
            "block_hash": self.block_hash,
            "sound": self.sound,
        }


@dataclass(frozen=True)
class Proofs:
    """Everything that the ledger holds of a task; ``state`` is proven, pending, false or never recorded."""

    task: int
    proofs: list[Proof]

    @property
    def sound(self) -> bool:
        """Whether no proof fails; of nothing, none does."""
        return all(proof.sound for proof in self.proofs)

    @property
    def state(self) -> str:
        """In words."""
        if not self.proofs:
            return "never recorded"
        if not self.sound:
            return "false"
        return "pending" if any(proof.height is None for proof in self.proofs) else "proven"


def proofs(books: Books, task: int) -> Proofs:
    """The proof of each record of a task."""
    records = books.tables["records"]
    about = (records["subject"] == task) & (books.kind != GENERATED) & (books.kind != STORED)
    return Proofs(task, [_proof(books, row) for row in np.flatnonzero(about).tolist()])


def _proof(books: Books, row: int) -> Proof:
    records, transactions = books.tables["records"], books.tables["transactions"]
    owner = int(books.owner[row])
    begin, end = books.ends[owner : owner + 2].tolist()
    content, leaf = books.leaf_bytes, books.written.tobytes()
    width, height = TRANSACTION.itemsize, int(transactions["height"][owner])
    steps = merkle.path(books.leaves[begin:end], row - begin)
    stage = _in_block(books, owner, height)
    return Proof(
        str(records["kind"][row]),
        owner,
        content[row * LEAF_BYTES : (row + 1) * LEAF_BYTES],
        steps,
        bytes(books.written["root"][owner].item()),
        height if height > 0 else None,
        leaf[owner * width : (owner + 1) * width],
        *stage,
    )


def _in_block(books: Books, owner: int, height: int) -> tuple[Steps, str | None, str | None]:
    blocks = books.tables["blocks"]
    row = np.flatnonzero((blocks["height"] == height) & blocks["final"])
    if height <= 0:
        return [], None, None
    if not len(row):
        return [], "no such block", None
    inside = np.flatnonzero(books.tables["transactions"]["height"] == height)
    steps = merkle.path([books.hashes[one] for one in inside.tolist()], int(inside.searchsorted(owner)))
    return steps, blocks["root"][row[0]], blocks["hash"][row[0]]
