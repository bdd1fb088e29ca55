"""Chain and problem of ``field``, and its seams in runs."""

from __future__ import annotations

import numpy as np
import pytest
from example import few, nested, play, roaming, same, scenario_of, simulation_of, story_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.kernel.simulation import Simulation
from qvecsim.keys.relay import Net, Relay, Requests, Store
from qvecsim.physics.field import chain, noma, problem, vec
from qvecsim.physics.paper.chain import generation_s
from qvecsim.physics.paper.vec import local_s, offload_s
from qvecsim.types import UPLINK
from qvecsim.units import from_db

SEAMS = ("vec", "chain", "problem")
FIELD = {f"physics__{seam}": "field" for seam in SEAMS}


def test_making_a_block_of_2048_bytes():
    """Case block.gen."""
    assert generation_s(737.5, 2048 * 8, 2.5e9) * 1000 == pytest.approx(4.83328, rel=1e-9)


def test_offloading_by_table_2():
    """Case offload.table: 60 MB at 15 Mbit/s, 0.5, 1.8 and 3 Gcycles in the vehicle and at the edge."""
    cycles = np.array([0.5e9, 1.8e9, 3.0e9])
    assert offload_s(60e6 * 8, 15e6, 0.0, 2.5e9, 0.0) == pytest.approx(32.0, rel=1e-9)
    edge = offload_s(0.0, 15e6, cycles, 2.5e9, 0.0)
    assert edge == pytest.approx([0.2, 0.72, 1.2], rel=1e-9)
    local = local_s(cycles, np.full(3, 0.5e9))
    assert local == pytest.approx([1.0, 3.6, 6.0], rel=1e-9)
    assert (local - edge) * 15e6 / 8 / 1e6 == pytest.approx([1.5, 5.4, 9.0], rel=1e-9)


@given(
    st.lists(st.tuples(st.floats(0, 10), st.integers(0, 100)), min_size=1, max_size=7).filter(
        lambda votes: sum(weight for _, weight in votes)
    )
)
def test_a_phase_ends_at_the_first_instant_with_more_than_two_thirds(votes):
    delay_s, weight = (np.array(column) for column in zip(*votes, strict=True))
    found, count = chain.quorum_s(delay_s, weight)
    ends = [at for at in sorted(delay_s) if 3 * weight[delay_s <= at].sum() > 2 * weight.sum()]
    assert found == ends[0]
    assert 1 <= count <= len(votes)


def test_exactly_two_thirds_are_not_enough():
    assert chain.quorum_s(np.array([1.0, 2.0, 3.0]), np.array([1, 1, 1])) == (3.0, 3)
    assert chain.quorum_s(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 1, 1, 1])) == (3.0, 3)
    assert chain.quorum_s(np.array([1.0, 2.0]), np.array([67, 33])) == (1.0, 1)
    assert chain.quorum_s(np.array([1.0, np.inf]), np.array([2, 1])) == (np.inf, 2)
    huge = 2**61
    assert chain.quorum_s(np.array([1.0, 2.0, 3.0]), np.array([huge, huge, huge])) == (3.0, 3)
    assert chain.quorum_s(np.array([1.0, 2.0, 3.0]), np.array([huge, huge + 1, huge])) == (2.0, 2)


def test_the_time_between_blocks():
    assert chain.block_interval_s(10.0, 0, 0.5, 3, 0.01) == 6.0  # full before the timer
    assert chain.block_interval_s(10.0, 0, 0.1, 3, 0.01) == 10.0
    assert chain.block_interval_s(10.0, 5, 0.0, 3, 0.01) == 0.01  # full already, but it must be made
    assert chain.block_interval_s(10.0, 0, 0.0, 3, 20.0) == 20.0


def state_with(**changes):
    simulation = simulation_of(roaming(1, steps=2), **FIELD, **changes)
    return simulation.state, simulation.world.scenario


