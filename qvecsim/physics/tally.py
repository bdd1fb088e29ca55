"""Counts, while equations are evaluated, what left its domain and which constraints of (23) were broken."""

from __future__ import annotations

import numpy as np

from qvecsim.physics.guards import GUARDS
from qvecsim.physics.paper.problem import CONSTRAINTS
from qvecsim.types import Floats, Ints


class Tally:
    """Guard hits and constraint violations of one seam in one slot."""

    def __init__(self) -> None:
        self.guards: Ints = np.zeros(len(GUARDS), np.int64)
        self.violations: Ints = np.zeros(len(CONSTRAINTS), np.int64)

    def guard(self, name: str, result: tuple[Floats, int]) -> Floats:
        """Note the hits of guard ``name`` and hand its values on."""
        values, hits = result
        if hits:
            self.guards[GUARDS.index(name)] += hits
        return values

    def broken(self, name: str, count: int) -> None:
        """Note how often constraint ``name`` was broken."""
        if count:
            self.violations[CONSTRAINTS.index(name)] += count
