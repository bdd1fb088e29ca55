"""Section III-D beside (16) and (18): a server that makes a block lends it a share of its clock. Level: exact integers.

What a server could do for its tasks by an instant is its own time: it runs as the clock does, and while a block is made
by 1 - share of it. In that time a server with a loan is one without, whatever its discipline, so a slot's services are
computed there and brought back; they are exact, but for rounding to a nanosecond.

At a boundary own time and clock agree again: what was lent has put off all that is not done by so much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Ints, Loan, Scene
from qvecsim.units import NEVER_NS


class Own(NamedTuple):
    """One server's own time in a slot; its loans lie in the slot, in order and apart."""

    share: Fraction
    spans_ns: tuple[tuple[int, int], ...]

    def lent_ns(self, begin_ns: int, end_ns: int) -> int:
        """What it lends between two instants of a loan, rounded down."""
        return (end_ns - begin_ns) * self.share.numerator // self.share.denominator

    def all_lent_ns(self) -> int:
        """What it lends in the slot."""
        return sum(self.lent_ns(*span) for span in self.spans_ns)

    def own_ns(self, clock_ns: int) -> int:
        """Its own time at an instant, which is no later."""
        spans = ((begin, min(end, clock_ns)) for begin, end in self.spans_ns if begin < clock_ns)
        return clock_ns - sum(self.lent_ns(*span) for span in spans)

    def clock_ns(self, own_ns: int) -> int:
        """The first instant at which its own time is so late."""
        for begin, end in self.spans_ns:
            if own_ns <= begin:
                break
            lent_ns = self.lent_ns(begin, end)
            if own_ns - begin <= end - begin - lent_ns:
                return begin + self._until_ns(own_ns - begin)
            own_ns += lent_ns
        return min(own_ns, NEVER_NS)

    def _until_ns(self, work_ns: int) -> int:
        """How long it takes during a loan: the least x with x - floor(share x) at least the work."""
        kept = 1 - self.share
        return (work_ns - 1) * kept.denominator // kept.numerator + 1

    def own(self, clock_ns: Ints) -> Ints:
        """Own times of instants."""
        return _each(self.own_ns, clock_ns)

    def clock(self, own_ns: Ints) -> Ints:
        """Instants of own times."""
        return _each(self.clock_ns, own_ns)


def _each(rule: Callable[[int], int], values: Ints) -> Ints:
    return np.array([rule(value) for value in values.ravel().tolist()], dtype=np.int64).reshape(values.shape)


Owns = Mapping[int, Own]  # of the servers that lend in a slot, by their numbers


def owns(loans: Iterable[Loan], prm: Scenario, begin_ns: int, end_ns: int) -> Owns:
    """The own times of a slot, between two boundaries."""
    spans: dict[int, tuple[tuple[int, int], ...]] = {}
    for loan in loans:
        span = max(loan.begin_ns, begin_ns), min(loan.end_ns, end_ns)
        if span[0] < span[1]:
            spans[loan.unit] = (*spans.get(loan.unit, ()), span)
    share = Fraction(prm.chain.clock_share or 0.0)
    return {unit: Own(share, spans[unit]) for unit in sorted(spans)}


def lent_ns(owns: Owns, units: int) -> Ints:
    """(M,) what each server lends in the slot, of the time of each of its processors."""
    lent = np.zeros(units, dtype=np.int64)
    for unit, own in owns.items():
        lent[unit] = own.all_lent_ns()
    return lent


def making(prm: Scenario, scene: Scene, producer: int) -> Scenario:
    """The scenario in which ``chain.clock_hz`` is what this producer lends: the share of all its processors' clocks."""
    share = prm.chain.clock_share
    if share is None:
        return prm
    clock_hz = share * prm.edge.servers * float(scene.edge_hz[producer])
    return prm.model_copy(update={"chain": prm.chain.model_copy(update={"clock_hz": clock_hz})})
