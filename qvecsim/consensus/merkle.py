"""Merkle trees over SHA-256, with the leaf and node prefixes of RFC 6962, so that no node passes for a leaf."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

LEAF, NODE = b"\x00", b"\x01"
EMPTY = sha256(b"").digest()


def leaf(content: bytes) -> bytes:
    """The hash of one record."""
    return sha256(LEAF + content).digest()


def leaves(content: bytes, width: int) -> list[bytes]:
    """The hashes of records of ``width`` bytes that stand one after the other."""
    return [sha256(LEAF + content[at : at + width]).digest() for at in range(0, len(content), max(width, 1))]


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; an odd one at the end of a level moves up as it is."""
    level = list(leaves)
    while (count := len(level)) > 1:
        above = [sha256(NODE + level[at] + level[at + 1]).digest() for at in range(0, count - 1, 2)]
        level = above + level[count - count % 2 :]
    return level[0] if level else EMPTY
