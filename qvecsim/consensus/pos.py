"""Plain proof of stake, to compare Algorithm 1 with. Level: one round.

The producer is drawn by stake alone, whatever is voted (Kiayias et al., Ouroboros, CRYPTO 2017). A block mints a fixed
reward for it (King and Nadal, PPCoin, 2012); for an invalid one its whole stake is burnt (Buterin and Griffith,
Casper FFG, 2017).
"""

from __future__ import annotations

from qvecsim.consensus.lottery import drawn
from qvecsim.scenario.parameters import Chain
from qvecsim.types import Ints

CEILING_BIT = 2**62  # what a stake may grow to by rewards: whole numbers of 64 bits end at twice that


def elect(stake_bit: Ints, votes: Ints, head: bytes) -> int:
    """Draw the producer, with probability in proportion to stake, by the SHA-256 of the last block."""
    return drawn(stake_bit.tolist(), head)


def settle(stake_bit: Ints, producer: int, valid: bool, prm: Chain) -> Ints:
    """Stakes after the block: ``reward`` whole bits more for a valid one, nothing left for an invalid one."""
    after, stake = stake_bit.copy(), int(stake_bit[producer])
    after[producer] = max(stake, min(stake + round(prm.reward), CEILING_BIT)) if valid else 0
    return after
