from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.arrays import to_host
from qvecsim.decision.quantum import grover, register

# One of 64 actions marked, tau = 0 ... 7, to four digits: sin^2 of odd multiples of asin(1/8).
STANDARD = [0.0156, 0.1348, 0.3439, 0.5914, 0.8164, 0.9635, 0.9966, 0.9074]
TABLE = {
    "diffusion_after_oracle": STANDARD,
    "oracle_after_diffusion": [STANDARD[0], *STANDARD[:-1]],
    "printed": STANDARD[:2] * 4,
}


def marks(actions, *marked):
    return np.isin(np.arange(actions), marked)


@pytest.mark.parametrize("order", TABLE)
def test_success_of_one_in_64_by_law_and_by_state(order, xp):
    start = register.uniform(6)
    for tau, expected in enumerate(TABLE[order]):
        by_law = float(grover.success(xp.asarray(1 / 64), xp.asarray(float(tau)), order))
        by_state = register.iterated(start, marks(64, 5), tau, order)[5] ** 2
        assert by_law == pytest.approx(expected, abs=1e-4)
        assert by_state == pytest.approx(by_law, abs=1e-12)


def test_all_orders_are_known_by_name():
    assert set(grover.ORDERS) == set(TABLE)


def test_turning_past_the_marked_actions():
    """Six iterations, right for one of 64, are wrong if more are marked."""
    found = grover.success(np.array([1, 2, 4, 16]) / 64, np.full(4, 6.0))
    np.testing.assert_allclose(found, [0.997, 0.546, 0.020, 0.25], atol=6e-4)


@pytest.mark.parametrize(("actions", "marked", "law"), [(4, 1, (0.25, 1.0, 0.25)), (3, 1, (1 / 3, 25 / 27, 1 / 243))])
def test_small_registers(actions, marked, law):
    """sin^2(3x) = s (3 - 4 s)^2 and sin^2(5x) = s (5 - 20 s + 16 s^2)^2 with s = sin^2(x)."""
    found = grover.success(np.full(3, marked / actions), np.arange(3.0))
    np.testing.assert_allclose(found, law, atol=1e-12)


def test_half_of_the_actions_cannot_be_amplified():
    np.testing.assert_allclose(grover.success(np.full(5, 0.5), np.arange(5.0)), 0.5, rtol=1e-12)


@pytest.mark.parametrize("qubits", [1, 2, 3])
def test_the_start_is_the_transform_of_nothing(qubits):
    transform = register.hadamard(qubits)
    np.testing.assert_allclose(transform @ transform, np.eye(2**qubits), atol=1e-15)
    np.testing.assert_allclose(register.uniform(qubits), 2 ** (-qubits / 2), rtol=1e-15)


def test_both_parts_of_the_start_are_normalised_and_orthogonal():
    start = register.uniform(6)
    hit, miss = register.parts(start, marks(64, 3))
    assert np.linalg.norm(hit) == pytest.approx(1.0)
    assert np.linalg.norm(miss) == pytest.approx(1.0)
    assert hit @ miss == 0.0
    angle = float(grover.angle(np.array(1 / 64)))
    np.testing.assert_allclose(math.sin(angle) * hit + math.cos(angle) * miss, start, rtol=1e-14)
    printed = np.array([1.0, -1.0]) / math.sqrt(64)  # what eq. (47) says of the second
    assert np.linalg.norm(printed) == pytest.approx(0.177, abs=1e-3)


@given(st.integers(2, 2000), st.integers(1, 5))
def test_the_best_number_of_iterations_is_the_first_maximum(actions, marked):
    best = grover.best_iterations(actions, marked)
    share = np.array(min(marked, actions) / actions)
    near = [float(grover.success(share, np.array(float(tau)))) for tau in range(best + 2)]
    if marked < actions:
        assert near[best] >= max(near) - 1e-12
    else:
        assert best == 0


def test_schedules():
    assert [grover.annealed(progress, 5) for progress in (0.0, 0.1, 0.25, 0.49, 0.5, 1.0)] == [0, 1, 3, 5, 5, 5]
    assert [grover.rewarded(2.0, reward, 1.0, 6) for reward in (-5.0, 0.0, 0.8, 9.0)] == [0, 2, 3, 6]
    assert grover.best_iterations(64) == 6


def test_any_start_is_amplified_as_by_iteration(rng, xp):
    starts = rng.standard_normal((6, 16))
    starts /= np.linalg.norm(starts, axis=1, keepdims=True)
    marked = rng.random((6, 16)) < 0.2
    marked[0], marked[1] = False, True
    for tau in (0, 1, 4, 7):
        found = grover.amplified(xp.asarray(starts), xp.asarray(marked.astype(float)), xp.full((6, 1), float(tau)))
        expected = [register.iterated(start, mark, tau) for start, mark in zip(starts, marked, strict=True)]
        np.testing.assert_allclose(to_host(found), expected, atol=1e-12)


