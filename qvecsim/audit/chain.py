"""Section III-D: transactions and blocks recomputed from the records. Level: exact bytes."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import numpy as np

from qvecsim.audit.books import Books
from qvecsim.audit.fault import Fault
from qvecsim.consensus import merkle
from qvecsim.kernel.ledger import genesis, header
from qvecsim.physics.signatures import signature_bit
from qvecsim.streams import Streams
from qvecsim.types import Ints
from qvecsim.units import NS_PER_S

TRANSACTIONS, RECORDS, BLOCKS = "transactions", "records", "blocks"


def record_faults(books: Books) -> Iterator[Fault]:
    """Records are numbered through, known by kind, and counted by their transactions."""
    records, transactions = books.tables[RECORDS], books.tables[TRANSACTIONS]
    counts = np.clip(transactions["records"], 0, len(books.kind))
    number = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(number)) - np.repeat(np.cumsum(counts) - counts, counts)
    if len(number) != len(books.kind):
        yield Fault(RECORDS, "", "must be as many as the transactions count", len(books.kind), len(number))
        return
    for name, expected in (("transaction", number), ("place", place)):
        yield from _rows(books, RECORDS, records[name], expected, name, books.owner)
    for row in np.flatnonzero(books.kind < 0).tolist():
        at = f"row {row}"
        yield Fault(
            RECORDS, at, "'kind' must be known", records["kind"][row], "a kind", _height(books, books.owner[row])
        )


def transaction_faults(books: Books) -> Iterator[Fault]:
    """Transactions are numbered through, in the order of slots and units; their roots are those of their records."""
    table = books.tables[TRANSACTIONS]
    rows = np.arange(len(table["root"]))
    yield from _rows(books, TRANSACTIONS, table["transaction"], rows, "transaction", rows)
    yield from _rows(books, TRANSACTIONS, table["time_s"], table["time_ns"] / NS_PER_S, "time_s", rows)
    ends_ns = np.maximum(np.rint(table["time_ns"] / books.slot_ns), 1).astype(np.int64) * books.slot_ns
    yield from _rows(books, TRANSACTIONS, table["time_ns"], ends_ns, "time_ns", rows)
    late = (np.diff(table["time_ns"]) < 0) | ((np.diff(table["time_ns"]) == 0) & (np.diff(books.unit) <= 0))
    for row in (np.flatnonzero(late) + 1).tolist():
        yield _fault(
            books, TRANSACTIONS, row, "must follow the one before by slot and RSU", "an earlier one", "a later"
        )
    for row in np.flatnonzero(books.unit < 0).tolist():
        yield _fault(books, TRANSACTIONS, row, "'rsu' must be known", table["rsu"][row], "an RSU of 'servers'")
    yield from _root_faults(books)


def _root_faults(books: Books) -> Iterator[Fault]:
    roots, leaves = books.tables[TRANSACTIONS]["root"], books.leaves
    ends: list[int] = books.ends.tolist()
    for row, root in enumerate(roots):
        expected = merkle.root(leaves[ends[row] : ends[row + 1]]).hex()
        if root != expected:
            yield _fault(books, TRANSACTIONS, row, "'root' must be the Merkle root of its records", root, expected)


def block_faults(books: Books) -> Iterator[Fault]:
    """Every round: its place, its transactions, its root, its hash, and the chain that the final ones make."""
    blocks, transactions = books.tables[BLOCKS], books.tables[TRANSACTIONS]
    parent, height, begin = genesis(Streams(books.seed, books.replication)).hash.hex(), 1, 0
    ripe: Any = np.searchsorted(np.maximum.accumulate(transactions["time_ns"]), blocks["time_ns"], side="right")
    for row, final in enumerate(blocks["final"].tolist()):
        found = {name: _plain(column[row]) for name, column in blocks.items()}
        count = min(max(int(found["transactions"]), 0), len(books.hashes) - begin)
        inside = slice(begin, begin + count)
        expected = _expected(books, found, row, parent, height, inside, max(int(ripe[row]) - begin, 0))
        at = min(int(found["height"]), height)
        for name, value in expected.items():
            if found[name] != value:
                yield Fault(BLOCKS, f"row {row}, height {at}", f"'{name}' must fit", found[name], value, at)
        if final:
            yield from _placed(books, inside, int(found["height"]))
            parent, height, begin = found["hash"], int(found["height"]) + 1, begin + count
    yield from _pending(books, begin)


def _expected(
    books: Books, found: dict[str, Any], row: int, parent: str, height: int, inside: slice, waiting: int
) -> dict[str, Any]:
    """What the columns of a round must hold, by what was before it and by its own other columns."""
    c, missed = books.scenario.chain, found["outcome"] == "missed"
    fits = 0 if missed else max(found["limit_bit"] - c.header_bit, 0) // c.transaction_bit
    root = merkle.root(books.hashes[inside])
    size_bit = 0 if missed else c.header_bit + found["transactions"] * c.transaction_bit
    signed_bit = 0 if missed else signature_bit(c, found["transactions"], len(found["signers"]))
    times = books.tables[BLOCKS]["time_ns"]
    return {
        "round": row + 1,
        "height": height,
        "time_ns": max(found["time_ns"], int(times[row - 1]) if row else 0),
        "time_s": found["time_ns"] / NS_PER_S,
        "parent": parent,
        "transactions": min(fits, waiting),
        "records": int(books.tables[TRANSACTIONS]["records"][inside].sum()),
        "size_bit": size_bit,
        "signature_bit": signed_bit,
        "root": root.hex(),
        "hash": "" if missed else hashed(books, found, root),
        **({"rival": hashed(books, found, merkle.leaf(root))} if found["rival"] is not None else {}),
    }


def hashed(books: Books, found: dict[str, Any], root: bytes) -> str:
    """The hash of a block, from its row and a root."""
    numbers = [found["height"], found["time_ns"]]
    producer = books.units.index(found["producer"]) if found["producer"] in books.units else -1
    if producer < 0 or min(numbers) < 0:
        return "no hash: a negative number or an unknown producer"
    try:
        parent, stake = bytes.fromhex(found["parent"]), bytes.fromhex(found["stake_hex"])
    except ValueError:
        return "no hash: no hex digits"
    return sha256(header(found["height"], parent, found["time_ns"], producer, root, stake)).hexdigest()


def _placed(books: Books, inside: slice, height: int) -> Iterator[Fault]:
    """The transactions of a final block name it, each its own place."""
    table = books.tables[TRANSACTIONS]
    rows = np.arange(inside.start, inside.stop)
    for name, expected in (("height", np.full(len(rows), height)), ("place", rows - inside.start)):
        for row in rows[table[name][inside] != expected].tolist():
            rule = f"'{name}' must be that in the block at height {height}"
            yield Fault(TRANSACTIONS, f"row {row}", rule, table[name][row], expected[row - inside.start], height)


def _pending(books: Books, begin: int) -> Iterator[Fault]:
    """What no block took says so, and the run counted it."""
    table = books.tables[TRANSACTIONS]
    for name in ("height", "place"):
        for row in (np.flatnonzero(table[name][begin:] >= 0) + begin).tolist():
            yield Fault(TRANSACTIONS, f"row {row}", f"'{name}' must be null: no block has it", table[name][row], "null")


def _rows(books: Books, table: str, found: Any, expected: Any, name: str, owner: Ints) -> Iterator[Fault]:
    for row in np.flatnonzero(found != expected).tolist():
        at = f"row {row}"
        yield Fault(table, at, f"'{name}' must fit", found[row], expected[row], _height(books, int(owner[row])))


def _fault(books: Books, table: str, row: int, rule: str, found: Any, expected: Any) -> Fault:
    return Fault(table, f"row {row}", rule, found, expected, _height(books, row))


def _height(books: Books, transaction: int) -> int | None:
    heights = books.tables[TRANSACTIONS]["height"]
    height = int(heights[transaction]) if transaction < len(heights) else -1
    return height if height > 0 else None


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
