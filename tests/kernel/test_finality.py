"""Runs in which validators are away or work against the chain: what is final, what waits, and what is told."""

from __future__ import annotations

import numpy as np
import pytest
from example import roaming, same, simulation_of, story_of

from qvecsim.errors import ScenarioError
from qvecsim.kernel import ledger

TEN = {"world__place__count": 10, "chain__interval_s": 0.5, "chain__block_bit": 60_000, "steps": 20}


def story(seed=3, consensus="poqks", **validators):
    more = {"chain__fee": 200.0, "chain__vote_reward": 100.0, "chain__reward": 300.0}
    return story_of(seed, "nearest", chain__validators=validators, chain__consensus=consensus, **TEN, **more)


def rounds_of(found):
    return [block for outcome in found.outcomes for block in outcome.blocks]


def links_of(found):
    """Heights and hashes as a reader of the table would follow them."""
    height, parent = 0, ledger.genesis(found.world.streams).hash.hex()
    for number, block in enumerate(rounds_of(found), 1):
        assert (block["round"], block["height"], block["parent"]) == (number, height + 1, parent)
        assert block["final"] == (block["outcome"] == "final") == (not np.isnan(block["finality_s"]))
        assert block["final"] == (3 * block["weight"] > 2)
        if block["final"]:
            height, parent = height + 1, block["hash"]
    head = found.states[-1].head
    assert (head.height, head.hash.hex()) == (height, parent)


def pending_is_in_order(found):
    for _, after, outcome in found.slots:
        packed = sum(block["transactions"] for block in outcome.blocks if block["final"])
        assert outcome.slot["pending_transactions"] == len(after.pending)
        assert (np.diff(after.pending["time_ns"]) >= 0).all()
        yield packed, len(outcome.blocks)


@pytest.mark.parametrize("consensus", ["poqks", "poqks_printed", "pos", "round_robin"])
@pytest.mark.parametrize("behaviour", ["equivocate", "invalid", "silent"])
def test_rounds_are_linked_and_nothing_is_lost(consensus, behaviour):
    found = story(consensus=consensus, byzantine=0.2, absent=0.1, behaviour=behaviour)
    links_of(found)
    packed = sum(count for count, _ in pending_is_in_order(found))
    written = 10 * len(found.outcomes)  # each unit tells in each slot what keys it got
    assert packed + len(found.states[-1].pending) == written
    assert all(sum(block["weight_bit"]) > 0 for block in rounds_of(found))


def test_a_fifth_is_safe_and_the_producer_is_punished():
    found = story(byzantine=0.2, behaviour="invalid")
    rounds = rounds_of(found)
    assert {block["outcome"] for block in rounds} == {"final", "rejected"}
    assert all(block["safe"] and block["live"] and block["rival"] is None for block in rounds)
    for block in rounds:
        at = found.world.scene.rsu.index(block["producer"])
        lost = block["weight_bit"][at] - block["stake_bit"][at]
        assert sum(block["stake_bit"]) == sum(block["weight_bit"])
        assert (block["minted_bit"], block["burned_bit"]) == (0, 0)
        assert block["valid"] == block["final"]
        assert block["slashed_bit"] == (0 if block["final"] else lost)
        assert block["final"] or lost > 0


def test_two_fifths_are_unsafe_and_rivals_are_final():
    rounds = rounds_of(story(byzantine=0.4))
    assert not any(block["safe"] for block in rounds)
    rivals = [block for block in rounds if block["rival"]]
    assert rivals
    assert all(block["final"] and not block["valid"] and block["rival"] != block["hash"] for block in rivals)
    assert all(block["slashed_bit"] == 0 for block in rounds)


def test_a_third_and_more_away_stalls_the_chain():
    found = story(absent=0.34)
    rounds = rounds_of(found)
    assert {block["outcome"] for block in rounds} == {"undecided", "missed"}
    assert not any(block["final"] or block["live"] for block in rounds)
    assert all(block["safe"] for block in rounds)
    assert found.states[-1].head.height == 0
    assert len(found.states[-1].pending) == 10 * len(found.outcomes)
    missed = [block for block in rounds if block["outcome"] == "missed"]
    assert {(block["hash"], block["size_bit"], block["transactions"], block["generation_s"]) for block in missed} == {
        ("", 0, 0, 0.0)
    }
    assert all(block["generation_s"] > 0 for block in rounds if block["outcome"] == "undecided")


def test_the_next_round_is_due_as_if_the_last_had_not_failed():
    honest, stalled = rounds_of(story()), rounds_of(story(absent=0.34))
    assert [block["time_s"] for block in stalled] == [block["time_s"] for block in honest]
    assert all(block["final"] and block["honest_weight"] == 1 == block["weight"] for block in honest)


def test_a_fork_goes_on_as_the_run_does():
    changes = {"chain__validators": {"byzantine": 0.2}, "chain__consensus": "round_robin", **TEN}
    changes.pop("steps")
    run = simulation_of(roaming(5, steps=16), **changes)
    for slot in range(16):
        if slot == 7:
            branch = run.fork()
        run.step(run.observe().action())
    while not branch.finished:
        branch.step(branch.observe().action())
    assert same(run.state, branch.state)
    assert run.state.head.height < run.state.agenda[0].subject - 1  # some rounds have failed


def test_validators_that_are_not_there_are_refused_before_anything_runs():
    with pytest.raises(ScenarioError, match=r"'chain\.validators\.absent' must name roadside units \(got 'r99'\)"):
        simulation_of(roaming(), chain__validators={"absent": ["r99"]})
