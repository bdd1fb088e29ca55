"""From a file and overrides to a frozen ``Scenario``, and from it to stable bytes, a digest and a run's identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from qvecsim.errors import ScenarioError
from qvecsim.scenario import wording, yaml
from qvecsim.scenario.parameters import Scenario
from qvecsim.scenario.yaml import Document, Key
from qvecsim.version import __version__

LINES = 100  # the most that one error tells


def load(path: str | Path, *overrides: str, seed: int | None = None, scheme: str | None = None) -> Scenario:
    """The scenario in a file, with overrides such as ``radio.bandwidth_hz=20e6`` applied in order.

    Raises ``ScenarioError`` with every broken rule, in the order of the file's lines, the overrides' after them.
    """
    source = Path(path)
    draft = _Draft.of(source)
    for text in overrides:
        draft.override(text)
    if seed is not None:
        draft.replace("--seed", ("seed",), Document(seed))
    if scheme is not None:
        draft.replace("--scheme", ("scheme",), Document(scheme))
    scenario = draft.validated()
    scenario._folder = source.parent
    return scenario


def dump(scenario: Scenario) -> str:
    """The whole resolved scenario as YAML; ``load`` reads an equal one from it."""
    return yaml.write(_tree(scenario))


def digest(scenario: Scenario) -> str:
    """SHA-256 of the resolved scenario."""
    return _sha256(_tree(scenario))


def run_id(
    scenario: Scenario,
    scheme: str,
    replication: int,
    trace_sha256: str,
    network_sha256: str | None = None,
    code_sha256: Mapping[str, str] | None = None,
) -> str:
    """Twelve hex digits of a SHA-256 over everything that decides a run's result.

    Of the files the content counts, not the place; a network whose content is not given counts by its name.
    ``code_sha256`` has the content of each plug-in's module by its reference.
    """
    tree = _tree(scenario) | {"scheme": scheme}
    tree["world"] |= {"trace": trace_sha256, "network": network_sha256 or scenario.world.network}
    return _sha256([__version__, tree, replication, dict(sorted((code_sha256 or {}).items()))])[:12]


def _tree(scenario: Scenario) -> dict[str, Any]:
    return scenario.model_dump(by_alias=True)


def _sha256(data: object) -> str:
    # Keys are not sorted: groups have the order of the model, and that of the task classes decides what is drawn.
    return hashlib.sha256(json.dumps(data, separators=(",", ":"), allow_nan=False).encode()).hexdigest()


class _Place(NamedTuple):
    """Where a key was written; places sort as they are reported."""

    rank: int  # 0 for the file, then one each override
    line: int
    label: str


class _RefusedError(Exception):
    """An override that has nowhere to go."""


@dataclass
class _Draft:
    """Plain data on the way to a scenario: where each key was written, and what is already known to be wrong."""

    data: Any
    places: dict[Key, _Place]
    spoiled: set[Key]
    problems: list[tuple[_Place, str]] = field(default_factory=list)
    overrides: int = 0
    untold: int = 0

    @classmethod
    def of(cls, source: Path) -> _Draft:
        document = _read(source)
        places = {key: _Place(0, line, f"{source}:{line}") for key, line in document.lines.items()}
        places.setdefault((), _Place(0, 1, f"{source}:1"))
        draft = cls(document.data, places, document.spoiled)
        for line, key, text in document.problems:
            draft.report(_Place(0, line, f"{source}:{line}"), wording.sentence(key, text))
        return draft

    def report(self, place: _Place, text: str) -> None:
        self.problems.append((place, text))

    def override(self, text: str) -> None:
        written, equals, value = text.partition("=")
        written = written.strip()
        key = tuple(written.split("."))
        label = f"--set {wording.cut(written)}"
        if not equals or not all(key):
            self.overrides += 1
            self.report(
                _Place(self.overrides, 0, label), f"an override must read key=value (got {wording.short(text)})."
            )
        elif not value.strip():
            self.replace(label, key, yaml.unreadable(1, "must have a value after '='; write null for none"))
        else:
            self.replace(label, key, yaml.parse(value))

    def replace(self, label: str, parts: Iterable[str], document: Document) -> None:
        """Puts a value in the place of a key, and takes over the report of what is wrong with it."""
        self.overrides += 1
        place = _Place(self.overrides, 0, label)
        if not isinstance(self.data, dict):
            return
        try:
            key = self._put(tuple(parts), document.data, place)
        except _RefusedError as refusal:
            self.report(place, str(refusal))
            return
        self.spoiled |= {key + inner for inner in document.spoiled}
        for _, inner, text in document.problems:
            self.report(place, wording.sentence(key + inner, text))

    def _put(self, parts: tuple[str, ...], value: Any, place: _Place) -> Key:
        node: Any = self.data
        key: Key = ()
        for part in parts[:-1]:
            step = _step(node, part, key)
            key += (step,)
            if isinstance(node, dict) and node.get(part) is None:
                node[part] = {}
                self.places[key] = place
            node = node[step]
        last = _step(node, parts[-1], key)
        node[last] = value
        key += (last,)
        for below in [known for known in self.places if known[: len(key)] == key]:
            del self.places[below]
        self.places[key] = place
        return key

    def validated(self) -> Scenario:
        try:
            scenario = Scenario.model_validate(self.data)
        except ValidationError as failure:
            self._tell(failure.errors(include_url=False))
        if self.problems:
            raise ScenarioError(self._lines())
        return scenario

    def _tell(self, errors: list[ErrorDetails]) -> None:
        """Reports what the model refused, except where it only repeats what the reader said."""
        found = [(self._place(key), error) for error in errors if not self._is_spoiled(key := wording.key(error))]
        found.sort(key=lambda pair: pair[0])
        self.untold = len(found[LINES:])
        for place, error in found[:LINES]:
            self.report(place, wording.told(error))

    def _lines(self) -> list[str]:
        problems = sorted(self.problems, key=lambda pair: pair[0])
        lines = list(dict.fromkeys(f"{place.label}: {text}" for place, text in problems))
        more = self.untold + len(lines[LINES:])
        return [*lines[:LINES], f"{self.places[()].label}: {more} more problems."] if more else lines

    def _is_spoiled(self, key: Key) -> bool:
        return any(key[:end] in self.spoiled for end in range(len(key) + 1))

    def _place(self, key: Key) -> _Place:
        """Where a key, or else the innermost group around it, was written."""
        return next(self.places[key[:end]] for end in range(len(key), -1, -1) if key[:end] in self.places)


def _read(source: Path) -> Document:
    if not source.is_file():  # a pipe or a device would be read for ever
        raise ScenarioError(f"'{wording.cut(str(source))}' must be a scenario file (got {_kind(source)}).")
    try:
        return yaml.read(source)
    except OSError as error:
        raise ScenarioError(f"'{wording.cut(str(source))}' must be readable (got: {error.strerror}).") from error


def _kind(source: Path) -> str:
    try:
        return "a folder" if source.is_dir() else "no ordinary file" if source.exists() else "no such file"
    except (OSError, ValueError):
        return "no such file"


def _step(node: Any, part: str, key: Key) -> str | int:
    """The next step of an override's path inside ``node``."""
    if isinstance(node, dict):
        return part
    if not isinstance(node, list):
        raise _RefusedError(
            wording.sentence(key, f"must be a group of keys to set '{part}' in it (got {wording.short(node)})")
        )
    if not (part.isascii() and part.isdecimal() and int(part[:9]) < len(node)):
        raise _RefusedError(wording.sentence((*key, part), f"must name one of the {len(node)} items, counted from 0"))
    return int(part)
