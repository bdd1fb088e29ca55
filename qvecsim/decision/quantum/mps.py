"""Section IV-B.1-2: the feature map and the trainable matrix product state (MPS). Level: arrays, the batch last.

The contraction of eq. (40) as printed leaves no open index, hence a single number. Here the middle of the chain has
one more tensor with a *label* index, whose values are the features; its rank is at most the bond dimension squared.

The two halves of the chain run towards the middle side by side. One step is one product: with the vector ``u`` of a
half, and ``v * u`` below it, the next vector is ``[A0, A1 - A0] @ [u; v * u]``, which is ``((1 - v) A0 + v A1) u``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from qvecsim.arrays import Array, Library, namespace, swapped, writes_in_place
from qvecsim.errors import ScenarioError
from qvecsim.types import Ints

GAP = 64  # numbers between buffers: at distances of whole pages processors take a read for one of what was just written
RESCALED_STEPS = {32: 16, 64: 64}  # by bits: cores would have to multiply by 10^2 or 10^4 to leave the range so soon


@dataclass(frozen=True)
class Mps:
    """Eq. (36): a tensor as a product of matrices: which sites share them, and how much passes between sites.

    ``ties`` gives each input its feature type. Sites of a type share one pair of cores, so that the number of
    parameters depends on the types and not on the inputs; ``tuple(range(inputs))`` ties none.
    """

    ties: tuple[int, ...]
    bond_dim: int = 4
    features: int = 16

    def __post_init__(self) -> None:
        if len(self.ties) < 2:
            raise ScenarioError(f"'inputs' must be at least 2 (got {len(self.ties)}).")
        if sorted(set(self.ties)) != list(range(self.types)):
            raise ScenarioError(f"'ties' must number the feature types from 0 (got {sorted(set(self.ties))[:5]}...).")
        if not 1 <= self.features <= self.bond_dim**2:
            rule = f"'features' must be from 1 to the square of bond_dim, {self.bond_dim**2}"
            raise ScenarioError(f"{rule} (got {self.features}). The label tensor cannot have a higher rank.")

    @cached_property
    def inputs(self) -> int:
        """Sites of the chain, one for each input."""
        return len(self.ties)

    @cached_property
    def types(self) -> int:
        """Pairs of cores."""
        return max(self.ties) + 1

    @cached_property
    def steps(self) -> int:
        """Sites of the longer half; the other begins with an idle site if the number of sites is odd."""
        return self.inputs - self.inputs // 2

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the parameters: a core for each value 0 and 1 of (38), and the label tensor."""
        chi = self.bond_dim
        return {"cores": (self.types, 2, chi, chi), "label": (self.features, chi * chi)}

    @cached_property
    def site_types(self) -> Ints:
        """The feature type of each site, (inputs,)."""
        return np.asarray(self.ties, dtype=np.int64)


class Halves(NamedTuple):
    """What a contraction leaves for its gradient: (steps + 1, 2, 2 bond_dim, batch), its inputs, its scales."""

    states: Sequence[Array]
    sites: Array
    scales: dict[int, Array]


def initial(mps: Mps, normals: Array, noise: float = 0.02) -> dict[str, Array]:
    """Parameters near the identity; ``normals`` is (types, 2, bond_dim, bond_dim).

    As (38) sums to one, equal cores I give (1 - v) I + v I = I: the output is constant, whatever the length. Random
    cores without the identity let it die out or explode exponentially with the number of sites.
    """
    xp = namespace(normals)
    eye = xp.eye(mps.bond_dim, dtype=normals.dtype)
    label = xp.eye(mps.features, mps.bond_dim**2, dtype=normals.dtype)
    return {"cores": eye + noise * normals, "label": label}


def feature_map(inputs: Array) -> Array:
    """Eq. (38): each input in [0, 1] as two numbers that sum to one, (2, ...)."""
    return namespace(inputs).stack([1.0 - inputs, inputs])


def mapped(inputs: Array) -> Array:
    """Eq. (37): every input mapped by itself, (inputs, 2, batch): the factors of the product."""
    return namespace(inputs).moveaxis(feature_map(inputs), 0, 1)


def product_state(inputs: Array) -> Array:
    """Eq. (39): the product of all mapped inputs written out, (2^inputs, batch), for small chains."""
    xp = namespace(inputs)
    state = xp.ones((1, *inputs.shape[1:]), dtype=inputs.dtype)
    factors = mapped(inputs)
    for site in range(inputs.shape[0]):
        state = xp.reshape(state[:, None, ...] * factors[site, ...][None, ...], (-1, *inputs.shape[1:]))
    return state


