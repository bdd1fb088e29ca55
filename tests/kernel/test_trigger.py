"""Blocks that are due when they are full."""

from __future__ import annotations

import math
import pickle

import pytest
from example import POLICIES, S, few, play, roaming, same, simulation_of, story_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.kernel import ledger
from qvecsim.kernel.simulation import Simulation
from qvecsim.physics.field.chain import block_interval_s
from qvecsim.units import ns

FULL = {"chain__trigger": "full"}


def blocks_of(story):
    return [block for outcome in story.outcomes for block in outcome.blocks]


def continued(simulation):
    return Simulation(simulation.world.scenario, world=simulation.world, state=simulation.state)


def stored(simulation):
    kept = pickle.loads(pickle.dumps(simulation.state))
    return Simulation(simulation.world.scenario, world=simulation.world, state=kept)


@pytest.mark.parametrize(("making_s", "timer_s"), [(0.0, 100.0), (3.5, 100.0), (0.0, 1.5), (3.25, 2.5)])
def test_times_between_blocks_are_those_of_a_steady_load(making_s, timer_s):
    """Four units make four transactions a second, and seven fill a block: due at the first boundary with seven."""
    size_bit, waiting, at_s = 1600 + 7 * 2048, 0, 0.0
    changes = {"chain__interval_s": timer_s, "chain__cycles_per_bit": making_s * 2.5e9 / size_bit}
    found = blocks_of(story_of(1, "ralc", steps=30, **FULL, **changes))
    made_s = 0.0  # of the last block
    for block in found:
        whole_s = block_interval_s(math.inf, waiting, 4.0, 7, 0.0)
        due_s = max(math.ceil(at_s + whole_s) if waiting < 7 else math.floor(at_s) + 1, at_s + made_s)
        expected_s = min(due_s, max(at_s + timer_s, at_s + made_s))
        assert block["time_s"] == pytest.approx(expected_s)
        came = 4 * (math.floor(block["time_s"]) - math.floor(at_s))
        waiting = waiting + came - block["transactions"]
        assert block["transactions"] == min(7, waiting + block["transactions"])
        at_s, made_s = block["time_s"], block["generation_s"]
    assert len(found) > 5
    assert timer_s < 100 or all(block["transactions"] == 7 for block in found)


@few
@given(
    seed=st.integers(0, 2**32),
    interval_s=st.sampled_from([0.5, 3.0, 1e6]),
    block_bit=st.sampled_from([4000, 16_384, 40_000]),
    making_s=st.sampled_from([0.0, 0.7]),
)
def test_no_full_block_waits(seed, interval_s, block_bit, making_s):
    changes = {"chain__interval_s": interval_s, "chain__block_bit": block_bit}
    changes |= {"chain__cycles_per_bit": making_s * 2.5e9 / block_bit}
    story, due_ns, made_ns = story_of(seed, "ralc", steps=12, **FULL, **changes), ns(interval_s), 0
    for before, _, outcome in story.slots:
        fits = ledger.room(before, story.world.scenario.chain)
        if len(before.pending) >= fits:
            due_ns = min(due_ns, max(before.time_ns, made_ns))
        for block in outcome.blocks:
            assert ns(block["time_s"]) == due_ns
            made_ns = due_ns + ns(block["generation_s"])
            due_ns = max(due_ns + ns(interval_s), made_ns)
        assert due_ns >= before.time_ns + S
        assert len(story.states[-1].agenda) == 1


def test_a_round_that_fails_is_tried_again_at_the_next_boundary():
    changes = {"chain__interval_s": 1e6, "chain__validators__absent": ["r0", "r1"]}
    story = story_of(1, "ralc", steps=10, **FULL, **changes)
    assert not any(block["final"] for block in blocks_of(story))
    assert [len(outcome.blocks) for outcome in story.outcomes] == [0, 0] + [1] * 8


def test_no_block_comes_while_one_is_being_made():
    blocks = blocks_of(story_of(2, "ralc", **FULL, sources__generation="table"))
    made_s = [block["time_s"] + block["generation_s"] for block in blocks]
    assert len(blocks) > 2
    assert all(block["time_s"] >= made - 1e-9 for block, made in zip(blocks[1:], made_s[:-1], strict=True))


@pytest.mark.parametrize("renew", [continued, stored])
@pytest.mark.parametrize("name", POLICIES)
def test_a_run_is_taken_up_at_every_slot(name, renew):
    make = simulation_of(roaming(8, steps=12), seed=8, **FULL, chain__interval_s=2.7, chain__cycles_per_bit=2e5)
    one, other = play(make.fork(), name), play(make, name, renew=renew)
    assert same(one.states, other.states)
    assert same(one.outcomes, other.outcomes)
    assert sum(len(outcome.blocks) for outcome in one.outcomes) == one.states[-1].agenda[0].subject - 1
