"""The State and its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy.typing import NDArray

from qvecsim.types.columns import Floats, Ints, Records
from qvecsim.types.models import Links
from qvecsim.types.world import Fleet


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
