"""Values as they stand in a sentence: on one line, printable, and not too long."""

from __future__ import annotations

from qvecsim.scenario.yaml import flow


def short(value: object) -> str:
    """A value as YAML, cut to fit into a sentence."""
    if isinstance(value, str):
        return f"'{cut(value)}'"
    try:
        return cut(flow(value))
    except TypeError:  # what only Python code can hand over
        return cut(repr(value))


def cut(text: str, limit: int = 80) -> str:
    """A text short and printable enough for a sentence."""
    shown = text if len(text) <= limit else text[: limit - 3] + "..."
    return shown if shown.isprintable() else ascii(shown)[1:-1]
