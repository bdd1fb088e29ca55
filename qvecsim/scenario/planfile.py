"""The file of a plan: read, laid in its small setting, and held to its rules, with the line of whatever breaks one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from qvecsim.errors import LINES, ScenarioError, did_you_mean
from qvecsim.scenario import wording, yaml
from qvecsim.scenario.files import odd
from qvecsim.scenario.parameters import Node, Scenario
from qvecsim.scenario.parts import Figure, Small, Train
from qvecsim.scenario.text import cut
from qvecsim.scenario.yaml import Document, Key

PARTS: dict[str, type[Node]] = {"train": Train, "figure": Figure, "small": Small}

N = TypeVar("N", bound=Node)


def opened(source: Path) -> Document:
    """What a file of a plan says."""
    if kind := odd(source):
        raise ScenarioError(f"'{cut(str(source))}' must be a plan file (got {kind}).")
    try:
        return yaml.read(source)
    except OSError as error:
        raise ScenarioError(f"'{cut(str(source))}' must be readable (got: {error.strerror}).") from error


def validated(kind: type[N], source: Path, document: Document, rules: Callable[[N], Iterable[tuple[Key, str]]]) -> N:
    """A document as what it should be; raises ``ScenarioError`` with all that is wrong."""
    problems = [(line, wording.sentence(key, text)) for line, key, text in document.problems]
    try:
        found = kind.model_validate(document.data)
        problems += [(document.lines[key], wording.sentence(key, text)) for key, text in rules(found)]
    except ValidationError as failure:
        problems += _refused(failure.errors(include_url=False), document, kind)
    if problems:
        told = dict.fromkeys(f"{source}:{line}: {text}" for line, text in sorted(problems))
        raise ScenarioError(list(told)[:LINES])
    return found


def in_small(document: Document) -> Document:
    """The document as if what it says under ``small`` stood in its place."""
    data = {key: value for key, value in document.data.items() if key != "small"}
    for key, value in document.data["small"].items():
        data[key] = {**data.get(key, {}), **value} if isinstance(value, dict) else value
    own = {key[1:]: line for key, line in document.lines.items() if key[0:1] == ("small",) and len(key) > 1}
    replaced = {key for key in own if len(key) > 1 or not isinstance(data[str(key[0])], dict)}
    lines = {key: line for key, line in document.lines.items() if not any(key[: len(r)] == r for r in replaced)}
    return Document(data, {key: line for key, line in lines.items() if key[0:1] != ("small",)} | own)


def _refused(errors: list[ErrorDetails], document: Document, kind: type[Node]) -> Iterator[tuple[int, str]]:
    for error in errors:
        key = wording.key(error)
        heads = [key[:end] for end in range(len(key), -1, -1)]
        if not document.spoiled.intersection(heads):
            yield next((document.lines[head] for head in heads if head in document.lines), 1), _told(error, kind)


def _told(error: ErrorDetails, kind: type[Node]) -> str:
    if error["type"] != "extra_forbidden":
        return wording.told(error)
    *above, word = map(str, error["loc"])
    fields = (PARTS[above[0]] if above else kind).model_fields
    known = [field.alias or name for name, field in fields.items()]
    is_parameter = word in Scenario.model_fields and f"{word}s" not in known
    hint = "Put it under 'set' or 'sweep'." if is_parameter else did_you_mean(word, known)
    return f"{wording.name((*above, word))} is no key of a plan. {hint}"