def tensor(mps: Mps, cores: Array, label: Array) -> Array:
    """Eq. (35): every entry A of the tensor written out, (features, 2^inputs), for small chains.

    Its product with eq. (39) is what eq. (40) contracts without ever writing it out.
    """
    xp, chi, middle = namespace(cores, label), mps.bond_dim, mps.inputs // 2
    left, right = xp.eye(chi, dtype=cores.dtype)[:1, :], xp.eye(chi, dtype=cores.dtype)[:, :1]
    for kind in mps.ties[:middle]:  # a row for each choice of the sites so far
        left = xp.reshape(xp.stack([left @ cores[kind, value, ...] for value in (0, 1)], axis=1), (-1, chi))
    for kind in reversed(mps.ties[middle:]):
        right = xp.reshape(xp.stack([cores[kind, value, ...] @ right for value in (0, 1)], axis=1), (chi, -1))
    return xp.reshape(left @ xp.reshape(label, (mps.features, chi, chi)) @ right, (mps.features, -1))


def packed(mps: Mps, cores: Array) -> Array:
    """``[A0, A1 - A0]`` of each step, (steps, 2 halves, bond_dim, 2 bond_dim); once per update."""
    xp = namespace(cores)
    chi, left = mps.bond_dim, mps.inputs // 2
    at_site = xp.take(cores, xp.asarray(mps.site_types), axis=0)
    pairs = xp.zeros((mps.steps, 2, chi, 2 * chi), dtype=cores.dtype)
    pairs[:, :, :, :chi] = xp.eye(chi, dtype=cores.dtype)  # the idle site of an odd chain
    change = at_site[:, 1, :, :] - at_site[:, 0, :, :]
    pairs[mps.steps - left :, 0, :, :chi] = swapped(at_site[:left, 0, :, :])
    pairs[mps.steps - left :, 0, :, chi:] = swapped(change[:left, :, :])
    pairs[:, 1, :, :chi] = xp.flip(at_site[left:, 0, :, :], axis=0)
    pairs[:, 1, :, chi:] = xp.flip(change[left:, :, :], axis=0)
    return pairs


def contracted(mps: Mps, pairs: Array, label: Array, inputs: Array) -> tuple[Array, Halves]:
    """Eq. (40): the features of each sample, (features, batch), up to a positive factor; ``inputs`` (inputs, batch).

    Every 16 sites, in double precision 64, a half is divided by its largest entry, sample by sample. Amplitude
    encoding divides by the norm, so that neither its states nor their gradients know.
    """
    halves = _halves(mps, pairs, _ordered(mps, inputs), keep=True)
    return label @ _outer(*_ends(mps, halves)), halves


def features(mps: Mps, pairs: Array, label: Array, inputs: Array) -> Array:
    """The features alone, as of ``contracted``, in little memory."""
    return label @ _outer(*_ends(mps, _halves(mps, pairs, _ordered(mps, inputs), keep=False)))


def gradient(mps: Mps, pairs: Array, label: Array, halves: Halves, grad: Array) -> dict[str, Array]:
    """Gradients of the parameters from that of the features, (features, batch), summed over the batch.

    Exact for what does not depend on the length of the features, such as an amplitude-encoded state.
    """
    xp = namespace(grad)
    left, right = _ends(mps, halves)
    at_ends = xp.reshape(label.T @ grad, (mps.bond_dim, mps.bond_dim, -1))
    to_left = xp.sum(at_ends * right[None, :, :], axis=1)
    to_right = xp.sum(at_ends * left[:, None, :], axis=0)
    of_pairs = _back(mps, pairs, halves, xp.stack([to_left, to_right]))
    return {"cores": _unpacked(mps, of_pairs), "label": grad @ _outer(left, right).T}


def _ordered(mps: Mps, inputs: Array) -> Array:
    """What enters at each step, (steps, 2, 1, batch): the left half from its end, the right half from the other."""
    xp = namespace(inputs)
    left = mps.inputs // 2
    sites = xp.zeros((mps.steps, 2, 1, inputs.shape[1]), dtype=inputs.dtype)
    sites[mps.steps - left :, 0, 0, :] = inputs[:left, :]
    sites[:, 1, 0, :] = xp.flip(inputs[left:, :], axis=0)
    return sites


def _halves(mps: Mps, pairs: Array, sites: Array, keep: bool) -> Halves:
    xp = namespace(pairs, sites)
    chi, batch = mps.bond_dim, sites.shape[-1]
    first = xp.zeros((2, 2 * chi, batch), dtype=pairs.dtype)
    first[:, 0, :] = 1.0
    first[:, chi, :] = sites[0, :, 0, :]
    return (_buffered if writes_in_place(xp) else _plain)(mps, pairs, sites, first, keep)


def _plain(mps: Mps, pairs: Array, sites: Array, first: Array, keep: bool = True) -> Halves:
    """The chain in any library; ``keep`` is the buffered form's."""
    xp, states, scales = namespace(first), [first], {}
    chi, every = mps.bond_dim, _every(first)
    for step in range(mps.steps):
        ahead = xp.zeros(first.shape, dtype=first.dtype)
        ahead[:, :chi, :] = pairs[step, ...] @ states[-1]
        if step % every == every - 1:
            scales[step] = _largest(xp, ahead[:, :chi, :])
            ahead[:, :chi, :] = ahead[:, :chi, :] / scales[step]
        if step + 1 < mps.steps:
            ahead[:, chi:, :] = sites[step + 1, ...] * ahead[:, :chi, :]
        states.append(ahead)
    return Halves(states, sites, scales)


