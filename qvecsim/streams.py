"""Random numbers: one seed tree with named branches, and a fresh twig for every slot.

A stream is opened by name and slot: ``streams.at("fading", 17)``. Its numbers depend on (seed, replication, name,
slot) alone, so adding a stream moves no other, every scheme meets the same world, and a run that is continued from a
checkpoint has no generator state to restore.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np

ONCE = -1  # the "slot" of what is drawn once for a whole run


@cache
def branch(name: str) -> int:
    """The stable 64-bit key of a stream's name (Python's own ``hash`` changes from process to process)."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


@dataclass(frozen=True)
class Streams:
    """The seed tree of one run; it keeps no position, so equal questions get equal numbers."""

    seed: int
    replication: int = 0

    def at(self, name: str, slot: int = ONCE) -> np.random.Generator:
        """A fresh generator for stream ``name`` in ``slot`` (the default: drawn once for the run)."""
        key = (self.replication, branch(name), slot + 1)
        # PCG64 by name, not default_rng: NumPy may change its default, and results must not follow.
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key)))
