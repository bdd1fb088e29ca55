"""The strict reader of scenario files: YAML 1.2 core schema without aliases, tags, merges and repeated keys.

It never raises: what is wrong is listed in the document, and the places that could not be read are marked as spoiled.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import yaml

from qvecsim.scenario.syntax import told

Key = tuple[str | int, ...]

SIZE_BYTE = 500_000
NODES = 20_000
DEPTH = 20
NUMBER_CHARACTERS = 64  # Python refuses, or takes long over, integers of thousands of digits

_WORDS = {"": None, "~": None} | {
    spelling: value
    for word, value in (("null", None), ("true", True), ("false", False))
    for spelling in (word, word.title(), word.upper())
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BARE = re.compile(r"[^\W\d][\w./+-]*")


class Problem(NamedTuple):
    """One broken rule: where it is written, which key it concerns, and the words that follow the key's name."""

    line: int
    key: Key
    text: str


@dataclass
class Document:
    """Plain data, the line of every key, and what was wrong; errors of others at a spoiled key only repeat ours."""

    data: Any = None
    lines: dict[Key, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    spoiled: set[Key] = field(default_factory=set)


def read(path: Path) -> Document:
    """The document in a file; an ``OSError`` is the caller's."""
    with path.open("rb") as file:
        content = file.read(SIZE_BYTE + 1)
    if len(content) > SIZE_BYTE:
        return unreadable(1, f"must be at most {SIZE_BYTE:,} bytes long")
    try:
        return parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return unreadable(content.count(b"\n", 0, error.start) + 1, "must be UTF-8 text")


def parse(text: str) -> Document:
    """The document in a text."""
    try:
        reader = _Reader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return unreadable(line, f"must hold no control characters (got U+{int(error.character):04X})")
    return reader.read()


def scalar(text: str) -> bool | int | float | str | None:
    """What an unquoted word means in the core schema of YAML 1.2."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text) or _HEXADECIMAL.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def write(data: dict[str, Any]) -> str:
    """Plain data as YAML that ``parse`` reads back unchanged; equal data give equal bytes."""
    return "".join(f"{line}\n" for line in _block(data))


def flow(value: object, number: Callable[[float], str] = repr) -> str:
    """A value on one line, as YAML; ``number`` writes the finite floats."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item, number)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item, number) for item in value) + "]"
    if isinstance(value, str):
        return value if _is_bare(value) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return number(value) if isinstance(value, float) else json.dumps(value)


def _is_bare(text: str) -> bool:
    return bool(_BARE.fullmatch(text)) and isinstance(scalar(text), str)


def _block(data: dict[str, Any]) -> Iterator[str]:
    for key, value in data.items():
        name = flow(key)
        if isinstance(value, dict) and value:
            yield f"{name}:"
            yield from (f"  {line}" for line in _block(value))
        elif isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value):
            yield f"{name}:"
            yield from (f"  - {flow(item)}" for item in value)
        else:
            yield f"{name}: {flow(value)}"


def unreadable(line: int, text: str) -> Document:
    """The document of which nothing can be used."""
    return Document(problems=[Problem(line, (), text)], spoiled={()})


class _StopError(Exception):
    """Reading on makes no sense."""


