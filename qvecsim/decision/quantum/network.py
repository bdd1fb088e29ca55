"""The whole network: inputs -> MPS -> amplitudes -> circuit -> readout -> values. Level: what a policy calls.

Parameters are a flat mapping of named arrays, so that a learner needs to know nothing of what they mean.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from qvecsim.arrays import Array, namespace
from qvecsim.decision.quantum import amplitude, evolution, mps, vqc
from qvecsim.errors import PolicyError, ScenarioError

Parameters = Mapping[str, Array]


class Built(NamedTuple):
    """Parameters with all that can be made of them before inputs are known."""

    parameters: Parameters
    pairs: Array  # None without a chain
    circuit: evolution.Built


class Trace(NamedTuple):
    """What the forward pass leaves for the gradient."""

    halves: mps.Halves
    features: int
    states: Array
    norms: Array
    readings: Array


@dataclass(frozen=True)
class Network:
    """A chain, a circuit and a linear head. Without a chain all inputs become amplitudes themselves.

    It keeps true: equal parameters and inputs give equal values in whichever form they are computed, and
    ``gradient`` is exact, not sampled.
    """

    chain: mps.Mps | None
    circuit: vqc.Circuit
    outputs: int

    def __post_init__(self) -> None:
        if self.outputs < 1:
            raise ScenarioError(f"'outputs' must be at least 1 (got {self.outputs}).")
        if self.chain and amplitude.qubits(self.chain.features) != self.circuit.qubits:
            needed = amplitude.qubits(self.chain.features)
            got = f"(got {self.circuit.qubits} and {self.chain.features})"
            raise ScenarioError(f"'vqc.qubits' must fit 'mps.features' {got}. Take {needed} qubits.")

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the parameters."""
        found = dict(self.chain.shapes) if self.chain else {}
        found["angles"] = self.circuit.angle_shape
        if self.circuit.reupload:
            found["scales"] = self.circuit.angle_shape
        return found | {"head": (len(self.circuit.readings), self.outputs)}

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    def initial(self, normals: Array, uniforms: Array, *, bias: float = 0.0, spread: float = 0.1) -> dict[str, Array]:
        """Parameters to begin with, from ``size`` numbers N(0, 1) and as many U[0, 1); those not needed are left.

        ``bias`` is the value of every output before anything is learned, and ``spread`` how far the other weights
        of the head are from zero: the right level at the start spares the learner from finding it.
        """
        xp = namespace(normals, uniforms)
        shapes = self.shapes
        drawn = {name: xp.reshape(normals[: math.prod(shape)], shape) for name, shape in shapes.items()}
        found = mps.initial(self.chain, drawn["cores"]) if self.chain else {}
        angles = xp.reshape(uniforms[: math.prod(shapes["angles"])], shapes["angles"])
        found["angles"] = vqc.initial(self.circuit, angles)
        if self.circuit.reupload:
            found["scales"] = xp.ones(shapes["scales"], dtype=normals.dtype)
        measured, outputs = shapes["head"]
        head = spread * xp.reshape(normals[-measured * outputs :], shapes["head"])
        if self.circuit.readout != "prob":
            head[0, :] = bias
        return found | {"head": head}

    def build(self, parameters: Parameters) -> Built:
        """Once per update: the chain's matrices side by side, the circuit's matrix or its blocks."""
        pairs = mps.packed(self.chain, parameters["cores"]) if self.chain else None
        circuit = evolution.built(self.circuit, parameters["angles"], parameters.get("scales"))
        return Built(parameters, pairs, circuit)

    def values(self, built: Built, inputs: Array) -> Array:
        """(batch, outputs) for ``inputs`` (batch, inputs) in [0, 1]."""
        return self.valued(built.parameters, self.chances(built, inputs))

    def states(self, built: Built, inputs: Array) -> Array:
        """Eq. (41): what is observed as a superposition: amplitudes of the encoded states, (states, batch)."""
        return self._encoded(self._features(built, inputs))[0]

    def chances(self, built: Built, inputs: Array) -> Array:
        """The probability of each outcome at its end, (states, batch)."""
        return evolution.probabilities(built.circuit, self.states(built, inputs))

    def valued(self, parameters: Parameters, chances: Array) -> Array:
        """The values, (batch, outputs), if outcomes have these probabilities, or were measured in these shares."""
        return evolution.expectations(self.circuit, chances).T @ parameters["head"]

    def traced(self, built: Built, inputs: Array) -> tuple[Array, Trace]:
        """The same values, and what ``gradient`` needs."""
        columns, halves = self._columns(inputs), mps.Halves([], inputs, {})
        if self.chain:
            columns, halves = mps.contracted(self.chain, built.pairs, built.parameters["label"], columns)
        states, norms = self._encoded(columns)
        readings = evolution.expectations(self.circuit, evolution.probabilities(built.circuit, states))
        return readings.T @ built.parameters["head"], Trace(halves, columns.shape[0], states, norms, readings)

    def gradient(self, built: Built, trace: Trace, of_values: Array) -> dict[str, Array]:
        """The gradient of every parameter, added over the batch, from that of the values (batch, outputs)."""
        xp = namespace(of_values)
        readings = xp.asarray(self.circuit.readings, dtype=of_values.dtype)
        of_chances = readings.T @ (built.parameters["head"] @ of_values.T)
        found, of_states = evolution.gradient(built.circuit, trace.states, of_chances)
        found["head"] = trace.readings @ of_values
        if self.chain:
            of_features = amplitude.gradient(trace.states, trace.norms, of_states, trace.features)
            label = built.parameters["label"]
            found |= mps.gradient(self.chain, built.pairs, label, trace.halves, of_features)
        return found

    def _features(self, built: Built, inputs: Array) -> Array:
        columns = self._columns(inputs)
        return mps.features(self.chain, built.pairs, built.parameters["label"], columns) if self.chain else columns

    def _columns(self, inputs: Array) -> Array:
        """The batch last."""
        if self.chain and inputs.shape[1:] != (self.chain.inputs,):
            shape = f"(batch, {self.chain.inputs})"
            raise PolicyError(f"'inputs' must have the shape {shape} (got {tuple(inputs.shape)}). One for each tie.")
        return inputs.T

    def _encoded(self, features: Array) -> tuple[Array, Array]:
        states, norms = amplitude.encoded(features)
        if states.shape[0] != self.circuit.states:
            fix = f"Take {amplitude.qubits(features.shape[0])} qubits."
            got = f"(got {features.shape[0]} for {self.circuit.qubits} qubits)"
            raise PolicyError(f"'inputs' must be as many as the circuit's qubits encode {got}. {fix}")
        return states, norms
