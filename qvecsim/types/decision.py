"""What a policy sees, sets and is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from qvecsim.types.columns import Bools, Floats, Ints, Records
from qvecsim.types.models import Terms

BAND_SHARE = 0.9  # of a unit's band for vehicles, where a policy has no opinion; consensus has the rest


@dataclass(frozen=True)
class Action:
    """Eq. (25): what the decision process sets for one slot, and the block size that RAFBZ needs."""

    efficiency: Floats  # (Q,) intrinsic detector efficiency, in [0, 1]
    offload: Bools  # (V,) send the first undecided task; False computes it in the vehicle
    rsu: Ints  # (V,) where to, read where ``offload`` is True
    producer: int  # validator that honest nodes vote for; -1: each for itself, so that Algorithm 1 goes by stake
    bandwidth: Floats  # (M,) share of the RSU's band given to vehicles, in [1e-6, 1 - 1e-6]; consensus has the rest
    block_bit: int  # size limit of the next block


@dataclass(frozen=True)
class Observation:
    """Eq. (24): what a policy sees at a slot boundary, and what a scheduler can know beside it; SI units.

    Arrays are read-only. Rows are the vehicles present, sorted by trace index; ``vehicle`` names them.
    """

    slot: int
    time_s: float
    slot_s: float
    vehicle: Ints  # (V,)
    x_m: Floats
    y_m: Floats
    speed_m_s: Floats
    kind: Ints  # (V,) task class
    local_hz: Floats
    tx_power_w: Floats
    deciding: Bools  # (V,) has an undecided task; the other rows of an action are not read
    waiting: Ints  # (V,) undecided tasks, the first included
    task: Ints  # (V,) id of the first undecided task, -1: none; the columns below are 0 there
    input_bit: Ints
    result_bit: Ints
    cycles: Ints
    age_s: Floats  # since the task was born
    left_s: Floats  # until its deadline, negative when it has passed
    local_backlog_s: Floats  # (V,) until the vehicle's processor is idle
    uplink_backlog_s: Floats  # (V,) until its transmitter is idle; only then can an upload start
    distance_m: Floats  # (V, M)
    gain: Floats  # (V, M) channel power gain of this slot
    nearest: Ints  # (V,) closest unit
    reachable: Bools  # (V, M) within range of a unit that works
    noise_w: float  # at a receiver
    heard_w: Floats  # (M,) power of the uploads under way, at each unit
    edge_hz: Floats  # (M,)
    backlog_s: Floats  # (M,) until the server, or the first of its processors, is idle
    arriving: Ints  # (M,) uploads under way
    arriving_cycles: Floats  # (M,) their work
    key_bit: Ints  # (M,) what the pools on the best way to the RSU can all pay, above their reserves
    key_rate_bps: Floats  # (M,) of the slowest link on that way, in the last slot
    key_need_bit: Ints  # (V,) what offloading the first undecided task withdraws; nothing at ``session_rsu``
    store_bit: Ints  # (V,) key bits that the vehicle carries for its next key; 2^62 where vehicles have no stores
    session_rsu: Ints  # (V,) the unit with which the vehicle's session key still lasts for that task, -1: none
    entropy: Floats  # (P,) eq. (10), of the last slot
    security_margin: Floats  # (P,) eq. (11)
    temperature_k: Floats  # (Q,)
    stake: Floats  # (M,) share
    pending: int  # transactions that wait for a block
    efficiencies: tuple[float, ...]  # levels a detector may be set to
    block_bit: int  # the scenario's block size

    def __len__(self) -> int:
        return len(self.vehicle)

    def action(self, offload: Bools | None = None, rsu: Ints | None = None) -> Action:
        """An action to start from: offload as told (default: nothing), everything else as the scenario has it."""
        return Action(
            efficiency=np.full(len(self.temperature_k), max(self.efficiencies)),
            offload=np.zeros(len(self), dtype=bool) if offload is None else offload,
            rsu=np.zeros(len(self), dtype=np.int64) if rsu is None else rsu,
            producer=-1,
            bandwidth=np.full(len(self.edge_hz), BAND_SHARE),
            block_bit=self.block_bit,
        )


@dataclass(frozen=True)
class Outcome:
    """What one slot did: the tasks that ended, and one record or table of columns for each results table."""

    terms: Terms
    reward: float
    ended: Records  # of TASK
    slot: Mapping[str, Any]  # one row of table ``slots``
    servers: Mapping[str, Any]  # columns, one row an RSU
    links: Mapping[str, Any]  # columns, one row a link
    faults: Mapping[str, Any]  # columns, one row a fault under way
    docks: Mapping[str, Any]  # columns, one row a dock
    blocks: Sequence[Mapping[str, Any]]  # rows
    transactions: Records  # of TRANSACTION, those that the slot added to the pending ones
    records: Ints  # (R, 6) what they hold, in their order: unit, kind, subject, key bits, cycles, instant
    guards: Ints  # hits in this slot, by guard
    violations: Ints  # by constraint of (23)


@dataclass(frozen=True)
class Step:
    """What a learner is told after a slot."""

    observation: Observation
    action: Action
    reward: float
    outcome: Outcome
    next_observation: Observation | None  # None: the run is over

    @cached_property
    def next_row(self) -> Ints:
        """(V,) the row of each vehicle in ``next_observation``; -1 where it has left, or the run is over."""
        if self.next_observation is None:
            return np.full(len(self.observation), -1, dtype=np.int64)
        before, after = self.observation.vehicle, self.next_observation.vehicle
        row = np.searchsorted(after, before)
        here = np.append(after, -1)[row] == before
        return np.where(here, row, -1)
