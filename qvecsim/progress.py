"""A progress bar on a terminal's stderr, and nothing anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def bar(stream: TextIO, *, shown: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A function to tell (slots done, slots in all); None where nobody would see it."""
    if not shown or not stream.isatty():
        yield None
        return
    from tqdm import tqdm

    with tqdm(total=0, unit="slot", file=stream, leave=False, dynamic_ncols=True) as line:

        def tell(done: int, total: int) -> None:
            line.total = total
            line.update(done - line.n)

        yield tell
