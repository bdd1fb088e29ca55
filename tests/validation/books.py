"""Cases of keys, stakes, votes, the ledger and whole runs: what must be conserved, found or repeated."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from audit.tampering import changed, copied
from cli.town import found as founded
from example import story_of
from scipy.stats import chisquare

from qvecsim.audit import audit, proofs
from qvecsim.consensus import poqks, poqks_printed
from qvecsim.consensus.quorum import quorum
from qvecsim.keys.paths import Atlas, end_to_end_bps
from qvecsim.keys.pools import filled
from qvecsim.keys.relay import Net, Relay, Requests, Store
from qvecsim.runner import run
from qvecsim.scenario.parameters import Chain

from .case import Bound, Case, Exact, Within

STAKE = (500, 300, 120, 60, 20)
PRINTED = Chain(reward=10.0, vote_reward=4.0, slash_share=2.0, fee=6.0)
BOOKS = ("consumed_bit", "relayed_bit", "overflow_bit", "expired_bit")
WEIGHTS = (STAKE, (1, 1, 1), (1, 1, 1, 1), (5, 5, 4, 4, 3, 3), (9, 7, 5, 3, 2, 1, 1), (1,) * 8)


def unbalanced():
    """Entries (slot, link) of three runs in which not every bit is accounted for."""
    count = 0
    for missing in ("wait", "drop", "expose"):
        story = story_of(11, "roulette", keys__missing=missing, keys__expiry_s=3.0, world__fibre__access=2)
        for before, after, outcome in story.slots:
            spent = sum(outcome.links[name] for name in BOOKS)
            count += np.count_nonzero(before.key_bit + outcome.links["generated_bit"] != after.key_bit + spent)
    return count


def relayed_bps():
    """Key of a chain of 3.1 kbit/s, 304 kbit/s and 2.58 Mbit/s: the slowest hop, and what 1,600 s of relaying bring."""
    rates_bps, seconds = np.array([3.1e3, 304e3, 2.58e6]), 1600
    relay = Relay(Net(((0, 1), (1, 2), (2, 3))))
    store, fraction, keys = Store(np.zeros(3, np.int64), np.ones(3, bool)), np.zeros(3), 0
    asked = Requests(*(np.full(20, value) for value in (0, 3, 256)))
    for _ in range(seconds):
        fill = filled(store.stored_bit, fraction, rates_bps, 1.0, 2**50)
        served = relay.serve(Store(fill.stored_bit, store.up, store.epoch), asked)
        store, fraction, keys = served.store, fill.fraction, keys + sum(map(bool, served.parts))
    return np.array([end_to_end_bps(rates_bps), keys * 256 / seconds])


def least_cut(ends, capacity, nodes):
    """The least that any set of nodes with the first and without the last lets through, of all sets."""
    sides = (side for side in product([False, True], repeat=nodes) if side[0] and not side[-1])
    return min(sum(bits for (a, b), bits in zip(ends, capacity, strict=True) if side[a] != side[b]) for side in sides)


def flows_unlike_cuts():
    """Of 30 graphs of seven nodes, those whose greatest flow is not their least cut."""
    unlike = 0
    for seed in range(30):
        draw = np.random.default_rng(seed)
        every = [(one, other) for one in range(7) for other in range(one + 1, 7)]
        ends = [every[row] for row in sorted(draw.choice(21, int(draw.integers(4, 13)), replace=False).tolist())]
        capacity = draw.integers(1, 50, len(ends)).tolist()
        unlike += Atlas(ends, capacity, (), range(len(ends))).maximum(0, 6) != least_cut(ends, capacity, 7)
    return unlike


def keyless():
    """Offloads that were given a key, and the least that a pool ever held, where no key is made."""
    dark = {"qkd__other_efficiency": 0.0, "keys__initial_bit": 0}
    stories = [story_of(2, "nearest", steps=10, keys__missing=missing, **dark) for missing in ("wait", "local", "drop")]
    begun = sum(np.count_nonzero(story.tasks["rsu"] >= 0) for story in stories)
    return np.array([begun, min(state.key_bit.min() for story in stories for state in story.states)])


def printed_changes(valid):
    stake = np.array(STAKE, dtype=float)
    return poqks_printed.settle(stake, poqks_printed.elect(stake, np.ones(5, np.int64), b""), valid, PRINTED) - stake


def heads(count):
    return (hashlib.sha256(b"%d" % number).digest() for number in range(count))


def lost_stake():
    """Rounds of three chains after which the sum is another, a stake is below 0 or no whole number."""
    wrong = 0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        stake, prm = rng.integers(1, 100, 6), Chain(fee=60.0, vote_reward=40.0, reward=90.0)
        total = stake.sum()
        for head in heads(300):
            producer = poqks.elect(stake, rng.integers(0, 3, 6), head)
            stake = poqks.settle(stake, producer, bool(rng.random() < 0.8), prm)
            wrong += bool(stake.sum() != total or (stake < 0).any() or stake.dtype != np.int64)
    return wrong


def drawn():
    """How probable it is that fair draws deviate more than these 200,000 from the stakes."""
    stake, votes = np.array(STAKE), np.ones(5, dtype=np.int64)
    counts = np.bincount([poqks.elect(stake, votes, head) for head in heads(200_000)], minlength=5)
    return chisquare(counts, 200 * stake).pvalue


def quorums():
    """Pairs of quorums that share no more than a third; sets below a third that could sign for such a pair."""
    poor, unsafe = 0, 0
    for weights in WEIGHTS:
        weight, total = np.array(weights), sum(weights)
        sets = np.array(list(product([False, True], repeat=len(weights))))
        chosen = sets[[quorum(weight, agree) for agree in sets]]
        common = (chosen[:, None] & chosen[None]) @ weight
        poor += np.count_nonzero(3 * common <= total)
        unsafe += np.count_nonzero(sets[3 * (sets @ weight) < total] @ weight >= common.min())
    return np.array([poor, unsafe])


def tampered():
    """One bit of a record flipped: how far the first bad height is off, and bits of a proof that may change."""
    with tempfile.TemporaryDirectory() as name:
        sound = run(founded(Path(name) / "town"), out=Path(name) / "sound").path
        books = audit(sound).books
        row = np.flatnonzero(books.kind == 6)[0].item()
        height = int(books.tables["transactions"]["height"][books.owner[row]])
        proof = proofs(books, int(books.tables["records"]["subject"][row])).proofs[0]
        changed(copied(sound, Path(name) / "other"), "records", "key_bit", row, lambda bits: bits ^ 1)
        found = audit(Path(name) / "other").first_bad_height
    return np.array([found - height, sum(flipped(proof, bit).sound for bit in range(8 * len(proof.leaf)))])


def flipped(proof, bit):
    """The same with another bit in its record."""
    content = bytearray(proof.leaf)
    content[bit // 8] ^= 1 << bit % 8
    return replace(proof, leaf=bytes(content))


def replayed():
    """Hashes of all events: how many different ones equal seeds give, run in either order; and four seeds."""

    def story(seed):
        return story_of(seed, "greedy", steps=8).states[-1].fingerprint

    seeds = range(4)
    there, back = [story(seed) for seed in seeds], [story(seed) for seed in reversed(seeds)][::-1]
    return np.array([max(len({one, other}) for one, other in zip(there, back, strict=True)), len(set(there))])


CASES = (
    Case("keys.conserve", "links and slots whose bits do not add up, three runs", unbalanced, 0, Exact(), "invariant"),
    Case(
        "keys.relay",
        "3.1 kbit/s, 304 kbit/s, 2.58 Mbit/s in a row: slowest hop; relayed",
        relayed_bps,
        (3100.0, 3100.0),
        Exact(),
        "minimum of the hops",
        " bit/s",
    ),
    Case(
        "keys.maxflow",
        "of 30 graphs, those with another flow than least cut",
        flows_unlike_cuts,
        0,
        Exact(),
        "Ford, Fulkerson (1956); all cuts",
    ),
    Case("keys.zero", "no key made: offloads begun; least in a pool", keyless, (0, 0), Exact(), "invariant"),
    Case(
        "alg1.literal",
        "stakes 500, 300, 120, 60, 20, valid block: changes",
        lambda: printed_changes(True),
        (-1, 0, 0, 0, 0),
        Within(1e-12),
        "Algorithm 1 as printed, by hand",
    ),
    Case(
        "alg1.literal",
        "the same, invalid block",
        lambda: printed_changes(False),
        (6, 1, 1, 1, 1),
        Within(1e-12),
        "Algorithm 1 as printed, by hand",
    ),
    Case(
        "alg1.literal",
        "sums of both: (a2 - b) w, (a1 + 5 a3) w",
        lambda: np.array([printed_changes(valid).sum() for valid in (True, False)]),
        (-1, 10),
        Within(1e-12),
        "Algorithm 1 as printed, by hand",
    ),
    Case("alg1.fixed", "of 900 rounds, those that lose or owe a bit", lost_stake, 0, Exact(), "invariant"),
    Case(
        "alg1.select",
        "200,000 draws by stake: p of chi-square",
        drawn,
        1e-3,
        Bound(least=True),
        "Pearson (1900)",
        digits=2,
    ),
    Case(
        "bft.quorum",
        "six sets of weights: pairs of quorums that share no more than 1/3; traitors below 1/3 for two",
        quorums,
        (0, 0),
        Exact(),
        "enumeration",
    ),
    Case(
        "ledger.tamper",
        "one bit flipped: first bad height off by; flips of a proven record that still hold",
        tampered,
        (0, 0),
        Exact(),
        "SHA-256, RFC 6962",
    ),
    Case(
        "det.replay",
        "hashes of one seed, run twice in either order; of four seeds",
        replayed,
        (1, 4),
        Exact(),
        "invariant",
    ),
)
