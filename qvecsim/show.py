"""Indexes of the project, made from the code itself: equations and their owners, parameters, schema, schemes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

OWNER = re.compile(r"(Eq\.|Differs from eq\.) \((\d+)\): ?(.*)")


class Owner(NamedTuple):
    """An equation, the function that owns it or departs from it, and what it says."""

    number: int
    differs: bool
    place: str
    sentence: str


def equations() -> str:
    """The index of equations: number, file:function, meaning; departures are indented below what they depart from."""
    found = sorted(owners(), key=lambda owner: (owner.number, owner.differs, owner.place))
    width = max(len(owner.place) for owner in found)
    return "\n".join(f"({o.number:>2}) {'  ' if o.differs else ''}{o.place:<{width + 2}}{_told(o)}" for o in found)


def _told(owner: Owner) -> str:
    return f"differs: {owner.sentence}" if owner.differs else owner.sentence


def owners() -> Iterator[Owner]:
    """Every function, class or method whose docstring begins as an equation's owner does."""
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                match = OWNER.match(ast.get_docstring(node) or "")
                if match:
                    place = f"{path.relative_to(root).as_posix()}:{node.name}"
                    yield Owner(int(match[2]), match[1] != "Eq.", place, match[3])


def parameters() -> str:
    """Every parameter: key, default, unit, symbol, source, meaning."""
    from qvecsim.scenario.table import markdown

    return markdown()


def circuit(policy: str) -> str:
    """The trained circuit of a policy, OpenQASM 3."""
    from qvecsim.decision.circuit import circuit as of

    return of(policy).qasm3().rstrip()


def resources() -> str:
    """What a decision takes under each scheme of the paper's comparison, as a Markdown table."""
    from qvecsim.decision.quantum.composites import markdown

    return markdown()


def schema() -> str:
    """The JSON Schema of a scenario file, for editors."""
    from qvecsim.scenario.schema import text

    return text()


def schemes() -> str:
    """Every scheme: its name and the first line of its module."""
    import importlib

    from qvecsim.decision.schemes import SCHEMES

    width = max(len(name) for name in SCHEMES)
    lines = []
    for name, reference in SCHEMES.items():
        module = importlib.import_module(reference.partition(":")[0])
        lines.append(f"{name:<{width}}  {(module.__doc__ or '').splitlines()[0]}")
    return "\n".join(lines)