def test_finality_is_the_sum_of_its_ways_by_hand():
    state, prm = state_with(radio__bandwidth_hz=4e6)
    found = chain.chain(state, 0, 3, 10.0, prm)
    c, hop_s, sign_s, verify_s = prm.chain, prm.edge.wired_s, 363e-6, 97e-6  # ML-DSA-44
    band_bps = 0.1 * 4e6 / 3  # what the vehicles leave, for three others
    size_bit = 1600 + 3 * 2048
    vote_s = hop_s + (256 + 19_360) / band_bps
    assert found.generation_s == pytest.approx(737.5 * size_bit / 2.5e9 + sign_s)
    assert found.propagation_s == pytest.approx(hop_s + (size_bit + 19_360) / band_bps + 2 * (sign_s + vote_s))
    assert found.verification_s == pytest.approx(3 * verify_s + (1 + 2 * 3) * verify_s)  # three of four are a quorum
    assert found.finality_s == pytest.approx(found.generation_s + found.propagation_s + found.verification_s)
    assert found.violations.sum() == (found.finality_s > c.deadline_s)


def test_the_timer_counts_where_table_2_gives_it():
    state, prm = state_with(sources__generation="table")
    assert chain.chain(state, 0, 3, 10.0, prm).generation_s == 10.0


def test_one_slow_validator_does_not_hold_up_the_others():
    from dataclasses import replace

    state, prm = state_with()
    slow, dead = (replace(state, bandwidth=np.array([0.9, 0.9, 0.9, share])) for share in (0.999, 1.0))
    fast = chain.chain(state, 0, 3, 10.0, prm).finality_s
    assert chain.chain(slow, 0, 3, 10.0, prm).finality_s == fast
    assert chain.chain(dead, 0, 3, 10.0, prm).finality_s == fast
    rich = replace(dead, stake_bit=np.array([1, 1, 1, 997]))
    assert chain.chain(rich, 0, 3, 10.0, prm).finality_s == np.inf


def test_a_starved_link_costs_one_and_a_rich_one_what_22_says():
    rates = np.array([0.0, 1000.0, 1e9])
    assert problem.starvation(rates, 1000.0) == pytest.approx([1.0, 0.5, 1e-6], rel=1e-5)
    key, late, block = problem.objective(rates, np.array([1.0, 2.0]), 5.0, 0.4, 1000.0, 2.0, 10.0, 0.5)
    assert key == pytest.approx(0.6 * 1.500001 * 0.25)
    assert late == pytest.approx(0.4 * 3.0 / 2.0)
    assert block == pytest.approx(0.4 * 0.5 * 0.25)


def test_the_true_constraints_count_what_breaks_them():
    plan = np.array([[1, 0], [0, 1], [0, 0], [1, 1]])
    assert problem.targets(plan) == 1
    one = plan[:3]
    assert problem.capacity(np.array([1.0, 2.0, 9.0]), one, np.array([1.0, 2.0])) == 0
    assert problem.capacity(np.array([1.1, 2.0, 9.0]), one, np.array([1.0, 2.0])) == 1
    need, link = np.array([256, 256, 256]), np.array([0, 0])
    assert problem.keys(need, one, link, np.array([512])) == 0
    assert problem.keys(need, one, link, np.array([511])) == 1
    assert problem.keys(need, one, np.array([0, 1]), np.array([512, 255])) == 1


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 600)), min_size=1, max_size=10), st.integers(0, 1500))
def test_what_pools_grant_is_a_plan_within_their_keys(asked, pool_bit):
    rsu = np.array([unit for unit, _ in asked], dtype=np.int64)
    need = np.array([bit for _, bit in asked], dtype=np.int64)
    link, key_bit = np.array([0, 1, 1]), np.array([pool_bit, 700])
    ends = np.array([(0, 1), (2, 3)])[link[rsu]]
    store = Store(key_bit, np.ones(2, dtype=bool))
    served = Relay(Net(((0, 1), (2, 3)))).serve(store, Requests(ends[:, 0], ends[:, 1], need))
    granted = np.array([bool(parts) for parts in served.parts], dtype=bool)
    plan = np.zeros((len(asked), 3), dtype=np.int64)
    plan[granted, rsu[granted]] = 1
    assert problem.keys(need, plan, link, key_bit) == 0


def rates_of(story):
    """SINR and rate of each upload in its first slot."""
    first = [
        tasks[(tasks["decided_ns"] == before.time_ns) & (tasks["rsu"] >= 0)]
        for before, after, outcome in story.slots
        for tasks in (after.tasks, outcome.ended)
    ]
    sent = np.concatenate(first)
    return sent["sinr"], sent["rate_bps"]


