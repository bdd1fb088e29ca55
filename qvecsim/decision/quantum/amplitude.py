"""Section IV-B.3: features as the amplitudes of a state of ``qubits`` qubits. Level: arrays, the batch last."""

from __future__ import annotations

from qvecsim.arrays import Array, namespace


def qubits(dimension: int) -> int:
    """Eqs. (43) and (44) ask for the qubits of a register of ``dimension`` states: D <= 2^qubits < 2 D."""
    return max(1, (dimension - 1).bit_length())


def encoded(features: Array) -> tuple[Array, Array]:
    """Eq. (43): the state whose amplitudes are the features, (2^qubits, batch), and the norm that was divided out.

    Sign and length of the features are lost. Where all are zero the state is |0...0> and the norm infinite, so that
    the gradient there is zero.
    """
    xp = namespace(features)
    largest = xp.max(xp.abs(features), axis=0)
    null = largest == 0.0
    safe = xp.where(null, xp.ones_like(largest), largest)
    shrunk = features / safe  # so that squares stay in range
    norm = xp.sqrt(xp.sum(shrunk * shrunk, axis=0))
    norm = xp.where(null, xp.full_like(norm, xp.inf), norm)
    states = xp.zeros((2 ** qubits(features.shape[0]), features.shape[1]), dtype=features.dtype)
    states[: features.shape[0], :] = shrunk / norm
    states[0, :] = xp.where(null, xp.ones_like(norm), states[0, :])
    return states, safe * norm


def gradient(states: Array, norms: Array, grad: Array, features: int) -> Array:
    """The gradient of the features from that of the state: what lies along the state is gone with the norm."""
    xp = namespace(grad)
    across = grad - states * xp.sum(states * grad, axis=0)
    return across[:features, :] / norms
