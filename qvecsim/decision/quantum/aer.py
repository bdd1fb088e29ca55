"""The same circuits in Qiskit, and Aer as the second opinion: states, shots, noise, gate counts, OpenQASM, pictures.

The only door to Qiskit. It takes half a second to open, so import this module where it is needed, not above.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import qiskit.qasm3
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import StatePreparation
from qiskit.exceptions import MissingOptionalLibraryError
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from qvecsim.decision.quantum.cost import GATE_SET, Counts
from qvecsim.decision.quantum.vqc import Circuit, gates
from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.types import Floats

LEVEL, SEED = 1, 1  # of the transpiler, fixed so that counts mean the same in every run
PICTURES = ("text", "latex_source", "mpl")
PAGE = 100  # columns of a drawing in text


def encoding(state: Floats) -> QuantumCircuit:
    """Eq. (43) as gates: from |0...0> to the state with these real amplitudes, (2^qubits,)."""
    circuit = QuantumCircuit(len(state).bit_length() - 1, name="encoding")
    circuit.append(StatePreparation(np.asarray(state, dtype=float)), circuit.qubits)
    return circuit


def body(circuit: Circuit, angles: Floats) -> QuantumCircuit:
    """The variational circuit; ``angles`` (layers, rotations, qubits), rad: numbers, or parameters of Qiskit."""
    built = QuantumCircuit(circuit.qubits, name="body")
    for gate in gates(circuit):
        turn = () if gate.angle is None else (angles[gate.angle],)
        getattr(built, gate.name)(*turn, *gate.qubits)
    return built


def evaluation(circuit: Circuit, angles: Floats, state: Floats) -> QuantumCircuit:
    """Encoding and circuit: what is run for the values of one sample."""
    return encoding(state).compose(body(circuit, angles))


def start(qubits: int) -> QuantumCircuit:
    """Eq. (45) as gates: the register of all actions."""
    circuit = QuantumCircuit(qubits, name="start")
    circuit.h(range(qubits))
    return circuit


def oracle(qubits: int, marked: Sequence[int]) -> QuantumCircuit:
    """Eq. (49) as gates: a controlled sign for each marked action, without ancilla."""
    circuit = QuantumCircuit(qubits, name="oracle")
    for action in marked:
        zeros = [qubit for qubit in range(qubits) if not action >> qubit & 1]
        _between(circuit, zeros)
    return circuit


def diffusion(qubits: int) -> QuantumCircuit:
    """2 |s><s| - 1 as gates, but for a sign of the whole."""
    circuit = QuantumCircuit(qubits, name="diffusion")
    circuit.h(range(qubits))
    _between(circuit, range(qubits))
    circuit.h(range(qubits))
    return circuit


def search(
    qubits: int, marked: Sequence[int], iterations: int, order: str = "diffusion_after_oracle"
) -> QuantumCircuit:
    """Eq. (50) as gates: the start, and G^tau in one of the operator orders of ``grover.ORDERS``."""
    mark, spread = oracle(qubits, marked), diffusion(qubits)
    steps = {
        "diffusion_after_oracle": [mark, spread] * iterations,
        "oracle_after_diffusion": [spread, mark] * iterations,
        "printed": [mark, *[spread] * iterations],
    }
    circuit = start(qubits)
    for step in steps[order]:
        circuit.compose(step, inplace=True)
    return circuit


def phased(
    qubits: int, marked: Sequence[int], of_oracle: Sequence[float], of_diffusion: Sequence[float]
) -> QuantumCircuit:
    """The start, and iterations with phases, rad: of the marked actions, and of the start within the register.

    Fixed-point search has ``of_diffusion`` minus that of ``grover.fixed_point_phases``; matched phases are alike.
    """
    circuit = start(qubits)
    for mark, spread in zip(of_oracle, of_diffusion, strict=True):
        _turned(circuit, marked, mark, spread)
    return circuit


def amplitudes(circuit: QuantumCircuit) -> np.ndarray:
    """The state at the end by Aer, (2^qubits,) complex."""
    saved = _basic(circuit)
    saved.save_statevector()
    return np.asarray(AerSimulator(method="statevector").run(saved).result().get_statevector())


def frequencies(circuit: QuantumCircuit, shots: int, seed: int, noise: NoiseModel | None = None) -> Floats:
    """Measured shares of the basis states, (2^qubits,)."""
    shares: Floats = _measured([_basic(circuit)], shots, seed, noise)[:, 0]
    return shares


def sampled(
    circuit: Circuit, angles: Floats, states: Floats, shots: int, seed: int, noise: NoiseModel | None = None
) -> Floats:
    """The same for many states (states, batch) in one circuit; ``angles`` of each, with the batch last, or of all.

    Encoding and circuit are brought into the gate set apart, as they are counted.
    """
    shared = None if angles.ndim == 4 else _basic(body(circuit, angles))
    made = []
    for sample in range(states.shape[1]):
        turned = shared or _basic(body(circuit, angles[..., sample]))
        made.append(_basic(encoding(states[:, sample])).compose(turned))
    return _measured(made, shots, seed, noise)


@cache
def noise_model(one_qubit: float, two_qubit: float, readout: float) -> NoiseModel:
    """Depolarising errors after every gate, by its number of qubits, and bits that are read wrongly."""
    model = NoiseModel(basis_gates=list(GATE_SET))
    model.add_all_qubit_quantum_error(depolarizing_error(one_qubit, 1), ["sx", "x"])  # rz is a change of frame
    model.add_all_qubit_quantum_error(depolarizing_error(two_qubit, 2), ["cx"])
    model.add_all_qubit_readout_error(ReadoutError([[1.0 - readout, readout], [readout, 1.0 - readout]]))
    return model


def counts(circuit: QuantumCircuit) -> Counts:
    """Gates and depth after transpilation to {rz, sx, x, cx}, all qubits connected."""
    basic = _basic(circuit)
    gates_of = basic.count_ops()
    cx = int(gates_of.get("cx", 0))
    return Counts(circuit.num_qubits, cx, int(sum(gates_of.values())) - cx, int(basic.depth()))


@cache
def evaluation_counts(circuit: Circuit) -> Counts:
    """Of encoding and circuit, for amplitudes and angles without special values."""
    turns = 0.1 + np.random.default_rng(SEED).random(circuit.angle_shape)
    return counts(encoding(sample_state(circuit.qubits))).then(counts(body(circuit, turns)))


def sample_state(qubits: int) -> Floats:
    """The state of which encodings are counted: one-qubit gates and depth differ from state to state."""
    state = np.random.default_rng(SEED).standard_normal(2**qubits)
    found: Floats = state / np.linalg.norm(state)
    return found


@cache
def search_counts(qubits: int, phase: float | None = None) -> tuple[Counts, Counts]:
    """Of the start, and of one iteration with one marked action; with a ``phase``, rad, in the place of signs."""
    last = 2**qubits - 1
    if phase is None:
        return counts(start(qubits)), counts(oracle(qubits, [last]).compose(diffusion(qubits)))
    turns = QuantumCircuit(qubits)
    _turned(turns, [last], phase, phase)
    return counts(start(qubits)), counts(turns)


def qasm3(circuit: QuantumCircuit) -> str:
    """OpenQASM 3, in the gate set."""
    text: str = qiskit.qasm3.dumps(_basic(circuit))
    return text


def picture(circuit: QuantumCircuit, style: str = "text") -> Any:
    """A drawing: ``text``, or ``latex_source`` and ``mpl`` (a figure of Matplotlib), which need pylatexenc."""
    if style not in PICTURES:
        raise ScenarioError(f"'style' must be known (got '{style}'). {did_you_mean(style, PICTURES)}")
    try:
        drawing = circuit.draw(output=style, fold=PAGE if style == "text" else None)
    except MissingOptionalLibraryError as error:
        raise ScenarioError(f"'style' must be text on this machine (got '{style}'). {error.message}") from error
    return str(drawing) if style == "text" else drawing


def _basic(circuit: QuantumCircuit) -> QuantumCircuit:
    return transpile(circuit, basis_gates=list(GATE_SET), optimization_level=LEVEL, seed_transpiler=SEED)


def _measured(circuits: list[QuantumCircuit], shots: int, seed: int, noise: NoiseModel | None) -> Floats:
    """Measured shares, (2^qubits, circuits), of circuits in the gate set."""
    for circuit in circuits:
        circuit.measure_all()
    result = AerSimulator(noise_model=noise).run(circuits, shots=shots, seed_simulator=seed).result()
    found = np.zeros((2 ** circuits[0].num_qubits, len(circuits)))
    for column in range(len(circuits)):
        for bits, count in result.get_counts(column).items():
            found[int(bits, 2), column] = count / shots
    return found


def _turned(circuit: QuantumCircuit, marked: Sequence[int], of_oracle: float, of_diffusion: float) -> None:
    """One iteration with phases."""
    qubits = circuit.num_qubits
    for action in marked:
        _phase(circuit, of_oracle, [qubit for qubit in range(qubits) if not action >> qubit & 1])
    circuit.h(range(qubits))
    _phase(circuit, of_diffusion, range(qubits))
    circuit.h(range(qubits))


def _phase(circuit: QuantumCircuit, phase: float, flipped: Sequence[int]) -> None:
    """The phase of |1...1>, between two layers of X on ``flipped``."""
    for turn in (True, False):
        if flipped:
            circuit.x(flipped)
        if turn:
            circuit.mcp(phase, list(range(circuit.num_qubits - 1)), circuit.num_qubits - 1)


def _between(circuit: QuantumCircuit, flipped: Sequence[int]) -> None:
    """The sign of |1...1> turned, between two layers of X on ``flipped``."""
    if flipped:
        circuit.x(flipped)
    last = circuit.num_qubits - 1
    circuit.h(last)
    if last:
        circuit.mcx(list(range(last)), last)
    else:
        circuit.x(last)
    circuit.h(last)
    if flipped:
        circuit.x(flipped)
