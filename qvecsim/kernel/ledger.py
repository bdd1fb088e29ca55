"""Section III-D: what goes into blocks. Pure functions from State to State; a process calls them when it is time."""

from __future__ import annotations

import math
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qvecsim.consensus import merkle
from qvecsim.consensus.lottery import turn
from qvecsim.consensus.quorum import quorum
from qvecsim.consensus.rules import Council
from qvecsim.consensus.settlement import settled
from qvecsim.consensus.verdict import MISSED, Parties, Verdict, judged, safe, voting
from qvecsim.physics.guards import GUARDS
from qvecsim.physics.lending import making
from qvecsim.physics.paper.problem import CONSTRAINTS
from qvecsim.physics.profile import Profile
from qvecsim.physics.signatures import signature_bit
from qvecsim.scenario.parameters import Chain, Scenario
from qvecsim.streams import Streams
from qvecsim.types import TRANSACTION, Bools, Event, Finality, Head, Ints, Records, Scene, State
from qvecsim.units import NEVER_NS, NS_PER_S, ns
from qvecsim.world.demand import quantile


def genesis(streams: Streams) -> Head:
    """The head before the first block: seeded, because the first draw of a producer goes by it."""
    return Head(0, sha256(f"{streams.seed},{streams.replication}".encode()).digest())


def interval_s(scenario: Scenario, streams: Streams, height: int) -> float:
    """The timer that the block of this height waits for."""
    return float(quantile(scenario.chain.interval_s, streams.at("interval", height).random(1))[0])


def records(*kinds: tuple[Ints, Ints | int, Ints, Ints | int, Ints | int, Ints | int]) -> Ints:
    """(R, 6) one row a record: unit, kind, link or task, key bits, work, instant; unit by unit, else as given."""
    rows = np.empty((sum(len(kind[0]) for kind in kinds), 6), dtype="<i8")
    at = 0
    for kind in kinds:
        part = rows[at : (at := at + len(kind[0]))]
        for column, values in enumerate(kind):
            part[:, column] = values
    return rows[np.argsort(rows[:, 0], kind="stable")]


def transactions(time_ns: int, records: Ints, rsus: int) -> Records:
    """One transaction for each unit that has ``records``, with their Merkle root."""
    rsu = records[:, 0]
    leaves = _leaves(records)
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
    state: State, event: Event, scene: Scene, profile: Profile, council: Council, streams: Streams, prm: Scenario
) -> tuple[State, dict[str, Any], float]:
    """One round: elect, pack the oldest transactions that fit, let the validators judge, settle, link.

    Returns the State after it, the round as a table row with its instant and its counts, and how long making its block
    takes its producer. Without a quorum there is no block: its transactions go on waiting, in their order.
    """
    producer = int(council.rules.elect(state.stake_bit, votes(state), turn(state.head, event.subject)))
    weight = voting(state.stake_bit)
    verdict = judged(weight, council.parties, producer)
    packed = _packed(state, verdict, prm.chain)
    finality = _cost(state, producer, len(packed), verdict, profile, making(prm, scene, producer))
    stake = settled(council.rules, state.stake_bit, producer, verdict, prm.chain)
    linked = _linked(state, event, producer, packed, stake, verdict)
    row = {
        "round": event.subject,
        "time_s": event.time_ns / NS_PER_S,
        "producer": scene.rsu[producer],
        **linked,
        "transactions": len(packed),
        "records": int(packed["records"].sum()),
        "limit_bit": state.block_bit,
        **_sizes(len(packed), verdict, prm.chain),
        "generation_s": finality.generation_s,
        "propagation_s": finality.propagation_s,
        "verification_s": finality.verification_s,
        "finality_s": finality.finality_s if verdict.final else math.nan,
        **_standing(weight, council.parties, verdict),
        **_moved(state.stake_bit, stake, producer, verdict),
    }
    next_s = interval_s(prm, streams, event.subject + 1)
    made_ns = event.time_ns + ns(finality.generation_s)
    following = replace(state, stake_bit=stake, interval_s=next_s, maker=producer, made_ns=made_ns)
    if verdict.final:
        head = Head(linked["height"], bytes.fromhex(linked["hash"]))
        following = replace(following, pending=state.pending[len(packed) :], head=head)
    counts = {"time_ns": event.time_ns, "guards": finality.guards, "violations": finality.violations}
    return following, row | counts, finality.generation_s


