"""What fails, whom it takes along, who gets around it, and what tells of it."""

from __future__ import annotations

import numpy as np
import pytest
from example import POLICIES, S, few, play, simulation_of, standing, story_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.errors import ScenarioError
from qvecsim.types import DROPPED, LOCAL, LOST, RSU_DOWN, SERVER_DOWN

# Two nodes, each unit with a link to both: a key always has another way.
MESHED = {"world__fibre": {"count": 2, "access": 2}, "keys": {"capacity_bit": 50_000, "initial_bit": 20_000}}


def fault(kind, where=None, begin_s=5.0, lasts_s=5.0, **more):
    return {"kind": kind, "where": where, "begin_s": begin_s, "lasts_s": lasts_s, **more}


def drawn(kind, rate_hz, lasts_s=3.0, **more):
    return {"kind": kind, "rate_hz": rate_hz, "lasts_s": lasts_s, **more}


EVERYTHING = [
    drawn("fibre_cut", 0.05),
    drawn("node_down", 0.03),
    drawn("server_down", 0.05),
    drawn("rsu_down", 0.05),
    drawn("byzantine", 0.05),
    drawn("eavesdropper", 0.05, intercepted=0.6),
]


def total(story, table, name):
    return sum(int(np.sum(getattr(outcome, table).get(name, 0))) for outcome in story.outcomes)


def test_a_cut_fibre_makes_no_key_and_others_bring_it_around():
    cut = story_of(1, "nearest", steps=20, **MESHED).world.scene.link[0]
    story = story_of(1, "nearest", steps=20, **MESHED, faults=[fault("fibre_cut", cut)])
    assert story.world.scene.link[0] == cut
    for before, _, outcome in story.slots:
        there = 5 <= before.slot < 10
        assert outcome.links["up"][0] == (not there)
        assert (outcome.links["key_rate_bps"][0] == 0) == there
        assert not there or outcome.links["generated_bit"][0] == 0
        assert not there or outcome.links["consumed_bit"][0] == outcome.links["relayed_bit"][0] == 0
        assert outcome.slot["rerouted"] == 0 or there
    rerouted = story.tasks[story.tasks["rerouted"] == 1]
    assert len(rerouted) == total(story, "slot", "rerouted") == total(story, "faults", "rerouted") > 0
    assert (rerouted["pool_bit"] >= 2 * rerouted["key_bit"]).all()
    assert total(story, "slot", "starved") == 0


def test_without_another_way_it_starves():
    lone = {"world__fibre": {"count": 2}, "keys": {"capacity_bit": 50_000, "initial_bit": 20_000, "missing": "local"}}
    names = story_of(1, "nearest", steps=20, **lone).world.scene.link
    story = story_of(1, "nearest", steps=20, **lone, faults=[fault("fibre_cut", name) for name in names])
    for before, _, outcome in story.slots:
        there = 5 <= before.slot < 10
        assert not there or outcome.slot["offloaded"] == 0
        assert outcome.slot["starved"] == 0 or there
    assert total(story, "slot", "starved") == total(story, "faults", "starved") > 0
    assert total(story, "slot", "rerouted") == 0


@pytest.mark.parametrize(("kind", "reason"), [("server_down", SERVER_DOWN), ("rsu_down", RSU_DOWN)])
def test_a_failed_unit_takes_its_tasks_along_and_gets_no_others(kind, reason):
    heavy = {"driving": {"input_bit": 2e7, "cycles": 8e9, "deadline_s": 50.0}}
    more = {"tasks__classes": heavy, "keys": {"capacity_bit": 50_000, "initial_bit": 20_000}, "world__range_m": 2000.0}
    story = play(simulation_of(standing(8, 20), **more, faults=[fault(kind, "r1")]), "nearest")
    lost = story.ended[story.ended["reason"] == reason]
    assert len(lost) == total(story, "slot", "failed") == total(story, "faults", "failed") > 0
    assert (lost["outcome"] == DROPPED).all()
    assert (lost["phase"] == LOST).all()
    assert (lost["rsu"] == 1).all()
    assert (lost["end_ns"] == 5 * S).all()
    decided = story.tasks[story.tasks["rsu"] == 1]["decided_ns"]
    assert not ((decided >= 5 * S) & (decided < 10 * S)).any()
    assert (decided >= 10 * S).any()
    for before, seen, outcome in zip(story.states, story.seen, story.outcomes, strict=False):
        there = 5 <= before.slot < 10
        assert seen.reachable[:, 1].any() or there
        assert not (seen.reachable[:, 1].any() and there)
        assert outcome.servers["up"][1] == (not there)
        assert (outcome.servers["busy_s"] >= 0).all()
        assert (outcome.servers["busy_s"] <= 1.0 + 1e-9).all()
        assert not there or outcome.servers["busy_s"][1] == 0


