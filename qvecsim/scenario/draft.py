"""Plain data on the way to a scenario: files laid over one another, then overrides, and where each key was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from qvecsim.errors import LINES, ScenarioError
from qvecsim.scenario import alternatives, wording, yaml
from qvecsim.scenario.files import Origin
from qvecsim.scenario.layers import EXTENDS, Layer, layers
from qvecsim.scenario.parameters import SCHEME, Keys, Scenario
from qvecsim.scenario.text import cut, short
from qvecsim.scenario.yaml import Document, Key


class Place(NamedTuple):
    """Where a key was written; places sort as they are reported."""

    rank: int  # 0 for the file, below it its bases, then one each override
    line: int
    label: str
    folder: Path | None = None  # of the file; None for an override


class _RefusedError(Exception):
    """An override that has nowhere to go."""


@dataclass
class Draft:
    """A tree, where each of its keys was written, and what is already known to be wrong."""

    source: Path
    data: Any = None
    places: dict[Key, Place] = field(default_factory=dict)
    spoiled: set[Key] = field(default_factory=set)
    problems: list[tuple[Place, str]] = field(default_factory=list)
    overrides: int = 0
    untold: int = 0

    @classmethod
    def of(cls, source: Path) -> Draft:
        """A file over the files that it extends."""
        draft = cls(source)
        for depth, layer in reversed(list(enumerate(layers(source)))):
            draft._lay(layer, -depth)
        return draft

    def _lay(self, layer: Layer, rank: int) -> None:
        """Puts a file over what is there."""
        source, document = layer
        for key, value in _entries(document.data):
            self._put_away(key, value)
        places = {key: Place(rank, line, f"{source}:{line}", source.parent) for key, line in document.lines.items()}
        places.setdefault((), Place(rank, 1, f"{source}:1", source.parent))
        for key in _replaced(self.data, document.data):
            self._forget(key)
        self.places |= places
        self.data = _merged(self.data, document.data)
        self.spoiled |= document.spoiled
        for line, key, text in document.problems:
            self.report(Place(rank, line, f"{source}:{line}"), wording.sentence(key, text))
        if rank < 0 and not isinstance(document.data, dict) and () not in document.spoiled:
            self.report(places[()], f"the file must be a group of keys (got {short(document.data)}).")

    def _put_away(self, key: Key, value: object) -> None:
        """Takes out what files say of the keys that this one replaces."""
        for other in alternatives.put_away(key, value):
            if all(place.rank <= 0 for known, place in self.places.items() if known[: len(other)] == other):
                alternatives.drop(self.data, other)
                self._forget(other)

    def _forget(self, key: Key) -> None:
        self.places = {known: place for known, place in self.places.items() if known[: len(key)] != key}

    def report(self, place: Place, text: str) -> None:
        """Keeps what is wrong, to be told with everything else."""
        self.problems.append((place, text))

    def override(self, text: object) -> None:
        """Applies ``key=value``, the value being YAML."""
        if not isinstance(text, str):
            raise ScenarioError(f"an override must be text such as 'seed=7' (got {short(text)}).")
        written, equals, value = text.partition("=")
        written = written.strip()
        key = tuple(written.split("."))
        label = f"--set {cut(written)}"
        if not equals or not all(key):
            self.overrides += 1
            self.report(Place(self.overrides, 0, label), f"an override must read key=value (got {short(text)}).")
        elif len(key) > yaml.DEPTH:
            self.overrides += 1
            self.report(Place(self.overrides, 0, label), f"'{cut(written)}' must have at most {yaml.DEPTH} parts.")
        elif key == (EXTENDS,):
            self.replace(label, key, yaml.unreadable(1, "must stand in a scenario file"))
        elif not value.strip():
            self.replace(label, key, yaml.unreadable(1, "must have a value after '='; write null for none"))
        else:
            self.replace(label, key, yaml.parse(value))

    def replace(self, label: str, parts: Iterable[str], document: Document, folder: Path | None = None) -> None:
        """Puts a value in the place of a key, and takes over the report of what is wrong with it.

        ``folder`` is that of the file that says so; None, where the user does.
        """
        self.overrides += 1
        place = Place(self.overrides, 0, label, folder)
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

    def _put(self, parts: tuple[str, ...], value: Any, place: Place) -> Key:
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
        self._forget(key)
        self.places[key] = place
        self._put_away(key, value)
        return key

    def validated(self) -> Scenario:
        """The scenario, which knows where the files that it names were written; else all that is wrong."""
        for key, rule in alternatives.conflicts(self.data):
            if not self._is_spoiled(key):
                self._blame(key, rule, alternatives.at(self.data, key))
        try:
            scenario = Scenario.model_validate(self.data)
            self._payable(scenario.keys)
        except ValidationError as failure:
            self._tell(failure.errors(include_url=False))
        if self.problems:
            raise ScenarioError(self._lines())
        scenario._folder = self.source.parent
        scenario._origins = {key: self._origin(key) for key in (*scenario.named_files(), SCHEME)}
        return scenario

    def _payable(self, keys: Keys) -> None:
        """A pool must be able to hold what one task withdraws."""
        if keys.encryption == "none":
            return
        if keys.per_task_bit > keys.capacity_bit and ("keys", "per_task_bit") in self.places:
            rule = f"must be at most 'capacity_bit', which is {keys.capacity_bit}"
            self._blame(("keys", "per_task_bit"), rule, keys.per_task_bit)
        elif keys.per_task_bit > keys.capacity_bit:
            rule = f"must be at least 'per_task_bit', which is {keys.per_task_bit}"
            self._blame(("keys", "capacity_bit"), rule, keys.capacity_bit)

    def _blame(self, key: Key, rule: str, value: object) -> None:
        self.report(self._place(key), wording.sentence(key, f"{rule} (got {short(value)})"))

    def _origin(self, key: str) -> Origin:
        place = self._place(tuple(int(part) if part.isdecimal() else part for part in key.split(".")))
        return Origin(place.label, place.folder)

    def _tell(self, errors: list[ErrorDetails]) -> None:
        """Reports what the model refused, except where it only repeats what the reader said."""
        found = [(self._place(key), error) for error in errors if not self._is_spoiled(key := wording.key(error))]
        found.sort(key=lambda pair: pair[0][:3])
        self.untold = len(found[LINES:])
        for place, error in found[:LINES]:
            self.report(place, wording.told(error))

    def _lines(self) -> list[str]:
        problems = sorted(self.problems, key=lambda pair: pair[0][:3])
        lines = list(dict.fromkeys(f"{place.label}: {text}" for place, text in problems))
        more = self.untold + len(lines[LINES:])
        return [*lines[:LINES], f"{self.places[()].label}: {more} more problems."] if more else lines

    def _is_spoiled(self, key: Key) -> bool:
        return any(key[:end] in self.spoiled for end in range(len(key) + 1))

    def _place(self, key: Key) -> Place:
        """Where a key, or else the innermost group around it, was written."""
        return next(self.places[key[:end]] for end in range(len(key), -1, -1) if key[:end] in self.places)


def _entries(node: Any, above: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every key of a tree of groups, with its value."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield (*above, name), value
            yield from _entries(value, (*above, name))


def _merged(under: Any, over: Any) -> Any:
    """Groups merge key by key; anything else replaces."""
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    return under | {name: _merged(under.get(name), value) for name, value in over.items()}


def _replaced(under: Any, over: Any, above: Key = ()) -> Iterator[Key]:
    """The keys at which ``over`` puts something else in the place of what is under it."""
    if not (isinstance(under, dict) and isinstance(over, dict)):
        yield above
        return
    for name in [name for name in over if name in under]:
        yield from _replaced(under[name], over[name], (*above, name))


def _step(node: Any, part: str, key: Key) -> str | int:
    """The next step of an override's path inside ``node``."""
    if isinstance(node, dict):
        return part
    if not isinstance(node, list):
        raise _RefusedError(wording.sentence(key, f"must be a group of keys to set '{part}' in it (got {short(node)})"))
    if part not in map(str, range(len(node))):
        raise _RefusedError(wording.sentence((*key, part), f"must name one of the {len(node)} items, counted from 0"))
    return int(part)


def written(override: str) -> Iterator[Key]:
    """The keys that ``key=value`` sets; of a group those that are in it."""
    name, _, value = override.partition("=")
    key = tuple(name.strip().split("."))
    entries = list(_entries(yaml.parse(value).data))
    yield from ([key] if not entries else ((*key, *inner) for inner, below in entries if not isinstance(below, dict)))
