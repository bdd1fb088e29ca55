"""What was seen, in named columns, the oldest forgotten first; and a sample of it, by draws that are handed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qvecsim.arrays import Array, Library, namespace
from qvecsim.errors import PolicyError


class Replay:
    """A ring of ``capacity`` rows; ``added`` counts all rows ever, so that (columns, added) is its whole state."""

    def __init__(self, library: Library, capacity: int, columns: Mapping[str, tuple[tuple[int, ...], Any]]) -> None:
        if capacity < 1:
            raise PolicyError(f"'buffer' must be at least 1 (got {capacity}).")
        self.capacity, self.added = capacity, 0
        self.columns = {
            name: library.zeros((capacity, *shape), dtype=dtype) for name, (shape, dtype) in columns.items()
        }

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def add(self, **rows: Array) -> None:
        """Rows at the end, the same number in each column; of more than fit the last stay."""
        if rows.keys() != self.columns.keys():
            raise PolicyError(f"'rows' must have the columns {', '.join(self.columns)} (got {', '.join(rows)}).")
        counts = {len_of(array) for array in rows.values()}
        if len(counts) != 1:
            raise PolicyError(f"'rows' must be as many in every column (got {sorted(counts)}).")
        count = counts.pop()
        skipped = max(0, count - self.capacity)
        begin = (self.added + skipped) % self.capacity
        room = min(count - skipped, self.capacity - begin)
        for name, array in rows.items():
            column = self.columns[name]
            column[begin : begin + room, ...] = array[skipped : skipped + room, ...]
            column[: count - skipped - room, ...] = array[skipped + room :, ...]
        self.added += count

    def sample(self, uniforms: Array) -> dict[str, Array]:
        """One row for each of ``uniforms`` (batch,) in [0, 1), any row as likely as any other."""
        if not len(self):
            raise PolicyError("'batch' must be drawn from what was seen (got an empty buffer). Add rows first.")
        xp = namespace(uniforms)
        rows = xp.astype(xp.floor(uniforms * len(self)), xp.int64)
        return {name: xp.take(column, rows, axis=0) for name, column in self.columns.items()}


def len_of(array: Array) -> int:
    """Rows of an array in any library."""
    return int(array.shape[0])