def test_a_unit_that_fails_frees_the_transmitters_of_those_who_were_sending_to_it():
    sending = {"tasks__classes": {"driving": {"input_bit": 2e9, "deadline_s": 50.0}}, "keys": {"initial_bit": 500}}
    simulation = simulation_of(standing(6, 12), **sending, faults=[fault("rsu_down", "r0"), fault("rsu_down", "r1")])
    story = play(simulation, "nearest")
    before, after = story.states[5], story.states[6]
    lost = before.tasks[np.isin(before.tasks["task"], story.ended["task"][story.ended["reason"] == RSU_DOWN])]
    row = before.fleet.vehicle.searchsorted(lost["vehicle"])
    assert len(row) > 0
    assert (before.uplink_free_ns[row] > 6 * S).all()
    assert (after.uplink_free_ns[row] == 5 * S).all()


def test_an_eavesdropper_stops_a_link_above_the_threshold_and_costs_key_below_it():
    def rates(**more):
        story = story_of(1, "ralc", steps=12, qkd__noise_base_hz=1.0, faults=[fault("eavesdropper", "q0-r0", **more)])
        links = [story.world.scene.link.index("q0-r0")]
        return np.array(
            [
                [outcome.links[name][links[0]] for name in ("qber", "key_rate_bps", "aborted")]
                for outcome in story.outcomes
            ]
        )

    whole, part, none = rates(), rates(intercepted=0.05), rates(intercepted=0.0)
    assert (whole[5:10, 0] > 0.25).all()
    assert (whole[5:10, 1] == 0).all()
    assert whole[:, 2].tolist() == [0] * 5 + [1] * 5 + [0] * 2
    assert not part[:, 2].any()
    assert ((part[5:10, 1] > 0) & (part[5:10, 1] < none[5:10, 1])).all()
    assert part[5:10, 0] == pytest.approx(none[5:10, 0] + 0.0125 * (1 - 2 * none[5:10, 0]))
    assert part[:5].tolist() == none[:5].tolist()


def test_a_tap_that_changes_nothing_is_blamed_for_nothing():
    keys = {"capacity_bit": 600, "initial_bit": 0, "missing": "wait"}
    story = story_of(1, "nearest", steps=15, keys=keys, faults=[fault("eavesdropper", "q0-r0", 0.0, intercepted=0.0)])
    assert sum(outcome.slot["wait_key"] for outcome in story.outcomes) > 0
    assert total(story, "slot", "starved") == 0


def test_results_are_sent_by_units_that_work_and_lost_with_the_unit_that_sends():
    slow = {"driving": {"input_bit": 2e6, "cycles": 3e9, "result_bit": 5e9, "deadline_s": 50.0}}
    more = {"tasks__classes": slow, "keys": {"capacity_bit": 50_000, "initial_bit": 20_000}, "world__range_m": 2000.0}
    faults = [fault("rsu_down", "r1", 5.0, 4.0), fault("server_down", "r2", 5.0, 4.0)]
    story = play(simulation_of(standing(8, 20), **more, faults=faults), "rars")
    sent = 0
    for before, after, _ in story.slots:
        set_out = after.tasks[(after.tasks["service_end_ns"] >= before.time_ns) & (after.tasks["back_rsu"] >= 0)]
        sent += len(set_out)
        assert before.slot < 5 or before.slot >= 9 or 1 not in set_out["back_rsu"]
    assert sent > 20
    lost = story.ended[(story.ended["reason"] == RSU_DOWN) & (story.ended["back_rsu"] >= 0)]
    assert len(lost) > 0
    assert (lost["back_rsu"] == 1).all()
    kinds = dict.fromkeys(("rsu_down", "server_down"), 0)
    for outcome in story.outcomes:
        for kind, failed in zip(outcome.faults.get("kind", []), outcome.faults.get("failed", []), strict=True):
            kinds[kind] += int(failed)
    reasons = {"rsu_down": RSU_DOWN, "server_down": SERVER_DOWN}
    assert kinds == {kind: int((story.ended["reason"] == code).sum()) for kind, code in reasons.items()}


def test_a_unit_that_is_down_writes_nothing_about_its_link():
    story = story_of(1, "ralc", steps=8, faults=[fault("rsu_down", "r1", 2.0, 3.0)])
    written = [set(outcome.transactions["rsu"].tolist()) for outcome in story.outcomes]
    assert [1 in units for units in written] == [True, True, False, False, False, True, True, True]
    assert all({0, 2, 3} <= units for units in written)


def test_a_node_that_fails_takes_its_links_along():
    story = story_of(1, "ralc", steps=12, faults=[fault("node_down", "q1")])
    scene = story.world.scene
    touched = (scene.link_node == 1) | (scene.link_target == 1)
    assert 0 < touched.sum() < len(touched)
    assert np.array_equal(story.outcomes[5].links["up"], ~touched)
    assert story.outcomes[10].links["up"].all()


