"""V-C, Fig. 10: what a decision takes, as arithmetic on counts of gates.

Amplitude encoding of n qubits takes 2^n - n - 1 CX, a layer of the ring n, one Grover iteration over 64 actions 164
(tests/decision/quantum holds all three to what Qiskit transpiles).
"""

from __future__ import annotations

from findings import HOLDS, NOT, OPEN, known, saving

from claimed.words import FIG10, PUBLISHED_COST, Claim
from qvecsim.decision.quantum.cost import Counts, Resources, decision

ITERATION_CX, ITERATIONS, LAYERS, SHOTS = 164, 6, 3, 1000


def decided(qubits: int, shots: int, *, values: bool = True) -> Resources:
    """One decision: values by amplitude encoding and circuit, then a search; without values the search alone."""
    evaluation = Counts(qubits, 2**qubits - qubits - 1 + LAYERS * qubits, 0, 0)
    iteration = Counts(6, ITERATION_CX, 0, 0)
    return decision(evaluation, Counts(6, 0, 0, 0), iteration, shots=shots if values else 0, iterations=ITERATIONS)


def saved(ours: Resources, theirs: Resources) -> float:
    """CX times shots, %."""
    return 100.0 * (1.0 - ours.cx_shots / theirs.cx_shots)


OURS, AS_47, AS_7 = decided(4, SHOTS), decided(7, SHOTS), decided(6, SHOTS, values=False)
COUNTED = f"CX times shots of a decision: 16 features (4 qubits) against 67 inputs (7 qubits), {LAYERS} layers, "
COUNTED += f"{ITERATIONS} iterations over 64 actions, {SHOTS:,} shots, oracle as a phase on a known action"
ONE_SHOT = saved(decided(4, 1), decided(7, 1))

CLAIMS = (
    Claim(
        FIG10,
        "'lowest quantum resource cost throughout', against [47]",
        COUNTED,
        known(
            f"{OURS.cx_shots:,} against {AS_47.cx_shots:,}: {saved(OURS, AS_47):.1f} % less",
            HOLDS if OURS.cx_shots < AS_47.cx_shots else NOT,
            "against a scheme of ours '-like' [47], whose text gives no circuit",
        ),
    ),
    Claim(
        FIG10,
        "the same, counted in runs",
        "CX times shots of all decisions of a run of `bench`, by shots of a circuit; every circuit is transpiled",
        saving("fig10", "quantum_cx_shots", "tnqdrl", "qedrl"),
    ),
    Claim(
        FIG10,
        "the same by space-time volume",
        "qubits times depth times shots of all decisions of a run of `bench`, by shots of a circuit",
        saving("fig10", "quantum_volume", "tnqdrl", "qedrl"),
    ),
    Claim(
        FIG10,
        "the same against [7]",
        f"{COUNTED}; [7] keeps a table and measures its register once",
        known(
            f"{OURS.cx_shots:,} against {AS_7.cx_shots:,}: {OURS.cx_shots / AS_7.cx_shots:.0f} times as much",
            HOLDS if OURS.cx_shots < AS_7.cx_shots else NOT,
            "[7] is quantum-inspired: run as a circuit it needs no expectation values, run as meant no qubits",
        ),
    ),
    Claim(
        FIG10,
        f"'reduces quantum resource consumption by {PUBLISHED_COST} %' (abstract)",
        COUNTED,
        known(
            f"{ONE_SHOT:.1f} % at 1 shot, {saved(OURS, AS_47):.1f} % at {SHOTS:,}, against [47]-like",
            OPEN,
            f"the number follows from inputs, features and shots, of which the paper gives none: some "
            f"choice yields {PUBLISHED_COST} %",
        ),
    ),
    Claim(
        FIG10,
        "'maintains stability in resource consumption across episodes'; the others 'more variable'",
        "share of the Grover part, which alone can vary, in the CX times shots of a [47]-like decision",
        known(
            f"{100 * AS_7.cx_shots / AS_47.cx_shots:.1f} %",
            NOT,
            "encoding and circuit are the same in every decision of all schemes",
        ),
    ),
    Claim(
        FIG10,
        "'minimizes the number of qubits required'",
        "qubits of the encoding, 16 features against 67 inputs",
        known("4 against 7", HOLDS, "the register of actions has 6 in both"),
    ),
)
