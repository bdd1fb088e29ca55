"""Equations (1)-(23) as printed: by hand, at their limits, and as properties."""

from __future__ import annotations

import inspect
import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from qvecsim.physics.guards import GUARDS, above, cap, clamp, floor
from qvecsim.physics.paper import chain, problem, qkd, vec

MODULES = (qkd, vec, chain, problem)


def close(value: object, rel: float = 5e-6) -> object:
    """Equal to the six digits that the expected values are given with."""
    return pytest.approx(value, rel=rel, abs=0)


# --- (1)-(12)

SIGMA = 0.2 / 4.342944819032518  # 0.2 dB/km in nepers of power


@pytest.mark.parametrize(("angle", "rate"), [(np.pi / 2, 31.5479), (0.5, 7.25124)])
def test_pair_rate(angle, rate):
    assert qkd.pair_rate(50.0, angle, SIGMA, 10.0) == close(rate)


@pytest.mark.parametrize(("angle", "value"), [(0.2, 0.951521), (np.pi, 0.970874)])
def test_visibility_reads_a_phase_flip_as_clean(angle, value):
    assert qkd.visibility(angle, 0.03) == close(value)


@pytest.mark.parametrize(
    ("temperature", "value"),
    [(0, -18), (10, -8.73), (20, 0), (25, 4.1625), (30, 8.19), (40, 15.84), (100, 50.4), (333.3, 0.028197)],
)
def test_efficiency(temperature, value):
    assert qkd.efficiency(0.9, 0.003, float(temperature), 20.0) == close(value)


def test_efficiency_is_a_parabola():
    assert qkd.efficiency(0.9, 0.003, (1 / 0.003 + 20) / 2, 20.0) == close(66.27)
    edge = 21.1865
    assert qkd.efficiency(0.9, 0.003, edge, 20.0) == pytest.approx(1.0, abs=5e-5)


@pytest.mark.parametrize(
    ("nodes", "value", "power"), [(1, 1.4, 4.0552), (2, 2.3, 9.97418), (5, 5, 148.413), (10, 9.5, 13359.7)]
)
def test_system_efficiency_sums_all_detectors(nodes, value, power):
    found = qkd.system_efficiency(0.5, np.full(nodes, 0.9), np.zeros(4, np.int64))
    assert found == close(np.full(4, value))
    assert np.exp(found[0]) == close(power)


@pytest.mark.parametrize(("km", "value"), [(1, 0.980199), (10, 0.818731), (50, 0.367879), (100, 0.135335)])
def test_transmittance_in_base_e(km, value):
    assert qkd.transmittance(0.2, km, 0.0) == close(value)
    assert 10 * np.log10(qkd.transmittance(0.2, km, 0.0)) + 0.2 * km == pytest.approx(0.1131410 * km, rel=1e-5)


def test_signal_has_the_loss_twice():
    pairs = qkd.pair_rate(50.0, np.pi / 2, SIGMA, 10.0)
    assert qkd.signal(pairs, qkd.transmittance(0.2, 10.0, 0.0), 0.9) == close(23.2463)
    assert pairs * 0.9 == close(28.3931)


NOISE = (5.0, 1.0, 0.1, 2.0, 1.0, 1.0, 0.0)


def test_noise():
    assert qkd.noise(*NOISE, np.array([10.0, 1e4])) == close([10.2332, 14.3888], 5e-6)
    assert qkd.noise(1.0, 0.0, 0.1, 2.0, 1.0, 1.0, 0.0, 4.71) == pytest.approx(-0.999994, abs=1e-6)


# No subnormal ends: scipy's quadrature divides by the length of the interval.
@given(st.tuples(*[st.floats(0.1, 3.0)] * 7), st.floats(1e-9, 20.0))
def test_noise_against_quadrature(prm, end):
    integral, error = quad(lambda t: qkd.noise_rate(*prm[1:], t), 0.0, end, limit=200)
    assert qkd.noise(*prm, end) == pytest.approx(prm[0] + integral, abs=1e-8 + 10 * error)


