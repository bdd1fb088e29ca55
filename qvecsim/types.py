"""The nouns that every room shares: frozen records of arrays.

Axes: V vehicles present, N vehicles of the whole trace, T tasks under way, M roadside units (each with one edge
server, one validator and one feeding QKD link), Q QKD nodes, L QKD links, P pairs priced by the key model (L first).
Instants and durations ``_ns`` are integers on the simulation clock, which starts at 0 with the first slot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Records = NDArray[np.void]

# The life of a task. A task is decided at a boundary; one that may not start then stays UNDECIDED and is asked again.
UNDECIDED, LOCAL, UPLINK, SERVER, RETURN, LOST = range(6)
OUTCOMES = ("in_flight", "done", "late", "dropped")
IN_FLIGHT, DONE, LATE, DROPPED = range(4)
REASONS = ("", "left", "no_key", "no_signal", "no_store", "server_down", "rsu_down")  # why a task was dropped
NO_REASON, LEFT, NO_KEY, NO_SIGNAL, NO_STORE, SERVER_DOWN, RSU_DOWN = range(7)

# What a record of the ledger tells (III-A, III-D), and its subject: a link, or a task.
RECORDS = (
    "keys_generated",  # a link's, in a slot, for a unit that it feeds
    "keys_stored",  # what its pool holds at the end of the slot
    "keys_updated",  # a task opened a new session key, where keys outlive a task (``keys.rekey``)
    "keys_consumed",  # a key was withdrawn for one task
    "offload",  # a task has reached the server
    "computation",  # the server has done its work
    "result",  # the result is where it is wanted; its key bits are the stake that the unit earns
)
GENERATED, STORED, UPDATED, CONSUMED, OFFLOADED, COMPUTED, RETURNED = range(7)

# One row a task; rows are in the order of their ids, which is the order of their births.
TASK = np.dtype(
    [
        ("task", np.int64),
        ("vehicle", np.int64),  # index into the trace's ids
        ("kind", np.int64),  # index into the scenario's task classes
        ("phase", np.int64),
        ("rsu", np.int64),  # the server that has it; -1 while local or undecided
        ("born_ns", np.int64),
        ("due_ns", np.int64),
        ("decided_ns", np.int64),  # when it began to be computed or sent; -1 before
        ("key_wait_ns", np.int64),  # how long it waited because its pool had no whole key
        ("input_bit", np.int64),
        ("result_bit", np.int64),
        ("cycles", np.int64),
        ("key_bit", np.int64),  # its key, and what the ends of the key withdrew for it
        ("pool_bit", np.int64),  # what all pools on the key's way paid together
        ("rerouted", np.int64),  # the key came another way than the shortest, which a fault had broken
        ("tx_power_w", np.float64),  # of its upload; 0 before
        ("rate_bps", np.float64),
        ("left_bit", np.float64),  # not sent when its rate was set, where rates are set anew in each slot
        ("sinr", np.float64),
        ("arrival_ns", np.int64),  # the last bit reaches the server
        ("service_start_ns", np.int64),
        ("service_end_ns", np.int64),
        ("end_ns", np.int64),  # the result is where it is wanted
        ("predicted_s", np.float64),  # what (16)-(17) and the backlog promised when it was decided
        ("energy_j", np.float64),
        ("exposed", np.int64),  # sent without a key
        ("handover", np.int64),  # its vehicle had another nearest RSU when the result was ready
        ("back_rsu", np.int64),  # which sends the result, and may be another than that of the server; read in RETURN
        ("outcome", np.int64),
        ("reason", np.int64),
    ]
)

# One row a job that shares a server with others (``edge.queue: ps``), each server's by whose turn is next.
JOB = np.dtype([("rsu", np.int64), ("task", np.int64), ("left_ns", np.int64)])
# The same with the work that it came with, whose root is its weight (``edge.queue: sqrt``), each server's as they came.
ROOTED_JOB = np.dtype([*((name, np.int64) for name in ("rsu", "task", "left_ns", "work_ns"))])

BAND_SHARE = 0.9  # of a unit's band for vehicles, where a policy has no opinion; consensus has the rest

# One row a transaction that waits for a block: the records of one RSU in one slot.
TRANSACTION = np.dtype([("time_ns", "<i8"), ("rsu", "<i8"), ("records", "<i8"), ("root", "V32")])


@dataclass(frozen=True)
class Fleet:
    """The vehicles on the road at one instant, sorted by ``vehicle``."""

    vehicle: Ints  # (V,) index into the trace's ids
    x_m: Floats
    y_m: Floats
    speed_m_s: Floats

    def __len__(self) -> int:
        return len(self.vehicle)


@dataclass(frozen=True)
class Scene:
    """What stands still during a run, as arrays: sites, fibres, and what each vehicle is."""

    rsu: tuple[str, ...]
    rsu_x_m: Floats  # (M,)
    rsu_y_m: Floats
    edge_hz: Floats  # (M,) clock of the server
    node: tuple[str, ...]
    node_x_m: Floats  # (Q,)
    node_y_m: Floats
    link: tuple[str, ...]
    link_km: Floats  # (L,) fibre length
    link_db: Floats  # (L,) loss beyond attenuation times length: insertion loss, or what a given whole loss leaves over
    link_node: Ints  # (L,) the QKD node whose detector counts, which is one end
    link_target: Ints  # (L,) the other end: a node, or Q + m for roadside unit m
    rsu_link: Ints  # (M,) the link that feeds the RSU with keys: of those that end there, the one with least loss
    home: Ints  # (H,) QKD nodes that share the keys in vehicles' stores; empty: vehicles have no stores
    dock: tuple[str, ...]  # where stores are loaded
    dock_x_m: Floats  # (K,)
    dock_y_m: Floats
    dock_home: Ints  # (K,) index into ``home``
    kind: Ints  # (N,) task class of each vehicle
    tx_power_w: Floats  # (N,)
    local_hz: Floats  # (N,)


@dataclass(frozen=True)
class Outages:
    """What does not work in one slot, and which fault is to blame; faults are numbered from 0, -1 is none."""

    faults: Ints  # numbers of the faults under way
    link_up: Bools  # (L,) the fibre is whole and both its ends work
    unit_up: Bools  # (M,) the roadside unit works
    server_up: Bools  # (M,) its edge server does, which is also its validator
    byzantine: Bools  # (M,) the validator works against the chain
    intercepted: Floats  # (L,) share of the signals that an eavesdropper measures and sends on
    node_up: Bools  # (Q,) the QKD node works
    link_fault: Ints  # (L,) why a link is down
    tap_fault: Ints  # (L,) why it is tapped
    unit_fault: Ints  # (M,) why a unit is down
    server_fault: Ints  # (M,) why its server is


@dataclass(frozen=True)
class Draws:
    """What chance decides in one slot, the same for every scheme."""

    distance_m: Floats  # (V, M) that the channel was drawn for
    nearest: Ints  # (V,) closest unit
    gain: Floats  # (V, M) channel power gain, within its limits
    clipped: int  # gains that had to be brought within them
    too_strong: int  # those of them that were above, C4
    drift: Floats  # (2, Q) standard normal, for temperatures and noise phases
    table: Mapping[str, Floats]  # uniform numbers, one a pair, for what the scenario takes from a set of Table II
    outages: Outages
    measured_bps: Floats | None = None  # (L,) key rates that a file tells, NaN where it does not; None: there is none


@dataclass(frozen=True)
class Sessions:
    """The session key of each vehicle, where keys outlive a task (``keys.rekey``): with one unit at a time."""

    rsu: Ints  # (V,) the unit that shares it; -1: there is none
    keyed_ns: Ints  # (V,) since when
    left_bit: Ints  # (V,) what it may still encrypt, read with ``keys.rekey: bytes``


@dataclass(frozen=True)
class Epoch:
    """The topology that ways for keys are chosen by, until a link or buffer changes its state or a pool runs out.

    It holds the levels of its beginning, so that its paths can be found again from a checkpoint.
    """

    number: int
    up: tuple[bool, ...]
    state: tuple[int, ...]  # (L,) of each buffer, index into ``keys.pools.STATES``
    residual_bit: tuple[int, ...]


@dataclass(frozen=True)
class Event:
    """One row of the agenda: what a process waits for."""

    time_ns: int
    kind: str
    subject: int


class Loan(NamedTuple):
    """When a server lends a share of its clock to its block (``chain.clock_share``)."""

    unit: int
    begin_ns: int
    end_ns: int


@dataclass(frozen=True)
class Head:
    """The end of the chain."""

    height: int
    hash: bytes


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
class Links:
    """What the key model says of one slot; entries 0 ... L-1 of the pair axis are the fibre links."""

    key_rate_bps: Floats  # (P,) >= 0
    qber: Floats  # (P,)
    entropy: Floats  # (P,)
    security_margin: Floats  # (P,)
    transmittance: Floats  # (P,)
    efficiency: Floats  # (Q,)
    priced_bps: Floats  # key rates that the objective (22) sums over
    guards: Ints  # (len(GUARDS),)
    violations: Ints  # (len(CONSTRAINTS),)


@dataclass(frozen=True)
class Uploads:
    """Who wants to send and who is sending: what eqs. (13)-(17) are asked about. D rows, one a deciding vehicle."""

    row: Ints  # (D,) row of the fleet
    offload: Bools  # (D,) asks for the uplink, or begins to send
    rsu: Ints  # (D,) where to
    sender: Ints  # (S,) rows of the fleet with an upload under way
    sender_rsu: Ints  # (S,) where to
    sender_w: Floats  # (S,) their power
    input_bit: Ints  # (D,)
    result_bit: Ints  # (D,)
    cycles: Ints  # (D,)
    tx_power_w: Floats  # (V,) the most each can
    local_hz: Floats  # (V,)


@dataclass(frozen=True)
class Rates:
    """What the radio and computing model says; D rows as in ``Uploads``. Delays are those of (15) and (16)."""

    sinr: Floats  # (D,) at the chosen unit
    rate_bps: Floats  # (D,)
    local_s: Floats  # (D,)
    offload_s: Floats  # (D, M) to every unit
    back_s: Floats  # (D, M) of it: the result's way back
    guards: Ints
    violations: Ints


@dataclass(frozen=True)
class Latencies:
    """What (17) and (22) are asked about: D rows, one a task that starts in this slot, and those that wait on."""

    indicator: Ints  # (D, M) 1 where the task is offloaded to the unit
    local_s: Floats  # (D,) age, wait for the vehicle's processor, and (15)
    offload_s: Floats  # (D, M) age, wait for the server, and (16)
    deadline_s: Floats  # (D,)
    charged_s: Floats  # (D,) of it: age, which earlier slots have charged as waiting
    waiting_s: float  # what tasks that stay undecided add in this slot


@dataclass(frozen=True)
class Finality:
    """What a block costs, eqs. (18)-(21)."""

    generation_s: float
    propagation_s: float
    verification_s: float
    finality_s: float
    guards: Ints
    violations: Ints


@dataclass(frozen=True)
class Terms:
    """Eq. (22) and its parts; ``objective`` is a cost, the reward is its negative."""

    key: float
    latency: float
    block: float
    latency_s: Floats  # (D,) (17) of each task that starts
    guards: Ints
    violations: Ints


@dataclass(frozen=True)
class State:
    """The whole truth at a slot boundary, as plain values: a State is a checkpoint."""

    slot: int
    time_ns: int
    fleet: Fleet
    tasks: Records  # (T,) of TASK
    tasks_born: int  # ids given out so far
    vehicle_free_ns: Ints  # (V,) when the vehicle's processor is idle
    uplink_free_ns: Ints  # (V,) when the vehicle's transmitter is idle
    server_free_ns: Ints  # (M,), with ``edge.queue: servers`` (M, k), sorted
    jobs: Records  # of JOB, or of ROOTED_JOB; none but with ``edge.queue: ps`` or ``sqrt``
    key_bit: Ints  # (L,) whole bits in the pool
    key_fraction: Floats  # (L,) what is owed below one bit
    key_epoch: Epoch  # the states of the buffers, and the ways that keys go
    key_history: tuple[Ints, ...]  # what the pools took in, as in ``keys.ages``; empty where keys never expire
    sessions: Sessions  # of the vehicles
    store_bit: Ints  # (N, H) key bits that each vehicle carries, by the node that shares them
    temperature_k: Floats  # (Q,) of each detector
    drift: Floats  # (2, Q) slow random part, of variance 1: of temperatures and of noise phases
    heat_k: Floats  # (Q,) part that the detector's own efficiency causes
    busy: bool  # regime of the load
    stake_bit: NDArray[Any]  # (W,) integers; fractions only in the literal algorithm
    pending: Records  # of TRANSACTION, oldest first
    head: Head
    interval_s: float  # between the last block and the next
    maker: int  # the producer of the last block, -1: there is none
    made_ns: int  # when it has made it
    producer: int  # standing part of the last action
    bandwidth: Floats  # (M,)
    block_bit: int
    efficiency: Floats  # (Q,)
    links: Links  # of the last slot, which is what a policy can have seen
    agenda: tuple[Event, ...]
    fingerprint: bytes  # running SHA-256 over every event so far


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
