"""Fig. 10: what a decision takes with a chain before the circuit and without one, in the two composites.

Each decision estimates its values from ``SHOTS`` runs of encoding and circuit, and then measures a register of
``ACTIONS`` qubits once, after the best number of Grover iterations. Gradients are not in it.
"""

from __future__ import annotations

from typing import NamedTuple

from qvecsim.decision.quantum import amplitude, gatecounts, grover
from qvecsim.decision.quantum.cost import Resources, decision, executed
from qvecsim.decision.quantum.vqc import Circuit

SHOTS, LAYERS, ACTIONS = 1000, 3, 6


class Scheme(NamedTuple):
    """A row: how many numbers become amplitudes; none where there are no values to estimate."""

    name: str
    amplitudes: int


CHAINS = (Scheme("TN-QDRL, 16 features", 16), Scheme("TN-QDRL, 64 features", 64))
OTHERS = (
    Scheme("QeDRL-like, 67 inputs", 67),
    Scheme("QeDRL-like, 472 inputs", 472),
    Scheme("quantum-inspired, as if on hardware", 0),
)
HEADINGS = ("scheme", "qubits", "cx * shots", "volume", *(f"saved by {chain.name}" for chain in CHAINS))


def resources(scheme: Scheme, shots: int = SHOTS) -> Resources:
    """Of one decision."""
    iterations = grover.best_iterations(2**ACTIONS)
    if not scheme.amplitudes:  # its register is measured, and nothing is estimated
        return executed(gatecounts.search(ACTIONS, iterations), 1, oracle_calls=iterations)
    evaluation = gatecounts.evaluation(Circuit(amplitude.qubits(scheme.amplitudes), LAYERS))
    start, iteration = gatecounts.start(ACTIONS), gatecounts.iteration(ACTIONS)
    return decision(evaluation, start, iteration, shots=shots, iterations=iterations)


def saved(chain: Resources, other: Resources) -> tuple[float, float]:
    """Share of either composite that ``chain`` does without; negative where it takes more."""
    return 1.0 - chain.cx_shots / other.cx_shots, 1.0 - chain.volume / other.volume


def markdown() -> str:
    """The comparison as a table."""
    rows = [[*_row(scheme), *("" for _ in CHAINS)] for scheme in CHAINS]
    for other in OTHERS:
        shares = (saved(resources(chain), resources(other)) for chain in CHAINS)
        rows.append([*_row(other), *(f"{100 * cx:,.1f} %, {100 * volume:,.1f} %" for cx, volume in shares)])
    lines = [HEADINGS, ["---"] * len(HEADINGS), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _row(scheme: Scheme) -> list[str]:
    took = resources(scheme)
    return [scheme.name, str(took.qubits), f"{took.cx_shots:,}", f"{took.volume:.3g}"]
