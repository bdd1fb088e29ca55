"""Verify a run folder."""

from __future__ import annotations

import argparse
from typing import Any

from qvecsim.cli.options import count
from qvecsim.cli.telling import as_json
from qvecsim.errors import QvecsimError


def add(commands: Any) -> None:
    """Its parser."""
    command = commands.add_parser(
        "audit",
        help="verify a run folder: files, chain, stakes, keys",
        description="Verify a run folder from its written files alone: every hash, link, Merkle root, quorum and "
        "stake transfer, and the key ledger. One line a fault, and exit code 4 if there is one.",
    )
    command.add_argument("run", metavar="RUN", help="run folder")
    command.add_argument("--prove", metavar="TASK", type=count, help="prove every record of the task with this number")
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(command=_audit)


def _audit(options: argparse.Namespace) -> int:
    from qvecsim.audit import audit
    from qvecsim.audit.proof import proofs
    from qvecsim.audit.report import lines, plain, proof_lines

    report = audit(options.run)
    if options.prove is not None and report.books is not None and not report.faults:
        _check(options.prove, report.books.tables["tasks"]["task"])
    proved = None if options.prove is None or report.books is None else proofs(report.books, options.prove)
    if options.json:
        print(as_json(plain(report, proved)))
    else:
        print("\n".join([*lines(report), *(proof_lines(proved) if proved else [])]))
    return 4 if report.faults or (options.prove is not None and (proved is None or not proved.sound)) else 0


def _check(task: int, known: Any) -> None:
    """A number that no task has proves nothing."""
    if not (known == task).any():
        there = f"The run has tasks {known.min()} to {known.max()}." if len(known) else "The run has no tasks."
        raise QvecsimError(f"'--prove' must be the number of a task (got {task}). {there}")
