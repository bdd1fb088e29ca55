"""Key bits that vehicles carry: loaded at docks, spent on offloads, paid for by every pool on the way."""

from __future__ import annotations

import numpy as np
import pytest
from example import POLICIES, few, play, roaming, simulation_of, standing, story_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.errors import ScenarioError
from qvecsim.keys.stores import handed_bit
from qvecsim.types import DROPPED, NO_KEY, NO_STORE

DOCKS = [{"x_m": 200.0, "y_m": 500.0}, {"name": "east", "x_m": 900.0, "y_m": 500.0, "node": "q1"}]
STORE = {
    "capacity_bit": 2000,
    "initial_bit": 300,
    "docks": DOCKS,
    "range_m": 250.0,
    "speed_m_s": 15.0,
    "rate_bps": 333.3,
}
RICH = {"capacity_bit": 10**6, "initial_bit": 10**6}


def assert_stores_are_conserved(story):
    store = story.world.scenario.keys.store
    for before, after, outcome in story.slots:
        slot, docks = outcome.slot, outcome.docks
        assert slot["stores_bit"] == int(after.store_bit.sum())
        assert after.store_bit.sum() - before.store_bit.sum() == slot["stores_loaded_bit"] - slot["stores_spent_bit"]
        assert slot["stores_loaded_bit"] == docks["loaded_bit"].sum()
        begun = story.tasks[story.tasks["decided_ns"] == before.time_ns]
        assert slot["stores_spent_bit"] == begun["key_bit"].sum()
        assert (after.store_bit >= 0).all()
        assert (after.store_bit.sum(axis=1) <= store.capacity_bit).all()
        carried = before.store_bit[begun["vehicle"]].max(axis=1)
        assert (begun["key_bit"] <= carried).all()


@pytest.mark.parametrize("name", POLICIES)
def test_stores_are_conserved(name):
    story = story_of(3, name, steps=20, keys={**RICH, "store": STORE})
    assert_stores_are_conserved(story)
    assert sum(outcome.slot["stores_loaded_bit"] for outcome in story.outcomes) > 0
    assert name == "ralc" or sum(outcome.slot["stores_spent_bit"] for outcome in story.outcomes) > 0


@few
@given(
    seed=st.integers(0, 2**32),
    capacity_bit=st.integers(1, 5000),
    rate_bps=st.floats(0.1, 1e6),
    docks=st.sampled_from([(), DOCKS[:1], DOCKS]),
    rekey=st.sampled_from(["per_task", "interval"]),
)
def test_stores_are_conserved_whatever_their_size(seed, capacity_bit, rate_bps, docks, rekey):
    store = {
        **STORE,
        "capacity_bit": capacity_bit,
        "initial_bit": capacity_bit // 2,
        "rate_bps": rate_bps,
        "docks": docks,
    }
    keys = {**RICH, "store": store, "rekey": rekey, "rekey_s": 2.0}
    assert_stores_are_conserved(story_of(seed, "roulette", steps=12, keys=keys))


@pytest.mark.parametrize("missing", ["wait", "local", "drop", "expose"])
def test_who_carries_no_key_does_not_offload_with_one(missing):
    store = {**STORE, "initial_bit": 0, "docks": (), "capacity_bit": 1000}
    story = story_of(3, "nearest", steps=12, keys={**RICH, "store": store, "missing": missing})
    sent = story.tasks[story.tasks["rsu"] >= 0]
    assert not sent["key_bit"].any()
    assert len(sent) == 0 or missing == "expose"
    assert sum(outcome.slot["no_store"] for outcome in story.outcomes) > 0
    reasons = set(story.ended["reason"][story.ended["outcome"] == DROPPED].tolist())
    assert (NO_STORE in reasons) == (missing == "drop")
    assert NO_KEY not in reasons


def test_every_pool_between_the_dock_s_node_and_the_unit_pays():
    store = {**STORE, "docks": [{"x_m": 500.0, "y_m": 500.0, "node": "q0"}], "initial_bit": 2000}
    story = story_of(3, "nearest", steps=12, keys={**RICH, "store": store})
    scene = story.world.scene
    far = scene.link_node[scene.rsu_link] == 1  # units that hang on the other node: two hops
    sent = story.tasks[story.tasks["rsu"] >= 0]
    assert far.any()
    assert (~far).any()
    assert np.array_equal(sent["pool_bit"], sent["key_bit"] * np.where(far[sent["rsu"]], 2, 1))


def test_a_centre_shares_the_keys_of_all_docks():
    story = story_of(3, "nearest", steps=3, keys={**RICH, "centre": "q1", "store": {**STORE, "docks": DOCKS[:1]}})
    assert story.world.scene.home.tolist() == [1]


