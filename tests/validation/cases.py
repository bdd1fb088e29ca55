"""All cases, by the heading that they stand under on the page, and those that are not reproduced."""

from __future__ import annotations

from functools import cache

import numpy as np

from . import books, finite, links, optima, printed, printed_rest, qkd, queues, radio
from .case import Case, Exact

SECTIONS = {
    "Key rates": (*qkd.CASES, *links.CASES, *finite.CASES),
    "Equations (1)-(23)": (*printed.CASES, *printed_rest.CASES),
    "Radio": radio.CASES,
    "Servers": queues.CASES,
    "Keys, chain and runs": books.CASES,
    "Optima": optima.CASES,
}
NOT_REPRODUCED = (
    *qkd.NOT_REPRODUCED,
    *finite.NOT_REPRODUCED,
    *links.NOT_REPRODUCED,
    *printed_rest.NOT_REPRODUCED,
)
TO_COME = (Case("det.replay", "a policy on a processor and on a graphics card", None, (), Exact(), "-"),)
CASES = tuple(case for cases in SECTIONS.values() for case in cases)


@cache
def found(case):
    """What is computed for a case, once."""
    return None if case.ours is None else np.asarray(case.ours(), dtype=float)