WINDOW = [
    (5, 16.2871, 34.4352, 35.1379, 43.0440, -0.0739),
    (8, 15.3386, 30.5413, 31.1645, 38.1766, -0.0090),
    (10, 14.7372, 28.1931, 28.7685, 35.2414, 0.0301),
    (12, 14.1593, 26.0255, 26.5567, 32.5319, 0.0662),
    (15, 13.3347, 23.0826, 23.5537, 28.8532, 0.1153),
    (20, 12.0658, 18.8984, 19.2841, 23.6230, 0.1850),
]


@pytest.mark.parametrize(("km", "signal", "contrast", "low", "high", "at_30"), WINDOW)
def test_qber_is_legal_in_a_narrow_window(km, signal, contrast, low, high, at_30):
    arrives = qkd.transmittance(0.2, km, 0.0)
    signal_hz = qkd.signal(20.0, arrives, 0.9)
    assert signal_hz == close(signal)
    found = [qkd.qber(0.95, 0.9, arrives, signal_hz, noise, 0.0) for noise in (contrast, low, high, 30.0)]
    assert found == pytest.approx([0.0, 0.01, 0.1, at_30], abs=5e-5)


def test_qber_window_in_km():
    assert np.log(1.25) / 0.04 == close(5.579, 1e-4)  # pairs at the source kept as they are
    assert np.log(1.25) / (0.04 + SIGMA) == close(2.593, 1e-4)  # pairs by (1)


def test_qber_guard_over_table_ii():
    # Table II's visibilities, efficiencies and pair rates, five lengths, six noise levels, one and three detectors, and
    # nothing but detectors in (4): 5 * 3 * 3 * 5 * 6 * 2 = 2,700 points, of which 22 % are error rates.
    axes = [
        (0.8, 0.85, 0.9, 0.95, 1.0),
        (0.8, 0.9, 1.0),
        (10, 20, 50),
        (1, 5, 10, 20, 50),
        (1, 5, 10, 20, 50, 100),
        (1, 3),
    ]
    visibility, efficiency, pairs, km, noise, nodes = np.array(list(itertools.product(*axes)), dtype=float).T
    arrives = qkd.transmittance(0.2, km, 0.0)
    system = nodes * efficiency
    found = qkd.qber(visibility, system, arrives, qkd.signal(pairs, arrives, system), noise, 0.0)
    values, hits = clamp(found, 0.0, 0.5)
    assert (len(found), len(found) - hits) == (2700, 594)
    assert values.min() == 0.0
    assert values.max() <= 0.5


@pytest.mark.parametrize(
    ("error", "value"), [(0.01, 0.080793136), (0.05, 0.28639696), (0.1, 0.46899559), (0.11, 0.49991596), (0.5, 1.0)]
)
def test_entropy(error, value):
    assert qkd.entropy(error) == pytest.approx(value, abs=1e-8)


@pytest.mark.parametrize(("factor", "zero"), [(2.0, 0.11002786), (2.16, 0.098106038), (2.22, 0.094235166)])
def test_entropy_thresholds(factor, zero):
    assert factor * qkd.entropy(zero) == pytest.approx(1.0, abs=5e-7)


def test_entropy_at_its_ends():
    assert qkd.entropy(np.array([0.0, 1.0])).tolist() == [0.0, 0.0]
    assert np.isnan(qkd.entropy(np.array([-0.1, 1.1]))).all()


@given(st.floats(0.0, 1.0))
def test_entropy_is_symmetric(error):
    found = qkd.entropy(error)
    assert 0.0 <= found <= 1.0
    assert qkd.entropy(1.0 - error) == pytest.approx(found, abs=1e-12)


