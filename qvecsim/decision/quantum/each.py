"""A circuit of its own for every sample, or one for all: the plain form, in any array library, the batch first.

A state is (batch, planes, states): one plane of real amplitudes, or two, real and imaginary part. RY is real and
keeps planes apart; RZ and CZ are phases that mix them. A layer of RY is two products: the upper half of the qubits
turns the rows of a state written as a matrix, the lower half its columns.
"""

from __future__ import annotations

from typing import NamedTuple

from qvecsim.arrays import Array, Library, namespace, swapped
from qvecsim.decision.quantum.vqc import Circuit, generators, rotation


class Layer(NamedTuple):
    """One layer ready to be applied, each (batch or 1, ...): RY from the left and from the right, and the phases."""

    rows: Array
    columns: Array
    cosine: Array  # None without RZ
    sine: Array


def layers(circuit: Circuit, angles: Array) -> list[Layer]:
    """All layers; ``angles`` is (batch or 1, layers, rotations, qubits), rad."""
    return [_layer(circuit, angles[:, layer, :, :]) for layer in range(circuit.layers)]


def run(circuit: Circuit, ready: list[Layer], states: Array, whole: bool = False) -> tuple[Array, list[Array]]:
    """The states at the end, (batch, planes, states), and those after the rotations of each layer.

    The phases of the last layer change no probability; they are left out unless the ``whole`` circuit is asked for.
    """
    turned = []
    states = states[:, None, :]
    for number, layer in enumerate(ready):
        states = _rotated(layer, states)
        turned.append(states)
        states = _entangled(circuit, layer, states, last=number == len(ready) - 1 and not whole)
    return states, turned


def back(circuit: Circuit, ready: list[Layer], turned: list[Array], grad: Array) -> tuple[Array, Array]:
    """Gradients of each sample's angles, (batch, layers, rotations, qubits), and of its state, (batch, states).

    ``grad`` is that of the states at the end, as ``run`` left them. Backpropagation through linear layers: a turn's
    derivative is its generator times itself, so that what it has turned is all that has to be known.
    """
    xp = namespace(grad)
    of_angles = []
    for number in reversed(range(len(ready))):
        layer, states = ready[number], turned[number]
        grad = _disentangled(circuit, layer, grad, last=number == len(ready) - 1)
        turns = [_of_turns(circuit, states, grad[:, : states.shape[1], :])]
        if len(circuit.rotations) == 2:
            turns.append(_of_phases(circuit, states, grad))
        of_angles.append(xp.stack(turns, axis=1))
        grad = _rotated_back(layer, grad[:, : states.shape[1], :])
    if not of_angles:
        return xp.zeros((grad.shape[0], *circuit.angle_shape), dtype=grad.dtype), grad[:, 0, :]
    return xp.stack(of_angles[::-1], axis=1), grad[:, 0, :]


def _layer(circuit: Circuit, angles: Array) -> Layer:
    low = circuit.qubits // 2
    rows, columns = rotation(angles[:, 0, low:]), rotation(angles[:, 0, :low], back=True)
    if len(circuit.rotations) == 1:
        return Layer(rows, columns, None, None)
    return Layer(rows, columns, *_phases(circuit, angles[:, 1, :]))


def _phases(circuit: Circuit, angles: Array) -> tuple[Array, Array]:
    """Cosine and sine of the phase of each basis state by RZ, with the signs of CZ; (batch or 1, states).

    The phase is a sum over qubits: that of the upper half and that of the lower half, hence few cosines.
    """
    xp = namespace(angles)
    low = circuit.qubits // 2
    signed = xp.asarray(circuit.bits - 0.5, dtype=angles.dtype).T
    upper = (angles[:, low:] @ signed[low:, :: 2**low])[:, :, None]
    lower = (angles[:, :low] @ signed[:low, : 2**low])[:, None, :]
    signs = xp.reshape(xp.asarray(circuit.ring_signs, dtype=angles.dtype), (1, -1, 2**low))
    cosine, sine = xp.cos(upper) * signs, xp.sin(upper) * signs
    of_cosine, of_sine = xp.cos(lower), xp.sin(lower)
    flat = angles.shape[0], circuit.states
    return (
        xp.reshape(cosine * of_cosine - sine * of_sine, flat),
        xp.reshape(sine * of_cosine + cosine * of_sine, flat),
    )


