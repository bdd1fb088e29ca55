"""The quantum room beside its peers, one process on one processor: Qiskit Aer, PennyLane lightning, a JAX scan.

Batch 256, four layers, double precision; the encoded states are given. Ours and theirs are compared before any time
is told, then timed in turn; the best round of each counts, and in a round of ours the median of ten calls. Peers
that are not installed are left out (pip install pennylane jax). Where CuPy and a CUDA device are, ours is timed there
as well, with arrays that lie there.

    python benchmarks/circuits.py [--rounds 5] [--only forward each gradient grover mps]
"""

from __future__ import annotations

import os

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # before any library counts processors
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from qvecsim import arrays
from qvecsim.decision.quantum import aer, evolution, grover, mps
from qvecsim.decision.quantum.vqc import ANSATZE, Circuit, gates
from qvecsim.types import Floats

BATCH, LAYERS = 256, 4
SHARE, TURNS = 0.02, 5  # of actions marked, and iterations
INPUTS, BOND, FEATURES = 200, 16, 16
OFTEN = 10  # calls of ours in a round, of which the median counts

Work = Callable[[], Any]


def compared(title: str, ours: dict[str, Work], theirs: dict[str, Work], goals: dict[str, float], rounds: int) -> None:
    """Table rows: our times, theirs over the first of ours, and the goals. ``scaled`` work tells its own factor."""
    best = dict.fromkeys([*ours, *theirs], float("inf"))
    for work in (ours | theirs).values():
        work()
    for _ in range(rounds):
        for name, work in theirs.items():
            best[name] = min(best[name], spent_ms(work))
            for own, mine in ours.items():
                best[own] = min(best[own], statistics.median(spent_ms(mine) for _ in range(OFTEN)))
    cells = ", ".join(f"{name} {best[name]:.3g}" for name in ours)
    first = best[next(iter(ours))]
    for name in theirs:
        ratio, goal = best[name] / first, goals.get(name)
        word = "" if goal is None else f"{goal:.3g}: {'reached' if ratio >= goal else '**not reached**'}"
        print(f"| {title} | {cells} | {name} {best[name]:.3g} | {ratio:.3g} | {word} |", flush=True)
        title = cells = ""


def spent_ms(work: Work) -> float:
    """Of one call, times its factor."""
    began = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - began) * getattr(work, "factor", 1)


def scaled(work: Work, factor: int) -> Work:
    """Work on a part of the batch, to be told for all of it."""
    called = partial(work)
    called.factor = factor  # type: ignore[attr-defined]
    return called


def case(circuit: Circuit) -> tuple[Floats, Floats]:
    """Angles and encoded states (states, batch)."""
    rng = np.random.default_rng(1)
    states = rng.standard_normal((circuit.states, BATCH))
    return rng.normal(size=circuit.angle_shape), states / np.linalg.norm(states, axis=0)


def by_aer(circuit: Circuit, angles: Floats, states: Floats) -> Floats:
    """End to end: circuits made and run, states set and not prepared; ``angles`` may have the batch as last axis."""
    from qiskit_aer import AerSimulator

    backend, made = AerSimulator(method="statevector", max_parallel_threads=1), []
    for sample in range(BATCH):
        built = aer.QuantumCircuit(circuit.qubits)
        built.set_statevector(states[:, sample])
        built.compose(aer.body(circuit, angles[..., sample] if angles.ndim == 4 else angles), inplace=True)
        built.save_statevector()
        made.append(built)
    result = backend.run(made).result()
    ends = [np.asarray(result.get_statevector(index)) for index in range(BATCH)]
    return np.abs(np.stack(ends, axis=1)) ** 2


def wired(circuit: Circuit, angles: Any, states: Floats) -> None:
    """The circuit in PennyLane, whose first wire is the most significant."""
    import pennylane as qml

    names = {"ry": qml.RY, "rz": qml.RZ, "cx": qml.CNOT, "cz": qml.CZ}
    qml.StatePrep(states, wires=range(circuit.qubits))
    for gate in gates(circuit):
        wires = [circuit.qubits - 1 - qubit for qubit in gate.qubits]
        turn = () if gate.angle is None else (angles[gate.angle],)
        names[gate.name](*turn, wires=wires)


