"""A scenario file and those it extends, as documents: the file itself first, then its base, the base's base, ..."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from qvecsim.errors import ScenarioError
from qvecsim.scenario import yaml
from qvecsim.scenario.files import below, odd
from qvecsim.scenario.text import cut, short
from qvecsim.scenario.yaml import Document, Problem

EXTENDS = "extends"
FILES = 10  # the most in one chain


class Layer(NamedTuple):
    """One file of the chain."""

    source: Path
    document: Document


def layers(source: Path) -> list[Layer]:
    """The chain of files that begins with ``source``; what is wrong with it is a problem of the file that says it."""
    if kind := odd(source):  # a pipe or a device would be read for ever
        raise ScenarioError(f"'{cut(str(source))}' must be a scenario file (got {kind}).")
    try:
        return list(_chain(source, set()))
    except OSError as error:
        raise ScenarioError(f"'{cut(str(source))}' must be readable (got: {error.strerror}).") from error


def _chain(source: Path, above: set[str]) -> Iterator[Layer]:
    document = yaml.read(source)
    yield Layer(source, document)
    if not isinstance(document.data, dict) or EXTENDS not in document.data:
        return
    name = document.data.pop(EXTENDS)
    above = above | {os.path.realpath(source)}
    fault = _fault(source.parent, name, above)
    if fault is None:
        yield from _chain(source.parent / name, above)
        return
    if (EXTENDS,) not in document.spoiled:
        document.problems.append(Problem(document.lines[(EXTENDS,)], (EXTENDS,), fault))
    document.spoiled.add(())  # without its base, a scenario lacks what the base would give


def _fault(folder: Path, name: object, above: set[str]) -> str | None:
    """What is wrong with the name of a base."""
    if not isinstance(name, str) or not name or not name.isprintable():
        return f"must be the path of another scenario file (got {short(name)})"
    base = folder / name
    if not below(base, folder, Path()):
        return f"must name a file below its own folder or the current one, or be copied there (got {short(name)})"
    if kind := odd(base):
        return f"must name a scenario file beside this one (got {short(name)}, which is {kind})"
    if os.path.realpath(base) in above:
        return f"must not lead back to the same file (got {short(name)})"
    if len(above) == FILES:
        return f"must make a chain of at most {FILES} files (got {short(name)} as one more)"
    return _unreadable(base)


def _unreadable(base: Path) -> str | None:
    try:
        base.open("rb").close()
    except OSError as error:
        return f"must name a file that can be read (got {short(str(base))}: {error.strerror})"
    return None