def test_only_who_stands_near_a_dock_is_loaded_and_never_above_its_capacity():
    store = {**STORE, "initial_bit": 0, "range_m": 60.0, "docks": [{"x_m": 0.0, "y_m": 500.0}], "capacity_bit": 1000}
    trace = standing(3, 10, speed_m_s=np.array([0.0, 0.0, 0.0]))
    story = play(simulation_of(trace, keys={**RICH, "store": store}), "ralc")
    assert [state.store_bit[:, 0].tolist() for state in story.states[:5]] == [
        [0, 0, 0],
        [333, 0, 0],
        [666, 0, 0],
        [999, 0, 0],
        [1000, 0, 0],
    ]
    fast = play(simulation_of(standing(3, 10, speed_m_s=20.0), keys={**RICH, "store": store}), "ralc")
    assert not fast.states[-1].store_bit.any()


def test_a_vehicle_that_comes_back_has_what_it_carried():
    store = {**STORE, "docks": ()}
    story = play(simulation_of(roaming(2, steps=20, churn=0.3), keys={**RICH, "store": store}), "ralc")
    assert all((state.store_bit.sum(axis=1) == 300).all() for state in story.states)


@given(rate_bps=st.floats(0.001, 1e9), slot_s=st.sampled_from([0.001, 0.1, 1.0]))
def test_a_dock_loses_no_bit_to_rounding(rate_bps, slot_s):
    assert sum(handed_bit(rate_bps, slot, slot_s) for slot in range(100)) == int(rate_bps * 100 * slot_s)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"centre": "q7"}, "'keys.centre' must be a QKD node"),
        ({"store": {**STORE, "docks": [{"x_m": 1.0, "y_m": 1.0, "node": "r0"}]}}, "'keys.store.docks.0.node' must be"),
        ({"store": {"capacity_bit": 10, "place": "parking_areas"}}, "'world.additional' must name"),
    ],
)
def test_ends_that_are_not_there_are_told(keys, told):
    with pytest.raises(ScenarioError, match=told):
        simulation_of(standing(2, 4), keys={**RICH, **keys})


@pytest.mark.parametrize(
    "store",
    [
        {"initial_bit": 5},
        {"docks": DOCKS},
        {"capacity_bit": 5, "initial_bit": 6},
        {"capacity_bit": 5, "place": "parking_areas", "docks": DOCKS},
    ],
)
def test_a_store_that_makes_no_sense_is_refused(store):
    with pytest.raises(ValueError, match=r"must|be given|be left|be at"):
        simulation_of(standing(2, 4), keys={**RICH, "store": store})


def test_a_dock_whose_node_is_down_loads_nobody_and_its_keys_cannot_be_spent():
    faults = [{"kind": "node_down", "where": "q0", "begin_s": 0.0, "lasts_s": 6.0}]
    store = {**STORE, "initial_bit": 1000, "docks": [{"x_m": 500.0, "y_m": 500.0, "node": "q0"}], "range_m": 2000.0}
    story = story_of(3, "greedy", steps=15, keys={**RICH, "store": store}, faults=faults)
    loaded = [outcome.slot["stores_loaded_bit"] for outcome in story.outcomes]
    assert not any(loaded[:6])
    assert all(loaded[6:9])
    assert not any(seen.store_bit.any() for seen in story.seen[:6])
    assert sum(outcome.slot["starved"] + outcome.slot["no_store"] for outcome in story.outcomes[:6]) == 0


@pytest.mark.parametrize(("place", "docks"), [("parking_areas", ["lot", "deck"]), ("charging_stations", ["plug"])])
def test_docks_may_be_the_stops_of_a_sumo_file(tmp_path, place, docks):
    file = tmp_path / "stops.add.xml"
    file.write_text(
        '<additional><parkingArea id="lot" lane="a_0" x="200" y="500"/><parkingArea id="deck" lane="a_0" x="800" '
        'y="500"/><chargingStation id="plug" lane="a_0" x="500" y="500"/></additional>'
    )
    reach = {"range_m": 300.0, "speed_m_s": 15.0, "rate_bps": 333.3}
    store = {**reach, "capacity_bit": 1000, "place": place}
    story = story_of(3, "ralc", steps=12, keys={**RICH, "store": store}, world__additional=[str(file)])
    assert list(story.world.scene.dock) == docks
    assert sum(outcome.slot["stores_loaded_bit"] for outcome in story.outcomes) > 0
    assert_stores_are_conserved(story)
