"""Section III-D: what goes into blocks. Pure functions from State to State; a process calls them when it is time."""

from __future__ import annotations

import importlib
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qvecsim.consensus import merkle
from qvecsim.consensus.own import KEY, Own
from qvecsim.consensus.quorum import quorum
from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.physics.profile import Profile
from qvecsim.plugin import load
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import TRANSACTION, Head, Ints, Records, Scene, State
from qvecsim.units import NS_PER_S, ns
from qvecsim.world.demand import quantile

CONSENSUS = ("poqks", "poqks_printed")
KEYS_MADE, OFFLOAD_ENDED = range(2)  # kinds of records


def rules(scenario: Scenario) -> Any:
    """The module that elects producers and settles stake."""
    name = scenario.chain.consensus
    if ":" in name:
        return Own(name, load(name, KEY, scenario.folder))
    if name not in CONSENSUS:
        raise ScenarioError(f"'{KEY}' must be known or module:name (got '{name}'). {did_you_mean(name, CONSENSUS)}")
    return importlib.import_module(f"qvecsim.consensus.{name}")


def genesis(streams: Streams) -> Head:
    """The head before the first block: seeded, because the first draw of a producer goes by it."""
    return Head(0, sha256(f"{streams.seed},{streams.replication}".encode()).digest())


def interval_s(scenario: Scenario, streams: Streams, height: int) -> float:
    """The timer that the block of this height waits for."""
    return float(quantile(scenario.chain.interval_s, streams.at("interval", height).random(1))[0])


def records(rsu: Ints, kind: int, subject: Ints, key_bit: Ints, cycles: Ints | int, time_ns: Ints | int) -> Ints:
    """(R, 6) one row a record: unit, kind, link or task, key bits made or withdrawn, work, instant."""
    rows = np.empty((len(rsu), 6), dtype=np.int64)
    for column, values in enumerate((rsu, kind, subject, key_bit, cycles, time_ns)):
        rows[:, column] = values
    return rows


def transactions(time_ns: int, records: Ints, rsus: int) -> Records:
    """One transaction for each unit that has records, with their Merkle root."""
    rsu = records[:, 0]
    order = np.argsort(rsu, kind="stable")
    leaves = _leaves(records[order].astype("<i8"))
    counts = np.bincount(rsu, minlength=rsus)
    ends = np.cumsum(counts)
    some = counts.nonzero()[0]
    rows = np.zeros(len(some), TRANSACTION)
    rows["time_ns"], rows["rsu"], rows["records"] = time_ns, some, counts[some]
    spans = zip((ends - counts)[some].tolist(), ends[some].tolist(), strict=True)
    rows["root"] = np.frombuffer(b"".join([merkle.root(leaves[begin:end]) for begin, end in spans]), "V32")
    return rows


def _leaves(rows: NDArray[Any]) -> list[bytes]:
    """The leaf hashes of the rows of an array."""
    width = rows.nbytes // max(len(rows), 1)
    return merkle.leaves(rows.tobytes(), width)


def produce(
    state: State, time_ns: int, scene: Scene, profile: Profile, consensus: Any, streams: Streams, prm: Scenario
) -> tuple[State, dict[str, Any], float]:
    """Make the next block: elect, pack the oldest transactions that fit, link, settle.

    Returns the State after it, the block as a table row with its instant and its counts, and how long making it took.
    """
    c = prm.chain
    producer = int(consensus.elect(state.stake_bit, votes(state), state.head.hash))
    fits = max(state.block_bit - c.header_bit, 0) // c.transaction_bit
    packed, waiting = state.pending[:fits], state.pending[fits:]
    finality = profile.chain(state, producer, len(packed), state.interval_s, prm)
    root = merkle.root(_leaves(packed))
    stake = consensus.settle(state.stake_bit, producer, True, c)
    height = state.head.height + 1
    ledger = stake.astype(stake.dtype.newbyteorder("<")).tobytes()
    block_hash = sha256(header(height, state.head.hash, time_ns, producer, root, ledger)).digest()
    honest = np.ones(len(state.stake_bit), dtype=bool)  # every validator is present and agrees
    row = {
        "height": height,
        "time_s": time_ns / NS_PER_S,
        "producer": scene.rsu[producer],
        "hash": block_hash.hex(),
        "parent": state.head.hash.hex(),
        "root": root.hex(),
        "transactions": len(packed),
        "records": int(packed["records"].sum()),
        "size_bit": c.header_bit + len(packed) * c.transaction_bit,
        "generation_s": finality.generation_s,
        "propagation_s": finality.propagation_s,
        "verification_s": finality.verification_s,
        "finality_s": finality.finality_s,
        "final": quorum(state.stake_bit, honest),
        "valid": True,
        "weight": 1.0,
        "stake_bit": [float(value) for value in stake],
    }
    following = replace(
        state,
        stake_bit=stake,
        pending=waiting,
        head=Head(height, block_hash),
        interval_s=interval_s(prm, streams, height + 1),
    )
    counts = {"time_ns": time_ns, "guards": finality.guards, "violations": finality.violations}
    return following, row | counts, finality.generation_s


def votes(state: State) -> Ints:
    """v_i of Algorithm 1: all honest nodes vote for the action's producer; without one, each for itself."""
    validators = len(state.stake_bit)
    if state.producer < 0:
        return np.ones(validators, dtype=np.int64)
    ballots = np.zeros(validators, dtype=np.int64)
    ballots[state.producer] = validators
    return ballots


def header(height: int, parent: bytes, time_ns: int, producer: int, root: bytes, stake: bytes) -> bytes:
    """The bytes that a block's hash covers; fixed widths, so that no two headers read alike."""
    numbers = b"".join(number.to_bytes(8, "big") for number in (height, time_ns, producer))
    return numbers + parent + root + sha256(stake).digest()


def next_due_ns(state: State, time_ns: int, generation_s: float) -> int:
    """When the following block is due: its timer, but not before the producer has made the last one."""
    return time_ns + ns(max(state.interval_s, generation_s))
