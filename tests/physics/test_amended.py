"""What ``amended`` changes: the corrected values, and nothing but what says that it differs."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.physics import amended, paper
from qvecsim.physics.amended import chain, problem, qkd, vec
from qvecsim.physics.paper import chain as paper_chain
from qvecsim.physics.paper import problem as paper_problem
from qvecsim.physics.paper import qkd as paper_qkd
from qvecsim.physics.paper import vec as paper_vec

PAIRS = [(paper_qkd, qkd), (paper_vec, vec), (paper_chain, chain), (paper_problem, problem)]


def functions(module):
    return {
        name: f
        for name, f in vars(module).items()
        if inspect.isfunction(f) and f.__module__.startswith((paper.__name__, amended.__name__))
    }


@pytest.mark.parametrize(("printed", "mended"), PAIRS)
def test_same_names_and_signatures(printed, mended):
    ours = functions(mended)
    equations = {name: f for name, f in functions(printed).items() if (f.__doc__ or "").startswith("Eq. (")}
    assert equations.keys() <= ours.keys()
    for name, f in equations.items():
        assert inspect.signature(ours[name]) == inspect.signature(f), name


@pytest.mark.parametrize(("printed", "mended"), PAIRS)
def test_what_differs_says_so(printed, mended):
    for name, f in functions(mended).items():
        same = f is getattr(printed, name)
        assert same or f.__doc__.startswith("Differs from eq. ("), name


def close(value: object, rel: float = 5e-6) -> object:
    """Equal to the six digits that the expected values are given with."""
    return pytest.approx(value, rel=rel, abs=0)


def test_pair_rate_has_no_loss():
    assert qkd.pair_rate(50.0, np.pi / 2, 0.05, np.array([0.0, 100.0])).tolist() == [50.0, 50.0]


def test_visibility_is_lost_beyond_a_quarter_turn():
    assert qkd.visibility(np.array([0.2, np.pi]), 0.03) == pytest.approx([0.951521, 0.0], abs=1e-6)


@pytest.mark.parametrize(
    ("temperature", "value"),
    [(0, 0.954), (10, 0.927), (20, 0.9), (25, 0.8865), (30, 0.873), (40, 0.846), (100, 0.684), (333.3, 0.05409)],
)
def test_efficiency(temperature, value):
    assert qkd.efficiency(0.9, 0.003, float(temperature), 20.0) == close(value)


def test_system_efficiency_is_the_pair_s():
    assert qkd.system_efficiency(0.5, np.array([0.9, 0.8]), np.array([0, 1, 1])) == close([0.45, 0.4, 0.4])


@pytest.mark.parametrize(("km", "value"), [(1, 0.954993), (10, 0.630957), (50, 0.1), (100, 0.01)])
def test_transmittance_in_decibels(km, value):
    assert qkd.transmittance(0.2, km, 0.0) == close(value)
    assert qkd.transmittance(0.2, 50.0, 0.0) == close(0.1, 1e-12)
    assert qkd.transmittance(0.2, 0.0, 0.2 * km) == close(value)


def decoy(km):
    """Signal and noise per pulse of the decoy-state link of Ma, Qi, Zhao, Lo (2005), and its error rate."""
    background, misaligned, mean = 1.7e-6, 0.033, 0.48
    clicks = -np.expm1(-mean * 0.045 * 10 ** (-0.021 * km))
    error = (0.5 * background + misaligned * clicks) / (background + clicks)
    return clicks, background, 1 - 2 * misaligned, error


@pytest.mark.parametrize(
    ("km", "value"), [(0, 0.0330371500531), (50, 0.0334124262527), (100, 0.0375821261261), (140, 0.0629587045683)]
)
def test_qber_is_the_decoy_state_s(km, value):
    signal, noise, visibility, error = decoy(km)
    found = qkd.qber(visibility, 1.0, 1.0, signal, noise, 0.0)
    assert found == pytest.approx(error, abs=1e-12)
    assert found == pytest.approx(value, abs=1e-9)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1e9), st.floats(1e-3, 1e9))
def test_qber_is_an_error_rate(visibility, signal, noise):
    assert 0.0 <= qkd.qber(visibility, 5.0, 0.1, signal, noise, 0.0) <= 0.5


@given(st.floats(0.0, 1.0), st.floats(0.0, 200.0), st.floats(0.01, 100.0))
def test_transmittance_is_a_falling_probability(attenuation, km, more):
    near, far = qkd.transmittance(attenuation, np.array([km, km + more]), 0.0)
    assert 0.0 < far <= near <= 1.0


@pytest.mark.parametrize(("error", "value"), [(0.01, 14.8408), (0.05, 6.84689)])
def test_key_rate(error, value):
    margin = qkd.security_margin(1.0, 1e6, 2.16, qkd.entropy(error), 1e-10)
    assert qkd.key_rate(0.0, 0.0, error, margin, 18.0, 1.0) == close(value)
    assert qkd.key_rate(0.0, 0.0, error, margin, 18.0, 0.5) == close(value / 2)


def test_no_key_at_ten_percent():
    margin = qkd.security_margin(1.0, 1e6, 2.16, qkd.entropy(0.1), 1e-10)
    assert qkd.key_rate(0.0, 0.0, 0.1, margin, 18.0, 1.0) < 0.0


def at_target(received, active, target):
    """Interference of each vehicle at the unit it is assigned to."""
    uses = active[:, None] & (target[:, None] == np.arange(received.shape[1]))
    row = np.flatnonzero(active)
    heard = vec.heard(np.ones(len(received)), received, row, target[row])
    return vec.interference(heard, received, uses)[np.arange(len(target)), target]


def test_interference_counts_those_who_send_there():
    received = np.array([[1.0, 2.0], [4.0, 8.0], [16.0, 32.0], [64.0, 128.0]])
    found = at_target(received, np.array([True, True, False, True]), np.array([0, 0, 0, 1]))
    assert found.tolist() == [4.0, 1.0, 5.0, 0.0]


@given(st.integers(0, 2**32 - 1))
def test_interference_against_a_loop(seed):
    rng = np.random.default_rng(seed)
    received, active, target = rng.random((6, 3)), rng.random(6) < 0.7, rng.integers(0, 3, 6)
    rows = range(6)
    found = [sum(received[i, target[x]] for i in rows if i != x and active[i] and target[i] == target[x]) for x in rows]
    assert at_target(received, active, target) == pytest.approx(found, rel=1e-12, abs=1e-15)


def test_share_is_the_whole_band():
    assert vec.share(35e6, np.array([0, 1, 14])).tolist() == [35e6] * 3


def test_backhaul_converts_milliseconds():
    back = vec.return_s(1e5, 1.0, 15e6, 1e-5)
    assert vec.offload_s(1e6, 15e6, 0.5e9, 2.5e9, back) == close(0.273333)
    assert vec.return_s(1e5, 1.0, 1e12, 1e-2) == close(1.0)


def test_latency_is_paid_once():
    local, edge = np.full(5, 3.6), np.tile([1.2, 1.5, 2.0, np.inf], (5, 1))
    offload = np.vstack([np.zeros(4, dtype=bool), np.eye(4, dtype=bool)])
    assert vec.latency_s(offload, local, edge).tolist() == [3.6, 1.2, 1.5, 2.0, np.inf]


def test_weighing_does_not_depend_on_the_stake():
    times = [chain.propagation_s(stake, 1e-6, 2048, np.array([1e8, 2e8]), 1e-5, 3e-4) for stake in (10, 10**6)]
    assert times == close([3.3048e-04] * 2)


def test_objective_has_no_unit():
    weights = (0.4, 0.5, 1000.0, 2.0, 10.0, 2.0)
    assert problem.objective(np.full(8, 1000.0), np.full(3, 2.0), np.array([10.0]), *weights) == close((0.6, 1.2, 0.4))
    assert problem.objective(np.full(80, 500.0), np.zeros(1), np.zeros(1), *weights)[0] == close(1.2)
    assert problem.objective(np.zeros(3), np.zeros(1), np.zeros(1), *weights)[0] == np.inf


def test_objective_of_a_time_does_not_depend_on_its_slots():
    def objective(slot_s):
        return problem.objective(np.full(8, 800.0), np.full(3, 2.0), np.array([5.0]), 0.4, 0.5, 1e3, 1.0, 10.0, slot_s)

    whole, tenth = objective(1.0), objective(0.1)
    assert whole[0] == close(10 * tenth[0])
    assert whole[1] == tenth[1]
    assert whole[2] == close(10 * tenth[2])


def test_constraints_allow_local_computing_and_empty_blocks():
    assert problem.c10(np.array([[0, 0], [0, 1], [1, 1]])) == 1
    assert problem.c15b(np.array([0, 1, 2.5, -1]), 0) == 2
    assert problem.c7(np.array([70e6, 35e6, 0.0]), 35e6, np.array([2, 0, 0])) == 1