def test_key_rate_over_table_ii():
    error = np.array([0.01, 0.05, 0.1])
    margin = qkd.security_margin(1.0, 1e6, 1.0, qkd.entropy(error), 1e-10)
    assert (margin.min(), margin.max()) == close((0.0817931, 0.469996))
    grid = itertools.product((0.8, 0.9, 1.0), (10.0, 20.0, 50.0), zip(error, margin, strict=True))
    rates = [qkd.key_rate(eta, pairs, e, delta, 0.0, 0.5) for eta, pairs, (e, delta) in grid]
    assert (min(rates), max(rates)) == close((6.730004406310719, 49.41820686400409))
    at_18 = [qkd.key_rate(0.9, 20.0, e, delta, 0.0, 0.5) for e, delta in zip(error, margin, strict=True)]
    assert at_18 == close([17.7382, 16.8126, 15.73])


@given(st.floats(0.0, 1.0), st.floats(0.0, 500.0), st.floats(0.01, 100.0))
def test_transmittance_is_a_falling_probability(attenuation, km, more):
    near, far = qkd.transmittance(attenuation, np.array([km, km + more]), 0.0)
    assert 0.0 < far <= near <= 1.0


# --- (13)-(17)


def test_noise_readings():
    arguments = (-174.0, 35e6, 0.0)
    found = [vec.NOISE[name](*arguments) for name in ("total", "psd", "literal")]
    assert found == close([3.98107e-21, 1.39338e-13, 1.58489e-41])
    assert 10 * np.log10(found[1]) + 30 == pytest.approx(-98.5593, abs=1e-3)
    assert vec.NOISE["psd"](-174.0, 35e6, 9.0) == close(found[1] * 10**0.9)


def test_rate_of_table_ii():
    ratio = 2 ** (15 / 35) - 1
    assert ratio == close(0.3459, 2e-5)
    assert 10 * np.log10(ratio) == close(-4.61049)
    assert vec.rate(35e6, ratio) == close(15e6)
    assert vec.rate(35e6, 10**1.8) == close(210.075e6)
    band = 15e6 / vec.rate(1.0, 10**1.8)
    assert (band / 1e6, 35e6 / band) == close((2.4991, 14.005), 2e-5)


NO_SIC = [
    (1, 30.0, 9.96723),
    (2, -0.00434077, 1.99856),
    (3, -3.01247, 1.75417),
    (5, -6.02169, 1.60928),
    (100, None, 1.4427),
]


@pytest.mark.parametrize(("users", "level_db", "total"), NO_SIC)
def test_noma_without_cancellation(users, level_db, total):
    received = np.full((users, 1), 1e-3)
    row = np.arange(users)
    heard = vec.heard(np.ones(users), received, row, 0 * row)
    found = vec.sinr(received, vec.interference(heard, received, np.ones((users, 1), bool)), 1e-6)[:, 0]
    if level_db is not None:
        assert 10 * np.log10(found) == close(np.full(users, level_db))
    assert vec.rate(1.0, found).sum() == close(total, 1e-2 if users == 100 else 3e-6)


def test_interference_counts_those_who_do_not_send():
    received, nobody = np.array([[1.0, 2.0], [4.0, 8.0], [16.0, 32.0]]), np.zeros(0, np.int64)
    heard = vec.heard(np.ones(3), received, nobody, nobody)
    found = vec.interference(heard, received, np.zeros((3, 2), bool))
    assert found.tolist() == [[20.0, 40.0], [17.0, 34.0], [5.0, 10.0]]


def test_share_is_equal():
    assert vec.share(35e6, np.array([0, 1, 14])).tolist() == [35e6, 35e6, 2.5e6]


@pytest.mark.parametrize(
    ("gigacycles", "local", "edge", "even"), [(0.5, 1.0, 0.2, 1.5), (1.8, 3.6, 0.72, 5.4), (3.0, 6.0, 1.2, 9.0)]
)
def test_offloading_table(gigacycles, local, edge, even):
    cycles = gigacycles * 1e9
    assert vec.local_s(cycles, 0.5e9) == close(local, 1e-9)
    assert vec.offload_s(0.0, 15e6, cycles, 2.5e9, 0.0) == close(edge, 1e-9)
    assert vec.offload_s(even * 8e6, 15e6, cycles, 2.5e9, 0.0) == close(local, 1e-9)


