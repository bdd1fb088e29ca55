"""Fibres and detectors: closed forms, limits, and what dead time leaves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.physics.field import detector
from qvecsim.physics.field.channel import repeaterless_bound, transmittance


def test_fifty_kilometres_are_ten_decibels():
    assert transmittance(0.2, 50.0, 0.0) == pytest.approx(0.1, abs=1e-12)
    assert transmittance(0.2, 25.0, 5.0) == pytest.approx(0.1, abs=1e-12)
    assert transmittance(0.2, 0.0, 14.5) == pytest.approx(10**-1.45, rel=1e-12)


@pytest.mark.parametrize(("km", "value"), [(10, 1.43814), (50, 0.152003), (100, 0.0144996), (200, 0.000144277)])
def test_repeaterless_bound(km, value):
    assert repeaterless_bound(transmittance(0.2, km, 0.0)) == pytest.approx(value, rel=5e-6)


def test_repeaterless_bound_at_its_ends():
    assert repeaterless_bound(1.0) == np.inf
    assert repeaterless_bound(1e-300) == pytest.approx(1e-300 / np.log(2.0))


@pytest.mark.parametrize(("kind", "counted"), [("non_paralysable", 5.0e5), ("paralysable", 3.67879e5)])
def test_dead_time_of_a_microsecond_at_a_million_clicks(kind, counted):
    assert 1e6 * detector.DEAD_TIMES[kind](1e6, 1e-6) == pytest.approx(counted, rel=5e-6)


@pytest.mark.parametrize("kind", detector.DEAD_TIMES)
def test_dead_time_against_a_simulated_detector(kind):
    clicks = np.cumsum(np.random.default_rng(1).exponential(1.0, 200_000))
    if kind == "paralysable":
        counted = 1 + np.count_nonzero(np.diff(clicks) > 0.7)
    else:
        counted, free = 0, 0.0
        for click in clicks.tolist():
            if click >= free:
                counted, free = counted + 1, click + 0.7
    assert counted / len(clicks) == pytest.approx(detector.DEAD_TIMES[kind](1.0, 0.7), rel=0.01)


@given(st.floats(0.0, 1e10), st.floats(0.0, 1e-3))
def test_dead_time_leaves_a_share(click_hz, dead_time_s):
    never, anew = (detector.DEAD_TIMES[kind](click_hz, dead_time_s) for kind in ("non_paralysable", "paralysable"))
    assert 0.0 <= anew <= never * (1.0 + 1e-12) <= 1.0 + 1e-12


def test_efficiency_is_the_level_s_and_the_temperature_s():
    assert detector.efficiency(0.2, 0.9, 0.003, 303.15, 293.15) == pytest.approx(0.2 * 0.9 * 0.97)


def test_background_doubles_within_some_kelvin():
    cold, usual, warm = detector.background(1e-6, 0.25, np.array([223.15, 293.15, 314.4]), 293.15)
    assert usual == pytest.approx(1e-6)
    assert warm / usual == pytest.approx(np.exp(0.25 / 8.617333262e-5 * (1 / 293.15 - 1 / 314.4)))
    assert 1.9 < warm / usual < 2.0
    assert cold < 0.1 * usual
    assert detector.background(1e-6, 0.0, 400.0, 293.15) == pytest.approx(1e-6)


def test_background_at_the_ends_of_temperature():
    assert detector.background(1e-6, 0.25, 0.0, 293.15) == 0.0
    assert detector.background(1e-6, 0.0, 0.0, 293.15) == 1e-6
    assert detector.background(1e-6, 2.0, 1e300, 1.0) == 1.0
    assert detector.background(0.5, 2.0, 1000.0, 293.15) == 1.0


def test_drift_only_adds_errors():
    found = detector.misaligned(0.033, np.array([0.0, 0.2, -0.2, np.pi / 2, 3.0]))
    assert found[0] == pytest.approx(0.033)
    # A phase of 0.2 rad alone is wrong sin^2(0.1) of the time, and right of those that the optics have wrong.
    wrong = np.sin(0.1) ** 2
    assert found[1:3] == pytest.approx(0.033 * (1 - wrong) + (1 - 0.033) * wrong)
    assert found[3:] == pytest.approx([0.5, 0.5], abs=1e-15)
