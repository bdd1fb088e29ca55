"""Merkle trees over SHA-256, with the leaf and node prefixes of RFC 6962, so that no node passes for a leaf."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np

LEAF, NODE = b"\x00", b"\x01"
EMPTY = sha256(b"").digest()


def leaf(content: bytes) -> bytes:
    """The hash of one record."""
    return sha256(LEAF + content).digest()


def leaves(content: bytes, width: int) -> list[bytes]:
    """The hashes of records of ``width`` bytes that stand one after the other."""
    rows = np.frombuffer(content, np.dtype((np.void, max(width, 1))))
    prefixed = np.zeros(len(rows), np.dtype([("prefix", "V1"), ("content", rows.dtype)]))  # LEAF is a zero
    prefixed["content"] = rows
    # As whole items, for a slice of its own for each takes as long as hashing it.
    items: Any = prefixed.view(np.dtype((np.void, width + 1))).tolist()
    return [sha256(item).digest() for item in items]


def path(leaves: Sequence[bytes], place: int) -> list[tuple[str, bytes]]:
    """What proves the leaf at ``place``, from the bottom up: the sibling's side, left or right, and its hash."""
    level, steps = list(leaves), []
    while (count := len(level)) > 1:
        sibling = place ^ 1
        if sibling < count:
            steps.append(("left" if sibling < place else "right", level[sibling]))
        above = [sha256(NODE + level[at] + level[at + 1]).digest() for at in range(0, count - 1, 2)]
        level, place = above + level[count - count % 2 :], place // 2
    return steps


def climbed(leaf: bytes, steps: Sequence[tuple[str, bytes]]) -> bytes:
    """The root that a leaf's hash and its path lead to."""
    for side, sibling in steps:
        leaf = sha256(NODE + (sibling + leaf if side == "left" else leaf + sibling)).digest()
    return leaf


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; an odd one at the end of a level moves up as it is."""
    level = list(leaves)
    while (count := len(level)) > 1:
        above = [sha256(NODE + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level = above + level[count - count % 2 :]
    return level[0] if level else EMPTY