def by_lightning(circuit: Circuit, angles: Floats, states: Floats) -> Work:
    """One node, broadcast over the batch; probabilities (states, batch)."""
    import pennylane as qml

    @qml.qnode(qml.device("lightning.qubit", wires=circuit.qubits), diff_method=None)
    def node() -> Any:
        wired(circuit, angles, states.T)
        return qml.probs(wires=range(circuit.qubits))

    return lambda: np.asarray(node()).T


def peers(circuit: Circuit, angles: Floats, states: Floats, expected: Floats) -> dict[str, Work]:
    """Aer and lightning, once they give what we do."""
    found: dict[str, Work] = {"Aer": partial(by_aer, circuit, angles, states)}
    if find_spec("pennylane"):
        found["lightning"] = by_lightning(circuit, angles, states)
    for work in found.values():
        np.testing.assert_allclose(work(), expected, atol=1e-10)
    return found


def valued(ready: evolution.Built, states: Floats) -> Floats:
    """Z and ZZ of each sample."""
    return evolution.expectations(ready.circuit, evolution.probabilities(ready, states))


def forward(rounds: int) -> None:
    """One circuit for all samples, built beforehand."""
    for qubits in (6, 8, 10):
        goals = {"Aer": 300, "lightning": 50} if qubits < 10 else {"Aer": 100, "lightning": 15}
        for ansatz in ANSATZE:
            circuit = Circuit(qubits, LAYERS, ansatz)
            angles, states = case(circuit)
            ready = evolution.built(circuit, angles)
            matrix = evolution.Built(circuit, angles, None, evolution.unitary(circuit, angles), None)
            ours = {
                "values": partial(valued, ready, states),
                "by U": partial(valued, matrix, states),
                "to build U": partial(evolution.unitary, circuit, angles),
                "to build what is used": partial(evolution.built, circuit, angles),
            }
            ours |= on_device(circuit, angles, None, states)
            theirs = peers(circuit, angles, states, evolution.probabilities(ready, states))
            compared(f"forward, n = {qubits}, {ansatz}", ours, theirs, goals, rounds)


def on_device(circuit: Circuit, angles: Floats, scales: Floats | None, states: Floats) -> dict[str, Work]:
    """The values on a CUDA device, states and results there, if one answers and they are the processor's."""
    xp = arrays.module("auto")
    if xp is np:
        return {}
    there = [None if array is None else xp.asarray(array) for array in (angles, scales, states)]
    ready = evolution.built(circuit, there[0], there[1])
    ours = valued(evolution.built(circuit, angles, scales), states)
    np.testing.assert_allclose(arrays.to_host(valued(ready, there[2])), ours, atol=1e-10)
    return {"values on GPU": synchronised(xp, partial(valued, ready, there[2]))}


def sloped_on_device(circuit: Circuit, angles: Floats, states: Floats, weights: Floats) -> dict[str, Work]:
    """The gradient on a CUDA device, if one answers."""
    xp = arrays.module("auto")
    if xp is np:
        return {}
    there = [xp.asarray(array) for array in (angles, states, weights)]
    return {"gradient on GPU": synchronised(xp, partial(sloped, circuit, *there))}


def synchronised(xp: Any, work: Work) -> Work:
    """Work that is over when it returns: kernels are only begun by a call."""

    def whole() -> None:
        work()
        xp.cuda.get_current_stream().synchronize()

    return whole


def each(rounds: int) -> None:
    """A different circuit for each sample, by re-uploading."""
    for qubits in (6, 8, 10):
        for ansatz in ANSATZE:
            circuit = Circuit(qubits, LAYERS, ansatz, reupload=True)
            shared, states = case(circuit)
            scales = np.random.default_rng(2).normal(size=circuit.angle_shape)
            ready = evolution.built(circuit, shared, scales)
            angles = shared[..., None] + scales[..., None] * states[:qubits]
            theirs = peers(circuit, angles, states, evolution.probabilities(ready, states))
            ours = {"values": partial(valued, ready, states)} | on_device(circuit, shared, scales, states)
            compared(f"own circuits, n = {qubits}, {ansatz}", ours, theirs, {"Aer": 50, "lightning": 10}, rounds)


