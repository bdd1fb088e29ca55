from __future__ import annotations

import numpy as np
import pytest

from qvecsim.arrays import to_host
from qvecsim.decision.quantum import amplitude, mps
from qvecsim.errors import ScenarioError


def parameters(chain, rng, noise=0.3):
    found = mps.initial(chain, rng.standard_normal(chain.shapes["cores"]), noise)
    return found | {"label": rng.standard_normal(chain.shapes["label"])}


def features(chain, found, inputs):
    return mps.features(chain, mps.packed(chain, found["cores"]), found["label"], inputs)


def dense(chain, found):
    """Every entry of the tensor that the chain stands for, (features, 2^inputs), by multiplying it out."""
    middle = chain.inputs // 2
    whole = np.zeros((chain.features, 2**chain.inputs))
    for index in range(2**chain.inputs):
        value = [index >> (chain.inputs - 1 - site) & 1 for site in range(chain.inputs)]
        cores = [found["cores"][tie, bit] for tie, bit in zip(chain.ties, value, strict=True)]
        left, right = np.eye(chain.bond_dim), np.eye(chain.bond_dim)
        for core in cores[:middle]:
            left = left @ core
        for core in cores[middle:]:
            right = right @ core
        whole[:, index] = found["label"] @ np.outer(left[0], right[:, 0]).reshape(-1)
    return whole


@pytest.mark.parametrize("ties", [(0, 1, 2, 3, 4, 5), (0, 1, 0, 1, 0), (0, 0), (0, 1, 2)])
def test_features_are_the_contraction_with_the_product_state(ties, rng, xp):
    chain = mps.Mps(ties, bond_dim=3, features=5)
    found, inputs = parameters(chain, rng), rng.random((len(ties), 4))
    expected = dense(chain, found) @ mps.product_state(inputs)
    given = {name: xp.asarray(array) for name, array in found.items()}
    np.testing.assert_allclose(to_host(features(chain, given, xp.asarray(inputs))), expected, rtol=1e-12)


@pytest.mark.parametrize("ties", [(0, 1, 2, 3, 4, 5), (0, 1, 0, 1, 0), (0, 0), (0, 1, 2)])
def test_the_tensor_written_out_against_multiplying_every_entry(ties, rng, xp):
    chain = mps.Mps(ties, bond_dim=3, features=5)
    found = parameters(chain, rng)
    written = mps.tensor(chain, *(xp.asarray(found[name]) for name in ("cores", "label")))
    np.testing.assert_allclose(to_host(written), dense(chain, found), rtol=1e-12)


def test_a_mapped_input_and_the_state_of_all_sum_to_one(rng, xp):
    inputs = xp.asarray(rng.random((6, 3)))
    np.testing.assert_allclose(to_host(xp.sum(mps.feature_map(inputs), axis=0)), 1.0, rtol=1e-15)
    np.testing.assert_allclose(to_host(xp.sum(mps.product_state(inputs), axis=0)), 1.0, rtol=1e-14)


def test_the_feature_map_by_hand():
    assert mps.feature_map(np.array([0.25])).tolist() == [[0.75], [0.25]]
    assert mps.product_state(np.array([[0.25], [1.0]]))[:, 0].tolist() == [0.0, 0.75, 0.0, 0.25]


@pytest.mark.parametrize("inputs", [2, 67, 472])
def test_at_the_identity_the_output_is_constant(inputs, rng):
    chain = mps.Mps(tuple(range(inputs)))
    found = mps.initial(chain, np.zeros(chain.shapes["cores"]))
    expected = np.eye(16)[0][:, None] * np.ones(5)
    assert np.abs(features(chain, found, rng.random((inputs, 5))) - expected).max() < 1e-12


def test_the_rank_of_the_features_is_at_most_the_square_of_the_bond(rng):
    chain = mps.Mps(tuple(range(20)), bond_dim=3, features=9)
    found = parameters(chain, rng)
    assert np.linalg.matrix_rank(features(chain, found, rng.random((20, 200)))) == 9
    wide = {**found, "label": rng.standard_normal((30, 9))}  # more features than that add nothing
    assert np.linalg.matrix_rank(features(chain, wide, rng.random((20, 200)))) == 9


@pytest.mark.parametrize("inputs", [3004])
def test_thousands_of_inputs_neither_under_nor_overflow_in_float32(inputs, rng, xp):
    chain = mps.Mps(tuple(range(inputs)))
    for noise in (0.02, 0.5):
        cores = xp.asarray(rng.standard_normal(chain.shapes["cores"]).astype(np.float32))
        found = mps.initial(chain, cores, noise)
        pairs = mps.packed(chain, found["cores"])
        columns = xp.asarray(rng.random((inputs, 3)).astype(np.float32))
        made, halves = mps.contracted(chain, pairs, found["label"], columns)
        states, norms = amplitude.encoded(made)
        of_made = amplitude.gradient(states, norms, xp.ones_like(states), 16)
        slopes = mps.gradient(chain, pairs, found["label"], halves, of_made)
        for array in (made, states, *slopes.values()):
            assert array.dtype == xp.float32
            assert np.isfinite(to_host(array)).all()
        np.testing.assert_allclose(np.linalg.norm(to_host(states), axis=0), 1.0, rtol=1e-5)
        assert all(np.abs(to_host(array)).max() > 1e-3 for array in (made, slopes["label"]))


