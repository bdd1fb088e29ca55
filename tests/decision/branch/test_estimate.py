from __future__ import annotations

import math

import numpy as np
import pytest

from qvecsim.decision.branch.batches import urgent_first
from qvecsim.decision.branch.estimate import Booked, slowing
from qvecsim.decision.schemes.greedy import Load

from ..sight import GAIN, NOISE_W, WIDE, seen

ALL = slice(None)
CITY = {
    "gain": np.random.default_rng(1).uniform(1e-13, 1e-8, (30, 4)),
    "backlog_s": [0.3, 0.0, 1.0, 0.1],
    "left_s": np.random.default_rng(2).uniform(0, 2, 30),
    "cycles": np.random.default_rng(3).integers(1e7, 1e9, 30),
    "input_bit": np.random.default_rng(4).integers(1e5, 1e7, 30),
    "key_bit": [100_000, 300, 0, 1000],
    "heard_w": [0, 1e-12, 0, 1e-10],
}


def booked(vehicles=1, units=2, scenario=WIDE, **told):
    observation = seen(vehicles, units, **told)
    return Booked(observation, scenario, urgent_first(observation))


def with_(section, **values):
    part = getattr(WIDE, section).model_copy(update=values)
    return WIDE.model_copy(update={section: part})


def test_an_idle_near_unit_by_hand():
    told = booked(nearest=0).estimate(ALL)
    upload_s = 1e6 / (0.9 * 35e6 * math.log2(1 + GAIN / NOISE_W))
    assert told.upload_s[0] == pytest.approx([upload_s] * 2)
    assert told.offload_s[0] == pytest.approx([upload_s + 0.2, upload_s + 0.2 + WIDE.edge.wired_s])
    assert told.local_s == pytest.approx([1.0])
    assert (told.key_s == 0).all()


def test_it_agrees_with_greedy_where_nobody_waits():
    """Greedy waits for keys in fractions of a slot and for no wire; otherwise both must promise the same."""
    city = CITY | {"key_bit": 100_000}
    own, scenario = seen(30, 4, **city), with_("edge", wired_s=0.0)
    told = Booked(own, scenario, np.arange(30)).estimate(ALL)
    load = Load(own, scenario)
    for row in range(30):
        best, finish_s = load.best(row)
        assert told.offload_s[row].min() == pytest.approx(finish_s, rel=1e-12)
        assert not math.isfinite(finish_s) or told.offload_s[row].argmin() == best
        assert told.local_s[row] == pytest.approx(load.local_s(row), rel=1e-12)


def test_keys_are_waited_for_in_whole_slots():
    scenario = with_("keys", missing="wait")
    slot_s = seen().slot_s
    told = booked(units=3, scenario=scenario, key_bit=[256, 0, 255], key_rate_bps=[0, 100.0, 1000.0]).estimate(ALL)
    assert told.key_s[0] == pytest.approx([0, math.ceil(2.56 / slot_s) * slot_s, slot_s])


@pytest.mark.parametrize(("missing", "wait_s"), [("local", math.inf), ("drop", math.inf), ("expose", 0.0)])
def test_what_a_missing_key_costs(missing, wait_s):
    told = booked(scenario=with_("keys", missing=missing), key_bit=0).estimate(ALL)
    assert (told.key_s == wait_s).all()


def test_a_session_needs_no_key_and_a_store_none_can_fill_is_never_ready():
    assert booked(key_bit=0, key_rate_bps=0.0, session_rsu=1).estimate(ALL).key_s[0].tolist() == [math.inf, 0.0]
    assert np.isinf(booked(store_bit=0).estimate(ALL).offload_s).all()


def test_a_busy_transmitter_is_waited_for_to_the_next_boundary():
    free, busy = (booked(uplink_backlog_s=s).estimate(ALL).offload_s[0, 0] for s in (0.0, 0.01))
    assert busy - free == pytest.approx(seen().slot_s)


def test_units_out_of_range_or_below_the_threshold_are_not_offered():
    assert np.isinf(booked(reachable=[[True, False]]).estimate(ALL).offload_s).tolist() == [[False, True]]
    assert np.isinf(booked(gain=[[GAIN, NOISE_W * 0.09]]).estimate(ALL).offload_s).tolist() == [[False, True]]


def test_booked_work_is_the_queue_run_event_by_event():
    rng = np.random.default_rng(5)
    own = booked(30, 4, **CITY)
    for part in (slice(0, 7), slice(7, 8), slice(8, 30)):
        told = own.estimate(part)
        unit = rng.integers(-1, 4, part.stop - part.start)
        free_s = own.work_s.copy()
        jobs = sorted((told.arrival_s[i, u], told.service_s[i, u], u) for i, u in enumerate(unit) if u >= 0)
        own.take(part, unit, told)
        for arrival_s, service_s, u in jobs:
            free_s[u] = max(arrival_s, free_s[u]) + service_s
        assert own.work_s == pytest.approx(free_s, abs=1e-7)  # whole nanoseconds


def test_booked_power_keys_and_counts():
    own = booked(3, 2, key_bit=1000, left_s=[1, 2, 3])
    told = own.estimate(ALL)
    own.take(ALL, np.array([1, -1, 1]), told)
    assert own.heard_w == pytest.approx([0, 2 * GAIN])
    assert own.key_bit.tolist() == [1000, 488]
    assert own.begun.tolist() == [0, 2]
    assert own.estimate(ALL).upload_s[0, 1] > 2 * told.upload_s[0, 1]


def test_nothing_is_booked_for_those_who_stay():
    own = booked(3, 2)
    before = own.work_s, own.heard_w, own.key_bit
    own.take(ALL, np.full(3, -1), own.estimate(ALL))
    assert all(np.array_equal(a, b) for a, b in zip(before, (own.work_s, own.heard_w, own.key_bit), strict=True))


def test_a_server_without_a_queue_is_never_busy():
    own = booked(2, 1, scenario=with_("edge", queue="unlimited"))
    own.take(ALL, np.zeros(2, np.int64), own.estimate(ALL))
    assert own.work_s.tolist() == [0.0]


@pytest.mark.parametrize("received_w", [1e-15, 1e-12, 1e-9])
@pytest.mark.parametrize("level_w", [1e-13, 1e-10])
def test_slowing_is_the_derivative_of_time_by_power(received_w, level_w):
    def time_(level):
        return math.log(2) / math.log1p(received_w / level)

    step = level_w * 1e-4
    slope = (time_(level_w + step) - time_(level_w - step)) / (2 * step)
    assert slowing(np.array([received_w]), np.array([level_w]))[0] == pytest.approx(slope, rel=1e-6)


def test_no_signal_slows_nobody():
    assert slowing(np.zeros(1), np.ones(1)).tolist() == [0.0]