@pytest.mark.parametrize(
    ("gigacycles", "limit_s", "megabyte"),
    [(0.5, 1.0, 1.5), (1.8, 1.0, 0.525), (0.5, 0.2, 0.0), (0.0, 0.2, 0.375), (0.0, 1.0, 1.875)],
)
def test_largest_task_before_a_deadline(gigacycles, limit_s, megabyte):
    assert vec.offload_s(megabyte * 8e6, 15e6, gigacycles * 1e9, 2.5e9, 0.0) == close(limit_s, 1e-9)


def test_upload_of_table_ii():
    assert vec.offload_s(480e6, 15e6, 0.0, 2.5e9, 0.0) == close(32.0, 1e-9)
    assert vec.offload_s(60 * 2**20 * 8, 15e6, 0.0, 2.5e9, 0.0) == close(33.5544)


def test_backhaul_leaves_milliseconds():
    back = vec.return_s(1e5, 15e6, 15e6, 1e-5)
    assert vec.offload_s(1e6, 15e6, 0.5e9, 2.5e9, back) == close(1.26667)


def test_no_rate_means_never():
    assert vec.offload_s(np.array([1.0]), np.array([0.0]), 1.0, 1.0, 0.0).tolist() == [np.inf]
    assert vec.return_s(np.array([1.0]), np.array([0.0]), 1.0, 0.0).tolist() == [np.inf]


def test_latency_prefers_the_worst_server():
    local, edge = np.full(4, 3.6), np.tile([1.2, 1.5, 2.0, 4.0], (4, 1))
    found = vec.latency_s(np.eye(4, dtype=bool), local, edge)
    assert found == close([11.1, 10.8, 10.3, 8.3], 1e-12)
    assert found.argmin() == 3


def test_latency_with_an_unreachable_server():
    assert vec.latency_s(np.array([[True]]), np.array([2.0]), np.array([[np.inf]])).tolist() == [2.0]


# --- (18)-(21)


def test_block():
    assert chain.generation_s(737.5, 2000 * 8, 2.5e9) == close(4.72e-3, 1e-9)
    assert chain.generation_s(737.5, 2048 * 8, 2.5e9) == close(4.83328e-3, 1e-9)
    clocks = [737.5 * 2048 * 8 / seconds / 1e6 for seconds in (10, 20, 30)]
    assert clocks == close([1.20832, 0.60416, 0.402773])
    assert chain.generation_s(737.5, 4.23729e6 * 8, 2.5e9) == close(10.0)


@pytest.mark.parametrize(("stake", "seconds"), [(1e6, 1.00002048), (10, 3.048e-05)])
def test_propagation_is_slow_for_the_rich(stake, seconds):
    assert chain.propagation_s(stake, 1e-6, 2048, np.array([1e8, 2e8]), 0.0, 0.0) == close(seconds)


def test_propagation_at_its_ends():
    assert chain.propagation_s(10, 1e-6, 2048, np.array([]), 0.0, 0.0) == close(1e-5)
    assert chain.propagation_s(10, 1e-6, 2048, np.array([0.0]), 0.0, 0.0) == np.inf


def test_verification():
    assert chain.verification_s(200 * 8, 256 * 8, 7, 1e-4) == close(0.000778125)


def test_finality_is_the_elected_one_s():
    assert chain.finality_s(1.0, 2.0, 3.0, np.array([0, 1, 0])).tolist() == [0.0, 6.0, 0.0]


# --- (22)-(23)

WEIGHTS = (0.4, 0.5, 1000.0, 1.0, 10.0, 1.0)


def test_objective_hardly_sees_the_keys():
    key, latency, block = problem.objective(np.full((3, 25), 20.0), np.ones(20), np.array([20.0]), *WEIGHTS)
    assert (key, latency + block, (latency + block) / key) == close((0.0008, 16.0, 20000.0), 1e-12)
    worst, best = (
        problem.objective(np.full(75, rate), np.zeros(1), np.zeros(1), *WEIGHTS)[0] for rate in (6.73, 49.418)
    )
    assert worst - best == close(0.00205365)


