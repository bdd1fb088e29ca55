"""Who shares a key with whom in a run, and which pools pay for it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from example import few, play, simulation_of, standing, story_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.keys.network import KeyNetwork
from qvecsim.keys.paths import Shortest
from qvecsim.physics.moves import Wanted

# q0 - q1 - q2 in a row, two units at each end.
LINKS = [
    {"from": "q0", "to": "q1", "db": 3.0},
    {"from": "q1", "to": "q2", "db": 3.0},
    {"from": "q0", "to": "r0", "db": 1.0},
    {"from": "q2", "to": "r1", "db": 1.0},
]
NODES = [{"name": f"q{at}", "x_m": 500.0 * at, "y_m": 0.0} for at in range(3)]
ROW = {
    "world__rsus": [{"x_m": 0.0, "y_m": 100.0}, {"x_m": 1000.0, "y_m": 100.0}],
    "world__fibre": {"nodes": NODES, "links": LINKS},
}


def granted(rsu, key_bit, **changes):
    """What a network with 1,000 bits in each pool answers to keys for these units."""
    keys = {"initial_bit": 1000, "capacity_bit": 1000, **changes.pop("keys", {})}
    simulation = simulation_of(standing(len(rsu) or 1, 3), **ROW, keys=keys, **changes)
    network = KeyNetwork(simulation.world.scene, simulation.world.scenario)
    wanted = Wanted(np.arange(len(rsu)), np.array(rsu, dtype=np.int64), np.array(key_bit, dtype=np.int64))
    return network.grant(simulation.state, simulation.world.faults.at(0), wanted)


def test_by_itself_each_unit_draws_on_its_own_link():
    answer = granted([0, 1, 0], [256, 100, 800])
    assert answer.whole.tolist() == [True, True, False]
    assert answer.pool_bit.tolist() == [256, 100, 0]
    assert answer.consumed_bit.tolist() == [0, 0, 256, 100]
    assert not answer.relayed_bit.any()


def test_a_large_key_keeps_no_smaller_one_behind_it_from_coming():
    assert granted([0, 0, 0, 0], [600, 500, 700, 300]).whole.tolist() == [True, False, False, True]


def test_from_a_centre_every_pool_on_the_way_pays():
    answer = granted([0, 1], [256, 100], keys={"centre": "q0"})
    assert answer.pool_bit.tolist() == [256, 300]
    assert answer.consumed_bit.tolist() == [0, 0, 256, 0]
    assert answer.relayed_bit.tolist() == [100, 100, 0, 100]


def test_the_offer_is_what_the_poorest_pool_on_the_way_can_pay():
    keys = {"initial_bit": 1000, "capacity_bit": 1000, "centre": "q0", "reserved_bit": 100}
    simulation = simulation_of(standing(2, 3), **ROW, keys=keys)
    seen, rate_bps = simulation.observe(), simulation.state.links.key_rate_bps
    assert seen.key_bit.tolist() == [900, 900]
    assert seen.key_rate_bps.tolist() == [rate_bps[2], rate_bps[[0, 1, 3]].min()]


@few
@given(
    seed=st.integers(0, 2**32),
    access=st.integers(1, 3),
    centre=st.sampled_from([None, "q0", "q2"]),
    routing=st.sampled_from(["widest", "cheapest"]),
    ways=st.integers(1, 3),
    initial_bit=st.integers(0, 3000),
)
def test_runs_over_relays_conserve_every_bit(seed, access, centre, routing, ways, initial_bit):
    keys = {"capacity_bit": 3000, "initial_bit": initial_bit, "centre": centre, "routing": routing, "ways": ways}
    story = story_of(seed, "roulette", steps=12, keys=keys, world__fibre={"count": 3, "access": access})
    for before, after, outcome in story.slots:
        books = outcome.links
        paid = books["consumed_bit"] + books["relayed_bit"]
        assert np.array_equal(after.key_bit, before.key_bit + books["generated_bit"] - paid - books["overflow_bit"])
        begun = story.tasks[story.tasks["decided_ns"] == before.time_ns]
        assert begun["pool_bit"].sum() == paid.sum()
        assert (begun["pool_bit"] >= begun["key_bit"]).all()
        assert ((after.key_bit >= 0) & (after.key_bit <= 3000)).all()


def test_the_shortest_way_has_the_fewest_hops_and_of_such_the_least_loss():
    ends = [(0, 1), (1, 3), (0, 2), (2, 3), (0, 4), (4, 5), (5, 3)]
    shortest = Shortest(ends, [9.0, 9.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    assert shortest.path(0, 3) == (2, 3)
    assert shortest.path(3, 0) == (3, 2)
    assert shortest.path(0, 7) == ()
    assert shortest.path(4, 4) == ()


@pytest.mark.parametrize("access", [1, 2, 3])
def test_access_gives_each_unit_links_to_its_nearest_nodes(access):
    scene = simulation_of(standing(2, 3), world__fibre={"count": 3, "access": access}).world.scene
    nodes = len(scene.node)
    for unit in range(len(scene.rsu)):
        own = scene.link_node[scene.link_target == nodes + unit]
        distance_m = np.hypot(scene.node_x_m - scene.rsu_x_m[unit], scene.node_y_m - scene.rsu_y_m[unit])
        assert len(own) == access
        assert sorted(distance_m[own]) == sorted(distance_m)[:access]
    assert all(one != other for one, other in pairwise(sorted(scene.link)))


def test_a_run_s_pools_are_delivered_in_the_words_of_etsi_gs_qkd_014():
    keys = {"initial_bit": 1000, "capacity_bit": 1000, "reserved_bit": 100}
    simulation = simulation_of(standing(2, 3), **ROW, keys=keys)
    kme, before = simulation.delivery(), simulation.state.key_bit.copy()
    status = kme.status("r1", master="q0")
    assert (status.source_KME_ID, status.target_KME_ID) == ("q0", "r1")
    assert (status.stored_key_count, status.max_key_count, status.key_size) == (3, 3, 256)
    (key,) = kme.enc_keys("r1", master="q0")
    assert kme.dec_keys("q0", [key.key_ID], slave="r1") == [key]
    assert kme.status("r1", master="q0").stored_key_count == 2
    assert np.array_equal(simulation.state.key_bit, before)


CHAIN = [
    {"from": "q0", "to": "q1", "km": 32.0, "db": 7.5},
    {"from": "q1", "to": "q2", "km": 45.0, "db": 14.5},
    {"from": "q2", "to": "q3", "km": 10.6, "db": 3.9},
    {"from": "q3", "to": "r0"},
]


@pytest.mark.parametrize("key_bit", [256, 3000])
def test_a_run_over_a_long_chain_gets_what_its_slowest_link_makes(tmp_path, key_bit):
    """SECOQC 3.1 kbit/s, Tokyo 304 kbit/s, Cambridge 2.58 Mbit/s, then the unit: 3.1 kbit/s for the unit."""
    rates_bps, seconds = {"q0-q1": 3100, "q1-q2": 304_000, "q2-q3": 2_580_000, "q3-r0": 1_000_000}, 40
    file = tmp_path / "rate.csv"
    file.write_text("time_s,link,rate_bps\n" + "".join(f"0,{link},{rate}\n" for link, rate in rates_bps.items()))
    nodes = [{"name": f"q{at}", "x_m": 100.0 * at, "y_m": 0.0} for at in range(4)]
    simulation = simulation_of(
        standing(60, seconds, x_m=np.linspace(250, 350, 60), y_m=50.0),
        world__rsus=[{"x_m": 300.0, "y_m": 50.0}],
        world__fibre={"nodes": nodes, "links": CHAIN},
        rate__file=str(file),
        keys={
            "centre": "q0",
            "per_task_bit": key_bit,
            "capacity_bit": 10**6,
            "threshold_bit": key_bit,
            "initial_bit": 0,
        },
        tasks={"rate_hz": 2.0, "classes": {"driving": {"input_bit": 1e3, "cycles": 1e6, "result_bit": 1e3}}},
        radio={"admission_db": -40.0},
    )
    slots = play(simulation, "nearest").slots
    paid = np.array([outcome.links["relayed_bit"] for _, _, outcome in slots]).cumsum(axis=0)
    made = 3100 * np.arange(1, len(slots) + 1)
    assert (paid == paid[:, :1]).all()  # every hop pays for every key
    assert (paid[1:, 0] <= made[:-1]).all()
    assert paid[-1, 0] > made[-2] - 2 * key_bit  # and hardly less, for more is wanted