@few
@given(
    seed=st.integers(0, 2**32), residual=st.sampled_from([0.0, 0.05]), admission_db=st.sampled_from([-10.0, 3.0, 18.0])
)
def test_who_sends_reaches_the_threshold_at_its_turn(seed, residual, admission_db):
    changes = {"radio__sic_residual": residual, "radio__admission_db": admission_db}
    story = play(simulation_of(roaming(seed, steps=8), seed=seed, physics__vec="field", **changes), "roulette")
    sinr, rate_bps = rates_of(story)
    assert (sinr >= from_db(admission_db) * (1 - 1e-9)).all()
    assert len(sinr) == 0 or rate_bps.max() <= 0.95 * 35e6 * np.log2(1 + sinr.max())


def test_cancellation_lets_more_send_than_none():
    sent = [
        sum(outcome.slot["offloaded"] for outcome in story_of(4, "nearest", physics__vec=radio, **CROWD).outcomes)
        for radio in ("amended", "field")
    ]
    assert sent[1] > 1.2 * sent[0]


CROWD = {"radio__admission_db": 6.0, "keys__per_task_bit": 0}


def test_the_way_back_is_the_longer_of_air_and_wire():
    prm = scenario_of(edge__wired_s=0.002, edge__wired_bps=1e6, edge__vcp_ms_per_bit=1e-3)
    result, rate, down = np.array([8000, 8000]), np.ones(2), np.array([1e5, 1e9])
    found = vec.give_back(result, rate, down, prm)
    assert found == pytest.approx([0.08, 0.002 + 0.008 + 0.008])
    assert vec.give_back(result, rate, np.zeros(2), prm).tolist() == [np.inf, np.inf]


def test_the_downlink_has_a_band_and_a_power_of_its_own():
    prm = scenario_of(radio__downlink_hz=10e6, radio__downlink_power_w=2.0, radio__noise_figure_db=5.0)
    noise_w = from_db(-174.0 + 5.0 - 30.0) * 10e6
    assert vec.downlink(np.array([1e-10]), prm) == pytest.approx([10e6 * np.log2(1 + 2e-10 / noise_w)])
    assert vec.noise(prm) == pytest.approx(noise_w * 3.5)


def test_the_seam_computes_what_the_functions_say():
    simulation = simulation_of(roaming(5, steps=3), **FIELD, **nested(radio__sic_residual=0.02), keys__per_task_bit=0)
    seen, prm = simulation.observe(), simulation.world.scenario
    while not seen.deciding.sum() > 2:
        simulation.step(seen.action())
        seen = simulation.observe()
    before = simulation.state
    offload = seen.deciding & seen.reachable[np.arange(len(seen)), seen.nearest]
    simulation.step(seen.action(offload, seen.nearest))
    sent = np.concatenate([simulation.state.tasks])
    sent = sent[(sent["decided_ns"] == before.time_ns) & (sent["rsu"] >= 0)]
    row = np.searchsorted(seen.vehicle, sent["vehicle"])
    power_w = seen.tx_power_w[row] * seen.gain[row, sent["rsu"]]
    expected = noma.sinr(power_w, sent["rsu"], seen.noise_w, prm.radio.sic_residual)
    assert len(sent) > 1
    assert sent["sinr"] == pytest.approx(expected)
    assert sent["rate_bps"] == pytest.approx(0.9 * 35e6 * np.log2(1 + expected))


def on_the_air(state):
    return state.tasks[(state.tasks["phase"] == UPLINK) & (state.tasks["arrival_ns"] > state.time_ns)]


