"""What heads see: sixteen numbers in [0, 1], however large the world is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from example import few
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.decision.macro.summary import INPUTS, Summary

from ..sight import SCENARIO, seen

WARM = SCENARIO.model_copy(update={"qkd": SCENARIO.qkd.model_copy(update={"temperature_swing_k": 4.0})})
OWN = Summary(WARM)
UNIT_S = OWN.limits.task.unit_s


@few
@given(st.integers(0, 40), st.integers(1, 30), st.integers(0, 2**32))
def test_any_world_has_as_many_inputs_between_0_and_1(vehicles, units, seed):
    rng = np.random.default_rng(seed)
    sight = seen(
        vehicles,
        units,
        deciding=rng.random(vehicles) < 0.7,
        cycles=rng.integers(0, 10**10, vehicles),
        local_backlog_s=rng.exponential(5.0, vehicles),
        backlog_s=rng.exponential(5.0, units),
        arriving=rng.integers(0, 9, units),
        arriving_cycles=rng.integers(0, 10**10, units),
        key_bit=rng.integers(-(10**3), 10**7, units),
        key_rate_bps=rng.exponential(1e5, units),
        temperature_k=rng.uniform(200, 400, 5),
        entropy=np.array([0.2, np.nan]),
        pending=int(rng.integers(10**9)),
    )
    found = OWN.inputs(sight)
    assert found.inputs.shape == (INPUTS,) == (len(OWN.ties),)
    assert ((found.inputs >= 0.0) & (found.inputs <= 1.0)).all()


def test_each_is_what_it_says():
    low_k, high_k = OWN.limits.temperature_k
    sight = seen(
        4,
        2,
        deciding=[True, False, True, False],
        cycles=[10**9, 10**9, 0, 10**9],
        local_backlog_s=[UNIT_S, 3 * UNIT_S, 0.0, 0.0],
        edge_hz=[1e9, 3e9],
        arriving=[1, 3],
        arriving_cycles=[1e9 * UNIT_S, 0.0],
        backlog_s=[2 * UNIT_S, 0.0],
        key_bit=[0, int(OWN.limits.task.key_bit) // 2],
        key_rate_bps=OWN.limits.key_bit / UNIT_S,
        temperature_k=np.array([low_k, high_k]),
        entropy=np.array([0.2, 0.4]),
        security_margin=np.array([OWN.limits.margin / 4]),
        stake=[0.3, 0.7],
        pending=0,
    )
    asked = 10**9 / (4e9 * UNIT_S)
    assert OWN.inputs(sight).inputs == pytest.approx(
        [0.5, asked / (1 + asked), 0.5, 2 / 3, 1.5 / 2.5, 0.75, 0.5, 0.25, 0.0, 0.5, 1.0, 0.3, 0.25, 0.0, 0.7, 0.0]
    )
    assert OWN.inputs(sight).clipped == 0
    waiting = int(2 * OWN.interval_s / sight.slot_s)
    assert OWN.inputs(dataclasses.replace(sight, pending=waiting)).inputs[-1] == pytest.approx(0.5)


def test_what_is_out_of_bounds_is_counted():
    assert OWN.inputs(seen(2, 2, key_bit=10**9)).clipped == 2
