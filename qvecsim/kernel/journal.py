"""The fingerprint of a run: a SHA-256 over (time, kind, id, amount) of every event, all integers, in order."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from qvecsim.types import Ints

BORN, COMPUTED, SENT, ARRIVED, ENDED, DEPOSITED, ENTERED, LEFT_ROAD, BLOCK = range(9)
START = bytes(32)


def rows(*kinds: tuple[Ints | int, int, Ints, Ints | int]) -> Ints:
    """(n, 4) the events of several kinds, each told as (time, kind, subjects, amounts)."""
    table = np.empty((sum(len(kind[2]) for kind in kinds), 4), dtype=np.int64)
    at = 0
    for kind in kinds:
        part = table[at : (at := at + len(kind[2]))]
        part[:, 0], part[:, 1], part[:, 2], part[:, 3] = kind
    return table


def chained(fingerprint: bytes, events: Ints) -> bytes:
    """The fingerprint after the events of one more slot: in the order of time, kind, subject."""
    order = np.lexsort((events[:, 2], events[:, 1], events[:, 0]))
    return sha256(fingerprint + events[order].astype("<i8").tobytes()).digest()
