"""Algorithm 1, beside it: whose turn it is, and a draw that all can repeat. Level: exact integers."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from qvecsim.types import Head


class Turn(bytes):
    """What a draw goes by: the hash of the last final block, and after a failed try one of its own for each."""

    round: int  # number of this try in the whole run, from 1

    def __new__(cls, content: bytes, number: int) -> Turn:
        """These bytes, in the round of this number."""
        turn = super().__new__(cls, content)
        turn.round = number
        return turn


def turn(head: Head, number: int) -> Turn:
    """The turn of a round; every final block took one round, so all others before it have failed."""
    failed = number - 1 - head.height
    # Else the same producer would be drawn at this height for ever.
    return Turn(sha256(head.hash + failed.to_bytes(8, "big")).digest() if failed else head.hash, number)


def drawn(weights: Sequence[int], head: bytes) -> int:
    """One of them, with probability in proportion to its weight, by the SHA-256 of ``head``; all equal if none has."""
    if not any(weights):
        weights = [1] * len(weights)
    ticket = int.from_bytes(sha256(head).digest(), "big") * sum(weights) >> 256
    for index, weight in enumerate(weights):
        ticket -= weight
        if ticket < 0:
            return index
    raise AssertionError("a ticket is below the sum of the weights")
