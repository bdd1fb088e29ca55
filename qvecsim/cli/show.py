"""Print an index of the project."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Its parser."""
    command = commands.add_parser(
        "show",
        help="print an index of the project",
        description="Print which function owns which equation, every key of a scenario file as a Markdown table, "
        "the JSON Schema of a scenario file (for editors), or every scheme.",
    )
    command.add_argument("what", choices=["equations", "parameters", "schema", "schemes"])
    command.set_defaults(command=_show)


def _show(options: argparse.Namespace) -> int:
    from qvecsim import show

    print(getattr(show, options.what)())
    return 0
