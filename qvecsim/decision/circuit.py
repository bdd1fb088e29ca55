"""The circuit of a policy, to be looked at, counted, and run elsewhere: OpenQASM 3, drawings, resources."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qvecsim.decision.learning.saved import read
from qvecsim.decision.measured import Measured
from qvecsim.decision.policy import Policy
from qvecsim.decision.quantum import amplitude, gatecounts
from qvecsim.decision.quantum.cost import Resources, executed
from qvecsim.decision.quantum.vqc import ANSATZE, READOUTS, Circuit, reuploaded
from qvecsim.errors import PolicyError
from qvecsim.scenario.parameters import LEARNED, Decision
from qvecsim.types import Floats

SHOTS = Decision().shots


@dataclass(frozen=True)
class PolicyCircuit:
    """What is run for the values of one sample: the encoding of ``state``, if there is one, and the trained circuit.

    ``angles`` are (layers, rotations, qubits), rad; ``state`` (2^qubits,), None: |0...0>, without preparation.
    """

    circuit: Circuit
    angles: Floats
    state: Floats | None = None
    shots: int = SHOTS

    def qasm3(self) -> str:
        """OpenQASM 3, in the gate set {rz, sx, x, cx}; no measurement."""
        from qvecsim.decision.quantum import aer

        return aer.qasm3(self._built())

    def draw(self, style: str = "text") -> Any:
        """A drawing: ``text``, or ``mpl`` (a figure of Matplotlib) and ``latex_source``, which need pylatexenc."""
        from qvecsim.decision.quantum import aer

        return aer.picture(self._built(), style)

    def resources(self) -> Resources:
        """What the values of one decision take, encoding included, as a run counts them."""
        return executed(gatecounts.evaluation(self.circuit), self.shots)

    def _built(self) -> Any:
        from qvecsim.decision.quantum import aer

        if self.state is None:
            return aer.body(self.circuit, self.angles)
        # The encoding stands as what Qiskit made of it; a drawing shows it as one box.
        return aer.evaluation(self.circuit, self.angles, self.state)


def circuit(policy: Policy | str | Path, inputs: Floats | None = None) -> PolicyCircuit:
    """The circuit of a policy: of one that learns, of its folder, or of an .npz of what was learned.

    With ``inputs``, one sample's (N,) in [0, 1], their encoding comes first.
    """
    if isinstance(policy, Policy):
        net = getattr(policy, "net", None)
        if not isinstance(net, Measured):
            raise PolicyError(f"'policy' must have a quantum circuit (got {type(policy).__name__}). Try scheme tnqdrl.")
        parameters = _kept(policy)
        state = None if inputs is None else _encoded(net, parameters, inputs)
        return _placed(net.network.circuit, parameters, state, net.shots)
    path = Path(policy)
    parameters = read(path / LEARNED if path.is_dir() else path)
    if not {"angles", "head"} <= parameters.keys():
        got = ", ".join(sorted(parameters))
        raise PolicyError(f"'{path}' must hold the parameters of a quantum circuit (got {got}). Try scheme tnqdrl.")
    return _placed(_described(parameters), parameters, _given(path, parameters, inputs), SHOTS)


def _kept(policy: Any) -> Mapping[str, Any]:
    """What decides, as any learner keeps it."""
    with tempfile.TemporaryDirectory() as folder:
        policy.save(Path(folder) / LEARNED)
        return read(Path(folder) / LEARNED)


def _encoded(net: Measured, parameters: Mapping[str, Any], inputs: Floats) -> Floats:
    network = net.network
    state: Floats = network.states(network.build(parameters), np.asarray(inputs, dtype=float)[None, :])[:, 0]
    return state


def _given(path: Path, parameters: Mapping[str, Any], inputs: Floats | None) -> Floats | None:
    """The state of inputs that become amplitudes themselves; a file does not tell which inputs share a core."""
    if inputs is None:
        return None
    if "cores" in parameters:
        raise PolicyError(
            f"'inputs' must be left out for the file '{path}', which has a chain. Give the policy itself."
        )
    state: Floats = amplitude.encoded(np.asarray(inputs, dtype=float)[:, None])[0][:, 0]
    return state


def _placed(made: Circuit, parameters: Mapping[str, Any], state: Floats | None, shots: int) -> PolicyCircuit:
    """With the angles that the gates are turned by."""
    angles = np.asarray(parameters["angles"])
    if made.reupload:
        if state is None:
            raise PolicyError("'inputs' must be given for a circuit that re-uploads them (got None).")
        angles = reuploaded(made, angles, parameters["scales"], state[:, None])[..., 0]
    return PolicyCircuit(made, angles, state, shots)


def _described(parameters: Mapping[str, Any]) -> Circuit:
    """What circuit has arrays of these shapes."""
    layers, rotations, qubits = parameters["angles"].shape
    ansatz = next(name for name, turns in ANSATZE.items() if len(turns) == rotations)
    made = (Circuit(qubits, layers, ansatz, readout, "scales" in parameters) for readout in READOUTS)
    return next(one for one in made if len(one.readings) == len(parameters["head"]))
