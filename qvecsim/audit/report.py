"""An audit and its proofs, told: lines for people, plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qvecsim.audit.folder import Report
from qvecsim.audit.proof import Proof, Proofs


def lines(report: Report) -> Iterator[str]:
    """One line a fault, then the counts."""
    yield from (str(fault) for fault in report.faults)
    if report.first_bad_height is not None:
        yield f"First bad height: {report.first_bad_height}."
    facts = report.summary()
    if "head" in facts:
        counted = ", ".join(f"{name} {facts[name]:,}" for name in ("records", "transactions", "pending", "blocks"))
        yield f"{report.path}: {counted}, head {facts['head'] or 'none'}."
    if report.signed is not None:
        yield f"{report.path}: {report.signed}"
    count = len(report.faults)
    yield f"{report.path}: " + (f"{count} fault{'s' * (count > 1)}." if count else _sound(report))


def _sound(report: Report) -> str:
    unchecked = report.signed is not None and report.signed.unchecked
    return "sound, its signatures not checked." if unchecked else "sound."


def plain(report: Report, proved: Proofs | None) -> dict[str, Any]:
    """One object."""
    facts = report.summary() | {"faults": [fault.plain() for fault in report.faults]}
    if proved is None:
        return facts
    return facts | {"task": proved.task, "state": proved.state, "proofs": [proof.plain() for proof in proved.proofs]}


def proof_lines(proved: Proofs) -> Iterator[str]:
    """Each record's two stages."""
    for proof in proved.proofs:
        yield from _steps(proof)
    words = {"never recorded": "no record; it ran in its vehicle, never reached a server or has not ended"}
    yield f"Task {proved.task}: {words.get(proved.state, proved.state)}."


def _steps(proof: Proof) -> Iterator[str]:
    yield f"{proof.kind}"
    yield f"  record            {proof.leaf.hex()}"
    yield from (f"    {side:<5}           {sibling.hex()}" for side, sibling in proof.path)
    yield f"  transaction root  {proof.transaction_root.hex()}"
    yield f"  transaction       {proof.transaction_leaf.hex()}"
    yield from (f"    {side:<5}           {sibling.hex()}" for side, sibling in proof.block_path)
    if proof.block_root is not None:
        yield f"  block root        {proof.block_root}"
        yield f"  height {proof.height}, block {proof.block_hash}"
    yield f"  {'holds' if proof.sound else 'FAILS'}"
