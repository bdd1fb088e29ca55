"""Every parameter as a row: key, default, unit, symbol, source, values, meaning; and the rows as documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from qvecsim.scenario.parameters import Node, Range, Scenario
from qvecsim.scenario.yaml import flow

NAMED, LISTED = "<name>", "<n>"
HEADINGS = ("Key", "Default", "Unit", "Symbol", "Source", "Values", "Meaning")

_PREFACE = """\
# Parameters

Every key of a scenario file, from the table in `qvecsim/scenario/parameters/` (this file is written from
it by `qvecsim show parameters`). A source "Table II" is the paper's; "ours" marks what the paper leaves open.
`<name>` stands for a name that you choose, `<n>` for a place in a list, counted from 0.

"""


def walk(model: type[Node] = Scenario, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], type[Node]]]:
    """Every key that a file may hold, group or leaf, in the order of the tree, with the group that declares it."""
    for name, info in model.model_fields.items():
        key = (*above, info.alias or name)
        yield key, model
        for step, inner in _groups(info.annotation):
            yield from walk(inner, key + step)


def rows() -> list[dict[str, Any]]:
    """One row a parameter; ``default`` is the value itself, or None with ``required`` true."""
    return [_row(key, model) for key, model in walk() if model is not Range and not _holds_keys(_field(key, model))]


def markdown() -> str:
    """The rows as a document, one table a group."""
    sections: dict[str, list[dict[str, Any]]] = {}
    for row in rows():
        sections.setdefault(row["key"].rpartition(".")[0], []).append(row)
    return _PREFACE + "\n\n".join(_section(group, members) for group, members in sections.items())


def _groups(annotation: Any) -> Iterator[tuple[tuple[str, ...], type[Node]]]:
    """The groups below a field, each with the placeholder that stands between."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Node):
        yield (), annotation
    elif origin is Annotated:
        yield from _groups(inner[0])
    elif origin in (dict, tuple):
        placeholder = NAMED if origin is dict else LISTED
        yield from (((placeholder, *step), group) for part in inner for step, group in _groups(part))
    else:
        yield from (found for part in inner for found in _groups(part))


def _field(key: tuple[str, ...], model: type[Node]) -> FieldInfo:
    return next(info for name, info in model.model_fields.items() if key[-1] == (info.alias or name))


def _holds_keys(info: FieldInfo) -> bool:
    """Whether the members have rows of their own."""
    return any(group is not Range and LISTED not in step for step, group in _groups(info.annotation))


def _row(key: tuple[str, ...], model: type[Node]) -> dict[str, Any]:
    info = _field(key, model)
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    required = info.is_required()
    return {
        "key": ".".join(key),
        "default": None if required else _plain(info.get_default(call_default_factory=True)),
        "required": required,
        "unit": extra["unit"],
        "symbol": extra["symbol"],
        "source": extra["source"],
        "values": _values(model.model_json_schema()["properties"][key[-1]]),
        "meaning": info.description or "",
    }


def _plain(value: Any) -> Any:
    return value.model_dump(by_alias=True) if isinstance(value, BaseModel) else value


def _values(schema: dict[str, Any]) -> str:
    """What a key accepts, in words, from its JSON schema."""
    if "anyOf" in schema:
        return " or ".join(_values(branch) for branch in schema["anyOf"])
    if "oneOf" in schema:
        return f"{_values(schema['oneOf'][0])}; or a list, or low and high"
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if "$ref" in schema:
        return "keys"
    if schema["type"] == "array":
        return f"list of {_values(schema['items'])}"
    words = {"number": "number", "integer": "whole number", "string": "text", "boolean": "true, false", "null": "null"}
    return words[schema["type"]] + _limits(schema)


def _limits(schema: dict[str, Any]) -> str:
    signs = {"exclusiveMinimum": ">", "minimum": ">=", "exclusiveMaximum": "<", "maximum": "<="} | {
        "ge": ">=",
        "le": "<=",
    }
    found = [f"{sign} {number(schema[word])}" for word, sign in signs.items() if word in schema]
    return " " + ", ".join(found) if found else ""


def _section(group: str, members: list[dict[str, Any]]) -> str:
    title = f"## {group}" if group else "## The scenario itself"
    lines = [title, "", _line(HEADINGS), _line(["---"] * len(HEADINGS)), *(_line(_cells(row)) for row in members)]
    return "\n".join(lines)


def _cells(row: dict[str, Any]) -> list[str]:
    leaf = row["key"].rpartition(".")[2]
    default = "required" if row["required"] else f"`{flow(row['default'], number)}`"
    symbol = f"`{row['symbol']}`" if row["symbol"] else ""
    return [f"`{leaf}`", default, row["unit"], symbol, row["source"], row["values"], row["meaning"]]


def number(value: float) -> str:
    """As short as it is exact: 35e6 as 3.5e7, 2.0 as 2."""
    if isinstance(value, int):
        return str(value)
    if value and not 1e-4 <= abs(value) < 1e5:
        mantissa, exponent = f"{value:.12e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    return f"{value:.17g}" if value == int(value) else repr(value)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