def test_objective_without_keys():
    assert problem.objective(np.zeros(3), np.zeros(1), np.zeros(1), *WEIGHTS)[0] == np.inf


COUNTS = [
    (problem.c1, ([-0.1, 0.0, 1.0, 1.1, np.nan],), 3),
    (problem.c2, ([-1.0, 0.0, 1.0],), 1),
    (problem.c3, ([1.0, 20.0, 21.0], 20.0), 1),
    (problem.c4, ([1e-5, 1e-3], 1e-4), 1),
    (problem.c5, ([0.1, 2.0, np.inf], [0.2, 1.0, 1.0]), 2),
    (problem.c6, (11.0, 10.0), 1),
    (problem.c7, ([35e6, 30e6, 0.0], 35e6, [3, 2, 0]), 1),
    (problem.c8, ([1.0, 3.0], 2.0), 1),
    (problem.c9, ([[0, 1], [2, 1]],), 1),
    (problem.c10, ([[0, 0], [0, 1], [1, 1]],), 2),
    (problem.c11, ([0, 1, 2],), 1),
    (problem.c12, ([0, 1, 1],), 1),
    (problem.c12, ([0, 1, 0],), 0),
    (problem.c13, ([-1.0, 0.0],), 1),
    (problem.c14, ([1.0, -1.0], -1.0, 0.0), 2),
    (problem.c15a, (-1, 0, -1), 2),
    (problem.c15b, ([0, 1, 2.5], 0), 3),
]


@pytest.mark.parametrize(("count", "arguments", "broken"), COUNTS)
def test_constraint(count, arguments, broken):
    arrays = [np.array(value) if isinstance(value, list) else value for value in arguments]
    assert count(*arrays) == broken


def test_every_constraint_has_its_function():
    assert all(callable(getattr(problem, name.lower())) for name in problem.CONSTRAINTS)
    assert len(problem.CONSTRAINTS) == len(set(problem.CONSTRAINTS)) == 16


# --- the room


def own(module):
    return {name: f for name, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__}


def test_every_equation_has_an_owner():
    heads = [re.match(r"Eq\. \((\d+)\): ", f.__doc__ or "") for module in MODULES for f in own(module).values()]
    assert {int(head[1]) for head in heads if head} == set(range(1, 24))


def test_no_equation_calls_another():
    equations = {name for module in MODULES for name, f in own(module).items() if f.__doc__.startswith("Eq. (")}
    for module in MODULES:
        for f in own(module).values():
            assert not equations & {name for name in f.__code__.co_names if hasattr(module, name)}, f


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (qkd.pair_rate, (50.0, 1.0, 0.05, 10.0)),
        (qkd.qber, (0.9, 0.5, 0.9, 10.0, 30.0, 0.0)),
        (qkd.entropy, (0.1,)),
        (qkd.key_rate, (0.9, 20.0, 0.1, 0.2, 10.0, 0.5)),
        (vec.share, (35e6, 3)),
        (vec.rate, (35e6, 10.0)),
        (vec.offload_s, (1e6, 15e6, 1e9, 2.5e9, 0.1)),
    ],
)
def test_a_number_in_gives_a_number_out(function, arguments):
    number = function(*arguments)
    assert isinstance(number, float)
    assert function(*(np.full(3, value) for value in arguments)) == close(np.full(3, number), 1e-12)


def test_guards_count():
    values = np.array([-1.0, 0.0, 0.5, 2.0])
    kept, hits = clamp(values, 0.0, 1.0)
    assert (kept.tolist(), hits) == ([0.0, 0.0, 0.5, 1.0], 2)
    kept, hits = floor(values, 0.0)
    assert (kept.tolist(), hits) == ([0.0, 0.0, 0.5, 2.0], 1)
    kept, hits = cap(values, np.array([0.0, 0.0, 0.0, 3.0]))
    assert (kept.tolist(), hits) == ([-1.0, 0.0, 0.0, 2.0], 1)
    assert above(values, 0.4) == 2
    assert values.tolist() == [-1.0, 0.0, 0.5, 2.0]
    assert len(set(GUARDS)) == len(GUARDS)
