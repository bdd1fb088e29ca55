"""HiGHS through SciPy: the one place where a programme is solved. SciPy is loaded when the first one is."""

from __future__ import annotations

import ctypes
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from qvecsim.types import Bools, Floats


@dataclass(frozen=True)
class Programme:
    """Least cost over columns from 0 to ``high``, some of them whole, with rows x <= limits; rows dense or sparse."""

    cost: Floats  # (K,)
    high: Floats  # (K,)
    whole: Bools  # (K,)
    rows: Any  # (R, K)
    limits: Floats  # (R,)
    constant: float = 0.0

    def with_rows(self, rows: Floats, limits: Floats) -> Programme:
        """The same with more rows."""
        return replace(self, rows=np.vstack([self.rows, rows]), limits=np.concatenate([self.limits, limits]))

    def offset(self, constant: float) -> Programme:
        """The same with a constant cost."""
        return replace(self, constant=constant)

    def relaxed(self) -> Programme:
        """The same with every column between its limits, whole or not."""
        return replace(self, whole=np.zeros_like(self.whole))


class Answer(NamedTuple):
    """What the solver knows when it stops: no solution costs less than ``bound``; ``values`` is one, if it has any."""

    bound: float
    values: Floats | None
    finished: bool  # it has proven its solution, within its gap


def solved(programme: Programme, time_limit_s: float, gap: float) -> Answer:
    """Solve it; where time runs out the bound is what was proven by then, minus infinity if nothing was."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    with _quiet():
        result = milp(
            programme.cost,
            integrality=programme.whole.astype(int),
            bounds=Bounds(0.0, programme.high),
            constraints=LinearConstraint(programme.rows, -np.inf, programme.limits),
            options={"time_limit": max(time_limit_s, 0.01), "mip_rel_gap": gap},
        )
    finished = result.status == 0
    # Of a linear programme that was not finished HiGHS tells no bound.
    told = result.mip_dual_bound if programme.whole.any() else result.fun if finished else None
    bound = -math.inf if told is None or not math.isfinite(told) else float(told) + programme.constant
    return Answer(bound, result.x, finished)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep standard output clean: the HiGHS of SciPy 1.17 prints lines of its own there, whatever it is told."""
    try:
        kept = os.dup(1)
    except OSError:  # nobody listens
        yield
        return
    _flush()
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        yield
    finally:
        _flush()
        os.dup2(kept, 1)
        os.close(kept)


def _flush() -> None:
    """What Python and the C library still hold for standard output."""
    if sys.stdout is not None:
        sys.stdout.flush()
    if os.name == "posix":
        ctypes.CDLL(None).fflush(None)