def test_a_byzantine_fault_and_a_failed_server_are_seen_by_the_chain():
    changes = {"chain__interval_s": 1.0, "world__place": {"at": "grid", "count": 4}}
    faults = [fault("byzantine", "r0"), fault("byzantine", "r2"), fault("server_down", "r3", 12.0, 3.0)]
    story = story_of(2, "ralc", steps=18, **changes, faults=faults)
    told = {round(block["time_s"], 6): block for outcome in story.outcomes for block in outcome.blocks}
    assert len(told) > 10
    for time_s, block in told.items():
        honest = 0.5 if 5 <= time_s < 10 else 0.75 if 12 <= time_s < 15 else 1.0
        assert block["byzantine_weight"] == pytest.approx(0.5 if 5 <= time_s < 10 else 0.0, abs=0.01)
        assert block["honest_weight"] == pytest.approx(honest, abs=0.01)
        assert block["safe"] == (not 5 <= time_s < 10)


@pytest.mark.parametrize("name", POLICIES)
def test_whatever_fails_nothing_is_lost_twice(name):
    story = story_of(9, name, steps=25, **MESHED, faults=EVERYTHING, tasks__rate_hz=2.0)
    assert total(story, "slot", "failed") > 0 or name == "ralc"
    assert len(np.unique(story.tasks["task"])) == len(story.tasks) == story.states[-1].tasks_born
    for before, after, outcome in story.slots:
        books = outcome.links
        spent = books["consumed_bit"] + books["relayed_bit"] + books["overflow_bit"] + books["expired_bit"]
        assert np.array_equal(after.key_bit, before.key_bit + books["generated_bit"] - spent)
        assert (after.key_bit >= 0).all()
        decided = story.tasks["decided_ns"] == before.time_ns
        paid = int((books["consumed_bit"] + books["relayed_bit"]).sum())
        assert ((outcome.records[:, 5] >= 0) & (outcome.records[:, 5] <= after.time_ns)).all()
        assert story.tasks["pool_bit"][decided].sum() == paid
    assert not story.tasks["pool_bit"][story.tasks["phase"] == LOCAL].any()


@few
@given(seed=st.integers(0, 2**32), rate_hz=st.floats(0.001, 0.5), lasts_s=st.floats(0.01, 20.0))
def test_each_fault_acts_on_at_least_one_slot_and_they_do_not_overlap(seed, rate_hz, lasts_s):
    world = simulation_of(standing(2, 30), seed=seed, faults=[drawn("server_down", rate_hz, lasts_s)]).world
    by_unit = {}
    for one in world.faults.happenings:
        assert one.begin_slot < one.end_slot
        assert one.begin_slot - 1 < one.begin_s <= one.begin_slot
        assert one.begin_s >= by_unit.get(one.subject, 0.0)
        by_unit[one.subject] = one.end_s
    begins = [one.begin_slot for one in world.faults.happenings]
    assert begins == sorted(begins)
    assert world.faults.at(0) is world.faults.at(0)


def test_how_often_faults_come_and_how_long_they_last_is_as_asked():
    faults = [drawn("server_down", 0.05, 10.0)]
    world = simulation_of(standing(2, 4000), world__place={"at": "grid", "count": 20}, faults=faults).world
    lasts_s = np.array([one.end_s - one.begin_s for one in world.faults.happenings])
    # A cycle of 20 s up and 10 s down, in 20 units over 4,000 s: 2,667 faults; the mean of as many is within 4 sigma.
    assert len(lasts_s) == pytest.approx(2667, rel=0.06)
    assert lasts_s.mean() == pytest.approx(10.0, abs=4 * 10.0 / np.sqrt(len(lasts_s)))


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ([fault("fibre_cut", "q0-r9")], "'faults.0.where' must be a link"),
        ([fault("rsu_down", "r0"), fault("node_down", "r0")], "'faults.1.where' must be a node"),
        ([drawn("rsu_down", 1.0, 1e-3, where="r7")], "'faults.0.where' must be a rsu"),
    ],
)
def test_a_subject_that_is_not_there_is_told(faults, told):
    with pytest.raises(ScenarioError, match=told):
        simulation_of(standing(2, 4), faults=faults)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"kind": "rsu_down", "where": "r0"}, "be given, or"),
        ({"kind": "rsu_down", "begin_s": 1.0}, "be given with"),
        ({"kind": "rsu_down", "where": "r0", "begin_s": 1.0, "rate_hz": 0.1}, "and not both"),
        ({"kind": "rsu_down", "where": "r0", "begin_s": 1.0, "intercepted": 0.5}, "intercepted"),
        ({"kind": "meteor", "where": "r0", "begin_s": 1.0}, "kind"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(entry, told):
    with pytest.raises(ValueError, match=told):
        simulation_of(standing(2, 4), faults=[entry])
