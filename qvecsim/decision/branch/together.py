"""Several worlds decide in step: what all of them ask of the network in a round is asked once, in one wide batch."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

import numpy as np

from qvecsim.types import Floats

T = TypeVar("T")


def together(asking: Sequence[Generator[Floats, Floats, T]], values: Callable[[Floats], Floats]) -> list[T]:
    """What the generators return; each yields inputs (n, N) and is sent their values (n, options).

    A single one gets exactly what it would without others: its inputs are not copied into another shape.
    """
    found: dict[int, T] = {}
    asked: dict[int, Floats] = {}
    for index in range(len(asking)):
        _on(asking, index, None, asked, found)
    while asked:
        waiting, asked = asked, {}
        told = values(np.concatenate(list(waiting.values()))) if len(waiting) > 1 else values(*waiting.values())
        edges = np.cumsum([len(inputs) for inputs in waiting.values()])[:-1]
        for index, own in zip(waiting, np.split(told, edges), strict=True):
            _on(asking, index, own, asked, found)
    return [found[index] for index in range(len(asking))]


def _on(
    asking: Sequence[Generator[Floats, Floats, T]],
    index: int,
    told: Floats | None,
    asked: dict[int, Floats],
    found: dict[int, T],
) -> None:
    """One generator to its next question, or to its end."""
    try:
        asked[index] = next(asking[index]) if told is None else asking[index].send(told)
    except StopIteration as end:
        found[index] = end.value
