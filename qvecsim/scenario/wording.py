"""Errors of pydantic in the words of a scenario's author: which key, which rule, which value, the likely fix."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import cache

from pydantic_core import ErrorDetails

from qvecsim.scenario.layers import EXTENDS
from qvecsim.scenario.parameters import NUMBER, RANGE, SET
from qvecsim.scenario.syntax import glued
from qvecsim.scenario.table import LISTED, NAMED, walk
from qvecsim.scenario.text import cut, short
from qvecsim.scenario.yaml import Key

_RULES = {
    "greater_than": "be greater than {gt}",
    "greater_than_equal": "be at least {ge}",
    "less_than": "be less than {lt}",
    "less_than_equal": "be at most {le}",
    "literal_error": "be one of {expected}",
    "finite_number": "be a finite number",
    "float_type": "be a number",
    "int_type": "be a whole number",
    "int_from_float": "be a whole number",
    "int_parsing_size": "be a whole number of ordinary size",
    "string_type": "be text",
    "string_unicode": "be printable text",
    "bool_type": "be true or false",
    "tuple_type": "be a list",
    "dict_type": "be a group of keys",
    "model_type": "be a group of keys",
    "model_attributes_type": "be a group of keys",
    "too_short": "not be empty",
    "string_too_short": "not be empty",
    "string_too_long": "be at most {max_length} characters long",
    "value_error": "{error}",
    "rule": "{rule}",
}
_SWITCHES = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def key(error: ErrorDetails) -> Key:
    """The key that an error concerns."""
    path = tuple(part for part in error["loc"] if part not in (NUMBER, SET, RANGE))
    if path[-1:] == ("[key]",) and error["type"] != "extra_forbidden":
        return path[:-1]
    if error["type"] != "rule":
        return path
    return path + tuple(int(part) if part.isdecimal() else part for part in error["ctx"]["key"].split("."))


def told(error: ErrorDetails) -> str:
    """The sentence about an error."""
    path = key(error)
    if error["type"] == "extra_forbidden":
        return _unknown(path)
    if error["type"] == "missing":
        return sentence(path, "must be given")
    given = error["ctx"]["value"] if error["type"] == "rule" else error["input"]
    return sentence(path, f"must {_rule(error)} (got {short(given)})") + _likely(error)


def sentence(path: Key, text: str) -> str:
    """What is wrong, with the key's name in front; without a key it is the file as a whole."""
    return f"{name(path)} {text}."


def name(path: Key, root: str = "the file") -> str:
    """A key as an override writes it, in quotes."""
    return f"'{cut('.'.join(map(str, path)))}'" if path else root


def _rule(error: ErrorDetails) -> str:
    if error["type"] == "literal_error":
        return f"be one of {', '.join(_choices(error))}"
    template = _RULES.get(error["type"])
    context = {word: _limit(value) for word, value in error.get("ctx", {}).items()}
    return template.format(**context) if template else error["msg"][:1].lower() + error["msg"][1:]


def _limit(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _choices(error: ErrorDetails) -> list[str]:
    return re.findall(r"'([^']*)'", error["ctx"]["expected"])


def _likely(error: ErrorDetails) -> str:
    given = error["input"]
    if error["type"] == "bool_type" and isinstance(given, str) and given.lower() in _SWITCHES:
        return f" Did you mean {_SWITCHES[given.lower()]}?"
    if error["type"] == "literal_error" and isinstance(given, str):
        found = _near(given, _choices(error))
        return f" Did you mean '{found}'?" if found else ""
    if error["type"] in ("model_type", "model_attributes_type", "dict_type") and isinstance(given, str):
        entry = glued(given)
        return f" Did you mean '{cut(entry)}', with a space after the colon?" if entry else ""
    return ""


def _near(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    found = difflib.get_close_matches(word, sorted(known), n=1, cutoff=cutoff) if len(word) <= 40 else []
    return found[0] if found else None


def _unknown(path: Key) -> str:
    fact = f"{name(path)} is no parameter of {name(path[:-1], 'a scenario')}."
    group = _pattern(path[:-1])
    siblings = [known[-1] for known in _known() if known[:-1] == group] + ([] if group else [EXTENDS])
    likely = _meant(path, siblings)
    return f"{fact} Did you mean {likely}?" if likely else f"{fact} Known: {', '.join(sorted(siblings))}."


def _meant(path: Key, siblings: list[str]) -> str | None:
    """The same name elsewhere, a name like it here, or a name like it elsewhere."""
    word = str(path[-1])
    if entry := glued(word):
        return f"'{cut(entry)}', with a space after the colon"
    near = _near(word, siblings)
    far = _near(word, {known[-1] for known in _known()}, cutoff=0.75)
    if near and far != word:
        return name((*path[:-1], near))
    return " or ".join(name(known) for known in [known for known in _known() if known[-1] == far][:3]) or None


@cache
def _known() -> tuple[tuple[str, ...], ...]:
    return tuple(path for path, _ in walk())


def _pattern(path: Key) -> tuple[str, ...]:
    """A key with the placeholders that ``walk`` uses for chosen names and list places."""
    pattern: tuple[str, ...] = ()
    for part in path:
        named = (*pattern, NAMED)
        is_chosen = any(known[: len(named)] == named for known in _known())
        pattern += (LISTED if isinstance(part, int) else NAMED if is_chosen else part,)
    return pattern
