"""Levels, ages and what encryption costs, against models by hand and published numbers."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from example import few
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.keys.ages import PAGE, at, begun, life_slots, outlived, written
from qvecsim.keys.pools import CHARGING, EMPTY, READY, WARNING, buffer_state, spendable
from qvecsim.physics.encryption import fresh_bit
from qvecsim.scenario.parameters import Keys


def test_the_four_states_in_the_order_of_a_discharge_and_a_charge():
    levels = [900, 500, 499, 200, 101, 100, 101, 499, 500, 499, 0, 300, 100, 700]
    states, before = [], np.array([EMPTY])
    for level in levels:
        before = buffer_state(np.array([level]), before, 100, 500)
        states.append(int(before[0]))
    down, up = [READY, READY, WARNING, WARNING, WARNING, EMPTY], [CHARGING, CHARGING, READY, WARNING]
    assert states == [*down, *up, EMPTY, CHARGING, EMPTY, READY]


def test_the_reserve_cannot_be_spent():
    assert spendable(np.array([0, 99, 100, 101]), 100).tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("expiry_s", "slot_s", "slots"), [(1.0, 1.0, 1), (0.3, 0.1, 3), (0.31, 0.1, 4), (0.01, 1.0, 1), (60.0, 0.1, 600)]
)
def test_a_lifetime_in_slots(expiry_s, slot_s, slots):
    assert life_slots(expiry_s, slot_s) == slots


@few
@given(
    seed=st.integers(0, 2**32), life=st.sampled_from([1, 2, 31, 32, 33, 70, 200]), initial=st.sampled_from([0, 1, 500])
)
def test_ages_agree_with_a_queue_of_cohorts(seed, life, initial):
    draw, links = np.random.default_rng(seed), 3
    stored = np.full(links, initial)
    history, cohorts = begun(stored), [deque([(-1, initial)]) for _ in range(links)]
    for slot in range(150):
        spent = np.minimum(draw.integers(0, 60, links) * (draw.random(links) < 0.7), stored)
        expired = outlived(history, slot, stored - spent, life)
        for link, pool in enumerate(cohorts):
            due, old = int(spent[link]), 0
            while due:
                came, bits = pool.popleft()
                if bits > due:
                    pool.appendleft((came, bits - due))
                due -= min(due, bits)
            while pool and slot - pool[0][0] >= life:
                old += pool.popleft()[1]
            assert expired[link] == old
        made = draw.integers(0, 40, links)
        for pool, bits in zip(cohorts, made.tolist(), strict=True):
            pool.append((slot, bits))
        stored = stored - spent - expired + made
        history = written(history, slot + 1, at(history, slot, slot) + made, slot + 2 - life)
        assert len(history) <= life // PAGE + 2


# Seconds until a 256-bit key, a pad for 1 MB and one for 60 MB are there, and how many vehicles a link feeds at a key a
# second, by hand: 256 / rate, (8e6 + 256) / rate, (480e6 + 256) / rate and rate / 256.
RATES = [
    (22.2, 11.53, 3.604e5, 2.162e7, 0.08672),  # Thuringia
    (3.1e3, 0.08258, 2581, 1.548e5, 12.11),  # SECOQC, Toshiba
    (304e3, 0.0008421, 26.32, 1579, 1188),  # Tokyo, TREL
    (2.58e6, 9.922e-05, 3.101, 186, 1.008e4),  # Cambridge
    (115.8e6, 2.211e-06, 0.06908, 4.145, 4.523e5),  # Li et al. 2023, 10 km
]


@pytest.mark.parametrize(("rate_bps", "key_s", "small_s", "large_s", "vehicles"), RATES)
def test_what_links_can_feed(rate_bps, key_s, small_s, large_s, vehicles):
    one = np.array([8_000_000])
    aes, pad = Keys(), Keys(encryption="otp")
    assert fresh_bit(aes, one)[0] / rate_bps == pytest.approx(key_s, rel=5e-4)
    assert rate_bps / fresh_bit(aes, one)[0] == pytest.approx(vehicles, rel=5e-4)
    assert fresh_bit(pad, one)[0] / rate_bps == pytest.approx(small_s, rel=5e-4)
    assert fresh_bit(pad, 60 * one)[0] / rate_bps == pytest.approx(large_s, rel=5e-4)


def test_a_session_key_is_good_for_two_to_the_24_and_a_half_records():
    assert Keys().rekey_byte == int(2**24.5 * 2**14)
    assert Keys().rekey_byte / 1e9 == pytest.approx(388.736, rel=1e-6)
    assert Keys().rekey_byte * 8 / 15e6 == pytest.approx(207326, rel=1e-6)
    volume = Keys(rekey="bytes", rekey_byte=1000)
    assert fresh_bit(volume, np.array([0, 8000, 8001, 24_000])).tolist() == [256, 256, 512, 768]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"reserved_bit": 600, "capacity_bit": 500}, "reserved_bit|capacity_bit"),
        ({"reserved_bit": 300, "capacity_bit": 500}, "leave room for a whole key, so be at most 244"),
        ({"threshold_bit": 600, "capacity_bit": 500}, "threshold_bit|capacity_bit"),
        ({"threshold_bit": 100, "reserved_bit": 200}, "threshold_bit"),
        ({"encryption": "otp", "rekey": "bytes"}, "be left out with 'encryption: otp'"),
        ({"expiry_s": 0.0}, "expiry_s"),
    ],
)
def test_levels_that_contradict_each_other_are_refused(changes, rule):
    with pytest.raises(ValueError, match=rule):
        Keys.model_validate(changes)
