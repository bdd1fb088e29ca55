"""How old the bits of a pool are: cohorts by slot, first in, first out, at a cost that no lifetime changes.

A cohort is never touched again. What the links have taken in since the beginning is written down once a slot; the bits
of a pool are the youngest of them. So all bits that came up to some slot and are not spent are those that the pool
holds beyond what came since. The record is kept in pages that States share: a slot copies one page and writes one row.
"""

from __future__ import annotations

import math

import numpy as np

from qvecsim.types import Ints

PAGE = 32  # slots; little to copy each slot, few pages to keep
History = tuple[Ints, ...]  # (PAGE, L) each, the last with the newest row


def life_slots(expiry_s: float, slot_s: float) -> int:
    """How many boundaries a bit sees in its pool before it is discarded at the next one; at least one."""
    return max(math.ceil(expiry_s / slot_s * (1 - 1e-12)), 1)


def begun(taken_in_bit: Ints) -> History:
    """The record whose row 0 is what the pools hold at the start."""
    return written((), 0, taken_in_bit, 0)


def at(history: History, newest: int, index: int) -> Ints:
    """(L,) what the pools had taken in by row ``index``, where ``newest`` is the last row; nothing before row 0."""
    if index < 0:
        return np.zeros_like(history[-1][0])
    row: Ints = history[index // PAGE - newest // PAGE - 1][index % PAGE]
    return row


def written(history: History, newest: int, taken_in_bit: Ints, oldest: int) -> History:
    """The record with row ``newest``; pages that end before row ``oldest`` are let go."""
    turned = newest % PAGE == 0
    page = np.zeros((PAGE, len(taken_in_bit)), dtype=np.int64) if turned else history[-1].copy()
    page[newest % PAGE] = taken_in_bit
    pages = (*history, page) if turned else (*history[:-1], page)
    return pages[-(newest // PAGE - max(oldest, 0) // PAGE + 1) :]


def outlived(history: History, slot: int, stored_bit: Ints, life: int) -> Ints:
    """(L,) bits of the pools that came ``life`` slots ago or earlier, when ``slot`` ends; they are to be discarded.

    Row k is what had been taken in when slot k began, so row ``slot`` is the newest.
    """
    taken_in, old = at(history, slot, slot), at(history, slot, slot - life + 1)
    return np.maximum(stored_bit - (taken_in - old), 0)