def test_without_the_identity_a_long_chain_dies_out(rng):
    """Why cores begin near the identity: independent N(0, 1/chi) ones lose the product of 472 sites in float32."""
    product = np.eye(4)[0]
    for value in rng.random(236):
        first, second = rng.standard_normal((2, 4, 4)) / 2.0
        product = product @ ((1.0 - value) * first + value * second)
    assert np.linalg.norm(product) < 1e-20


SLOPED = [((0, 1, 0, 1, 1), 3, 7), (tuple(range(34)), 2, 4), ((0,) * 141, 2, 3)]


@pytest.mark.parametrize(("ties", "bond", "count"), SLOPED)
def test_gradients_against_finite_differences(ties, bond, count, rng, xp):
    chain = mps.Mps(ties, bond_dim=bond, features=count)
    found, inputs = parameters(chain, rng, 0.2), rng.random((len(ties), 3))
    weights = rng.standard_normal((2 ** amplitude.qubits(count), 3))

    def loss(changed):
        return float(np.sum(weights * amplitude.encoded(features(chain, changed, inputs))[0]))

    given = {name: xp.asarray(array) for name, array in found.items()}
    pairs = mps.packed(chain, given["cores"])
    made, halves = mps.contracted(chain, pairs, given["label"], xp.asarray(inputs))
    states, norms = amplitude.encoded(made)
    of_made = amplitude.gradient(states, norms, xp.asarray(weights), count)
    slopes = mps.gradient(chain, pairs, given["label"], halves, of_made)
    for name, array in found.items():
        for place in rng.choice(array.size, min(12, array.size), replace=False):
            step = np.zeros(array.size)
            step[place] = 1e-6
            step = step.reshape(array.shape)
            rise = loss({**found, name: array + step}) - loss({**found, name: array - step})
            assert to_host(slopes[name]).reshape(-1)[place] == pytest.approx(rise / 2e-6, abs=1e-6)


def test_a_tie_s_gradient_is_the_sum_over_its_sites(rng):
    ties = (0, 1, 1, 0, 2, 1, 0)
    tied, free = mps.Mps(ties, 3, 4), mps.Mps(tuple(range(7)), 3, 4)
    found = parameters(tied, rng)
    spread = {**found, "cores": found["cores"][list(ties)]}
    inputs, weights = rng.random((7, 5)), rng.standard_normal((4, 5))
    slopes = {}
    for chain, given in ((tied, found), (free, spread)):
        pairs = mps.packed(chain, given["cores"])
        made, halves = mps.contracted(chain, pairs, given["label"], inputs)
        slopes[chain] = made, mps.gradient(chain, pairs, given["label"], halves, weights)
    np.testing.assert_array_equal(slopes[tied][0], slopes[free][0])
    summed = [sum(slopes[free][1]["cores"][site] for site in range(7) if ties[site] == tie) for tie in range(3)]
    np.testing.assert_allclose(slopes[tied][1]["cores"], summed, rtol=1e-12)
    assert tied.shapes["cores"][0] == 3


@pytest.mark.parametrize("inputs", [2, 7, 40, 301])
def test_the_buffered_chain_is_the_plain_one(inputs, rng):
    chain = mps.Mps(tuple(range(inputs)), 4, 16)
    pairs = mps.packed(chain, parameters(chain, rng)["cores"])
    sites = mps._ordered(chain, rng.random((inputs, 6)))
    first = np.zeros((2, 8, 6))
    first[:, 0], first[:, 4] = 1.0, sites[0, :, 0]
    plain = mps._plain(chain, pairs, sites, first)
    for keep in (True, False):
        fast = mps._buffered(chain, pairs, sites, first, keep)
        np.testing.assert_allclose(fast.states[-1][:, :4], plain.states[-1][:, :4], rtol=1e-12, atol=1e-300)
    kept = mps._buffered(chain, pairs, sites, first, True).states
    for one, other in zip(kept[:-1], plain.states[:-1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ties": (0,)}, r"'inputs' must be at least 2 \(got 1\)"),
        ({"ties": (0, 2)}, "'ties' must number the feature types from 0"),
        ({"ties": (0, 1), "bond_dim": 3, "features": 10}, r"'features' must be from 1 to .* 9 \(got 10\)"),
        ({"ties": (0, 1), "features": 0}, r"'features' must be from 1"),
    ],
)
def test_impossible_chains_are_refused(settings, said):
    with pytest.raises(ScenarioError, match=said):
        mps.Mps(**settings)