def _packed(state: State, verdict: Verdict, c: Chain) -> Records:
    """The transactions of the next block."""
    return state.pending[: 0 if verdict.outcome == MISSED else room(state, c)]


def room(state: State, c: Chain) -> int:
    """How many transactions the next block holds."""
    return max(state.block_bit - c.header_bit, 0) // c.transaction_bit


def _sizes(transactions: int, verdict: Verdict, c: Chain) -> dict[str, int]:
    """What a block weighs, and the signatures beside it; nothing where nothing was made."""
    if verdict.outcome == MISSED:
        return {"size_bit": 0, "signature_bit": 0}
    signed = signature_bit(c, transactions, int(verdict.agree.sum()))
    return {"size_bit": c.header_bit + transactions * c.transaction_bit, "signature_bit": signed}


def _cost(
    state: State, producer: int, transactions: int, verdict: Verdict, profile: Profile, prm: Scenario
) -> Finality:
    """What the round takes: a block that is refused has been made, sent and checked; one that never came has not."""
    if verdict.outcome == MISSED:
        none, unbroken = (np.zeros(len(names), dtype=np.int64) for names in (GUARDS, CONSTRAINTS))
        return Finality(0.0, 0.0, 0.0, 0.0, none, unbroken)
    return profile.chain(state, producer, transactions, state.interval_s, prm)


def _linked(
    state: State, event: Event, producer: int, packed: Records, stake: NDArray[Any], verdict: Verdict
) -> dict[str, Any]:
    """Where the block is in the chain; a rival differs from it in its transactions."""
    height, root = state.head.height + 1, merkle.root(_leaves(packed))
    ledger = stake_bytes(stake)

    def hashed(root: bytes) -> str:
        return sha256(header(height, state.head.hash, event.time_ns, producer, root, ledger)).hexdigest()

    return {
        "height": height,
        "hash": "" if verdict.outcome == MISSED else hashed(root),
        "parent": state.head.hash.hex(),
        "rival": hashed(merkle.leaf(root)) if verdict.rival else None,
        "root": root.hex(),
    }


def _standing(weight: NDArray[Any], parties: Parties, verdict: Verdict) -> dict[str, Any]:
    """What was decided, who agreed, and whether the conditions of safety and liveness hold."""
    return {
        "outcome": verdict.outcome,
        "final": verdict.final,
        "valid": verdict.valid,
        "safe": safe(weight, parties.byzantine),
        "live": quorum(weight, parties.honest),
        "weight": _part(weight, verdict.agree),
        "honest_weight": _part(weight, parties.honest),
        "byzantine_weight": _part(weight, parties.byzantine),
        "weight_bit": [float(value) for value in weight],
        "signers": np.flatnonzero(verdict.agree),
    }


def _part(weight: NDArray[Any], members: Bools) -> float:
    """Their share of all weight; of nothing, nothing."""
    whole = sum(weight.tolist())
    return float(sum(weight[members].tolist()) / whole) if whole else 0.0


def _moved(before: NDArray[Any], after: NDArray[Any], producer: int, verdict: Verdict) -> dict[str, Any]:
    """What the settlement did to the stakes: to the sum of all, and to a producer that is punished."""
    change = float(sum(after.tolist()) - sum(before.tolist()))
    return {
        "minted_bit": max(change, 0.0),
        "burned_bit": max(-change, 0.0),
        "slashed_bit": float(before[producer] - after[producer]) if verdict.slashed else 0.0,
        "stake_bit": [float(value) for value in after],
        "stake_type": after.dtype.name,
        "stake_hex": stake_bytes(after).hex(),
    }


def stake_bytes(stake: NDArray[Any]) -> bytes:
    """The stakes as a header covers them: eight bytes each, little-endian."""
    return stake.astype(stake.dtype.newbyteorder("<")).tobytes()


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


def full_ns(state: State, c: Chain) -> int:
    """When a block is due because it is full by now, with ``chain.trigger: full``: never while one is being made."""
    full = c.trigger == "full" and 0 < room(state, c) <= len(state.pending)
    return max(state.time_ns, state.made_ns) if full else NEVER_NS
