"""Cases of optima: a solver against the enumeration of every plan."""

from __future__ import annotations

from bounds.test_allocation import drawn

from qvecsim.bounds.allocation import brute_force
from qvecsim.bounds.tangents import optimum

from .case import Case, Rounding


def worst():
    """The largest relative difference over twenty slots of 6 tasks and 3 units."""
    pairs = [(optimum(problem).upper_s, brute_force(problem)[1]) for problem in map(drawn, range(20))]
    return max(abs(found - least) / least for found, least in pairs)


CASES = (
    Case(
        "opt.small",
        "best plans of 6 tasks and 3 units by HiGHS against enumeration, 20 slots",
        worst,
        0.0,
        Rounding(1e-6),
        "enumeration",
    ),
)
