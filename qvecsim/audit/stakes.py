"""Algorithm 1 recomputed: who signed, whether it was enough, and what it did to the stakes. Level: exact integers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qvecsim.audit.books import Books
from qvecsim.audit.fault import Fault
from qvecsim.audit.faults import beset_in
from qvecsim.consensus.quorum import quorum
from qvecsim.consensus.rules import CONSENSUS, rules
from qvecsim.consensus.settlement import settled
from qvecsim.consensus.validators import parties
from qvecsim.consensus.verdict import Parties, judged, safe, voting
from qvecsim.streams import Streams
from qvecsim.types import RETURNED, Bools, Ints

BLOCKS = "blocks"
TYPES = {"int64": np.dtype("<i8"), "float64": np.dtype("<f8")}


def stake_faults(books: Books) -> Iterator[Fault]:
    """Every round: weights from the stakes before it, the quorum, the verdict, the settlement."""
    blocks, units = books.tables[BLOCKS], len(books.units)
    who = parties(books.scenario.chain.validators, books.units, Streams(books.seed, books.replication))
    before: NDArray[Any] = np.full(units, books.scenario.chain.initial_stake_bit, dtype=np.int64)
    earned_ns, gains = earned(books)
    told = 0
    members = beset_in(books, who)
    for row in range(len(blocks["final"])):
        found = {name: column[row] for name, column in blocks.items()}
        until = int(np.searchsorted(earned_ns, found["time_ns"], side="right"))
        for credit in gains[told:until]:  # slot by slot: sums of fractions depend on their order
            before = before + credit
        told = until
        slot = min(found["time_ns"] // books.slot_ns, len(members) - 1)
        yield from _round_faults(books, found, row, before, members[slot])
        after = stakes(found, units)
        before = before if after is None else after


def stakes(found: dict[str, Any], units: int) -> NDArray[Any] | None:
    """The stakes after a round, bit by bit as its header covers them; None where the row holds none."""
    kind = TYPES.get(found["stake_type"])
    try:
        content = bytes.fromhex(found["stake_hex"])
    except ValueError:
        return None
    if kind is None or len(content) != 8 * units:
        return None
    return np.frombuffer(content, kind).astype(kind.newbyteorder("="))


def earned(books: Books) -> tuple[Ints, Ints]:
    """Instants at which stake was credited, and the credits, (K, W): the key bits of results, by slot and unit."""
    records = books.tables["records"]
    rows = np.flatnonzero((books.kind == RETURNED) & (records["key_bit"] != 0))
    owner = books.owner[rows]
    time_ns, slot = np.unique(books.tables["transactions"]["time_ns"][owner], return_inverse=True)
    credit = np.zeros((len(time_ns), len(books.units)), dtype=np.int64)
    np.add.at(credit, (slot, books.unit[owner]), records["key_bit"][rows])
    return time_ns, credit


def _round_faults(books: Books, found: dict[str, Any], row: int, before: NDArray[Any], who: Parties) -> Iterator[Fault]:
    at, units = int(found["height"]), len(before)
    place = f"row {row}, height {at}"
    if found["producer"] not in books.units:
        yield Fault(BLOCKS, place, "'producer' must be a validator", found["producer"], "an RSU of 'servers'", at)
        return
    after = stakes(found, units)
    if after is None:
        rule = "'stake_hex' must hold 8 bytes for each validator, of 'stake_type'"
        yield Fault(BLOCKS, place, rule, f"{found['stake_type']}, {found['stake_hex']}", f"{units} stakes", at)
        return
    for name, value in _expected(books, found, before, after, who).items():
        if not _same(found[name], value):
            yield Fault(BLOCKS, place, f"'{name}' must follow from the stakes before", found[name], value, at)


def _expected(
    books: Books, found: dict[str, Any], before: NDArray[Any], after: NDArray[Any], who: Parties
) -> dict[str, Any]:
    """The columns of a round that follow from the stakes before it, from who is honest, and from its signers."""
    producer, weight, units = books.units.index(found["producer"]), voting(before), len(before)
    signed = np.isin(np.arange(units), found["signers"])
    verdict = judged(weight, who, producer)
    change = float(sum(after.tolist()) - sum(before.tolist()))
    return {
        "signers": np.flatnonzero(verdict.agree).tolist(),
        "final": quorum(weight, signed),
        "outcome": verdict.outcome,
        "valid": verdict.valid,
        "safe": safe(weight, who.byzantine),
        "live": quorum(weight, who.honest),
        "weight": _part(weight, signed),
        "honest_weight": _part(weight, who.honest),
        "byzantine_weight": _part(weight, who.byzantine),
        "weight_bit": [float(value) for value in weight],
        "minted_bit": max(change, 0.0),
        "burned_bit": max(-change, 0.0),
        "slashed_bit": float(before[producer] - after[producer]) if verdict.slashed else 0.0,
        "stake_bit": [float(value) for value in after],
        **({"rival": found["rival"] or "a hash"} if verdict.rival else {"rival": None}),
        **_settlement(books, before, producer, verdict),
    }


def _settlement(books: Books, before: NDArray[Any], producer: int, verdict: Any) -> dict[str, Any]:
    """The stakes after a round, where the consensus is one of ours; code of the user's own is not run."""
    if books.scenario.chain.consensus not in CONSENSUS:
        return {}
    stake = settled(rules(books.scenario), before, producer, verdict, books.scenario.chain)
    return {"stake_hex": stake.astype(stake.dtype.newbyteorder("<")).tobytes().hex(), "stake_type": stake.dtype.name}


def _part(weight: NDArray[Any], members: Bools) -> float:
    whole = sum(weight.tolist())
    return float(sum(weight[members].tolist()) / whole) if whole else 0.0


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, float):
        return bool(found == expected) or (math.isnan(expected) and math.isnan(found))
    return bool(found == expected)