def test_chances_are_a_law(rng, xp):
    valid = rng.random((50, 9)) < 0.6
    valid[:, 4] = True
    marked = valid & (rng.random((50, 9)) < 0.4)
    probability = rng.random(50)
    given_ = [xp.asarray(array.astype(float)) for array in (valid, marked, probability)]
    found = to_host(grover.chances(*given_))
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-13)
    assert (found[~valid] == 0.0).all()
    split = marked.any(axis=1) & (valid & ~marked).any(axis=1)
    np.testing.assert_allclose((found * marked).sum(axis=1)[split], probability[split], rtol=1e-12)
    np.testing.assert_allclose(found[~split], valid[~split] / valid[~split].sum(axis=1, keepdims=True), rtol=1e-12)


def test_measuring_follows_the_law_at_its_edges(xp):
    law = xp.asarray([[0.0, 0.25, 0.0, 0.75, 0.0]] * 5)
    draws = xp.asarray([0.0, 0.2499, 0.25, 0.9, 1.0 - 2.0**-53])
    assert to_host(grover.measured(law, draws)).tolist() == [1, 1, 3, 3, 3]


@pytest.mark.parametrize(("tolerance", "calls", "law"), [(0.3, 16, [0.976, 0.953, 0.950, 0.948]), (0.1, 24, None)])
def test_the_fixed_point_of_one_in_64(tolerance, calls, law, xp):
    queries = grover.fixed_point_queries(tolerance, 1 / 64)
    found = to_host(grover.fixed_point_success(xp.asarray(np.array([1, 2, 4, 16]) / 64), queries, tolerance))
    assert queries == calls
    if law:
        np.testing.assert_allclose(found, law, atol=6e-4)
    assert found.min() >= 1.0 - tolerance**2


@given(st.floats(0.05, 0.9), st.floats(1e-4, 1.0), st.floats(0.0, 1.0))
def test_the_fixed_point_holds_for_every_share_from_the_least_on(tolerance, least, further):
    queries = grover.fixed_point_queries(tolerance, least)
    share = np.array(least + further * (1.0 - least))
    assert queries % 2 == 0
    assert float(grover.fixed_point_success(share, queries, tolerance)) >= 1.0 - tolerance**2 - 1e-9


@pytest.mark.parametrize("marked", [1, 2, 5, 16])
def test_the_fixed_point_s_law_is_that_of_its_phases(marked):
    mark, start = np.arange(32) < marked, register.uniform(5)
    for tolerance in (0.5, 0.1):
        queries = grover.fixed_point_queries(tolerance, 1 / 32)
        state = start.astype(complex)
        for of_diffusion, of_oracle in zip(*grover.fixed_point_phases(queries, tolerance), strict=True):
            state = np.where(mark, np.exp(1j * of_oracle), 1.0) * state
            state = state - (1.0 - np.exp(-1j * of_diffusion)) * start * (start @ state)
        by_law = float(grover.fixed_point_success(np.array(marked / 32), queries, tolerance))
        assert np.sum(np.abs(state[mark]) ** 2) == pytest.approx(by_law, abs=1e-10)


def once(state, mark, of_oracle, of_diffusion):
    """One iteration with phases, about the state itself, from the definition of its two reflections."""
    turned = np.where(mark, np.exp(1j * of_oracle), 1.0) * state
    return (1.0 - np.exp(1j * of_diffusion)) * state * (state.conj() @ turned) - turned


def test_phases_change_probabilities_as_the_reflections_do(rng, xp):
    laws = rng.random((8, 6))
    laws /= laws.sum(axis=1, keepdims=True)
    marked, phases = marks(6, 2), rng.uniform(-np.pi, np.pi, (2, 8))
    rows = np.broadcast_to(marked.astype(float), (8, 6)).copy()
    found = grover.rephased(*[xp.asarray(array) for array in (laws, rows, *phases)])
    expected = [np.abs(once(np.sqrt(law), marked, *phase)) ** 2 for law, phase in zip(laws, phases.T, strict=True)]
    np.testing.assert_allclose(to_host(found), expected, atol=1e-14)
    np.testing.assert_allclose(to_host(found).sum(axis=1), 1.0, rtol=1e-13)


def test_both_phases_pi_are_grover_s():
    law = np.full((1, 16), 1 / 16)
    turned = grover.rephased(law, marks(16, 3)[None].astype(float), np.array([np.pi]), np.array([np.pi]))
    assert turned[0, 3] == pytest.approx(float(grover.success(np.array(1 / 16), np.array(1.0))))


@given(st.integers(1, 12), st.floats(0.0, 1.0))
def test_a_matched_phase_reaches_what_can_be_reached(actions, wanted):
    share = np.array([1.0 / actions])
    phase, reached = grover.matched_phase(share, np.array([wanted]))
    law = np.full((1, actions), 1.0 / actions)
    mark = marks(actions, 0)[None].astype(float)
    assert grover.rephased(law, mark, phase, phase)[0, 0] == pytest.approx(reached[0], abs=1e-9)
    limit = 1.0 if actions <= 4 else float(grover.success(share, np.ones(1))[0])
    assert reached[0] == pytest.approx(min(max(wanted, share[0]), limit), abs=1e-9)
