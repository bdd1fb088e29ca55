"""Finite keys against Lim et al. (2014), Rusca et al. (2018), other codes, and keys without end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.physics.field import decoy, finite, one_decoy, two_decoys
from qvecsim.physics.paper.qkd import entropy

from .links import GYS, LIM, parameters, priced, rate, reach

FIXED = {"key_basis": 0.8, "signal_share": 0.5, "weak_share": 0.3, "mu": 0.45, "weak": 0.2, "vacuum": 2e-4}
# Like Boaron et al. (2018), whose superconducting detectors hardly click in the dark; the error rate is assumed.
SNSPD = {
    "protocol": "finite",
    "efficiency": 0.4,
    "dark_per_gate": 1e-10,
    "misalignment": 0.01,
    "error_correction": 1.16,
}


@pytest.mark.parametrize(
    ("bits", "values"),
    [
        (1e6, (2.87744e-3, 2.59965e-4, 2.05378e-5)),
        (1e7, (5.34741e-3, 5.13836e-4, 4.66284e-5)),
        (1e9, (6.16246e-3, 5.97066e-4, 5.74822e-5)),
    ],
)
def test_fixed_settings_on_the_detectors_of_lim_et_al(bits, values):
    assert rate([0.0, 10.0, 20.0], parameters(**LIM, **FIXED, block_bit=bits)) == pytest.approx(values, rel=1e-5)


def test_longer_blocks_bring_what_lim_et_al_say():
    # "R(10^9) / R(10^7) is about 1.75 at 100 km", section V.
    long, short = (rate(20.0, parameters(**LIM, block_bit=bits))[0] for bits in (1e9, 1e7))
    assert long / short == pytest.approx(1.75, rel=0.05)


@pytest.mark.parametrize(("bits", "km"), [(1e5, 156.1), (1e6, 167.5), (1e7, 173.2)])
def test_reach_is_that_of_the_figure(bits, km):
    # Digitised from figure 1 of Lim et al. (2014).
    assert reach(parameters(**LIM, block_bit=bits), 20.0, 45.0) / 0.2 == pytest.approx(km, rel=0.03)


def test_short_blocks_reach_farther_with_a_rare_basis_of_the_key():
    q = parameters(**LIM, block_bit=1e5)
    assert rate(31.0, q)[0] > 0.0
    assert rate(31.0, parameters(**LIM, block_bit=1e5, key_basis=0.5))[0] == 0.0


def klenm(settings_, missing=()):
    """Secret length at eta = 5e-4, 1e10 pulses, GYS detectors, as github.com/KlenM/Finite-key-Decoy-state-QKD sets it.

    ``missing``: intensities whose errors are not counted as errors of the key.
    """
    mu, weak, first, second, basis = settings_
    intensity, share = np.array([[mu], [weak], [0.0]]), np.array([[first], [second], [1.0 - first - second]])
    click = finite.click(intensity, 5e-4, 1.7e-6, 0.0)
    wrong = 0.5 * 1.7e-6 + 0.033 * (click - 1.7e-6)
    seen, errors = 1e10 * share * click, 1e10 * share * wrong
    counted = errors.copy()
    counted[list(missing)] = 0.0
    other = (1.0 - basis) ** 2
    counts = finite.Counts(basis**2 * seen, basis**2 * counted, other * seen, other * errors)
    return two_decoys.secret_length(counts, intensity, share, finite.Security(1.22, 1e-10, 1e-15))[0]


def test_counts_of_another_code_and_what_errors_of_the_vacuum_cost():
    # Its README prints 41368 bit at mu = 0.43, 0.18 and shares 0.14, 0.51. That leaves the errors of the vacuum out.
    best = (0.42828418, 0.17633223, 0.13805106, 0.51284298, 0.71276871)
    assert klenm(best, missing=(2,)) == pytest.approx(41368, abs=1.0)
    assert klenm((0.43, 0.18, 0.14, 0.51, 0.71), missing=(2,)) == pytest.approx(41368, rel=2e-3)
    assert klenm(best) == pytest.approx(33032.9, abs=1.0)


@pytest.mark.parametrize(("loss_db", "published_bps"), [(42.7, 4.9e3), (51.3, 790.0), (60.6, 62.0), (69.3, 6.5)])
def test_one_decoy_against_boaron_et_al(loss_db, published_bps):
    # Boaron et al. (2018), table I: 252 to 405 km at 2.5 GHz. Settings and block are assumed: a factor of two.
    q = parameters(**SNSPD, finite_decoys="one", block_bit=1e7, key_basis=0.7)
    assert 0.5 < 2.5e9 * rate(loss_db, q)[0] / published_bps < 2.0


@pytest.mark.parametrize(("bits", "loss_db"), [(1e6, 10.0), (1e7, 20.0), (1e8, 30.0)])
def test_one_decoy_is_better_for_short_blocks(bits, loss_db):
    # Rusca et al. (2018), abstract: for blocks up to 1e8 bit.
    q = {"efficiency": 0.2, "dark_per_gate": 1e-7, "misalignment": 0.01, "protocol": "finite", "block_bit": bits}
    one, two = (rate(loss_db, parameters(**q, finite_decoys=decoys))[0] for decoys in ("one", "two"))
    assert one > two > 0.0


def test_two_decoys_are_better_for_long_blocks():
    q = {"efficiency": 0.2, "dark_per_gate": 1e-7, "misalignment": 0.01, "protocol": "finite", "block_bit": 1e14}
    one, two = (rate(20.0, parameters(**q, finite_decoys=decoys))[0] for decoys in ("one", "two"))
    assert two > one


def endless(loss_db, field):
    """No finite key is better: all single photons and the vacuum are known, one basis is always chosen."""
    eta, dark = field["efficiency"] * 10 ** (-loss_db / 10), field["dark_per_gate"]
    mu = np.linspace(1e-3, 2.0, 4000)
    click = decoy.gain(mu, eta, dark)
    error = decoy.error_rate(decoy.error_gain(mu, eta, dark, field["misalignment"]), click)
    single = decoy.single_error(eta, dark, field["misalignment"])
    secret = decoy.secret_bits(1.0, mu, click, error, eta + dark, single, field["error_correction"])
    return max(float((secret + dark * np.exp(-mu)).max()), 0.0)


@given(
    st.sampled_from(["one", "two"]),
    st.tuples(st.floats(0.0, 35.0), st.floats(0.01, 1.0), st.floats(0.0, 1e-5), st.floats(0.0, 0.08)),
    st.tuples(st.floats(0.05, 1.0), st.floats(0.05, 0.9), st.floats(0.5, 0.95)),
    st.tuples(st.floats(0.1, 0.8), st.floats(0.05, 0.15)),
    st.floats(4.0, 14.0),
)
def test_longer_blocks_are_better_and_none_beats_keys_without_end(decoys, link, chosen, shares, digits):
    loss_db, *detector = link
    field = GYS | dict(zip(("efficiency", "dark_per_gate", "misalignment"), detector, strict=True))
    fixed = {"mu": chosen[0], "weak": 1e-3 + chosen[1] * (chosen[0] - 2e-3), "key_basis": chosen[2]}
    fixed |= {"signal_share": shares[0], "weak_share": shares[1]}
    short, long = (
        rate(loss_db, parameters(**field, **fixed, protocol="finite", finite_decoys=decoys, block_bit=bits))[0]
        for bits in (10**digits, 10 ** (digits + 1))
    )
    assert 0.0 <= short <= long * (1.0 + 1e-9)
    assert long <= endless(loss_db, field) * (1.0 + 1e-6) + 1e-15


def test_very_long_blocks_come_near_keys_without_end():
    q = parameters(**GYS, protocol="finite", block_bit=1e17, vacuum=0.0)
    assert 0.9 < rate(10.0, q)[0] / endless(10.0, GYS) < 1.0


def test_beyond_the_reach_there_is_no_key():
    assert rate([40.0, 80.0, 300.0], parameters(**LIM, block_bit=1e9)).tolist() == [0.0] * 3


def test_secrecy_per_bit_is_secrecy_of_the_length():
    q = parameters(**LIM, **FIXED, block_bit=1e7)
    key = priced(10.0, q)
    bits = float((key.secret * key.pulses)[0])
    fixed = {name: value for name, value in LIM.items() if name != "secrecy_per_bit"}
    same = priced(10.0, parameters(**fixed, **FIXED, block_bit=1e7, secrecy=1e-15 * bits))
    assert same.secret == pytest.approx(key.secret, rel=1e-9)


def test_bounds_are_on_the_safe_side():
    """Against the counts of single photons and of the vacuum that the model itself has, without fluctuation."""
    intensity, share = np.array([[0.45], [0.2], [2e-4]]), np.array([[0.5], [0.3], [0.2]])
    eta, dark, failure = 0.01, 1e-5, np.asarray(0.999999)
    click = finite.click(intensity, eta, dark, 0.0)
    counts = 1e12 * share * click
    low, high = finite.bounds(counts, intensity, share, failure)
    vacuum = two_decoys.vacuum_least(low, high, intensity, share)[0]
    singles = two_decoys.singles_least(low, high, vacuum, intensity, share)[0]
    zero, one = (1e12 * finite.emission(n, intensity, share)[0] for n in (0, 1))
    assert 0.9 * zero * dark < vacuum <= zero * dark
    assert 0.9 < singles / (one * (1.0 - (1.0 - dark) * (1.0 - eta))) <= 1.0
    pair, parts = intensity[:2], np.array([[0.7], [0.3]])
    seen = 1e12 * parts * click[:2]
    low, high = finite.bounds(seen, pair, parts, failure)
    zero, one = (1e12 * finite.emission(n, pair, parts)[0] for n in (0, 1))
    wrong = 1e12 * parts * finite.wrong_click(pair, eta, dark, 0.01, 0.0)
    most = one_decoy.vacuum_most(finite.bounds(wrong, pair, parts, failure)[1], seen.sum(axis=0), pair, parts, failure)
    assert most[0] >= zero * dark
    assert one_decoy.vacuum_least(low, high, pair, parts)[0] <= zero * dark
    assert one_decoy.singles_least(low, high, most, pair, parts)[0] <= one * (1.0 - (1.0 - dark) * (1.0 - eta))


def test_phase_error_by_hand():
    # b = 0.02, c = 1e4, d = 2e4: sqrt(1.5e-4 0.98 0.02 / ln 2 log2(1.5e-4 / 0.0196 / 1e-20)) = 0.0163
    found = finite.phase_error(np.array(200.0), np.array(1e4), np.array(2e4), 1e-10)
    width = np.sqrt(1.5e-4 * 0.0196 / np.log(2) * np.log2(1.5e-4 / 0.0196 * 1e20))
    assert found == pytest.approx(0.02 + width, rel=1e-12)
    assert finite.phase_error(np.array(0.0), np.array(0.0), np.array(5.0), 1e-10) == 0.5


def test_correction_costs_the_entropy_of_every_sifted_bit():
    counts = finite.Counts(*(np.array([[x], [y]]) for x, y in ((6e5, 4e5), (3e4, 2e4), (1.0, 1.0), (0.0, 0.0))))
    security = finite.Security(1.16, 1e-9, 1e-15)
    found = finite.length(np.zeros(1), np.full(1, 1e6), np.zeros(1), counts, security, 21)
    overhead = 6 * np.log2(21e9) + np.log2(2e15)
    assert found == pytest.approx(1e6 * (1.0 - 1.16 * entropy(0.05)) - overhead, rel=1e-12)
