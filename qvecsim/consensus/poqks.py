"""Algorithm 1, mended: a draw by weighted votes, and whole bits that only change hands. Level: one round.

Differs from Algorithm 1: the producer is drawn, not always the richest; what validators gain somebody pays.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from qvecsim.consensus.lottery import drawn
from qvecsim.consensus.remainder import share
from qvecsim.scenario.parameters import Chain
from qvecsim.types import Ints


def elect(stake_bit: Ints, votes: Ints, head: bytes) -> int:
    """Draw the producer, with probability in proportion to stake times votes by the SHA-256 of the last block."""
    return drawn([stake * count for stake, count in zip(stake_bit.tolist(), votes.tolist(), strict=True)], head)


def settle(stake_bit: Ints, producer: int, valid: bool, prm: Chain) -> Ints:
    """Stakes after the block: the producer pays the others by their weights, and the sum stays.

    For a valid block it pays them its fee, of which they may take the vote reward at most; for an invalid one it
    loses what a valid one would be rewarded with. Both are times its weight, rounded, and never more than it has.
    """
    factor = min(prm.fee, prm.vote_reward) if valid else prm.reward
    stake = stake_bit.tolist()
    if len(stake) == 1 or not stake[producer]:
        return stake_bit.copy()
    amount = min(stake[producer], round(Fraction(factor) * stake[producer] / sum(stake)))
    others = stake[:producer] + stake[producer + 1 :]
    gains = share(amount, others)
    gains.insert(producer, -amount)
    return stake_bit + np.array(gains, dtype=np.int64)
