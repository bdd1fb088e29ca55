"""Algorithm 1 as printed: fractional stakes, the heaviest vote always wins. Level: one round, lines 5-25."""

from __future__ import annotations

import numpy as np

from qvecsim.scenario.parameters import Chain
from qvecsim.types import Floats, Ints


def weight(stake_bit: Floats) -> Floats:
    """Line 6: share of each validator in all keys; NaN or infinite where they sum to 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(stake_bit, np.sum(stake_bit))


def elect(stake_bit: Floats, votes: Ints, head: bytes) -> int:
    """Lines 5-11: the producer is the validator with the largest weighted vote, the lowest index among equals."""
    return int(np.argmax(weight(stake_bit) * votes))


def settle(stake_bit: Floats, producer: int, valid: bool, prm: Chain) -> Floats:
    """Lines 12-25: stakes after the block; whether it is valid does not depend on the validator that is asked."""
    stake = np.array(stake_bit, dtype=np.float64)
    share = weight(stake)[producer]
    reward = prm.reward * share
    for validator in np.argsort(-stake, kind="stable"):
        if valid:
            stake[producer] = stake[producer] - reward - prm.fee * share
            stake[validator] += prm.vote_reward * share
            break  # line 18: nobody but the richest is ever paid
        stake[validator] += prm.slash_share * share
    stake[producer] += reward
    return stake
