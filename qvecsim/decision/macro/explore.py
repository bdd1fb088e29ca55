"""Section IV-C: which choice of each part is taken, by the laws of Grover's search; a register for each part.

The best choice of every part is the best macro action, because values of parts are added up. A register of eight is
turned up to twice, one of four once, which is exact; plain iterations leave both of two at a half, so that such a
register is turned once with matched phases. How much is turned grows with ``progress``. Level: arrays, draws handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from qvecsim.decision.quantum import grover
from qvecsim.decision.quantum.select import Choice, select
from qvecsim.errors import PolicyError, did_you_mean
from qvecsim.types import Floats, Ints

ROUNDS = 12  # of a search for an unknown number of marked choices
BANDS = (0.6, 0.03)  # of best to worst that is marked, at the beginning and in the end
SURE = 0.98  # of the best choice in the end, where phases are matched
SELDOM = (0.8, 0.98)  # the same from the first decision on, where the best is known beforehand, more or less


def success(size: int, progress: float) -> float:
    """How likely a register of ``size`` gives its best choice, after a share ``progress`` of the exploration."""
    most = grover.best_iterations(size)
    if size == 2:
        return 0.5 + 0.5 * min(progress, 1.0)
    turns = grover.annealed(progress, most, full=1.0)
    return float(grover.success(np.array(1.0 / size), np.array(float(turns))))


def epsilon(size: int, progress: float) -> float:
    """The same law as a share of draws that take any choice."""
    return (1.0 - success(size, progress)) * size / (size - 1)


def dong(values: Floats, draws: Floats, progress: float) -> Choice:
    """Marks the best choice and turns as often as the schedule says."""
    size = values.shape[1]
    if size == 2:
        return select(values, draws[:, 0, 0], "phase", probability=success(size, progress))
    turns = grover.annealed(progress, grover.best_iterations(size), full=1.0)
    return select(values, draws[:, 0, 0], "dong", iterations=turns)


def threshold(values: Floats, draws: Floats, progress: float) -> Choice:
    """Marks all near the best, fewer and fewer, and searches without knowing how many."""
    return select(values, draws, "threshold", band=_band(progress))


def fixed_point(values: Floats, draws: Floats, progress: float) -> Choice:
    """Marks all near the best, fewer and fewer; turns past none of them."""
    return select(values, draws[:, 0, 0], "fixed_point", band=_band(progress))


def phase(values: Floats, draws: Floats, progress: float) -> Choice:
    """Marks the best choice and makes it likelier in a straight line, as far as one turn goes."""
    even = 1.0 / values.shape[1]
    return select(values, draws[:, 0, 0], "phase", probability=even + (SURE - even) * min(progress, 1.0))


def seldom(values: Floats, draws: Floats, progress: float) -> Choice:
    """Marks the best choice, which is likely from the first on: one turn with matched phases."""
    return select(values, draws[:, 0, 0], "phase", probability=likely(progress))


def likely(progress: float) -> float:
    """How likely ``seldom`` takes the best choice of a part."""
    first, last = SELDOM
    return first + (last - first) * min(progress, 1.0)


def plain(values: Floats, draws: Floats, progress: float) -> Choice:
    """The law of ``dong`` without a register: the best choice, and once in a while any."""
    size = values.shape[1]
    any_of_them = np.floor(draws[:, 0, 1] * size).astype(np.int64)
    share = epsilon(size, progress)
    index = np.where(draws[:, 0, 0] < share, any_of_them, values.argmax(axis=1))
    likely = np.full(len(values), success(size, progress))
    nothing = np.zeros(len(values), dtype=np.int64)
    return Choice(index, index == values.argmax(axis=1), likely, nothing, nothing)


MODES: dict[str, Callable[[Floats, Floats, float], Choice]] = {
    "dong": dong,
    "threshold": threshold,
    "fixed_point": fixed_point,
    "phase": phase,
    "seldom": seldom,
    "epsilon": plain,
}


def mode_of(name: str) -> Callable[[Floats, Floats, float], Choice]:
    """A way of exploring by its name."""
    if name not in MODES:
        raise PolicyError(f"'explore' must be known (got '{name}'). {did_you_mean(name, MODES)}")
    return MODES[name]


class Search(NamedTuple):
    """What a register took: its choices, the iterations of each search (batch,), and whether their phases differ."""

    options: int
    iterations: Ints
    phased: bool


def chosen(parts: Sequence[Floats], draws: Floats | None, mode: str, progress: float) -> tuple[Ints, list[Search]]:
    """(batch,) macro actions from the values (batch, size) of each part, and the searches that it took.

    ``draws`` are (batch, parts, ROUNDS, 2) in [0, 1); without them the best is taken.
    """
    sizes = tuple(values.shape[1] for values in parts)
    if draws is None:
        best: Ints = np.ravel_multi_index(tuple(values.argmax(axis=1) for values in parts), sizes)
        return best, []
    take = mode_of(mode)
    choices = [take(values, draws[:, part], progress) for part, values in enumerate(parts)]
    index: Ints = np.ravel_multi_index(tuple(choice.index for choice in choices), sizes)
    phased = mode in ("fixed_point", "phase", "seldom")
    return index, [
        Search(size, choice.oracle_calls, phased or (mode == "dong" and size == 2))
        for size, choice in zip(sizes, choices, strict=True)
    ]


def _band(progress: float) -> float:
    first, last = BANDS
    return first + (last - first) * min(progress, 1.0)
