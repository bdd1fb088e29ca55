"""Networks that value options: what a learner asks of one, and the classical controls. Level: NumPy arrays.

Parameters are a flat mapping of named arrays. Gradients are exact, and tests hold them to finite differences.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from qvecsim.arrays import Library, to_host
from qvecsim.types import Floats

Parameters = Mapping[str, Any]
Pullback = Callable[[Floats], dict[str, Any]]  # from the gradient of the values to that of every parameter


class Network(Protocol):
    """Anything with these, whatever it is made of."""

    @property
    def size(self) -> int:
        """How many numbers ``initial`` needs of each kind."""

    def initial(self, normals: Floats, uniforms: Floats, *, bias: float = 0.0, spread: float = 0.1) -> dict[str, Any]:
        """Parameters to begin with, from ``size`` numbers N(0, 1) and as many U[0, 1)."""

    def values(self, parameters: Parameters, inputs: Floats) -> Floats:
        """(n, options) for ``inputs`` (n, N) in [0, 1]."""

    def vjp(self, parameters: Parameters, inputs: Floats) -> tuple[Floats, Pullback]:
        """The values, and what brings their gradient (n, options) back to every parameter, added over the batch."""


@dataclass(frozen=True)
class Linear:
    """Values are weighted sums of the inputs."""

    inputs: int
    outputs: int

    @property
    def size(self) -> int:
        """Number of parameters."""
        return (self.inputs + 1) * self.outputs

    def initial(self, normals: Floats, uniforms: Floats, *, bias: float = 0.0, spread: float = 0.1) -> dict[str, Any]:
        """Weights of about ``spread`` over the root of the inputs."""
        weights = normals[: self.inputs * self.outputs].reshape(self.inputs, self.outputs)
        return {"weights": spread / math.sqrt(self.inputs) * weights, "bias": np.full(self.outputs, bias)}

    def values(self, parameters: Parameters, inputs: Floats) -> Floats:
        """(n, outputs)."""
        values: Floats = inputs @ parameters["weights"] + parameters["bias"]
        return values

    def vjp(self, parameters: Parameters, inputs: Floats) -> tuple[Floats, Pullback]:
        """Values and the way back."""

        def back(of_values: Floats) -> dict[str, Any]:
            return {"weights": inputs.T @ of_values, "bias": of_values.sum(axis=0)}

        return self.values(parameters, inputs), back


@dataclass(frozen=True)
class Mlp:
    """One hidden layer of hyperbolic tangents. With 48 inputs, 36 units and 4 outputs it has 1,912 parameters."""

    inputs: int
    outputs: int
    hidden: int = 36

    @property
    def size(self) -> int:
        """Number of parameters."""
        return (self.inputs + 1) * self.hidden + (self.hidden + 1) * self.outputs

    def initial(self, normals: Floats, uniforms: Floats, *, bias: float = 0.0, spread: float = 0.1) -> dict[str, Any]:
        """LeCun's scale for the hidden layer, ``spread`` times that for the head."""
        count = self.inputs * self.hidden
        weights = normals[:count].reshape(self.inputs, self.hidden)
        head = normals[count : count + self.hidden * self.outputs].reshape(self.hidden, self.outputs)
        return {
            "weights": weights / math.sqrt(self.inputs),
            "offset": np.zeros(self.hidden),
            "head": spread / math.sqrt(self.hidden) * head,
            "bias": np.full(self.outputs, bias),
        }

    def values(self, parameters: Parameters, inputs: Floats) -> Floats:
        """(n, outputs)."""
        return self.vjp(parameters, inputs)[0]

    def vjp(self, parameters: Parameters, inputs: Floats) -> tuple[Floats, Pullback]:
        """Values and the way back."""
        hidden: Floats = np.tanh(inputs @ parameters["weights"] + parameters["offset"])

        def back(of_values: Floats) -> dict[str, Any]:
            of_sums = (of_values @ parameters["head"].T) * (1.0 - hidden**2)
            return {
                "weights": inputs.T @ of_sums,
                "offset": of_sums.sum(axis=0),
                "head": hidden.T @ of_values,
                "bias": of_values.sum(axis=0),
            }

        return hidden @ parameters["head"] + parameters["bias"], back


@dataclass(frozen=True)
class Tied:
    """An ``Mlp`` of the mean input of each type: all inputs of a type have one weight to each hidden unit."""

    ties: tuple[int, ...]
    outputs: int
    hidden: int = 36

    @cached_property
    def means(self) -> Floats:
        """(inputs, types): what makes means of the inputs of each type."""
        members = np.asarray(self.ties)[:, None] == np.arange(max(self.ties) + 1)
        of_types: Floats = members / members.sum(axis=0)
        return of_types

    @cached_property
    def mlp(self) -> Mlp:
        """Behind them."""
        return Mlp(self.means.shape[1], self.outputs, self.hidden)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.mlp.size

    def initial(self, normals: Floats, uniforms: Floats, *, bias: float = 0.0, spread: float = 0.1) -> dict[str, Any]:
        """Those of the MLP."""
        return self.mlp.initial(normals, uniforms, bias=bias, spread=spread)

    def values(self, parameters: Parameters, inputs: Floats) -> Floats:
        """(n, outputs)."""
        return self.mlp.values(parameters, inputs @ self.means)

    def vjp(self, parameters: Parameters, inputs: Floats) -> tuple[Floats, Pullback]:
        """Values and the way back."""
        return self.mlp.vjp(parameters, inputs @ self.means)


@dataclass
class Traced:
    """A network that is first built from its parameters and leaves a trace for its gradient, seen as one that is not.

    It wants ``build(parameters)``, ``values(built, inputs)``, ``traced(built, inputs)`` and
    ``gradient(built, trace, of_values)``, as the quantum networks have them. What was built last is kept: between two
    updates many batches are asked. ``library`` computes; what goes in and comes out is NumPy's.
    """

    network: Any
    library: Library = np
    _kept: list[tuple[Parameters, Any]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return int(self.network.size)

    def initial(self, normals: Floats, uniforms: Floats, *, bias: float = 0.0, spread: float = 0.1) -> dict[str, Any]:
        """Its own."""
        found: dict[str, Any] = self.network.initial(normals, uniforms, bias=bias, spread=spread)
        return found

    def values(self, parameters: Parameters, inputs: Floats) -> Floats:
        """(n, outputs)."""
        return to_host(self.network.values(self._from(parameters), self.library.asarray(inputs)))

    def vjp(self, parameters: Parameters, inputs: Floats) -> tuple[Floats, Pullback]:
        """Values and the way back."""
        built = self._from(parameters)
        values, trace = self.network.traced(built, self.library.asarray(inputs))

        def back(of_values: Floats) -> dict[str, Any]:
            found = self.network.gradient(built, trace, self.library.asarray(of_values))
            return {name: to_host(array) for name, array in found.items()}

        return to_host(values), back

    def _from(self, parameters: Parameters) -> Any:
        # By identity: an update makes a new mapping and never writes into an old one. Two are kept, for a learner asks
        # for its parameters and for their average in turn.
        for known, built in self._kept:
            if known is parameters:
                return built
        there = {name: self.library.asarray(array) for name, array in parameters.items()}
        self._kept = [*self._kept[-1:], (parameters, self.network.build(there))]
        return self._kept[-1][1]