class _Reader(yaml.SafeLoader):
    """Builds from events, where PyYAML's own composer would recurse without limit and repeat what aliases name."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
        self.document = Document()
        self.nodes = 0

    def read(self) -> Document:
        try:
            self.document.data = self._whole()
        except _StopError:
            pass
        except yaml.MarkedYAMLError as error:
            line, text = told(error, self.text, self.marks)
            self._spoil(line, (), text)
        except (ValueError, OverflowError):  # PyYAML converts "\UFFFFFFFF" and "%YAML 9...9" unguarded
            self._spoil(self.line + 1, (), "must hold no number or code of a character that is too large")
        return self.document

    def _whole(self) -> Any:
        self._next()
        if self.check_event(yaml.StreamEndEvent):
            self._stop(1, "must not be empty")
        self._opened(self._next())
        data = self._node((), DEPTH)
        self._next()
        if not self.check_event(yaml.StreamEndEvent):
            self._stop(self._line(), "must be one document (got a second one)")
        return data

    def _next(self) -> Any:
        return self.get_event()  # type: ignore[no-untyped-call]

    def _line(self) -> int:
        return int(self.peek_event().start_mark.line) + 1  # type: ignore[no-untyped-call]

    def _opened(self, start: Any) -> None:
        line = start.start_mark.line + 1
        if start.version not in (None, (1, 2)):
            self._report(line, (), f"must be YAML 1.2 (got {'.'.join(map(str, start.version))})")
        if start.tags:
            self._report(line, (), "must declare no tags")

    def _node(self, key: Key, depth: int) -> Any:
        event = self._next()
        line = self.document.lines.setdefault(key, event.start_mark.line + 1)
        self._limits(event, depth)
        if isinstance(event, yaml.AliasEvent):
            return self._spoil(line, key, f"must be written out (got the alias *{_short(str(event.anchor))})")
        if event.anchor is not None:
            self._report(line, key, f"must have no anchor (got &{_short(event.anchor)})")
        if event.tag is not None:
            self._spoil(line, key, f"must have no tag (got {_short(event.tag.replace('tag:yaml.org,2002:', '!!'))})")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(key, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(key, depth)
        return self._scalar(event, key, line)

    def _limits(self, event: Any, depth: int) -> None:
        self.nodes += 1
        if self.nodes > NODES:
            self._stop(event.start_mark.line + 1, f"must hold at most {NODES:,} values")
        if depth == 0:
            self._stop(event.start_mark.line + 1, f"must be nested at most {DEPTH} levels deep")

    def _sequence(self, key: Key, depth: int) -> list[Any]:
        items: list[Any] = []
        while not self.check_event(yaml.SequenceEndEvent):
            items.append(self._node((*key, len(items)), depth - 1))
        self._next()
        return items

    def _mapping(self, key: Key, depth: int) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while not self.check_event(yaml.MappingEndEvent):
            line = self._line()
            name = self._name(key, depth)
            inner = (*key, "?" if name is None else name)
            known = self.document.lines.setdefault(inner, line)
            value = self._node(inner, depth - 1)
            if name in items:
                self._report(line, inner, f"must be given once (first on line {known})")
            elif name is not None:
                items[name] = value
        self._next()
        return items

    def _name(self, key: Key, depth: int) -> str | None:
        """The name that opens an entry; None, after a report, if it is not a plain name."""
        line = self._line()
        if not self.check_event(yaml.ScalarEvent):
            self._node((*key, "?"), depth - 1)
            self._report(line, key, "must have plain names as keys")
            return None
        event = self._next()
        self._limits(event, depth)
        bare = event.implicit[0] and len(event.value) <= NUMBER_CHARACTERS
        name = scalar(event.value) if bare else event.value
        if event.anchor is not None or event.tag is not None:
            self._report(line, key, f"must have keys without anchor and tag (got {_short(event.value)})")
        elif event.value == "<<" and bare:
            self._report(line, key, "must be written out (got the merge key <<)")
        elif not isinstance(name, str) or not name.isprintable():
            self._report(line, key, f"must have text as keys (got {_short(event.value)})")
        else:
            return name
        return None

    def _scalar(self, event: Any, key: Key, line: int) -> Any:
        if not event.implicit[0]:
            return event.value
        if len(event.value) > NUMBER_CHARACTERS:
            if _INTEGER.fullmatch(event.value) or _FLOAT.fullmatch(event.value):
                return self._spoil(line, key, f"must be a number of at most {NUMBER_CHARACTERS} characters")
            return event.value
        value = scalar(event.value)
        if isinstance(value, float) and not math.isfinite(value):
            return self._spoil(line, key, f"must be a finite number (got {event.value})")
        return value

    def _report(self, line: int, key: Key, text: str) -> None:
        self.document.problems.append(Problem(line, key, text))

    def _spoil(self, line: int, key: Key, text: str) -> Any:
        self._report(line, key, text)
        self.document.spoiled.add(key)
        return None  # what stands in the data instead

    def _stop(self, line: int, text: str) -> NoReturn:
        self._spoil(line, (), text)
        raise _StopError


def _short(word: str) -> str:
    return word if word.isprintable() and len(word) <= 40 else json.dumps(word[:40])
