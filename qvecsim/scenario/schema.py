"""The JSON Schema of a scenario file, for editors: made from the parameters, as strict as a schema can be."""

from __future__ import annotations

import json
from typing import Any

from qvecsim.scenario.layers import EXTENDS
from qvecsim.scenario.parameters import Scenario
from qvecsim.scenario.table import number
from qvecsim.scenario.yaml import flow

DIALECT = "https://json-schema.org/draft/2020-12/schema"
OURS = ("title", "format", "unit", "symbol", "source")  # told in the description, or of no use to an editor
LISTED = ("Span",)  # groups that stand in lists, where nothing of a base is left
# Words of pydantic that JSON Schema spells otherwise.
SPELLED = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}


def text() -> str:
    """The schema as JSON."""
    return json.dumps(schema(), indent=2, ensure_ascii=False)


def schema() -> dict[str, Any]:
    """The schema: every key with its meaning, unit and default; a file that extends another may leave any out."""
    raw = _tidy(Scenario.model_json_schema(by_alias=True))
    groups = raw.pop("$defs")
    for name, group in groups.items():
        if name not in LISTED:
            group.pop("required", None)
    base = {"type": "string", "minLength": 1, "description": "another scenario file, which this one changes"}
    return {
        "$schema": DIALECT,
        "title": "qvecsim scenario",
        "description": "What a run is; every key may be left out but the mobility of its world",
        "type": "object",
        "anyOf": [{"required": raw["required"]}, {"required": [EXTENDS]}],
        "properties": {EXTENDS: base} | raw["properties"],
        "additionalProperties": False,
        "$defs": groups,
    }


def _tidy(node: Any) -> Any:
    """The same in plain JSON Schema, all below included."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    told = {"description": _description(node)} if "unit" in node else {}
    kept = {word: value for word, value in node.items() if not _is_ours(word, value)}
    return {_spelled(word, node): _inner(word, value) for word, value in kept.items()} | told


def _is_ours(word: str, value: Any) -> bool:
    # A property may have the name of a keyword, but then it is no text.
    return word in OURS and isinstance(value, str)


def _spelled(word: str, node: dict[str, Any]) -> str:
    if word == "minLength" and node.get("type") == "array":
        return "minItems"
    return SPELLED.get(word, word)


def _inner(word: str, value: Any) -> Any:
    return _ordered(value) if word == "default" else _tidy(value)


def _description(node: dict[str, Any]) -> str:
    unit = "" if node["unit"] == "-" else f", {node['unit']}"
    default = _ordered(node.get("default", {}))
    known = "default" in node and (not isinstance(default, dict) or "low" in default)
    return f"{node['description']}{unit}" + (f" (default: {flow(default, number)})" if known else "")


def _ordered(default: Any) -> Any:
    is_range = isinstance(default, dict) and "low" in default
    return {end: default[end] for end in ("low", "high")} if is_range else default
