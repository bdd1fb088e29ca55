"""Section III-D by the field's models: a vote in two phases, ended by the fastest two thirds. Level: times, seam.

Instead of (18)-(21): propose, vote, vote again, as in Castro, Liskov (1999) with weights (Buchman, Kwon, Milosevic
2018); every message is signed, and a phase ends when more than two thirds of the weight have been heard.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qvecsim.physics.amended import problem
from qvecsim.physics.paper.chain import generation_s
from qvecsim.physics.signatures import COSTS, transaction_s, vote_bit
from qvecsim.physics.tally import Tally
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Finality, Floats, State
from qvecsim.units import BIT_PER_BYTE


def block_interval_s(timer_s: float, waiting: float, arrival_hz: float, fits: int, made_s: float) -> float:
    """Time to the next block, s: the timer, or sooner when ``fits`` transactions are there; never before it is made."""
    missing = max(fits - waiting, 0.0)
    full_s = missing / arrival_hz if arrival_hz > 0 else (math.inf if missing else 0.0)
    return max(min(timer_s, full_s), made_s)


def way_s(bit: float, hop_s: float, band_bps: Floats) -> Floats:
    """(W,) from one node to another, s: the hop, and the message on the sender's band; never on a band of 0."""
    with np.errstate(divide="ignore"):
        return hop_s + np.divide(bit, band_bps)


def quorum_s(delay_s: Floats, weight: NDArray[Any]) -> tuple[float, int]:
    """When votes with more than two thirds of the weight are there, s, and how many these are.

    The order statistic of the delays by weight; never, and all, where it takes one that never comes.
    """
    order = np.argsort(delay_s, kind="stable")
    # Python's whole numbers, so that exactly two thirds are told from more, however large a stake is.
    shares = weight[order].tolist()
    total = sum(shares)
    votes = sum(3 * heard <= 2 * total for heard in accumulate(shares)) + 1
    last = min(votes, len(order)) - 1
    return float(delay_s[order[last]]), last + 1


def verification_s(transactions: float, transaction_s: float, signatures: float, verify_s: float) -> float:
    """Checking a block and the signatures that come with it, s."""
    return transactions * transaction_s + signatures * verify_s


def chain(state: State, producer: int, transactions: int, interval_s: float, prm: Scenario) -> Finality:
    """What the next block costs when ``producer`` makes it of ``transactions``; two rounds of votes end it."""
    tally, c, hop_s = Tally(), prm.chain, prm.edge.wired_s
    cost = COSTS[c.signature]
    stake = np.maximum(state.stake_bit, 0)  # Algorithm 1 as printed may leave less than nothing
    weight = stake if stake.any() else np.ones(len(stake))
    peers = len(weight) - 1
    consensus_hz = (1.0 - state.bandwidth) * prm.radio.bandwidth_hz
    band_bps = consensus_hz / max(peers, 1)  # one bit a second and hertz, as (19) has it
    size_bit = c.header_bit + transactions * c.transaction_bit
    made_s = generation_s(c.cycles_per_bit, size_bit, c.clock_hz) + cost.sign_s
    if prm.sources.generation == "table":
        made_s = max(interval_s, made_s)
    proposed_s = (
        float(way_s(size_bit + cost.signature_byte * BIT_PER_BYTE, hop_s, band_bps)[producer]) if peers else 0.0
    )
    delay_s = way_s(vote_bit(c), hop_s, band_bps)
    delay_s[producer] = 0.0  # hears itself
    phase_s, votes = quorum_s(delay_s, weight)
    propagation_s = proposed_s + 2.0 * (cost.sign_s + phase_s)
    checked_s = verification_s(transactions, transaction_s(c), 1 + 2 * votes, cost.verify_s)
    total_s = made_s + propagation_s + checked_s
    tally.broken("C6", problem.c6(total_s, c.deadline_s))
    tally.broken("C8", problem.c8(band_bps * peers, consensus_hz))
    tally.broken("C15b", problem.c15b(state.stake_bit, transactions))
    return Finality(made_s, propagation_s, checked_s, total_s, tally.guards, tally.violations)
