"""The fingerprint of a run: a SHA-256 over (time, kind, id, amount) of every event, all integers, in order."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from qvecsim.types import Ints

BORN, COMPUTED, SENT, ARRIVED, ENDED, DEPOSITED, ENTERED, LEFT_ROAD, BLOCK = range(9)
START = bytes(32)


def events(time_ns: Ints | int, kind: int, subject: Ints, amount: Ints | int) -> Ints:
    """Rows of one kind of event."""
    rows = np.empty((len(subject), 4), dtype=np.int64)
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = time_ns, kind, subject, amount
    return rows


def chained(fingerprint: bytes, parts: list[Ints]) -> bytes:
    """The fingerprint after the events of one more slot: in the order of time, kind, subject."""
    rows = np.concatenate(parts)
    order = np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))
    return sha256(fingerprint + rows[order].astype("<i8").tobytes()).digest()
