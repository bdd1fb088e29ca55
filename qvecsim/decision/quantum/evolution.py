"""States through a circuit, and gradients back: which form of simulation does it. Level: the batch last.

Without re-uploading the circuit is one matrix for all samples. It is built once per update and applied to the batch
in one product, where that is faster: for few qubits, and in libraries whose calls are dear. NumPy has blocks of
gates for more qubits. With re-uploading every sample has its own circuit.
"""

from __future__ import annotations

from typing import NamedTuple

from qvecsim.arrays import Array, namespace, writes_in_place
from qvecsim.decision.quantum import each, each_buffered, shared
from qvecsim.decision.quantum.vqc import Circuit, reuploaded

UNITARY_QUBITS = 7  # above it NumPy is faster with blocks, by benchmarks/circuits.py


class Built(NamedTuple):
    """A circuit with its parameters, ready for any number of batches until they change."""

    circuit: Circuit
    angles: Array
    scales: Array  # of the re-uploaded amplitudes, or None
    unitary: Array  # (planes * states, states), the real part on top of the imaginary one, or None
    plan: shared.Plan | None


def built(circuit: Circuit, angles: Array, scales: Array | None = None) -> Built:
    """``angles`` and ``scales`` are (layers, rotations, qubits); scales are for circuits that re-upload."""
    if circuit.reupload or not circuit.layers:
        return Built(circuit, angles, scales, None, None)
    plan = shared.plan(circuit, angles) if writes_in_place(namespace(angles)) else None
    needed = plan is None or circuit.qubits <= UNITARY_QUBITS
    return Built(circuit, angles, None, unitary(circuit, angles) if needed else None, plan)


def unitary(circuit: Circuit, angles: Array, whole: bool = False) -> Array:
    """The matrix of the circuit, (planes * states, states); without the last layer's phases unless ``whole``."""
    xp = namespace(angles)
    eye = xp.eye(circuit.states, dtype=angles.dtype)
    if writes_in_place(xp) and not whole:
        ready = shared.plan(circuit, angles)
        return shared.Sweep(ready, circuit.states, angles.dtype).run(eye).reshape(-1, circuit.states)
    ends, _ = each.run(circuit, each.layers(circuit, angles[None, ...]), eye, whole)
    return xp.reshape(xp.moveaxis(ends, 0, -1), (-1, circuit.states))


def probabilities(ready: Built, states: Array) -> Array:
    """Eq. (34): the squared coefficients of every basis state at the end, (states, batch); a sum of one.

    The amplitudes at the beginning are real.
    """
    xp = namespace(states)
    if ready.unitary is not None:
        return _squared(ready.circuit, ready.unitary @ states)
    if ready.plan is not None:
        return shared.probabilities(ready.plan, states)
    if not ready.circuit.layers:
        return states * states
    angles = _own_angles(ready, states)
    if writes_in_place(xp):
        return each_buffered.probabilities(ready.circuit, angles, states.T).T
    ends, _ = each.run(ready.circuit, each.layers(ready.circuit, angles), states.T)
    return xp.sum(ends * ends, axis=1).T


def gradient(ready: Built, states: Array, of_probabilities: Array) -> tuple[dict[str, Array], Array]:
    """Gradients of the parameters, added over the batch, and of the states, from that of the probabilities."""
    if not ready.circuit.layers:
        xp = namespace(states)
        nothing = {name: xp.zeros_like(array) for name, array in _parameters(ready).items()}
        return nothing, 2.0 * states * of_probabilities
    if ready.circuit.reupload:
        return _of_own(ready, states, of_probabilities)
    if ready.plan is not None:
        of_angles, of_states = shared.gradient(ready.plan, states, of_probabilities)
        return {"angles": of_angles}, of_states
    return _of_unitary(ready, states, of_probabilities)


def expectations(circuit: Circuit, chances: Array) -> Array:
    """What is measured at the end, (measured, batch), from the probabilities of the basis states."""
    return namespace(chances).asarray(circuit.readings, dtype=chances.dtype) @ chances


def frequencies(chances: Array, uniforms: Array) -> Array:
    """Estimates of the probabilities from as many shots as there are ``uniforms`` (shots, batch) in [0, 1)."""
    xp = namespace(chances, uniforms)
    found, edge, before = [], 0.0, 0.0
    for state in range(chances.shape[0] - 1):
        edge = edge + chances[state, :]
        below = xp.mean(xp.astype(uniforms < edge, uniforms.dtype), axis=0)
        found.append(below - before)
        before = below
    return xp.stack([*found, 1.0 - before * xp.ones_like(chances[0, :])])


def _parameters(ready: Built) -> dict[str, Array]:
    found = {"angles": ready.angles}
    return found if ready.scales is None else found | {"scales": ready.scales}


def _squared(circuit: Circuit, ends: Array) -> Array:
    squares = ends * ends
    if squares.shape[0] == circuit.states:
        return squares
    return squares[: circuit.states, :] + squares[circuit.states :, :]


def _own_angles(ready: Built, states: Array) -> Array:
    """(batch, layers, rotations, qubits)."""
    return namespace(states).moveaxis(reuploaded(ready.circuit, ready.angles, ready.scales, states), -1, 0)


def _of_unitary(ready: Built, states: Array, of_probabilities: Array) -> tuple[dict[str, Array], Array]:
    """The matrix's own gradient is one product; it then goes back through the circuit's action on the identity."""
    xp, circuit, matrix = namespace(states), ready.circuit, ready.unitary
    size = circuit.states
    ends = xp.reshape(matrix @ states, (-1, size, states.shape[1]))
    of_ends = xp.reshape(2.0 * ends * of_probabilities, (-1, states.shape[1]))
    of_matrix = xp.moveaxis(xp.reshape(of_ends @ states.T, (-1, size, size)), -1, 0)
    layers = each.layers(circuit, ready.angles[None, ...])
    _, turned = each.run(circuit, layers, xp.eye(size, dtype=states.dtype))
    of_angles, _ = each.back(circuit, layers, turned, of_matrix)
    return {"angles": xp.sum(of_angles, axis=0)}, matrix.T @ of_ends


def _of_own(ready: Built, states: Array, of_probabilities: Array) -> tuple[dict[str, Array], Array]:
    xp, circuit = namespace(states), ready.circuit
    layers = each.layers(circuit, _own_angles(ready, states))
    ends, turned = each.run(circuit, layers, states.T)
    of_angles, of_rows = each.back(circuit, layers, turned, 2.0 * ends * of_probabilities.T[:, None, :])
    of_angles, of_states = xp.moveaxis(of_angles, 0, -1), of_rows.T
    entries = states[: circuit.qubits, :]
    added = xp.zeros_like(states)
    added[: circuit.qubits, :] = xp.sum(of_angles * ready.scales[..., None], axis=(0, 1))
    found = {"angles": xp.sum(of_angles, axis=-1), "scales": xp.sum(of_angles * entries, axis=-1)}
    return found, of_states + added
