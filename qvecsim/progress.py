"""A progress bar with the time left on a terminal's stderr, and nothing anywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TextIO


class Tell(Protocol):
    """Takes what is done, of how much, and a few words that stand behind the bar."""

    def __call__(self, done: int, total: int, /, note: str = "") -> None:
        """Show it."""


@contextmanager
def bar(stream: TextIO, *, shown: bool, unit: str = "slot") -> Iterator[Tell | None]:
    """A function to tell (done, in all), counted in ``unit``s; None where nobody would see it."""
    if not shown or not stream.isatty():
        yield None
        return
    from tqdm import tqdm

    lines: list[tqdm[Any]] = []  # one, as soon as there is something to tell

    def tell(done: int, total: int, /, note: str = "") -> None:
        if not lines:
            lines.append(tqdm(total=total, unit=unit, file=stream, leave=False, dynamic_ncols=True))
        lines[0].total = total
        lines[0].set_postfix_str(note, refresh=False)
        lines[0].update(done - lines[0].n)

    try:
        yield tell
    finally:
        for line in lines:
            line.close()