def gradient(rounds: int) -> None:
    """Of a weighted sum of Z over the batch, by all angles; forward included."""
    if not find_spec("pennylane"):
        return
    for qubits in (6, 8, 10):
        circuit = Circuit(qubits, LAYERS, "ry_rz_cz", "z")
        angles, states = case(circuit)
        weights = np.random.default_rng(3).standard_normal((qubits, BATCH))
        ours = partial(sloped, circuit, angles, states, weights)
        theirs = {
            "lightning, vjp": by_adjoint(circuit, angles, states, weights, BATCH, True),
            "lightning, Jacobian": by_adjoint(circuit, angles, states, weights, BATCH // 4, False),
        }
        np.testing.assert_allclose(theirs["lightning, vjp"](), ours(), atol=1e-9)
        goals = dict.fromkeys(theirs, 20.0)  # of the better one, hence of both
        mine = {"gradient": ours} | sloped_on_device(circuit, angles, states, weights)
        compared(f"gradient, n = {qubits}, ry_rz_cz", mine, theirs, goals, rounds)


def sloped(circuit: Circuit, angles: Floats, states: Floats, weights: Floats) -> Floats:
    """Built, forward and back."""
    ready = evolution.built(circuit, angles)
    valued(ready, states)
    readings = arrays.namespace(weights).asarray(circuit.readings[1:].T)
    slopes, _ = evolution.gradient(ready, states, readings @ weights)
    return slopes["angles"]


def by_adjoint(circuit: Circuit, angles: Floats, states: Floats, weights: Floats, part: int, vjp: bool) -> Work:
    """PennyLane's adjoint method on the first ``part`` samples."""
    import pennylane as qml

    @qml.qnode(qml.device("lightning.qubit", wires=circuit.qubits), diff_method="adjoint", device_vjp=vjp)
    def node(turned: Any) -> Any:
        wired(circuit, turned, states[:, :part].T)
        return [qml.expval(qml.Z(circuit.qubits - 1 - qubit)) for qubit in range(circuit.qubits)]

    def loss(turned: Any) -> Any:
        return qml.math.sum(weights[:, :part] * qml.math.stack(node(turned)))

    return scaled(partial(qml.grad(loss), qml.numpy.array(angles, requires_grad=True)), BATCH // part)


def search(rounds: int) -> None:
    """Five iterations with 2 % of the actions marked, each sample its own; Aer runs 8 circuits of the 256."""
    from qiskit_aer import AerSimulator

    backend = AerSimulator(method="statevector", max_parallel_threads=1)
    for qubits in (8, 10):
        rng = np.random.default_rng(4)
        marked = rng.permuted(np.tile(np.arange(2**qubits) < SHARE * 2**qubits, (BATCH, 1)), axis=1).astype(float)
        law = partial(searched, marked)
        circuits = [aer.transpile(gatewise(qubits, row), backend, optimization_level=0) for row in marked[:8]]
        result = backend.run(circuits).result()
        ends = np.stack([np.abs(np.asarray(result.get_statevector(index))) ** 2 for index in range(8)])
        np.testing.assert_allclose(ends, law()[:8], atol=1e-10)
        ours = {"probabilities": law, "and measured": partial(measured, marked, rng.random(BATCH))}
        theirs = {"Aer, run only": scaled(lambda circuits=circuits: backend.run(circuits).result(), BATCH // 8)}
        compared(f"search, n = {qubits}", ours, theirs, {"Aer, run only": 500}, rounds)


def searched(marked: Floats) -> Floats:
    """The probability of each action, by the closed form."""
    return grover.chances(np.ones_like(marked), marked, grover.success(marked.mean(axis=1), np.full(BATCH, TURNS)))


def measured(marked: Floats, draws: Floats) -> Floats:
    """An action of each register."""
    return grover.measured(searched(marked), draws)


def gatewise(qubits: int, marked: Floats) -> Any:
    """The same by gates: diagonal oracle, diffusion with a diagonal gate between two layers of H."""
    from qiskit.circuit.library import DiagonalGate

    built = aer.start(qubits)
    for _ in range(TURNS):
        built.append(DiagonalGate(list(1.0 - 2.0 * marked)), range(qubits))
        built.h(range(qubits))
        built.append(DiagonalGate([1.0] + [-1.0] * (2**qubits - 1)), range(qubits))
        built.h(range(qubits))
    built.save_statevector()
    return built


def chain(rounds: int) -> None:
    """200 inputs, bond 16, 16 features: the same two half chains as a JAX scan, compiled, in double precision."""
    shape, rng = mps.Mps(tuple(range(INPUTS)), BOND, FEATURES), np.random.default_rng(5)
    found = mps.initial(shape, rng.standard_normal(shape.shapes["cores"]))
    inputs, pairs = rng.random((INPUTS, BATCH)), mps.packed(shape, found["cores"])
    ours = {
        "features": partial(mps.features, shape, pairs, found["label"], inputs),
        "and gradient": partial(both, shape, pairs, found["label"], inputs),
        "to pack": partial(mps.packed, shape, found["cores"]),
    }
    theirs = by_jax(found, inputs, ours["features"]()) if find_spec("jax") else {}
    goals = dict.fromkeys(theirs, 1 / 1.5)  # of the better layout, hence of both
    compared("chain, 200 inputs, bond 16", ours, theirs, goals, rounds * OFTEN)


def both(shape: mps.Mps, pairs: Floats, label: Floats, inputs: Floats) -> dict[str, Floats]:
    """Forward and back."""
    made, halves = mps.contracted(shape, pairs, label, inputs)
    return mps.gradient(shape, pairs, label, halves, made)


def by_jax(found: dict[str, Floats], inputs: Floats, expected: Floats) -> dict[str, Work]:
    """A scan over the sites with the halves side by side, the batch last or first."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    cores, half = found["cores"], INPUTS // 2
    left, right = np.swapaxes(cores[:half], -1, -2), cores[half:][::-1]
    first, second = (jnp.asarray(np.stack([left[:, k], right[:, k]], axis=1)) for k in (0, 1))
    values = jnp.asarray(np.stack([inputs[:half], inputs[half:][::-1]], axis=1))
    given = first, second - first, jnp.asarray(found["label"]), values

    def last(first: Any, change: Any, label: Any, values: Any) -> Any:
        def step(state: Any, at: Any) -> Any:
            begin, more, value = at
            return begin @ state + value[:, None, :] * (more @ state), None

        ends, _ = jax.lax.scan(step, jnp.zeros((2, BOND, BATCH)).at[:, 0].set(1.0), (first, change, values))
        return label @ (ends[0][:, None] * ends[1][None]).reshape(-1, BATCH)

    def foremost(first: Any, change: Any, label: Any, values: Any) -> Any:
        def step(state: Any, at: Any) -> Any:
            begin, more, value = at
            return state @ begin + value[..., None] * (state @ more), None

        turned = jnp.swapaxes(first, -1, -2), jnp.swapaxes(change, -1, -2), values
        ends, _ = jax.lax.scan(step, jnp.zeros((2, BATCH, BOND)).at[..., 0].set(1.0), turned)
        return label @ (ends[0][:, :, None] * ends[1][:, None]).reshape(BATCH, -1).T

    works: dict[str, Work] = {}
    for name, form in {"JAX scan, batch last": last, "JAX scan, batch first": foremost}.items():
        compiled = jax.jit(form)
        ratio = np.asarray(compiled(*given)) / expected  # ours is up to a factor for each sample
        np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:1], ratio.shape), rtol=1e-8)
        works[name] = lambda compiled=compiled: compiled(*given).block_until_ready()
    return works


def main() -> None:
    """Print a table of times in ms."""
    parts = {"forward": forward, "each": each, "gradient": gradient, "grover": search, "mps": chain}
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", nargs="+", choices=parts, default=list(parts))
    chosen = options.parse_args()
    warnings.simplefilter("ignore")  # of peers
    print(f"batch {BATCH}, {LAYERS} layers, best of {chosen.rounds} rounds, ms\n")
    print("| work | ours | theirs | theirs over the first of ours | goal |\n|---|---|---|---|---|")
    for name in chosen.only:
        parts[name](chosen.rounds)


if __name__ == "__main__":
    main()
