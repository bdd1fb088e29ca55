"""Taking turns, as validators known by name do (proof of authority): nothing is drawn or paid. Level: one round."""

from __future__ import annotations

from qvecsim.consensus.lottery import Turn
from qvecsim.scenario.parameters import Chain
from qvecsim.types import Ints


def elect(stake_bit: Ints, votes: Ints, head: Turn) -> int:
    """The producer is the next in the order of the validators, round by round, whatever its stake."""
    return (head.round - 1) % len(stake_bit)


def settle(stake_bit: Ints, producer: int, valid: bool, prm: Chain) -> Ints:
    """Stakes stay, whatever the block is."""
    return stake_bit.copy()
