"""The chain: linked, recomputable, and every record in it once; stakes are what was earned."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest
from example import POLICIES, S, few, play, roaming, simulation_of, story_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.consensus import merkle
from qvecsim.errors import QvecsimError
from qvecsim.kernel import ledger
from qvecsim.types import DROPPED
from qvecsim.units import ns

SEEDS = st.integers(0, 2**32)


def blocks_of(story):
    return [block for outcome in story.outcomes for block in outcome.blocks]


def transactions_of(story):
    """All that were ever written, in the order of their slots."""
    rows, known = [], 0
    for _, after, outcome in story.slots:
        known -= sum(block["transactions"] for block in outcome.blocks)
        rows.append(after.pending[known:])
        known = len(after.pending)
    return np.concatenate(rows)


def stories(ended):
    """Records of the offloads that ended, counted one by one: key, offload, computation, result."""
    told = [task for task in ended if task["rsu"] >= 0]
    reached = [0 <= task[stamp] <= task["end_ns"] for task in told for stamp in ("arrival_ns", "service_end_ns")]
    keyed, returned = [task["key_bit"] > 0 for task in told], [task["outcome"] != DROPPED for task in told]
    return np.count_nonzero(reached + keyed + returned)


@pytest.mark.parametrize("name", POLICIES)
def test_blocks_are_linked_and_their_hashes_can_be_recomputed(name):
    story = story_of(4, name, steps=25)
    blocks, names, written = blocks_of(story), story.world.scene.rsu, transactions_of(story)
    assert [block["height"] for block in blocks] == list(range(1, len(blocks) + 1))
    assert len(blocks) > 5
    parent, packed = ledger.genesis(story.world.streams).hash, 0
    for block in blocks:
        assert block["parent"] == parent.hex()
        inside = written[packed : packed + block["transactions"]]
        root = merkle.root([merkle.leaf(row.tobytes()) for row in inside])
        assert block["root"] == root.hex()
        assert block["records"] == inside["records"].sum()
        stake = np.array(block["stake_bit"]).astype(np.int64)
        producer, time_ns = names.index(block["producer"]), ns(block["time_s"])
        assert (inside["time_ns"] <= time_ns).all()
        header = ledger.header(block["height"], parent, time_ns, producer, root, stake.tobytes())
        parent, packed = sha256(header).digest(), packed + len(inside)
        assert block["hash"] == parent.hex()
    head = story.states[-1].head
    assert (head.height, head.hash) == (len(blocks), parent)


@few
@given(seed=SEEDS, block_bit=st.sampled_from([3648, 6000, 16_384]), slot_s=st.sampled_from([0.5, 1.0, 4.0]))
def test_what_is_written_is_in_a_block_or_waits(seed, block_bit, slot_s):
    story = story_of(seed, "greedy", steps=12, slot_s=slot_s, chain__block_bit=block_bit)
    chain = story.world.scenario.chain
    for before, after, outcome in story.slots:
        left = len(before.pending)
        for block in outcome.blocks:
            assert block["transactions"] == min(
                left, max(chain.block_bit - chain.header_bit, 0) // chain.transaction_bit
            )
            assert block["size_bit"] == chain.header_bit + block["transactions"] * chain.transaction_bit
            left -= block["transactions"]
        assert np.array_equal(after.pending[:left], before.pending[len(before.pending) - left :])
        new = after.pending[left:]
        assert new["rsu"].tolist() == list(range(len(after.stake_bit)))  # each tells what keys it got
        assert (new["time_ns"] == after.time_ns).all()
        assert outcome.transactions.tobytes() == new.tobytes()
        assert new["records"].sum() == len(outcome.records) == 2 * len(after.stake_bit) + stories(outcome.ended)
        assert outcome.slot["pending_transactions"] == len(after.pending)


@few
@given(seed=SEEDS, name=st.sampled_from(["greedy", "roulette"]), missing=st.sampled_from(["wait", "expose"]))
def test_stake_is_what_was_there_and_the_keys_of_completed_offloads(seed, name, missing):
    story = story_of(seed, name, steps=15, keys__missing=missing, chain__fee=200.0, chain__vote_reward=100.0)
    before = story.states[0].stake_bit
    assert before.tolist() == [1000] * 4
    total = int(before.sum())
    for _, after, outcome in story.slots:
        whole = outcome.ended[(outcome.ended["rsu"] >= 0) & (outcome.ended["outcome"] != DROPPED)]
        total += int(whole["key_bit"].sum())
        assert np.issubdtype(after.stake_bit.dtype, np.integer)
        assert (after.stake_bit >= 0).all()
        assert after.stake_bit.sum() == total
        for block in outcome.blocks:
            assert min(block["stake_bit"]) >= 0
            assert sum(block["stake_bit"]) == total - whole["key_bit"].sum()


def test_stake_is_credited_at_the_unit_that_served():
    story = story_of(6, "nearest", chain__interval_s=1e6)
    whole = story.ended[(story.ended["rsu"] >= 0) & (story.ended["outcome"] != DROPPED)]
    credit = np.bincount(whole["rsu"], weights=whole["key_bit"], minlength=4)
    assert credit.any()
    assert story.states[-1].stake_bit.tolist() == (1000 + credit).tolist()
    assert not blocks_of(story)


@few
@given(
    seed=SEEDS,
    interval_s=st.sampled_from([0.5, 1.0, [0.3, 0.7, 2.0], {"low": 0.1, "high": 3.0}]),
    making_s=st.sampled_from([0.0, 1.25]),
)
def test_blocks_come_when_their_timer_says(seed, interval_s, making_s):
    cycles_per_bit = making_s * 2.5e9 / 3648  # of a block with one transaction; fuller ones take longer
    story = story_of(seed, "ralc", steps=10, chain__interval_s=interval_s, chain__cycles_per_bit=cycles_per_bit)
    scenario, streams = story.world.scenario, story.world.streams
    due = [ns(ledger.interval_s(scenario, streams, 1))]
    for block in blocks_of(story):
        assert ns(block["time_s"]) == due[-1]
        assert block["generation_s"] == pytest.approx(cycles_per_bit * block["size_bit"] / 2.5e9)
        timer_s = ledger.interval_s(scenario, streams, block["height"] + 1)
        due.append(due[-1] + ns(max(timer_s, block["generation_s"])))
    assert due[-1] >= story.states[-1].time_ns
    for before, after, outcome in story.slots:
        assert all(before.time_ns <= ns(block["time_s"]) < after.time_ns for block in outcome.blocks)
        (event,) = after.agenda
        assert event.time_ns >= after.time_ns
        assert (event.time_ns, event.subject) == (due[after.head.height], after.head.height + 1)


def test_timers_are_drawn_block_by_block_from_their_set():
    world = simulation_of(roaming(steps=1), chain__interval_s=[10.0, 20.0, 30.0]).world
    timers = [ledger.interval_s(world.scenario, world.streams, height) for height in range(1, 601)]
    values, counts = np.unique(timers, return_counts=True)
    assert values.tolist() == [10.0, 20.0, 30.0]
    assert np.square(counts - 200).sum() / 200 < 13.8  # chi-squared, 2 degrees, p = 0.001


def test_a_block_due_at_a_boundary_belongs_to_the_slot_that_begins():
    story = story_of(1, "ralc", steps=6, chain__interval_s=2.0)
    assert [len(outcome.blocks) for outcome in story.outcomes] == [0, 0, 1, 0, 1, 0]
    assert [block["transactions"] for block in blocks_of(story)] == [7, 7]  # of 8 = 2 slots x 4 units; 7 fit


def test_validators_vote_for_the_producer_of_the_action():
    simulation = simulation_of(roaming(1, steps=8), chain__interval_s=1.5)
    producers = []
    while not simulation.finished:
        action = simulation.observe().action()
        object.__setattr__(action, "producer", 2)
        producers += [block["producer"] for block in simulation.step(action).blocks]
    assert producers == ["r2"] * 5


def test_the_printed_algorithm_runs_with_fractions():
    story = story_of(3, "nearest", chain__consensus="poqks_printed", profile="paper")
    assert story.states[-1].stake_bit.dtype == np.float64
    assert len(blocks_of(story)) > 5


@pytest.mark.parametrize(
    ("name", "rule"), [("poqk", "Did you mean 'poqks'"), ("nothere:rules", "'chain.consensus' must")]
)
def test_an_unknown_consensus_is_named(name, rule):
    with pytest.raises(QvecsimError, match=rule):
        simulation_of(roaming(), chain__consensus=name)


def test_consensus_may_be_ones_own(tmp_path, monkeypatch):
    text = "class Last:\n    elect = staticmethod(lambda stake, votes, head: len(stake) - 1)\n"
    (tmp_path / "own_rules.py").write_text(text + "    settle = staticmethod(lambda stake, *_: stake)\n")
    monkeypatch.chdir(tmp_path)
    story = story_of(1, "ralc", chain__consensus="own_rules:Last")
    assert {block["producer"] for block in blocks_of(story)} == {"r3"}


def test_a_header_reads_only_one_way():
    parent, root = bytes(32), sha256(b"root").digest()
    one = ledger.header(1, parent, 2, 3, root, b"stake")
    assert len(one) == 3 * 8 + 3 * 32
    others = [(2, parent, 2, 3, root, b"stake"), (1, root, 2, 3, root, b"stake"), (1, parent, 3, 3, root, b"stake")]
    others += [(1, parent, 2, 0, root, b"stake"), (1, parent, 2, 3, parent, b"stake"), (1, parent, 2, 3, root, b"")]
    assert len({one, *(ledger.header(*other) for other in others)}) == 7


def test_play_leaves_the_clock_whole():
    story = play(simulation_of(roaming(2, steps=5), slot_s=0.1, slots=30))
    assert [state.time_ns for state in story.states] == [slot * S // 10 for slot in range(31)]
    assert all(type(state.time_ns) is int and type(state.agenda[0].time_ns) is int for state in story.states)
