"""Rows of structured arrays found, taken and joined; as bytes, for NumPy copies records field by field."""

from __future__ import annotations

from functools import cache

import numpy as np

from qvecsim.types import Bools, Ints, Records


@cache
def _raw(dtype: np.dtype[np.void]) -> np.dtype[np.void]:
    return np.dtype((np.void, dtype.itemsize))


def which(mask: Bools) -> Ints:
    """Indices where a mask is true; on arrays as short as a slot's NumPy's own flatnonzero takes six times as long."""
    return mask.nonzero()[0]


def taken(records: Records, which: Ints | Bools) -> Records:
    """A copy of the rows at an index array or a mask."""
    rows: Records = records.view(_raw(records.dtype))[which].view(records.dtype)
    return rows


def joined(*parts: Records) -> Records:
    """A copy of all parts, one after the other."""
    dtype = parts[0].dtype
    rows: Records = np.concatenate([part.view(_raw(dtype)) for part in parts]).view(dtype)
    return rows
