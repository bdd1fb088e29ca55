"""Random numbers: one seed tree with named branches, and a fresh twig for every slot.

A stream is opened by name and slot: ``streams.at("fading", 17)``. Its numbers depend on (seed, replication, name,
slot) alone, so adding a stream moves no other, every scheme meets the same world, and a run that is continued from a
checkpoint has no generator state to restore.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

ONCE = -1  # the "slot" of what is drawn once for a whole run


class Seed(ISeedSequence):
    """The state of a bit generator from a text, by SHA-256: unlike texts give unrelated states.

    NumPy's own SeedSequence takes ten times as long, which a generator for every stream and slot would feel.
    """

    def __init__(self, text: str) -> None:
        self.digest = sha256(text.encode()).digest()

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """The first words of the digest; PCG64 asks for all of it, four of 64 bits."""
        little = np.dtype(dtype).newbyteorder("<")
        return np.frombuffer(self.digest, little)[:n_words].astype(dtype)


@dataclass(frozen=True)
class Streams:
    """The seed tree of one run; it keeps no position, so equal questions get equal numbers."""

    seed: int
    replication: int = 0

    def at(self, name: str, slot: int = ONCE) -> np.random.Generator:
        """A fresh generator for stream ``name`` in ``slot`` (the default: drawn once for the run)."""
        # PCG64 by name, not default_rng: NumPy may change its default, and results must not follow.
        seed = Seed(self._text(name, slot))
        return np.random.Generator(np.random.PCG64(seed))  # type: ignore[arg-type]  # the stubs know SeedSequence alone

    def secret(self, name: str) -> bytes:
        """The 32 bytes of a stream's name, for what grows from a seed of its own."""
        return Seed(self._text(name, ONCE)).digest

    def _text(self, name: str, slot: int) -> str:
        return f"{self.seed}/{self.replication}/{slot}/{name}"
