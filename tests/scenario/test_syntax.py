"""Broken YAML is told in plain words, on the line that is to be mended."""

from __future__ import annotations

import pytest

from qvecsim.errors import ScenarioError
from qvecsim.scenario import load, yaml

ALIKE = "must be indented alike within a group: this line is not in the column of those before it"
DEEPER = "must not be indented deeper than the line before it, which has a value already"
QUOTED = "must have quotes around a value that begins with "
SPACE = "must have a space after the colon (write '{}')"
CLOSE = "must close the {} that opens here with {}, with commas between what it holds"

BROKEN = [
    ("a: 1\n\tb: 2\n", 2, "must be indented with spaces (got a tab)"),
    ("a:\n\tb: 2\n", 2, "must be indented with spaces (got a tab)"),
    ("a:\t1\n", 1, "must have spaces instead of tabs"),
    ("a: 1\n  b: 2\n", 2, DEEPER),
    ("a:\n  b: 1\n   c: 2\n", 3, DEEPER),
    ("a:\n  b: 1\n c: 2\n", 3, ALIKE),
    ("a:\n  - 1\n - 2\n", 3, ALIKE),
    (" a: 1\nb: 2\n", 2, "must have all its outermost keys in the same column"),
    ("a: 'x\nb: 2\n", 1, "must close the quote ' that opens here"),
    ('c: 1\na: "x\nb: 2\n', 2, 'must close the quote " that opens here'),
    ("a: 'x'y\n", 1, "must have nothing after a closing quote or bracket; quote the whole value"),
    ("c: 1\na: [1\nb: 2\n", 2, CLOSE.format("[", "]")),
    ("c: 1\na: {b: 1, c: 2", 2, CLOSE.format("{", "}")),
    ("a: [1, {b: [2}]\n", 1, "must close [ with ] (got })"),
    ("a: [1]]\n", 1, "must have no ] without its opening bracket"),
    ("a: [1,, 2]\n", 1, "must have a value between two commas"),
    ("name: x\nseed:1\n", 2, SPACE.format("seed: 1")),
    ("seed:1 # one\nname: x\n", 1, SPACE.format("seed: 1")),
    ("world:\n  trace:a\n  begin_s: 1\n", 2, SPACE.format("trace: a")),
    ("a: 1\nhello\nb: 1\n", 2, "must read 'key: value' on every line (got 'hello')"),
    ("a: b: c\n", 1, "must have one 'key: value' on a line; quote a value that holds a colon and a space"),
    ("a: - b\n", 1, "must have each '- item' of a list on a line of its own"),
    ("a: @x\n", 1, QUOTED + "@"),
    ("a: *\n", 1, QUOTED + "*"),
    ("a: %x\n", 1, QUOTED + "%"),
    ('a: "C:\\data"\n', 1, "must have \\\\ for a backslash between double quotes, or single quotes instead"),
    ("a: |x\n  y\n", 1, "must have nothing but | or > on the line on which a long text begins"),
    (": x\n", 1, "must have a key before the colon"),
    ("%YAML 3.0\n---\na: 1\n", 1, "must be one YAML 1.2 document without directives"),
    ("a: 1\u2028b:2\r\nc: 3\n", 2, SPACE.format("b: 2")),
]


@pytest.mark.parametrize(("text", "line", "sentence"), BROKEN, ids=[text for text, _, _ in BROKEN])
def test_one_sentence_on_the_line_to_mend(text, line, sentence):
    assert yaml.parse(text).problems[-1] == (line, (), sentence)


JARGON = ("token", "block", "scalar", "mapping", "sequence", "node", "stream", "<", "indentation indicator")


@pytest.mark.parametrize("text", [text for text, _, _ in BROKEN])
def test_no_jargon_even_where_a_line_is_lost(text):
    for end in range(1, len(text)):
        for problem in yaml.parse(text[:end]).problems:
            assert not any(word in problem.text for word in JARGON), problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("seed:1\n", "1: the file must be a group of keys (got 'seed:1'). Did you mean 'seed: 1'"),
        ("world:\n  trace:a\n", "1: 'world' must be a group of keys (got 'trace:a'). Did you mean 'trace: a'"),
        ("world: {trace: b, end_s:5}\n", "1: 'world.end_s:5' is no parameter of 'world'. Did you mean 'end_s: 5'"),
    ],
)
def test_a_missing_space_that_is_still_yaml(tmp_path, text, problem):
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert f"{path}:{problem}, with a space after the colon?" in caught.value.problems
