"""Algorithm 1, line 10, where not all are honest: what becomes of one round. Level: exact integers.

Weights are all validators' stakes when the round begins, the absent ones' included. A block is final when strictly
more than 2/3 of them signed it. Two such quorums share more than 1/3; so while less than 1/3 is Byzantine no two
final blocks can conflict (safe), and while more than 2/3 is honest and present a block becomes final (live).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qvecsim.consensus.quorum import quorum
from qvecsim.types import Bools

FINAL, REJECTED, UNDECIDED, MISSED = "final", "rejected", "undecided", "missed"


@dataclass(frozen=True)
class Parties:
    """Who of the validators is what; nobody is both."""

    absent: Bools  # (W,) never votes and never makes a block
    byzantine: Bools  # (W,)
    behaviour: str  # of the Byzantine ones

    @property
    def honest(self) -> Bools:
        """(W,) honest and present."""
        return ~(self.absent | self.byzantine)


class Verdict(NamedTuple):
    """What the validators came to in a round."""

    outcome: str
    agree: Bools  # who signed the block; of two, the first
    valid: bool  # the producer made one block and it keeps the rules
    slashed: bool  # a quorum of honest validators can prove that it did not
    rival: bool  # another block at this height is final too
    concerned: Bools  # among whom stakes move: the producer, and who signed, or who refused

    @property
    def final(self) -> bool:
        """Whether a quorum signed the block."""
        return self.outcome == FINAL


def voting(stake_bit: NDArray[Any]) -> NDArray[Any]:
    """Weights from stakes; below 0, where the printed algorithm can lead, nobody has a vote."""
    weight: NDArray[Any] = np.maximum(stake_bit, 0)
    return weight


def safe(weight: NDArray[Any], byzantine: Bools) -> bool:
    """Whether less than 1/3 of the weight is Byzantine, so that no two final blocks can conflict; exact."""
    traitors = sum(weight[byzantine].tolist())
    return not traitors or bool(3 * traitors < sum(weight.tolist()))


def judged(weight: NDArray[Any], parties: Parties, producer: int) -> Verdict:
    """What becomes of the block of ``producer``."""
    if parties.byzantine[producer]:
        return BEHAVIOURS[parties.behaviour](weight, parties, producer)
    if parties.absent[producer]:
        return _missed(weight, parties, producer)
    agree = parties.honest if parties.behaviour == "silent" else ~parties.absent
    outcome = FINAL if quorum(weight, agree) else UNDECIDED
    return Verdict(outcome, agree, True, False, False, agree)


def _missed(weight: NDArray[Any], parties: Parties, producer: int) -> Verdict:
    """Nothing is made, so nobody votes; a message that never came proves nothing."""
    nobody = np.zeros(len(weight), dtype=bool)
    return Verdict(MISSED, nobody, False, False, False, nobody)


def _invalid(weight: NDArray[Any], parties: Parties, producer: int) -> Verdict:
    """A block that breaks the rules: the Byzantine validators sign it, the honest ones refuse."""
    return _accused(weight, parties, producer, parties.byzantine, rival=False)


def _equivocate(weight: NDArray[Any], parties: Parties, producer: int) -> Verdict:
    """Two blocks, each shown to a part of the honest validators; the Byzantine ones sign both."""
    one, other = (half | parties.byzantine for half in halves(weight, parties.honest))
    return _accused(weight, parties, producer, one, rival=quorum(weight, one) and quorum(weight, other))


def _accused(weight: NDArray[Any], parties: Parties, producer: int, agree: Bools, *, rival: bool) -> Verdict:
    """A quorum finalises what it signed; apart from that, one of honest validators punishes what it has seen."""
    slashed, final = quorum(weight, parties.honest), quorum(weight, agree)
    concerned = (parties.honest if slashed else agree).copy()
    concerned[producer] = True
    outcome = FINAL if final else REJECTED if slashed else UNDECIDED
    return Verdict(outcome, agree, False, slashed, rival, concerned)


def halves(weight: NDArray[Any], members: Bools) -> tuple[Bools, Bools]:
    """Members in two parts of like weight: the heaviest first, each to the lighter part; the heavier part first."""
    parts, sums = (np.zeros(len(members), dtype=bool), np.zeros(len(members), dtype=bool)), [0, 0]
    for member in np.argsort(-weight, kind="stable"):
        if members[member]:
            lighter = int(sums[1] < sums[0])
            parts[lighter][member] = True
            sums[lighter] += weight[member].item()
    return (parts[1], parts[0]) if sums[1] > sums[0] else parts


# How a Byzantine validator behaves, by name: what becomes of a block that it makes.
BEHAVIOURS: dict[str, Callable[[NDArray[Any], Parties, int], Verdict]] = {
    "equivocate": _equivocate,
    "invalid": _invalid,
    "silent": _missed,
}
