"""Signatures of blocks and votes: each one there, by a key of the seed, over what the block says. Level: bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from qvecsim.audit.books import Books, unhexed
from qvecsim.audit.fault import Fault
from qvecsim.consensus.signing import Identity, message, roles, unavailable, verified
from qvecsim.streams import Streams

SIGNATURES = "signatures"


class Place(NamedTuple):
    """Which signature it is."""

    round: int
    height: int
    validator: str
    role: str
    algorithm: str

    def __str__(self) -> str:
        return f"round {self.round}, {self.validator} as {self.role}, {self.algorithm}"


@dataclass
class Signed:
    """What becomes of the signatures of a run in an audit."""

    books: Books
    verified: int = 0
    unchecked: str = ""  # why nobody could look

    @property
    def expected(self) -> bool:
        """Whether there should be signatures, or are some."""
        return self.books.scenario.chain.signing == "real" or SIGNATURES in self.books.tables

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.books.tables[SIGNATURES]["round"]) if SIGNATURES in self.books.tables else 0

    def __str__(self) -> str:
        if self.unchecked:
            return f"signatures {self.rows:,}, NOT CHECKED ({self.unchecked}). Install qvecsim[crypto] and audit again."
        return f"signatures {self.rows:,}, verified {self.verified:,}."

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"rows": self.rows, "verified": self.verified, "unchecked": self.unchecked or None}

    def signature_faults(self, books: Books) -> Iterator[Fault]:
        """Those that are missing, foreign or false."""
        c = books.scenario.chain
        if (c.signing == "real") != (SIGNATURES in books.tables):
            yield Fault(SIGNATURES, "", f"must fit chain.signing: {c.signing}", f"{self.rows} rows", "as it says", 1)
            return
        if not self.expected:
            return
        wanted, there = Counter(_wanted(books)), [*_there(books)]
        for place in (wanted - Counter(there)).elements():
            yield Fault(SIGNATURES, f"height {place.height}", "must have the signature", "none", place, place.height)
        for place in (Counter(there) - wanted).elements():
            rule = "must be of the producer or a signer of a block, once"
            yield Fault(SIGNATURES, f"height {place.height}", rule, place, "no such row", place.height)
        self.unchecked = unavailable(c.signature)
        if not self.unchecked:
            yield from self._false(books, there, wanted)

    def _false(self, books: Books, there: list[Place], wanted: Counter[Place]) -> Iterator[Fault]:
        """Rows whose key or signature is not the validator's."""
        hashes = dict(zip(books.tables["blocks"]["round"].tolist(), books.tables["blocks"]["hash"], strict=True))
        keys, table = public_keys(books), books.tables[SIGNATURES]
        for row, place in enumerate(there):
            if place not in wanted:
                continue
            at, public, content = f"row {row}, height {place.height}", keys[place.validator], hashes[place.round]
            if table["public_key"][row] != public:
                rule = "'public_key' must be the validator's, by the seed"
                yield Fault(SIGNATURES, at, rule, table["public_key"][row], public, place.height)
            signed = message(place.role, place.height, place.round, unhexed(content, 32))
            if verified(place.algorithm, public, table["signature"][row], signed):
                self.verified += 1
                continue
            rule = f"'signature' must be that of {place.validator} as {place.role} of block {content}"
            yield Fault(SIGNATURES, at, rule, table["signature"][row], "one that verifies", place.height)


def public_keys(books: Books) -> dict[str, str]:
    """The public key of each validator, in hex, from the seed of the run."""
    streams, algorithm = Streams(books.seed, books.replication), books.scenario.chain.signature
    return {name: Identity(algorithm, streams, number).public for number, name in enumerate(books.units)}


def _wanted(books: Books) -> Iterator[Place]:
    """Whose signatures the blocks claim: of each that was made, its producer's and its signers'."""
    blocks, algorithm = books.tables["blocks"], books.scenario.chain.signature
    for row, content in enumerate(blocks["hash"]):
        voters = [books.units[number] for number in blocks["signers"][row] if 0 <= number < len(books.units)]
        for name, role in roles(blocks["producer"][row], voters) if content else []:
            if name in books.units:
                yield Place(int(blocks["round"][row]), int(blocks["height"][row]), name, role, algorithm)


def _there(books: Books) -> Iterator[Place]:
    table = books.tables[SIGNATURES]
    names = ("round", "height", "validator", "role", "algorithm")
    for number, height, *words in zip(*(table[name] for name in names), strict=True):
        yield Place(int(number), int(height), *words)
