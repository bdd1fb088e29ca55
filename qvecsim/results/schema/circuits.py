"""What the circuits of a scheme took: slot by slot, and as the totals of a run."""

from __future__ import annotations

from qvecsim.results.schema.core import SLOT, Column, Table, count, maybe, real, text

# Each quantity with its meaning; qubits are the largest register, all others sums.
_COUNTED = {
    "circuits": "circuits run",
    "shots": "runs of them",
    "oracle_calls": "of searches for an action",
    "cx": "two-qubit gates, each circuit counted once",
    "one_qubit": "one-qubit gates (rz, sx, x), each circuit counted once",
    "depth": "depths, each circuit counted once",
}
_COMPOSITES = {"cx_shots": "cx times shots", "volume": "qubits times depth times shots"}


def _totals(part: str, of: str, *without: str) -> tuple[Column, ...]:
    """Totals of a run; null where the scheme has no circuit. Composites as floats: they may pass 2^63."""
    counted = {name: meaning for name, meaning in _COUNTED.items() if name not in without}
    counts = [count(f"{part}{name}", f"{of}: {meaning}", optional=True) for name, meaning in counted.items()]
    return (*counts, *(maybe(f"{part}{name}", "1", f"{of}: {meaning}") for name, meaning in _COMPOSITES.items()))


CIRCUITS = (
    count("quantum_qubits", "largest register of its decisions; null without circuits", optional=True),
    *_totals("quantum_", "decisions"),
    *_totals("quantum_training_", "training", "oracle_calls"),
)

QUANTUM = Table(
    "quantum",
    "two rows a slot, what the circuits of its decisions took and what those of training would take by the "
    "parameter-shift rule; only of schemes that have circuits",
    "part",
    (
        *SLOT,
        text("part", "decision or training"),
        count("samples", "decisions taken, or examples learned from"),
        count("qubits", "largest register; 0 where nothing ran"),
        *(count(name, meaning) for name, meaning in _COUNTED.items()),
        *(real(name, "1", meaning) for name, meaning in _COMPOSITES.items()),
    ),
)
