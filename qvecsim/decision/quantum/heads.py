"""How outputs of a network become values of actions that have several parts. Level: fixed matrices.

``values = outputs @ matrix``, and ``of_outputs = of_values @ matrix.T`` on the way back. A joint action is numbered as
``numpy.ravel_multi_index`` does, the last part running fastest.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import numpy as np

from qvecsim.arrays import Array
from qvecsim.types import Floats


def joint(sizes: Sequence[int]) -> Floats:
    """One output for each joint action: as many as the product of ``sizes``."""
    return np.eye(prod(sizes))


def additive(sizes: Sequence[int]) -> Floats:
    """One output for each choice of each part, added up: as many as the sum of ``sizes``."""
    actions = np.indices(tuple(sizes)).reshape(len(sizes), -1)
    return np.concatenate([np.arange(size)[:, None] == part for size, part in zip(sizes, actions, strict=True)]) * 1.0


def dueling(sizes: Sequence[int]) -> Floats:
    """One output for the state, and for each choice its advantage over the mean of its part.

    Tavakoli, Pardo, Kormushev (2018) for parts, after Wang et al. (2016).
    """
    means = np.concatenate([np.full(size, 1.0 / size) for size in sizes])
    return np.concatenate([np.ones((1, prod(sizes))), additive(sizes) - means[:, None]])


def referred(sizes: Sequence[int]) -> Floats:
    """One output for the first choice of all parts, and for each other how much more it is worth; the firsts' are idle.

    Unlike a dueling head it learns of a choice from nothing but that choice, which suits one that is seldom taken.
    """
    first = np.concatenate([np.arange(size) == 0 for size in sizes])
    return np.concatenate([np.ones((1, prod(sizes))), np.where(first[:, None], 0.0, additive(sizes))])


def branches(outputs: Array, sizes: Sequence[int]) -> list[Array]:
    """The outputs of each part, (batch, size), of an additive or dueling head: what a register a part selects from.

    The best choice of each part is the best joint action.
    """
    begin = outputs.shape[1] - sum(sizes)
    edges = np.cumsum([begin, *sizes]).tolist()
    return [outputs[:, low:high] for low, high in pairwise(edges)]
