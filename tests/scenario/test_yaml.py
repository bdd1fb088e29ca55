"""The strict reader: what words mean, what is refused, and on which line."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.scenario import yaml


def problems(text: str) -> list[tuple[int, tuple[str | int, ...], str]]:
    return [tuple(problem) for problem in yaml.parse(text).problems]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e6", 1e6),
        ("1e+6", 1e6),
        ("1.e6", 1e6),
        ("-.5", -0.5),
        ("0o17", 15),
        ("0x1F", 31),
        ("010", 10),
        ("-7", -7),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("2026-01-01", "2026-01-01"),
        ("=", "="),
        (".", "."),
        ("e5", "e5"),
    ],
)
def test_words_mean_what_yaml_1_2_says(word, value):
    document = yaml.parse(f"key: {word}")
    assert document.data == {"key": value}
    assert type(document.data["key"]) is type(value)
    assert document.problems == []


def test_quoted_words_are_text():
    assert yaml.parse("{a: '1e6', b: \"true\", c: ''}").data == {"a": "1e6", "b": "true", "c": ""}


def test_infinities_are_words_of_the_core_schema_too():
    assert yaml.scalar(".inf") == math.inf
    assert yaml.scalar("-.Inf") == -math.inf
    assert math.isnan(yaml.scalar(".NaN"))


def test_every_key_has_its_line():
    text = "# comment\na: 1\nb:\n  c:\n    2\n  d:\n    - 3\n    - e: 4\n      f: 5\n"
    assert yaml.parse(text).lines == {
        (): 2,
        ("a",): 2,
        ("b",): 3,
        ("b", "c"): 4,
        ("b", "d"): 6,
        ("b", "d", 0): 7,
        ("b", "d", 1): 8,
        ("b", "d", 1, "e"): 8,
        ("b", "d", 1, "f"): 9,
    }


def test_windows_line_ends_and_byte_order_mark(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    document = yaml.read(path)
    assert document.data == {"a": 1, "b": 2}
    assert document.lines[("b",)] == 2


REFUSED = [
    (
        "a: &x 1\nb: *x\n",
        [(1, ("a",), "must have no anchor (got &x)"), (2, ("b",), "must be written out (got the alias *x)")],
    ),
    ("a: !!python/object:os.system x\n", [(1, ("a",), "must have no tag (got !!python/object:os.system)")]),
    ("a: !own {b: 1}\n", [(1, ("a",), "must have no tag (got !own)")]),
    ("a: ! 1\n", [(1, ("a",), "must have no tag (got !)")]),
    ("%TAG ! tag:x,2000:\n---\na: 1\n", [(1, (), "must declare no tags")]),
    ("%YAML 1.1\n---\na: 1\n", [(1, (), "must be YAML 1.2 (got 1.1)")]),
    ("a:\n  <<: {b: 1}\n", [(2, ("a",), "must be written out (got the merge key <<)")]),
    ("a: 1\nb: 2\na: 3\n", [(3, ("a",), "must be given once (first on line 1)")]),
    (
        "a:\n  1: x\n  null: y\n",
        [(2, ("a",), "must have text as keys (got 1)"), (3, ("a",), "must have text as keys (got null)")],
    ),
    ("a:\n  ? [b]\n  : 1\n", [(2, ("a",), "must have plain names as keys")]),
    ("&x a: 1\n", [(1, (), "must have keys without anchor and tag (got a)")]),
    ('"\\0": 1\n', [(1, (), 'must have text as keys (got "\\u0000")')]),
    (
        "a: .inf\nb: [-.inf, .nan]\n",
        [
            (1, ("a",), "must be a finite number (got .inf)"),
            (2, ("b", 0), "must be a finite number (got -.inf)"),
            (2, ("b", 1), "must be a finite number (got .nan)"),
        ],
    ),
    ("a: 1e999\n", [(1, ("a",), "must be a finite number (got 1e999)")]),
    ("a: " + "9" * 5000, [(1, ("a",), "must be a number of at most 64 characters")]),
    ("", [(1, (), "must not be empty")]),
    ("\n# nothing\n", [(1, (), "must not be empty")]),
    ("a: 1\n---\nb: 2\n", [(2, (), "must be one document (got a second one)")]),
    ("a: 1\nb: \0\n", [(2, (), "must hold no control characters (got U+0000)")]),
    ("a: [1\nb: 2\n", [(1, (), "must close the [ that opens here with ], with commas between what it holds")]),
    ("a: 1\n\tb: 2\n", [(2, (), "must be indented with spaces (got a tab)")]),
    ('a: 1\nb: "\\UFFFFFFFF"\n', [(2, (), "must hold no number or code of a character that is too large")]),
    (
        "%YAML " + "9" * 5000 + "\n---\na: 1\n",
        [(1, (), "must hold no number or code of a character that is too large")],
    ),
    ("[" * 100_000, [(1, (), "must be nested at most 20 levels deep")]),
    ("{a: " * 100_000, [(1, (), "must be nested at most 20 levels deep")]),
    ("- " * 100_000, [(1, (), "must be nested at most 20 levels deep")]),
    ("a:\n" + "- 1\n" * 20_000, [(19_999, (), "must hold at most 20,000 values")]),
]


@pytest.mark.parametrize(("text", "expected"), REFUSED, ids=[text[:20] for text, _ in REFUSED])
def test_refused_with_line_and_key(text, expected):
    assert problems(text) == expected


def test_alias_bomb_is_not_expanded():
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 30))
    document = yaml.parse(bomb)
    assert document.data["a29"] == [None, None]
    assert len(document.problems) == 30 + 58


def test_the_first_of_repeated_keys_counts():
    assert yaml.parse("a: {b: 1}\na:\n  b: 2\n").data == {"a": {"b": 1}}
    assert yaml.parse("a: {b: 1}\na:\n  b: 2\n").lines[("a", "b")] == 1


def test_nothing_is_usable_after_broken_syntax():
    document = yaml.parse("a: [")
    assert document.data is None
    assert document.spoiled == {()}


def test_deepest_allowed():
    assert problems("[" * 19 + "1" + "]" * 19) == []
    assert problems("[" * 20 + "1" + "]" * 20) == [(1, (), "must be nested at most 20 levels deep")]


def test_huge_file(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_bytes(b"a: " + b"x" * yaml.SIZE_BYTE)
    assert yaml.read(path).problems == [(1, (), "must be at most 500,000 bytes long")]


@pytest.mark.parametrize("content", [b"a: 1\nb: \xff\n", "a: 1\nb: 2\n".encode("utf-16")])
def test_other_encodings(tmp_path, content):
    path = tmp_path / "s.yaml"
    path.write_bytes(content)
    line = content.count(b"\n", 0, content.index(b"\xff")) + 1
    assert yaml.read(path).problems == [(line, (), "must be UTF-8 text")]


PRINTABLE = st.text(max_size=12).filter(str.isprintable)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | PRINTABLE
)
TREES = st.dictionaries(
    PRINTABLE,
    st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PRINTABLE, inner, max_size=3)),
    max_size=4,
)


@given(TREES)
def test_written_data_are_read_back(data):
    document = yaml.parse(yaml.write(data) or "{}")
    assert document.problems == []
    assert document.data == data


@given(st.text())
def test_any_text_is_read_or_refused(text):
    document = yaml.parse(text)
    assert document.problems or document.lines


@given(
    st.sampled_from(["1e6", "no", "010", "0o17", "0x1F", "true", "null", "~", "", "<<", "1:30", ".inf", "- a", "a: b"])
)
def test_words_that_mean_something_are_quoted(word):
    assert yaml.parse(yaml.write({"key": word})).data == {"key": word}
