"""One slot through the models, pure: (State, Action, draws) -> what starts, what moves on, and what it costs.

qkd -> admission and keys -> vec -> servers -> way back -> chain -> problem. No clock and no SimPy; the kernel turns the
result into the next State. Instants of a task are rounded once to integer nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qvecsim.physics.airing import refresh
from qvecsim.physics.failing import fail
from qvecsim.physics.lending import lent_ns, making, owns
from qvecsim.physics.linking import key_links
from qvecsim.physics.moves import Inputs, Moves, Start
from qvecsim.physics.serving import ahead_s, give_back, serve
from qvecsim.physics.starting import begin, decide
from qvecsim.rows import joined, which
from qvecsim.types import (
    UNDECIDED,
    Finality,
    Ints,
    Latencies,
    Links,
    Terms,
)
from qvecsim.units import NS_PER_S


@dataclass(frozen=True)
class Slot:
    """All that one slot did."""

    moves: Moves
    start: Start
    arrived: Ints  # rows of tasks whose last bit reached a server
    served: Ints  # (M,) how many, by server
    work_ns: Ints  # (M,) their service times
    lent_ns: Ints  # (M,) of each server's time, to its block
    links: Links
    finality: Finality
    terms: Terms
    guards: Ints
    violations: Ints


def slot(inputs: Inputs) -> Slot:
    """The whole slot."""
    prm, profile = inputs.prm, inputs.profile
    moves = opened(inputs)
    links = key_links(profile.qkd, inputs.state, inputs.action, inputs.scene, inputs.draws, prm)
    start = decide(inputs, moves)
    latencies = predict(inputs, moves, start)
    begin(inputs, moves, start)
    refresh(inputs, moves)
    own = owns(inputs.loans, prm, inputs.state.time_ns, inputs.end_ns)
    arrived, work_ns = serve(inputs, moves, own)
    give_back(inputs, moves)
    finality = next_block(inputs)
    terms = profile.problem(links, latencies, finality, prm)
    promise(moves, start, terms)
    return Slot(
        moves,
        start,
        arrived,
        np.bincount(moves.tasks["rsu"][arrived], minlength=len(inputs.scene.rsu)),
        work_ns,
        lent_ns(own, len(inputs.scene.rsu)),
        links,
        finality,
        terms,
        links.guards + start.rates.guards + terms.guards,
        links.violations + start.rates.violations + terms.violations,
    )


def opened(inputs: Inputs) -> Moves:
    """The slot's own copies, once what has failed has taken its tasks along."""
    state = inputs.state
    moves = Moves(
        joined(state.tasks),
        state.vehicle_free_ns.copy(),
        state.uplink_free_ns.copy(),
        state.server_free_ns,
        state.jobs,
        np.zeros_like(state.key_bit),
        np.zeros_like(state.key_bit),
        state.store_bit,
        state.sessions,
    )
    fail(inputs, moves)
    return moves


def predict(inputs: Inputs, moves: Moves, start: Start) -> Latencies:
    """What each task that starts can expect, from (15)-(16), its age, and the backlogs of this instant."""
    state, rates, now = inputs.state, start.rates, inputs.state.time_ns
    some = which(start.local | start.sent)
    task, row = start.task[some], start.row[some]
    born_ns = moves.tasks["born_ns"][task]
    age_s = (now - born_ns) / NS_PER_S
    processor_s = np.maximum(state.vehicle_free_ns[row] - now, 0) / NS_PER_S
    offload_s, back_s = rates.offload_s[some], rates.back_s[some]
    compute_s = moves.tasks["cycles"][task][:, None] / inputs.scene.edge_hz
    uplink_s = offload_s - back_s - compute_s
    offload_s = offload_s + np.maximum(ahead_s(inputs, compute_s) - uplink_s, 0.0)
    indicator = np.zeros(offload_s.shape, dtype=np.int64)
    sent = which(start.sent[some])
    indicator[sent, inputs.action.rsu[row[sent]]] = 1
    undecided = np.count_nonzero(moves.tasks["phase"] == UNDECIDED) - len(some)
    slot_ns = inputs.end_ns - now
    return Latencies(
        indicator,
        age_s + processor_s + rates.local_s[some],
        age_s[:, None] + offload_s,
        (moves.tasks["due_ns"][task] - born_ns) / NS_PER_S,
        # A slot charges the tasks that were undecided when it began; that of the birth did not.
        (now - (born_ns // slot_ns + 1) * slot_ns) / NS_PER_S,
        undecided * slot_ns / NS_PER_S,
    )


def next_block(inputs: Inputs) -> Finality:
    """What the next block would cost if it were made now."""
    state, c = inputs.state, inputs.prm.chain
    stake = state.stake_bit
    producer = inputs.action.producer if inputs.action.producer >= 0 else int(np.argmax(stake))
    transactions = min(len(state.pending), max(inputs.action.block_bit - c.header_bit, 0) // c.transaction_bit)
    prm = making(inputs.prm, inputs.scene, producer)
    return inputs.profile.chain(state, producer, transactions, state.interval_s, prm)


def promise(moves: Moves, start: Start, terms: Terms) -> None:
    """Write the predicted latency of each task that starts beside it."""
    moves.tasks["predicted_s"][start.task[start.local | start.sent]] = terms.latency_s