@few
@given(seed=st.integers(0, 2**32), residual=st.sampled_from([0.0, 0.03]), slot_s=st.sampled_from([0.5, 1.0]))
def test_remaining_bits_carry_over_at_the_rate_of_each_slot(seed, residual, slot_s):
    """Every upload's bits against a sum of its own over the slots, from the gains that were seen and who sent."""
    changes = {"radio__sic_residual": residual, "slot_s": slot_s, "keys__per_task_bit": 0}
    story = play(simulation_of(roaming(seed, steps=12), seed=seed, physics__vec="field", **changes), "roulette")
    prm, left_bit, arrivals, ends = story.world.scenario, {}, {}, {}
    for before, after, outcome, seen in zip(
        story.states[:-1], story.states[1:], story.outcomes, story.seen, strict=True
    ):
        now = np.concatenate([after.tasks, outcome.ended])
        ends |= {int(task["task"]): task for task in now}
        sends = now[
            (now["rsu"] >= 0)
            & ((now["decided_ns"] == before.time_ns) | np.isin(now["task"], on_the_air(before)["task"]))
        ]
        row = np.searchsorted(seen.vehicle, sends["vehicle"])
        received_w = story.world.scene.tx_power_w[sends["vehicle"]] * seen.gain[row, sends["rsu"]]
        sinr = noma.sinr(received_w, sends["rsu"], seen.noise_w, residual)
        rate_bps = after.bandwidth[sends["rsu"]] * prm.radio.bandwidth_hz * np.log2(1 + sinr)
        for task, rate in zip(sends, rate_bps, strict=True):
            left = left_bit.get(int(task["task"]), float(task["input_bit"]))
            arrivals[int(task["task"])] = before.time_ns + left / rate * 1e9
            left_bit[int(task["task"])] = left - rate * slot_s
            assert task["rate_bps"] == pytest.approx(rate)
            assert task["sinr"] == pytest.approx(sinr[np.flatnonzero(sends["task"] == task["task"])[0]])
    found = {name: task["arrival_ns"] for name, task in ends.items() if task["rsu"] >= 0 and task["phase"] != UPLINK}
    assert found.keys() <= arrivals.keys()
    assert all(abs(arrivals[name] - at) < 10 for name, at in found.items())
    assert all(left_bit[name] <= 1e-3 for name in found)


def test_the_rate_changes_where_it_is_refreshed_and_only_there():
    changed = {}
    for radio in ("amended", "field"):
        story = story_of(11, "nearest", physics__vec=radio, keys__per_task_bit=0, radio__bandwidth_hz=2e6)
        rates = {}
        for state in story.states:
            for task in on_the_air(state):
                rates.setdefault(int(task["task"]), set()).add(float(task["rate_bps"]))
        changed[radio] = sum(len(values) > 1 for values in rates.values())
    assert changed["amended"] == 0 < changed["field"]


def test_a_transmitter_is_busy_until_its_last_bit():
    story = story_of(11, "roulette", physics__vec="field", keys__per_task_bit=0, radio__bandwidth_hz=2e6)
    met = 0
    for state in story.states:
        tasks = on_the_air(state)
        row = np.searchsorted(state.fleet.vehicle, tasks["vehicle"])
        assert (state.uplink_free_ns[row] == tasks["arrival_ns"]).all()
        assert len(np.unique(tasks["vehicle"])) == len(tasks)
        met += len(tasks)
    assert met > 20


@pytest.mark.parametrize("changes", [{}, {"radio__bandwidth_hz": 2e6, "edge__queue": "ps"}])
def test_a_run_of_field_is_taken_up_at_every_slot(changes):
    make = simulation_of(roaming(8), seed=8, **FIELD, **changes)

    def continued(simulation):
        return Simulation(simulation.world.scenario, world=simulation.world, state=simulation.state)

    one, other = play(make.fork(), "roulette"), play(make, "roulette", renew=continued)
    assert same(one.states, other.states)
    assert same(one.outcomes, other.outcomes)


def test_in_a_run_no_plan_breaks_the_true_constraints():
    simulation = simulation_of(roaming(9, steps=15), **FIELD, keys__missing="drop", keys__initial_bit=300)
    story = play(simulation, "roulette")
    link, met = story.world.scene.rsu_link, 0
    for before, after, outcome in story.slots:
        tasks = np.concatenate([after.tasks, outcome.ended])
        tasks = tasks[(tasks["decided_ns"] == before.time_ns) & (tasks["rsu"] >= 0)]
        plan = np.zeros((len(tasks), len(link)), dtype=np.int64)
        plan[np.arange(len(tasks)), tasks["rsu"]] = 1
        assert problem.targets(plan) == 0
        assert problem.keys(tasks["key_bit"], plan, link, before.key_bit) == 0
        assert problem.keys(np.full(len(tasks), 10**6), plan, link, before.key_bit) == len(
            np.unique(link[tasks["rsu"]])
        )
        met += len(tasks)
    assert met > 10
