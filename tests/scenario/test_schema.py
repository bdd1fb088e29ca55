"""The schema for editors: committed as it is made, complete, and of one mind with the reader about what is shipped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qvecsim.cli import main
from qvecsim.scenario import dump, load, yaml
from qvecsim.scenario.schema import schema
from qvecsim.scenario.table import walk

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))
SCHEMA = schema()
TYPES = {"string": str, "boolean": bool, "array": (list, tuple), "object": dict, "null": type(None)}
WORDS = {
    *("$schema", "$defs", "$ref", "title", "description", "default", "type", "enum", "anyOf", "oneOf", "required"),
    *("properties", "additionalProperties", "propertyNames", "minProperties", "items", "minItems", "minLength"),
    *("maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
}
BOUNDS = {
    "minimum": lambda value, bound: value >= bound,
    "maximum": lambda value, bound: value <= bound,
    "exclusiveMinimum": lambda value, bound: value > bound,
    "exclusiveMaximum": lambda value, bound: value < bound,
}


def is_of(value, kind: str) -> bool:
    if kind in ("number", "integer"):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (kind == "number" or value == int(value))
    return isinstance(value, TYPES[kind])


def fits(value, node) -> bool:
    """A validator of the words that the schema uses."""
    if "$ref" in node and not fits(value, SCHEMA["$defs"][node["$ref"].rpartition("/")[2]]):
        return False
    if "anyOf" in node and not any(fits(value, branch) for branch in node["anyOf"]):
        return False
    if "oneOf" in node and sum(fits(value, branch) for branch in node["oneOf"]) != 1:
        return False
    if ("type" in node and not is_of(value, node["type"])) or ("enum" in node and value not in node["enum"]):
        return False
    if isinstance(value, dict):
        return fits_group(value, node)
    if isinstance(value, list | tuple):
        return len(value) >= node.get("minItems", 0) and all(fits(item, node.get("items", {})) for item in value)
    if isinstance(value, str):
        return node.get("minLength", 0) <= len(value) <= node.get("maxLength", len(value))
    return all(word not in node or is_within(value, node[word]) for word, is_within in BOUNDS.items())


def fits_group(value, node) -> bool:
    known, others = node.get("properties", {}), node.get("additionalProperties", {})
    return (
        set(node.get("required", ())) <= set(value)
        and (others is not False or set(value) <= set(known))
        and all(fits(item, known.get(key, others or {})) for key, item in value.items())
    )


def data_of(file: Path):
    return yaml.read(file).data


def test_the_committed_schema_is_what_the_command_prints(capsys):
    assert main(["show", "schema"]) == 0
    committed = (ROOT / "scenarios" / "schema.json").read_text(encoding="utf-8")
    assert committed == capsys.readouterr().out, "run: qvecsim show schema > scenarios/schema.json"
    assert json.loads(committed) == SCHEMA


def test_it_speaks_only_words_of_the_draft():
    def words(node, is_group=False):
        for word, inner in node.items():
            if not is_group:
                assert word in WORDS, word
            if isinstance(inner, dict) and word != "default":
                words(inner, is_group=word in ("properties", "$defs") and not is_group)
            for branch in inner if word in ("anyOf", "oneOf") else ():
                words(branch)

    words(SCHEMA)


def test_every_key_has_its_meaning_unit_and_default():
    found = 0
    for key, model in walk():
        group = SCHEMA if model.__name__ == "Scenario" else SCHEMA["$defs"][model.__name__]
        assert group["additionalProperties"] is False
        info = {inner.alias or name: inner for name, inner in model.model_fields.items()}[key[-1]]
        if info.description is None:  # low and high say what they are
            continue
        node = group["properties"][key[-1]]
        assert node["description"].startswith(info.description)
        unit = info.json_schema_extra["unit"]
        assert unit == "-" or f", {unit}" in node["description"]
        assert "$ref" in node or info.is_required() or "default" in node
        found += 1
    assert found > 130


@pytest.mark.parametrize("file", SHIPPED, ids=[file.stem for file in SHIPPED])
def test_shipped_scenarios_fit_and_name_it(file):
    assert fits(data_of(file), SCHEMA)
    assert fits(yaml.parse(dump(load(file))).data, SCHEMA)
    assert file.read_text().startswith("# yaml-language-server: $schema=schema.json\n")


@pytest.mark.parametrize("file", SHIPPED, ids=[file.stem for file in SHIPPED])
def test_shipped_scenarios_fit_by_a_validator_of_others(file):
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(data_of(file))


WORLD = {"trace": "t.xml"}
FIT = [
    {"world": WORLD},
    {"extends": "base.yaml"},
    {"extends": "base.yaml", "edge": {"clock_hz": {"high": 3e9}}},
    {"world": WORLD, "slots": None, "seed": 1e6, "chain": {"interval_s": [1, 2]}},
    {"world": WORLD | {"fibre": {"links": [{"from": "a", "to": "b", "km": 1}]}}},
]
UNFIT = [
    {},
    {"world": WORLD, "sed": 1},
    {"world": WORLD | {"rnage_m": 1}},
    {"extends": 5},
    {"world": WORLD, "seed": 1.5},
    {"world": WORLD, "strict": "yes"},
    {"world": WORLD, "slots": 0},
    {"world": WORLD, "profile": "papre"},
    {"world": WORLD, "chain": {"interval_s": []}},
    {"world": WORLD | {"fibre": {"links": [{"source": "a", "to": "b"}]}}},
    {"world": WORLD, "tasks": {"classes": {"a": {"cycle": 1}}}},
]


@pytest.mark.parametrize("data", FIT, ids=str)
def test_it_accepts(data):
    assert fits(data, SCHEMA)


@pytest.mark.parametrize("data", UNFIT, ids=str)
def test_it_refuses(data):
    assert not fits(data, SCHEMA)
