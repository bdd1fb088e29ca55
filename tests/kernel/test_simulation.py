"""The door of the kernel: what it takes, what it refuses, what it promises."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from example import S, play, policy, roaming, simulation_of, standing, story_of

from qvecsim.errors import PhysicsError, PolicyError
from qvecsim.types import DROPPED


def test_after_the_last_slot_there_is_no_step():
    simulation = simulation_of(roaming(steps=3))
    play(simulation)
    assert simulation.finished
    with pytest.raises(PolicyError, match="'step' must not be called after the last slot"):
        simulation.step(simulation.observe().action())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("efficiency", np.array([0.5, 1.5])),
        ("efficiency", np.array([0.5, np.nan])),
        ("offload", np.ones(3)),
        ("rsu", np.zeros(2, dtype=np.int64)),
        ("rsu", np.full(3, 4)),
        ("rsu", np.full(3, -1)),
        ("producer", 4),
        ("producer", True),
        ("bandwidth", np.full(4, 1.1)),
        ("block_bit", 0.5),
        ("block_bit", -1),
    ],
)
def test_what_is_no_action_is_refused_and_changes_nothing(name, value):
    simulation = simulation_of(standing(3), tasks__rate_hz=20.0)
    simulation.step(simulation.observe().action())
    before, seen = simulation.state, simulation.observe()
    assert seen.deciding.all()  # of the others nothing is read
    action = seen.action(np.ones(3, dtype=bool))
    with pytest.raises(PolicyError, match=f"slot 1: the action is refused. '{name}' must"):
        simulation.step(dataclasses.replace(action, **{name: value}))
    assert simulation.state is before


def test_a_band_of_no_width_is_refused():
    simulation = simulation_of(standing(3))
    with pytest.raises(PolicyError, match="'bandwidth' must"):
        simulation.step(dataclasses.replace(simulation.observe().action(), bandwidth=np.zeros(4)))


def test_what_a_policy_sees_is_read_only():
    seen = simulation_of(standing(3)).observe()
    for field in dataclasses.fields(seen):
        value = getattr(seen, field.name)
        if isinstance(value, np.ndarray):
            assert not value.flags.writeable, field.name


def test_strict_stops_at_the_first_guard():
    changes = {"radio__gain_max_db": -120.0}  # every gain is clipped
    assert story_of(1, **changes).simulation.guards.sum() > 0
    with pytest.raises(PhysicsError, match="'strict' must see no guard fire"):
        story_of(1, strict=True, **changes)


def test_guards_and_violations_are_totals_of_the_outcomes():
    story = story_of(1, "roulette", profile="paper")
    for name in ("guards", "violations"):
        totals = np.sum([getattr(outcome, name) for outcome in story.outcomes], axis=0)
        assert np.array_equal(getattr(story.simulation, name), totals)
        assert totals.sum() == sum(outcome.slot[name] for outcome in story.outcomes)


def test_far_units_are_refused():
    changes = {"world__range_m": 50.0, "radio__refused": "drop"}
    story = story_of(2, "roulette", **changes)
    assert (story.tasks["rsu"] < 0).all()
    assert (story.ended["outcome"] == DROPPED).any()
    near = story_of(2, "nearest", **changes).tasks
    assert (near["rsu"] < 0).sum() > 0


def test_the_unit_of_a_vehicle_that_stays_local_is_not_read():
    simulation = simulation_of(standing(3), tasks__rate_hz=3.0)
    simulation.step(simulation.observe().action())
    action = simulation.observe().action(rsu=np.array([0, 1, 2]))
    other = simulation.observe().action(rsu=np.array([3, 0, 1]))
    twin = simulation.fork()
    assert simulation.step(action).ended.tobytes() == twin.step(other).ended.tobytes()
    assert simulation.state.fingerprint == twin.state.fingerprint


@pytest.mark.parametrize("unread", [99, -99])
def test_any_unit_will_do_for_a_vehicle_that_stays_local(unread):
    simulation = simulation_of(standing(3), tasks__rate_hz=3.0)
    simulation.step(simulation.observe().action())
    assert simulation.observe().deciding.any()
    simulation.step(simulation.observe().action(rsu=np.full(3, unread)))


def test_whom_a_run_met_is_who_was_on_the_road():
    story = story_of(3, steps=15)
    present = {vehicle for state in story.states for vehicle in state.fleet.vehicle.tolist()}
    assert story.simulation.met == present


def test_whom_a_fork_met_is_who_was_on_the_road_since():
    simulation = simulation_of(standing(3))
    simulation.step(simulation.observe().action())
    fork = simulation.fork()
    fork.step(fork.observe().action())
    assert fork.met == {0, 1, 2}


def crossing():
    """Two vehicles that want unit 0 in turn: the first one's upload ends as the second one's begins."""
    rsus = [{"x_m": 100.0, "y_m": 0.0}]
    classes = {"driving": {"input_bit": 15e6, "cycles": 1e6, "deadline_s": 100.0}}
    return simulation_of(
        standing(2, 6, x_m=[120.0, 80.0], y_m=0.0),
        world__rsus=rsus,
        world__fibre={"count": 1},
        tasks__classes=classes,
        keys__per_task_bit=0,
        sources__rate="table",  # 15e6 bit at 15e6 bit/s: a second to the nanosecond
        tasks__rate_hz=5.0,
        radio__admission_db=-60.0,
        world__channel="free_space",
    )


def take_turns():
    """Vehicle 0 sends in slot 1, vehicle 1 in slot 2."""
    simulation = crossing()
    for offload in ([False, False], [True, False]):
        simulation.step(simulation.observe().action(np.array(offload)))
    return simulation


def test_an_upload_that_ends_at_a_boundary_frees_its_transmitter_there():
    simulation = take_turns()
    assert simulation.state.tasks["arrival_ns"].max() == 2 * S == simulation.state.time_ns
    assert (simulation.state.server_free_ns == 0).all()  # what arrives at a boundary arrives in the slot that begins
    assert simulation.observe().uplink_backlog_s.tolist() == [0.0, 0.0]
    outcome = simulation.step(simulation.observe().action(np.array([True, True])))
    assert outcome.slot["offloaded"] == 2
    assert outcome.slot["wait_uplink"] == 0


def test_an_upload_that_ends_at_a_boundary_is_not_heard_after_it():
    simulation = take_turns()
    seen = simulation.observe()
    assert seen.heard_w.tolist() == [0.0]
    assert seen.arriving.tolist() == [0]
    simulation.step(seen.action(np.array([False, True])))
    sinr = simulation.state.tasks["sinr"][simulation.state.tasks["decided_ns"] == 2 * S].max()
    assert sinr == pytest.approx(seen.tx_power_w[1] * seen.gain[1, 0] / seen.noise_w)


def test_what_a_policy_sees_of_a_queue_is_what_the_state_says():
    story = story_of(4, "nearest", keys__per_task_bit=0)
    for state, seen in zip(story.states, story.seen, strict=False):
        assert seen.time_s == state.time_ns / S
        assert np.array_equal(seen.backlog_s, np.maximum(state.server_free_ns - state.time_ns, 0) / S)
        assert np.array_equal(seen.key_bit, state.key_bit[story.world.scene.rsu_link])
        assert seen.reachable.shape == seen.gain.shape == seen.distance_m.shape == (len(seen), 4)
        assert np.array_equal(seen.reachable, seen.distance_m <= 450.0)
        assert seen.stake.sum() == pytest.approx(1.0)
        assert seen.pending == len(state.pending)
        assert not seen.task[~seen.deciding].size or (seen.task[~seen.deciding] == -1).all()


def test_who_decides_is_who_has_an_undecided_task():
    simulation = simulation_of(standing(4), tasks__rate_hz=0.0)
    assert not play(simulation, "nearest").outcomes[-1].slot["deciding"]
    busy = simulation_of(standing(4), tasks__rate_hz=5.0)
    busy.step(busy.observe().action())
    assert busy.observe().deciding.all()
    decides = policy("ralc", busy)
    assert busy.step(decides.act([busy.observe()])[0]).slot["local"] == 4
