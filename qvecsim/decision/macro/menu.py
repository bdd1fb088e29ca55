"""The macro actions of (25): a product of few choices, each of them a register of whole qubits.

Sizes are powers of two, so that a register of beta qubits holds every macro action and no more:

===========  ==========================================================================  =================
part         choices                                                                     qubits
===========  ==========================================================================  =================
placing      nothing; 1/3, 2/3, all to the nearest unit; 1/3, 2/3, all by backlog;        3
             the price rule
efficiency   highest, by need, middle, lowest level; of one qubit the first two           1 or 2
producer     largest stake; shortest backlog                                              0 or 1
bandwidth    0.9, 0.8, 0.7, 0.6 of the band for vehicles; of one qubit the first two      0, 1 or 2
block        1, 2, 1/2, 4 times ``chain.block_bit``; of one qubit the first two           0, 1 or 2
===========  ==========================================================================  =================

The first choice of every part but the first is what every rule does that has no opinion. So scheme ``price`` is one
of the macro actions, the one numbered 7 in its part and 0 in all others, and the best of all cannot be worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from qvecsim.decision.quantum import heads
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import BAND_SHARE, Floats

NEAREST, BACKLOG, PRICE = "nearest", "backlog", "price"
# How tasks are placed, and what share of them is.
PLACINGS = (
    (NEAREST, 0.0),
    *((rule, share) for rule in (NEAREST, BACKLOG) for share in (1 / 3, 2 / 3, 1.0)),
    (PRICE, 1.0),
)
EFFICIENCIES = ("highest", "need", "middle", "lowest")
PRODUCERS = ("stake", "backlog")
BANDS = (BAND_SHARE, 0.8, 0.7, 0.6)
BLOCKS = (1.0, 2.0, 0.5, 4.0)  # of 2 KB, as in Table II: 2, 4, 1 and 8 KB
# Qubits of placing, efficiency, producer, bandwidth and block, by beta.
QUBITS = {
    4: (3, 1, 0, 0, 0),
    5: (3, 1, 1, 0, 0),
    6: (3, 2, 1, 0, 0),
    7: (3, 2, 1, 1, 0),
    8: (3, 2, 1, 2, 0),
    9: (3, 2, 1, 2, 1),
    10: (3, 2, 1, 2, 2),
}
STANDING = (0, 2, 1, 2, 0)


class Macro(NamedTuple):
    """One macro action in words."""

    placing: tuple[str, float]
    efficiency: str
    producer: str
    band: float
    block: float


@dataclass(frozen=True)
class Menu:
    """The macro actions of a scenario; ``sizes`` are those of the registers, the last part running fastest."""

    scenario: Scenario

    @cached_property
    def qubits(self) -> tuple[int, ...]:
        """Of each part, those without any included."""
        decision = self.scenario.decision
        *others, block = QUBITS[decision.macro_qubits]
        return (*others, block if decision.blocks == "chosen" else 0)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many choices each register has."""
        return tuple(2**count for count in self.qubits if count)

    def __len__(self) -> int:
        return int(2 ** sum(self.qubits))

    @cached_property
    def _shape(self) -> tuple[int, ...]:
        return tuple(2**count for count in self.qubits)

    def macro(self, index: int) -> Macro:
        """The choices that make up a macro action."""
        placing, level, maker, band, block = map(int, np.unravel_index(index, self._shape))
        return Macro(PLACINGS[placing], EFFICIENCIES[level], PRODUCERS[maker], BANDS[band], BLOCKS[block])

    @cached_property
    def price(self) -> int:
        """The macro action that is scheme ``price``."""
        return int(np.ravel_multi_index((len(PLACINGS) - 1, 0, 0, 0, 0), self._shape))

    @cached_property
    def additive(self) -> Floats:
        """(1 + sum of sizes, actions): a value of the state, and an advantage of each choice, added up."""
        return heads.dueling(self.sizes)

    @cached_property
    def others(self) -> Floats:
        """(1 + sum of sizes,): 1.0 at all choices of every part but the first."""
        return np.concatenate([np.zeros(1), *(1.0 - np.eye(size)[0] for size in self.sizes)])

    @cached_property
    def joint(self) -> Floats:
        """(actions, actions): a value for each macro action by itself."""
        return heads.joint(self.sizes)


class Standing(Menu):
    """What the heads of branch mode choose, where tasks are placed one by one: efficiency, producer, bandwidth."""

    @cached_property
    def qubits(self) -> tuple[int, ...]:
        """Five in all, whatever macro mode has."""
        return STANDING

    @cached_property
    def additive(self) -> Floats:
        """(1 + sum of sizes, actions): the value of the first choices, and what each other is worth beyond it."""
        return heads.referred(self.sizes)
