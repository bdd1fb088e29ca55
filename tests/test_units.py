from __future__ import annotations

import math

import numpy as np
import pytest
from example import few
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.units import NEVER_NS, NS_PER_S, db, dbm_to_w, from_db, ns, ns_array, w_to_dbm


@pytest.mark.parametrize(
    ("seconds", "whole"),
    [(0.0, 0), (1.0, NS_PER_S), (0.1, 100_000_000), (1e-9, 1), (2.5e-9, 2), (3.5e-9, 4), (-1.5, -1_500_000_000)],
)
def test_seconds_are_whole_nanoseconds(seconds, whole):
    assert ns(seconds) == whole
    assert type(ns(seconds)) is int
    assert ns_array(np.array([seconds])).tolist() == [whole]


@few
@given(seconds=st.lists(st.floats(0, 1e6), max_size=10))
def test_one_and_many_are_rounded_alike(seconds):
    many = ns_array(np.array(seconds))
    assert many.dtype == np.int64
    assert many.tolist() == [ns(value) for value in seconds]


@pytest.mark.parametrize("never", [1e10, 1e290, math.inf])
def test_beyond_the_clock_is_never(never):
    (instant,) = ns_array(np.array([never])).tolist()
    assert instant == NEVER_NS
    assert instant + instant <= 2**63


@few
@given(level_db=st.floats(-250, 100))
def test_decibels_go_there_and_back(level_db):
    assert db(from_db(level_db)) == pytest.approx(level_db, abs=1e-9)
    assert w_to_dbm(dbm_to_w(level_db)) == pytest.approx(level_db, abs=1e-9)
    assert from_db(np.array([level_db])).tolist() == pytest.approx([from_db(level_db)])


def test_decibels_of_round_numbers():
    assert (from_db(0.0), from_db(10.0), from_db(-20.0)) == (1.0, 10.0, pytest.approx(0.01))
    assert dbm_to_w(30.0) == 1.0
    assert dbm_to_w(-174.0) == pytest.approx(3.981e-21, rel=1e-4)
    assert w_to_dbm(1e-3) == pytest.approx(0.0, abs=1e-12)