def _buffered(mps: Mps, pairs: Array, sites: Array, first: Array, keep: bool) -> Halves:
    """The same into buffers that are there: allocating them anew takes several times as long as the products."""
    count, scales = mps.steps + 1 if keep else 2, {}
    store = np.empty((count, first.size + GAP), dtype=first.dtype)[:, :-GAP]
    states = list(store.reshape(count, *first.shape))
    states[0][:] = first
    chi, every = mps.bond_dim, _every(sites)
    tops, belows = [state[:, :chi] for state in states], [state[:, chi:] for state in states]
    for step, (pair, site) in enumerate(zip(pairs, [*sites[1:], None], strict=True)):
        ahead = (step + 1) % count
        np.matmul(pair, states[step % count], out=tops[ahead])
        if step % every == every - 1:
            scales[step] = _largest(np, tops[ahead])
            tops[ahead] /= scales[step]
        if site is not None:
            np.multiply(tops[ahead], site, out=belows[ahead])
    return Halves(states if keep else [states[mps.steps % count]], sites, scales)


def _every(array: Array) -> int:
    return RESCALED_STEPS[namespace(array).finfo(array.dtype).bits]


def _largest(xp: Library, top: Array) -> Array:
    largest = xp.max(xp.abs(top), axis=1, keepdims=True)
    return xp.where(largest > 0.0, largest, xp.ones_like(largest))


def _ends(mps: Mps, halves: Halves) -> tuple[Array, Array]:
    last = halves.states[-1]
    return last[0, : mps.bond_dim, :], last[1, : mps.bond_dim, :]


def _outer(left: Array, right: Array) -> Array:
    """Both ends' products, (bond_dim^2, batch)."""
    return namespace(left).reshape(left[:, None, :] * right[None, :, :], (-1, left.shape[-1]))


def _back(mps: Mps, pairs: Array, halves: Halves, grad: Array) -> Array:
    """The gradient of ``pairs``, from that of both ends (2, bond_dim, batch)."""
    xp, chi = namespace(grad), mps.bond_dim
    of_pairs = xp.zeros(pairs.shape, dtype=pairs.dtype)
    turned = swapped(pairs)
    if writes_in_place(xp):
        _back_buffered(list(turned), halves, grad, list(of_pairs))
        return of_pairs
    for step in reversed(range(mps.steps)):
        if step in halves.scales:
            grad = grad / halves.scales[step]
        of_pairs[step, ...] = grad @ swapped(halves.states[step])
        below = turned[step, ...] @ grad
        grad = below[:, :chi, :] + halves.sites[step, ...] * below[:, chi:, :]
    return of_pairs


def _back_buffered(turned: list[Array], halves: Halves, grad: Array, of_pairs: list[Array]) -> None:
    """The same into buffers; ``of_pairs`` receives the gradient of each step."""
    chi, grad = grad.shape[1], grad.copy()
    below = np.empty((2, 2 * chi, grad.shape[2]), dtype=grad.dtype)
    first, change = below[:, :chi], below[:, chi:]
    for step in reversed(range(len(turned))):
        if step in halves.scales:
            grad /= halves.scales[step]
        np.matmul(grad, halves.states[step].swapaxes(1, 2), out=of_pairs[step])
        np.matmul(turned[step], grad, out=below)
        np.multiply(halves.sites[step], change, out=grad)
        grad += first


def _unpacked(mps: Mps, of_pairs: Array) -> Array:
    """The gradient of the cores: that of all sites of a type, added."""
    xp, chi, left = namespace(of_pairs), mps.bond_dim, mps.inputs // 2
    of_sites = xp.zeros((mps.inputs, 2, chi, chi), dtype=of_pairs.dtype)
    of_sites[:left, ...] = _of_cores(
        swapped(of_pairs[mps.steps - left :, 0, :, :chi]), swapped(of_pairs[mps.steps - left :, 0, :, chi:])
    )
    of_sites[left:, ...] = xp.flip(_of_cores(of_pairs[:, 1, :, :chi], of_pairs[:, 1, :, chi:]), axis=0)
    if mps.ties == tuple(range(mps.inputs)):
        return of_sites
    members = xp.asarray(np.arange(mps.types)[:, None] == mps.site_types, dtype=of_pairs.dtype)
    return xp.reshape(members @ xp.reshape(of_sites, (mps.inputs, -1)), (mps.types, 2, chi, chi))


def _of_cores(of_first: Array, of_change: Array) -> Array:
    """(steps, 2, bond_dim, bond_dim): the first core also enters the change, with a minus."""
    return namespace(of_first).stack([of_first - of_change, of_change], axis=1)
