"""All cases, by the heading that they stand under on the page, and those that are not reproduced."""

from __future__ import annotations

from functools import cache

import numpy as np

from . import books, finite, printed, qkd, queues, radio
from .case import Case, Exact, Factor, Within

SECTIONS = {
    "Key rates": (*qkd.CASES, *finite.CASES),
    "Equations (1)-(23)": printed.CASES,
    "Radio": radio.CASES,
    "Servers": queues.CASES,
    "Keys, chain and runs": books.CASES,
}
PEEV, SASAKI = "Peev et al. (2009), [S]", "Sasaki et al. (2011), [S]"
UNMODELLED = (
    ("qkd.pdc.limit", "70 dB with two-way post-processing", "Ma, Fung, Lo (2007), abstract", "Two-way post-processing"),
    ("qkd.field.band", "Tokyo, NTT, differential phase shift, 27 dB, 2.1 kbit/s", SASAKI, "The protocol"),
    ("qkd.field.band", "Vienna, continuous variables, 2.8 dB, 8 kbit/s", PEEV, "The protocol"),
    ("qkd.field.band", "Vienna, free space, 80 m, up to 17 kbit/s", PEEV, "Free space"),
)
UNSTATED = (
    ("Tokyo, Mitsubishi, 13 dB, 2 kbit/s, QBER 4.5 %", SASAKI, "Receiver and clock are not stated where it was read."),
    ("Vienna, idQ-1, 5.75 dB, 1 kbit/s", PEEV, "Receiver and clock are not stated where it was read."),
    ("Thuringia, BBM92, over 21 dB, 22.2 bit/s, QBER 6.1 %", "2026, [S]", "Loss is a bound, receivers are not stated."),
    ("Vienna, entangled pairs, 16 km, 2.5 kbit/s", PEEV, "Neither loss nor receivers are stated."),
    ("SwissQuantum; trunk Beijing-Shanghai", "-", "No rates of single links were found."),
)
NOT_REPRODUCED = (
    *qkd.NOT_REPRODUCED,
    *finite.NOT_REPRODUCED,
    *(
        Case(name, what, None, (), Exact(), source, reason=f"{missing} is not modelled.")
        for name, what, source, missing in UNMODELLED
    ),
    *(
        Case("qkd.field.band", what, None, (), Factor(3.0), source, reason=reason)
        for what, source, reason in UNSTATED
    ),
    *printed.NOT_REPRODUCED,
)
TO_COME = (
    Case("opt.small", "best plans of 6 tasks and 3 units by enumeration and by a solver", None, (), Within(1e-6), "-"),
    Case("det.replay", "a policy on a processor and on a graphics card", None, (), Exact(), "-"),
)
CASES = tuple(case for cases in SECTIONS.values() for case in cases)


@cache
def found(case):
    """What is computed for a case, once."""
    return None if case.ours is None else np.asarray(case.ours(), dtype=float)
