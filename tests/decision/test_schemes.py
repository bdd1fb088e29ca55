from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from qvecsim.decision.check import shapes
from qvecsim.decision.schemes import SCHEMES, policy, policy_class
from qvecsim.decision.schemes.greedy import Greedy
from qvecsim.decision.schemes.nearest import Nearest
from qvecsim.decision.schemes.ralc import Ralc
from qvecsim.decision.schemes.rars import Rars
from qvecsim.errors import PolicyError
from qvecsim.streams import Streams
from qvecsim.types import BAND_SHARE

from .sight import GAIN, NOISE_W, SCENARIO, STREAMS, WIDE, seen

DISTANCE_M = np.random.default_rng(5).uniform(1, 900, (40, 4))
SEEN = seen(40, 4, distance_m=DISTANCE_M, reachable=DISTANCE_M < 300)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("observation", [SEEN, seen(0, 3), seen(5, 1), seen(5, 2, reachable=False)])
def test_every_scheme_answers_with_an_action_of_the_right_shape(scheme, observation):
    action = policy(scheme, SCENARIO, STREAMS).decide(observation)
    assert list(shapes(action, observation)) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_offloads_to_units_in_range_only(scheme):
    action = policy(scheme, WIDE, STREAMS).decide(SEEN)
    rows = np.flatnonzero(action.offload)
    assert SEEN.reachable[rows, action.rsu[rows]].all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_decides_twice_alike(scheme):
    first, second = (policy(scheme, WIDE, STREAMS).decide(SEEN) for _ in range(2))
    for name in ("efficiency", "offload", "rsu", "bandwidth"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
    assert (first.producer, first.block_bit) == (second.producer, second.block_bit)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_act_answers_every_world(scheme):
    own = policy(scheme, WIDE, STREAMS)
    worlds = [SEEN, seen(3, 2), seen(0, 2)]
    assert [len(action.offload) for action in own.act(worlds)] == [40, 3, 0]


def test_an_action_begins_as_the_scenario_has_it():
    action = SEEN.action()
    assert not action.offload.any()
    assert (action.efficiency == 1.0).all()
    assert (action.bandwidth == BAND_SHARE).all()
    assert (action.producer, action.block_bit) == (-1, SCENARIO.chain.block_bit)


@pytest.mark.parametrize(
    ("scheme", "hint"), [("gredy", "Did you mean 'greedy'?"), ("", "Known: clairvoyant, greedy, linear")]
)
def test_an_unknown_scheme_is_told(scheme, hint):
    with pytest.raises(PolicyError) as caught:
        policy_class(scheme)
    assert hint in str(caught.value)


def test_ralc_offloads_nothing():
    assert not Ralc(WIDE, STREAMS).decide(SEEN).offload.any()


def test_nearest_picks_the_nearest_unit():
    distance_m = np.random.default_rng(7).uniform(1, 900, (50, 5))
    observation = seen(50, 5, distance_m=distance_m, reachable=distance_m < 300)
    action = Nearest(SCENARIO, STREAMS).decide(observation)
    assert np.array_equal(action.offload, distance_m.min(axis=1) < 300)
    assert np.array_equal(action.rsu, distance_m.argmin(axis=1))
    assert 0 < action.offload.sum() < 50


def test_rars_draws_evenly_among_the_vehicle_and_the_units_in_range():
    reachable = np.tile([[True, False, True, True], [False, True, False, False], [False] * 4], (2000, 1))
    action = Rars(SCENARIO, STREAMS).decide(seen(6000, 4, reachable=reachable))
    choice = np.where(action.offload, action.rsu, -1).reshape(2000, 3)
    for column, options in enumerate(([-1, 0, 2, 3], [-1, 1], [-1])):
        found, counts = np.unique(choice[:, column], return_counts=True)
        assert found.tolist() == options
        if len(options) > 1:
            assert chisquare(counts).pvalue > 1e-3


def test_rars_draws_detectors_and_producer_evenly():
    own = Rars(SCENARIO, STREAMS)
    base = seen(2, 4)
    actions = [own.decide(dataclasses.replace(base, slot=slot)) for slot in range(400)]
    for draws, options in (
        ([action.producer for action in actions], [0, 1, 2, 3]),
        ([float(action.efficiency[0]) for action in actions], [0.8, 0.9, 1.0]),
    ):
        found, counts = np.unique(draws, return_counts=True)
        assert found.tolist() == options
        assert chisquare(counts).pvalue > 1e-3


def test_rars_draws_anew_in_every_slot_and_for_every_seed():
    later = dataclasses.replace(SEEN, slot=SEEN.slot + 1)
    choices = [
        Rars(SCENARIO, Streams(seed, replication)).decide(observation).offload.tobytes()
        for seed, replication, observation in ((1, 0, SEEN), (1, 0, later), (2, 0, SEEN), (1, 1, SEEN))
    ]
    assert len(set(choices)) == 4


def chosen(scenario=WIDE, vehicles: int = 1, units: int = 2, **told: object) -> list[int]:
    """Where greedy sends each vehicle; -1: it computes itself."""
    action = Greedy(scenario, STREAMS).decide(seen(vehicles, units, **told))
    return np.where(action.offload, action.rsu, -1).tolist()


def test_greedy_prefers_an_idle_server():
    assert chosen(backlog_s=[0.8, 0.1]) == [1]
    assert chosen(backlog_s=[0.1, 0.8]) == [0]


def test_greedy_counts_the_work_that_is_on_its_way():
    assert chosen(arriving_cycles=[2e9, 0]) == [1]


def test_greedy_prefers_a_fast_server():
    assert chosen(edge_hz=[1e9, 2e9]) == [1]


def test_greedy_prefers_a_good_channel():
    assert chosen(gain=[[GAIN, 10 * GAIN]]) == [1]
    assert chosen(heard_w=[1e-9, 0]) == [1]


def test_greedy_avoids_an_empty_key_pool():
    assert chosen(key_bit=[0, 256], key_rate_bps=1000.0) == [1]
    assert chosen(key_bit=[255, 0], key_rate_bps=[10.0, 300.0]) == [0]


def test_greedy_computes_locally_where_no_key_will_ever_come():
    assert chosen(key_bit=0, key_rate_bps=0.0) == [-1]


def test_greedy_needs_no_key_where_tasks_need_none():
    assert chosen(key_bit=0, key_rate_bps=0.0, key_need_bit=0) == [0]


def test_greedy_books_the_keys_of_those_before():
    assert sorted(chosen(vehicles=4, key_bit=[512, 256], key_rate_bps=0.0)) == [-1, 0, 0, 1]


def test_greedy_respects_the_admission():
    weak = NOISE_W * 10**1.7  # 17 dB at 1 W
    assert chosen(SCENARIO, gain=weak) == [-1]
    assert chosen(SCENARIO, gain=weak * 1.3) == [0]
    assert chosen(SCENARIO, gain=[[weak, weak * 1.3]], edge_hz=[9e9, 2.5e9]) == [1]


def test_greedy_sees_the_interference_of_those_before():
    assert sorted(chosen(SCENARIO, vehicles=3)) == [-1, 0, 1]  # 18 dB leave room for one upload at a unit


def test_greedy_lets_the_most_urgent_choose_first():
    assert chosen(SCENARIO, vehicles=2, units=1, left_s=[0.9, 0.2]) == [-1, 0]
    assert chosen(SCENARIO, vehicles=2, units=1, left_s=[0.2, 0.9]) == [0, -1]
    assert chosen(SCENARIO, vehicles=2, units=1, left_s=[-3.0, 0.9]) == [0, -1]


def test_greedy_takes_the_first_of_equals():
    assert chosen(vehicles=1, units=5) == [0]
    assert chosen(SCENARIO, vehicles=3, units=1) == [0, -1, -1]


def test_greedy_stays_out_of_what_is_out_of_range():
    assert chosen(reachable=[[False, True]], edge_hz=[9e9, 2.5e9]) == [1]
    assert chosen(reachable=False) == [-1]


def test_greedy_waits_for_no_transmitter():
    assert chosen(uplink_backlog_s=0.01) == [-1]


def test_greedy_computes_small_tasks_locally_and_offloads_when_the_vehicle_is_busy():
    assert chosen(cycles=1000) == [-1]
    assert chosen(cycles=1000, local_backlog_s=5.0) == [0]


def test_greedy_leaves_alone_who_decides_nothing():
    assert chosen(vehicles=2, deciding=[False, True]) == [-1, 0]


def test_greedy_survives_a_signal_that_is_lost_in_the_noise():
    assert chosen(gain=1e-40, noise_w=1e3) == [-1]
    assert chosen(gain=1e-40, noise_w=1e3, input_bit=0) == [-1]


LENGTHS = st.floats(0, 3)


@settings(max_examples=100, deadline=None)
@given(
    gain=st.lists(st.floats(1e-15, 1e-7), min_size=3, max_size=3),
    backlog_s=st.lists(LENGTHS, min_size=3, max_size=3),
    key_bit=st.lists(st.integers(0, 600), min_size=3, max_size=3),
    key_rate_bps=st.lists(st.floats(0, 2000), min_size=3, max_size=3),
    reachable=st.lists(st.booleans(), min_size=3, max_size=3),
    local_backlog_s=LENGTHS,
    cycles=st.integers(1, 3_000_000_000),
    input_bit=st.integers(0, 50_000_000),
)
def test_greedy_alone_ends_its_task_first_and_never_later_than_locally(**told):
    local_s = told["local_backlog_s"] + told["cycles"] / 0.5e9
    finish_s = []
    for gain, backlog_s, key_bit, rate_bps, near in zip(
        told["gain"], told["backlog_s"], told["key_bit"], told["key_rate_bps"], told["reachable"], strict=True
    ):
        upload_s = told["input_bit"] / (0.9 * 35e6 * math.log2(1 + gain / NOISE_W))
        short_bit = max(256 - key_bit, 0)
        key_s = 0.0 if not short_bit else short_bit / rate_bps if rate_bps > 0 else math.inf
        allowed = near and gain / NOISE_W >= 0.1
        finish_s.append(max(upload_s, backlog_s) + told["cycles"] / 2.5e9 + key_s if allowed else math.inf)
    (choice,) = chosen(units=3, **(told | {"gain": [told["gain"]], "reachable": [told["reachable"]]}))
    reached_s = local_s if choice < 0 else finish_s[choice]
    assert reached_s == pytest.approx(min(local_s, *finish_s), rel=1e-9)
    assert reached_s <= local_s
