"""Decoy-state BB84 against the numbers of Ma, Qi, Zhao, Lo (2005) and against sums over photon numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from qvecsim.physics.amended import qkd as amended
from qvecsim.physics.field import decoy
from qvecsim.physics.paper.qkd import entropy

from .links import GYS, GYS_DB_PER_KM, parameters, priced, rate, reach

probabilities = st.floats(0.0, 1.0)
backgrounds = st.floats(0.0, 0.01)
misalignments = st.floats(0.0, 0.2)


def gys(**field):
    return parameters(GYS_DB_PER_KM, **GYS | field)


def at_km(km, **field):
    return rate(GYS_DB_PER_KM * np.asarray(km, dtype=float), gys(**field))


@pytest.mark.parametrize(
    ("km", "value"),
    [
        (0, 2.55458e-3),
        (10, 1.56705e-3),
        (25, 7.54393e-4),
        (50, 2.22595e-4),
        (75, 6.43483e-5),
        (100, 1.71844e-5),
        (125, 3.20597e-6),
        (140, 2.46455e-7),
    ],
)
def test_infinite_decoys_on_gys(km, value):
    assert at_km(km, mu=0.48) == pytest.approx(value, rel=1e-5, abs=0)


def test_infinite_decoys_have_the_published_rates():
    assert at_km([0, 100], mu=0.48) == pytest.approx([2.55e-3, 1.72e-5], rel=5e-3, abs=0)


@pytest.mark.parametrize(
    ("km", "value"), [(0, 2.41425e-3), (10, 1.4792e-3), (50, 2.09625e-4), (100, 1.60200e-5), (140, 7.37791e-8)]
)
def test_vacuum_and_weak_decoys_on_gys(km, value):
    found = at_km(km, mu=0.48, weak=0.05, decoys="vacuum_weak")
    assert found == pytest.approx(value, rel=1e-5, abs=0)
    assert at_km(km, mu=0.48, decoys="vacuum_weak") == pytest.approx(found, rel=1e-12)


@pytest.mark.parametrize(("decoys", "km"), [("infinite", 142.05), ("vacuum_weak", 140.55)])
def test_reach_is_the_published_one(decoys, km):
    q = gys(mu=0.48, weak=0.05, decoys=decoys)
    assert reach(q, 28.0, 31.0) / GYS_DB_PER_KM == pytest.approx(km, abs=0.15)


@pytest.mark.parametrize(("correction", "mu"), [(1.22, 0.48), (1.0, 0.54)])
def test_best_intensity_is_the_published_one(correction, mu):
    lost = correction * entropy(0.033) / (1.0 - entropy(0.033))
    exact = brentq(lambda mu: (1.0 - mu) * math.exp(-mu) - lost, 0.0, 1.0)  # eq. (12)
    assert exact == pytest.approx(mu, abs=0.005)
    far = priced(GYS_DB_PER_KM * 60.0, gys(error_correction=correction, dark_per_gate=0.0))
    best = np.log1p(-far.click) / -(0.045 * 10 ** (-0.021 * 60.0))
    assert best == pytest.approx(exact, abs=1e-3)


def test_bounds_at_forty_kilometres_are_as_loose_as_published():
    # Ma et al. (2005), section III: nu / mu = 0.25 leaves Y1 3.5 % too low and e1 16.8 % too high.
    eta, background, mu, weak = 0.045 * 10 ** (-0.021 * 40.0), 1.7e-6, 0.48, 0.12
    vacuum = decoy.gain(0.0, eta, background)
    single = decoy.single_yield_bound(
        mu, weak, decoy.gain(mu, eta, background), decoy.gain(weak, eta, background), vacuum
    )
    error = decoy.single_error_bound(weak, decoy.error_gain(weak, eta, background, 0.033), vacuum, single)
    assert single / decoy.single_yield(eta, background) - 1.0 == pytest.approx(-0.035, abs=1e-3)
    assert error / decoy.single_error(eta, background, 0.033) - 1.0 == pytest.approx(0.168, abs=1e-3)


@given(st.floats(0.01, 2.0), probabilities, st.floats(0.0, 1e-4), misalignments, st.floats(0.0, 0.1))
def test_gains_are_sums_over_photon_numbers(mu, eta, background, misalignment, afterpulse):
    photons = range(40)
    weight = [math.exp(-mu) * mu**n / math.factorial(n) for n in photons]
    clicks = [background + 1.0 - (1.0 - eta) ** n for n in photons]  # eq. (7), as eq. (10) sums it
    wrong = [0.5 * background + misalignment * (1.0 - (1.0 - eta) ** n) + 0.5 * afterpulse * clicks[n] for n in photons]
    gain = decoy.gain(mu, eta, background, afterpulse)
    assert gain == pytest.approx(np.dot(weight, clicks) * (1.0 + afterpulse), rel=1e-12, abs=1e-14)
    found = decoy.error_gain(mu, eta, background, misalignment, afterpulse)
    assert found == pytest.approx(np.dot(weight, wrong), rel=1e-12, abs=1e-14)


@given(st.floats(0.2, 1.0), st.floats(0.01, 0.15), st.floats(1e-4, 1.0), st.floats(0.0, 1e-5), misalignments)
def test_bounds_are_on_the_safe_side(mu, weak, eta, background, misalignment):
    vacuum = decoy.gain(0.0, eta, background)
    single = decoy.single_yield_bound(
        mu, weak, decoy.gain(mu, eta, background), decoy.gain(weak, eta, background), vacuum
    )
    assert single <= decoy.single_yield(eta, 0.0) + background + 1e-12
    error = decoy.single_error_bound(weak, decoy.error_gain(weak, eta, background, misalignment), vacuum, single)
    assert error >= decoy.single_error(eta, background, misalignment) - 1e-9


def test_bounds_tighten_as_the_weak_decoy_does():
    rates = [at_km(50, mu=0.48, weak=weak, decoys="vacuum_weak")[0] for weak in (0.2, 0.1, 0.05, 0.01, 1e-3)]
    assert rates == sorted(rates)
    assert rates[-1] == pytest.approx(at_km(50, mu=0.48)[0], rel=5e-3)
    assert rates[-1] < at_km(50, mu=0.48)[0]


@given(st.floats(0.0, 140.0), st.floats(0.1, 1.0))
def test_error_rate_is_that_of_the_mended_equation(km, mu):
    eta = 0.045 * 10 ** (-0.021 * km)
    found = decoy.error_rate(decoy.error_gain(mu, eta, 1.7e-6, 0.033), decoy.gain(mu, eta, 1.7e-6))
    assert found == pytest.approx(amended.qber(1.0 - 0.066, 1.0, 1.0, -np.expm1(-mu * eta), 1.7e-6, 0.0), abs=1e-9)


@pytest.mark.parametrize(
    ("error", "value"), [(0.01, 0.080793136), (0.05, 0.28639696), (0.1, 0.46899559), (0.11, 0.49991596)]
)
def test_entropy(error, value):
    assert entropy(error) == pytest.approx(value, abs=1e-8)


def test_threshold_of_shor_and_preskill():
    assert brentq(lambda error: 1.0 - 2.0 * entropy(error), 0.05, 0.2) == pytest.approx(0.11002786, abs=1e-7)


def test_without_light_and_background_there_is_no_information():
    assert decoy.error_rate(0.0, 0.0) == 0.5
    assert rate(10.0, parameters(efficiency=0.0, dark_per_gate=0.0)) == 0.0
