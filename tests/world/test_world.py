from __future__ import annotations

import numpy as np
import pytest
from example import S, few, play, roaming, scenario_of, simulation_of, standing, trace_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.errors import ScenarioError
from qvecsim.scenario import load
from qvecsim.world.world import build, duration_ns


def world_of(trace, **changes):
    return build(scenario_of(**changes), trace=trace)


@pytest.mark.parametrize(
    ("steps", "step_ns", "slot_s", "slots"),
    [
        (180, S, 1.0, 180),
        (180, S, 0.1, 1800),
        (180, S, 2.0, 90),
        (180, S, 7.0, 25),
        (180, S // 10, 1.0, 18),
        (180, S // 10, 0.1, 180),
        (1, S, 1.0, 1),
    ],
)
def test_slots_last_as_long_as_the_trace(steps, step_ns, slot_s, slots):
    trace = standing(2, steps, step_ns=step_ns)
    assert world_of(trace, slot_s=slot_s).slots == slots
    assert world_of(standing(2, steps, step_ns=step_ns, begin_ns=25_200 * S), slot_s=slot_s).slots == slots


def test_a_scenario_may_ask_for_fewer_slots_but_not_for_more():
    assert world_of(standing(2, 10), slots=4).slots == 4
    assert world_of(standing(2, 10), slots=40).slots == 10


def test_the_last_step_counts_as_long_as_the_usual_one():
    assert duration_ns(standing(2, 7, step_ns=S // 2)) == 7 * S // 2
    assert duration_ns(standing(2, 1)) == 0


def test_each_slot_begins_with_who_is_then_on_the_road():
    trace = roaming(4, 8, 12, churn=0.3)
    world = world_of(trace)
    for slot in range(12):
        assert np.array_equal(world.fleet(slot).vehicle, trace.at(slot * S).vehicle)
    assert np.array_equal(world.fleet(99).vehicle, trace.at(11 * S).vehicle)


def test_slots_shorter_than_steps_see_vehicles_on_their_way():
    trace = trace_of(np.ones((4, 1)), np.arange(4)[:, None] * 20.0, 5.0, begin_ns=100 * S)
    seen = [observation.x_m[0] for observation in play(simulation_of(trace, slot_s=0.25)).seen]
    assert seen[:13] == pytest.approx([5.0 * quarter for quarter in range(13)])
    assert seen[13:] == [60.0] * 3  # the last step holds


def test_slots_longer_than_steps_skip_some():
    trace = roaming(4, 8, 12, churn=0.3)
    seen = play(simulation_of(trace, slot_s=3.0)).seen
    assert [observation.vehicle.tolist() for observation in seen] == [
        trace.at(second * S).vehicle.tolist() for second in (0, 3, 6, 9)
    ]


def test_when_the_trace_begins_makes_no_difference():
    one, other = (play(simulation_of(standing(4, 6, begin_ns=begin))) for begin in (0, 25_200 * S))
    assert one.states[-1].fingerprint == other.states[-1].fingerprint
    assert other.seen[0].time_s == 0.0


@few
@given(seed=st.integers(0, 2**32), replication=st.integers(0, 5))
def test_what_a_vehicle_is_is_drawn_once_from_its_sets(seed, replication):
    changes = {"seed": seed, "edge__clock_hz": [1e9, 2e9], "vehicles__local_hz": {"low": 1e8, "high": 1e9}}
    worlds = [build(scenario_of(**changes), replication, roaming(1, 20, 3)) for _ in range(2)]
    one, other = (world.scene for world in worlds)
    for name in ("kind", "tx_power_w", "local_hz", "edge_hz"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert {*one.tx_power_w} <= {1.0, 5.0, 10.0, 20.0}
    assert {*one.edge_hz} <= {1e9, 2e9}
    assert ((one.local_hz >= 1e8) & (one.local_hz < 1e9)).all()
    assert len(one.kind) == len(one.tx_power_w) == 20
    assert len(one.edge_hz) == 4


def test_a_world_is_read_from_files_beside_the_scenario(tmp_path, monkeypatch):
    steps = "".join(
        f'<timestep time="{second}.00"><vehicle id="a" x="{second}" y="1" speed="1"/></timestep>' for second in range(9)
    )
    (tmp_path / "way.xml").write_text(f"<fcd-export>{steps}</fcd-export>")
    (tmp_path / "s.yaml").write_text("world:\n  trace: way.xml\n  place: {at: grid, count: 2}\n")
    monkeypatch.chdir(tmp_path.parent)
    world = build(load(tmp_path / "s.yaml"))
    assert (world.slots, world.trace.ids, len(world.scene.rsu)) == (9, ("a",), 2)
    part = build(load(tmp_path / "s.yaml", "world.begin_s=3", "world.end_s=6"))
    assert (part.slots, part.fleet(0).x_m.tolist()) == (4, [3.0])


def test_forks_share_a_world():
    simulation = simulation_of(standing())
    assert simulation.fork().world is simulation.world


def test_a_number_of_vehicles_takes_part_and_a_smaller_one_is_among_them():
    trace = roaming(10, 30, 8)
    everybody = [set(world_of(trace).fleet(slot).vehicle.tolist()) for slot in range(8)]
    parts = {}
    for count in (1, 4, 9, len(trace.ids)):
        world = world_of(trace, vehicles__count=count)
        fleets = [set(world.fleet(slot).vehicle.tolist()) for slot in range(8)]
        parts[count] = set(np.flatnonzero(world.part).tolist())
        assert len(parts[count]) == count
        assert fleets == [there & parts[count] for there in everybody]
    assert parts[1] < parts[4] < parts[9] <= set(range(len(trace.ids)))
    assert len(parts[len(trace.ids)]) == len(trace.ids)


def test_units_stand_where_they_stood_whoever_takes_part():
    trace = roaming(10, 30, 8)
    scenes = [world_of(trace, **changes).scene for changes in ({}, {"vehicles__count": 2})]
    assert np.array_equal(scenes[0].rsu_x_m, scenes[1].rsu_x_m)
    assert np.array_equal(scenes[0].tx_power_w, scenes[1].tx_power_w)


def test_more_vehicles_than_the_trace_has_cannot_take_part():
    with pytest.raises(ScenarioError, match=r"'vehicles.count' must be at most the 2 vehicles of the trace \(got 3\)"):
        world_of(standing(2, 4), vehicles__count=3)