def _matrix(circuit_states: Array, layer: Layer) -> tuple[Array, tuple[int, ...]]:
    """States as matrices (batch, planes, rows, columns)."""
    batch, planes, _ = circuit_states.shape
    shape = batch, planes, layer.rows.shape[-1], layer.columns.shape[-1]
    return namespace(circuit_states).reshape(circuit_states, shape), shape


def _two_sided(rows: Array, columns: Array, layer: Layer, states: Array) -> Array:
    """``rows @ state @ columns``; the columns of both planes in one product."""
    xp = namespace(states)
    matrix, (batch, planes, height, width) = _matrix(states, layer)
    matrix = xp.reshape(rows[:, None, :, :] @ matrix, (batch, planes * height, width))
    return xp.reshape(matrix @ columns, (batch, planes, height * width))


def _rotated(layer: Layer, states: Array) -> Array:
    return _two_sided(layer.rows, layer.columns, layer, states)


def _rotated_back(layer: Layer, grad: Array) -> Array:
    return _two_sided(swapped(layer.rows), swapped(layer.columns), layer, grad)


def _entangled(circuit: Circuit, layer: Layer, states: Array, last: bool) -> Array:
    xp = namespace(states)
    if circuit.ansatz == "ry_cnot":
        return xp.take(states, xp.asarray(circuit.gathered), axis=2)
    return states if last else _phased(xp, states, layer.cosine, layer.sine)


def _disentangled(circuit: Circuit, layer: Layer, grad: Array, last: bool) -> Array:
    xp = namespace(grad)
    if circuit.ansatz == "ry_cnot":
        return xp.take(grad, xp.asarray(circuit.scattered), axis=2)
    return grad if last else _phased(xp, grad, layer.cosine, -layer.sine)


def _phased(xp: Library, states: Array, cosine: Array, sine: Array) -> Array:
    real = states[:, 0, :]
    if states.shape[1] == 1:
        return xp.stack([real * cosine, real * sine], axis=1)
    imaginary = states[:, 1, :]
    return xp.stack([real * cosine - imaginary * sine, real * sine + imaginary * cosine], axis=1)


def _of_turns(circuit: Circuit, states: Array, grad: Array) -> Array:
    """(batch, qubits): the product of gradient and turned state, read by the generators."""
    xp = namespace(states)
    batch, planes, size = states.shape
    low = circuit.qubits // 2
    width, height = 2**low, size // 2**low
    tall = (batch, planes * height, width)
    of_columns = swapped(xp.reshape(grad, tall)) @ xp.reshape(states, tall)
    square = (batch, planes, height, width)
    of_rows = xp.sum(xp.reshape(grad, square) @ swapped(xp.reshape(states, square)), axis=1)
    found = xp.zeros((batch, circuit.qubits), dtype=states.dtype)
    if low:
        found[:, :low] = xp.reshape(of_columns, (batch, -1)) @ generators(xp, low, states.dtype)
    found[:, low:] = xp.reshape(of_rows, (batch, -1)) @ generators(xp, circuit.qubits - low, states.dtype)
    return found


def _of_phases(circuit: Circuit, states: Array, grad: Array) -> Array:
    """(batch, qubits): Im(conj(state) gradient), read by the phase that each angle turns; none where it is left out."""
    xp = namespace(states)
    if grad.shape[1] == 1:
        return xp.zeros((states.shape[0], circuit.qubits), dtype=states.dtype)
    turned = states[:, 0, :] * grad[:, 1, :]
    if states.shape[1] == 2:
        turned = turned - states[:, 1, :] * grad[:, 0, :]
    return turned @ xp.asarray(circuit.bits - 0.5, dtype=states.dtype)
