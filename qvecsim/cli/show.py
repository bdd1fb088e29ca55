"""Print an index of the project."""

from __future__ import annotations

import argparse
from typing import Any

from qvecsim.errors import QvecsimError


def add(commands: Any) -> None:
    """Its parser."""
    command = commands.add_parser(
        "show",
        help="print an index of the project",
        description="Print which function owns which equation, every key of a scenario file as a Markdown table, "
        "the JSON Schema of a scenario file (for editors), every scheme, the quantum resources of a decision, or the "
        "trained circuit of a policy in OpenQASM 3.",
    )
    command.add_argument("what", choices=["circuit", "equations", "parameters", "resources", "schema", "schemes"])
    command.add_argument("policy", nargs="?", metavar="POLICY", help="folder of qvecsim train, or .npz, for circuit")
    command.set_defaults(command=_show)


def _show(options: argparse.Namespace) -> int:
    from qvecsim import show

    if (options.what == "circuit") != (options.policy is not None):
        raise QvecsimError("'POLICY' must be given with 'circuit', and with nothing else.")
    given = () if options.policy is None else (options.policy,)
    print(getattr(show, options.what)(*given))
    return 0
