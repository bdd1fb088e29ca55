"""Merkle trees over SHA-256, with the leaf and node prefixes of RFC 6962, so that no node passes for a leaf."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()


def leaf(content: bytes) -> bytes:
    """The hash of one record."""
    return sha256(b"\x00" + content).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; an odd one at the end of a level moves up as it is."""
    level = list(leaves)
    while len(level) > 1:
        pairs = [sha256(b"\x01" + one + other).digest() for one, other in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[2 * len(pairs) :]
    return level[0] if level else EMPTY
