"""Broken YAML in plain words: on which line, and what to mend; the parser speaks of tokens, authors of lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

# "key:value" without the space that would make it an entry.
GLUED = re.compile(r"\s*(?:- )?(?P<name>[A-Za-z_]\w*):(?P<value>[^\s/:][^\s]*)(\s+#.*)?\s*")
BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")  # where PyYAML counts a line
DEEPER = "must not be indented deeper than the line before it, which has a value already"
CLOSING = {"[": "]", "{": "}"}

# What the parser says (its context, a bar, its problem), and what to mend.
_TOLD = (
    (r"double-quoted.*\|", r"must have \\ for a backslash between double quotes, or single quotes instead"),
    (r"block scalar\|", "must have nothing but | or > on the line on which a long text begins"),
    (r"sequence entries are not", "must have each '- item' of a list on a line of its own"),
    (r"found '<scalar>'|found '<alias>'", "must have nothing after a closing quote or bracket; quote the whole value"),
    (r"found '(?P<got>[]}])'", "must have no {got} without its opening bracket"),
    (r"found ':'", "must have a key before the colon"),
    (r"<document start>.*<block", "must have all its outermost keys in the same column"),
    (r"<block end>", "must be indented alike within a group: this line is not in the column of those before it"),
    (r"YAML document|YAML directive|<document start>", "must be one YAML 1.2 document without directives"),
    (r"tag", "must have no tag; quote a value that begins with !"),
)


def told(error: yaml.MarkedYAMLError, text: str, opened: Sequence[yaml.Mark]) -> tuple[int, str]:
    """The line to mend, and what it must be; ``opened`` are the marks of the groups that were not closed yet."""
    mark = error.problem_mark or yaml.Mark("", 0, 0, 0, None, 0)
    start = error.context_mark or mark
    reason = error.problem or ""
    if found := re.match(r"found character '(.+)' that cannot", reason):
        return mark.line + 1, _start(found[1], text, mark)
    if error.context in ("while scanning an alias", "while scanning an anchor", "while scanning a directive"):
        return mark.line + 1, _start(_at(text, start), text, mark)
    if error.context == "while scanning a quoted scalar":
        return start.line + 1, f"must close the quote {_at(text, start)} that opens here"
    if error.context == "while scanning a simple key":
        return start.line + 1, _entry(BREAK.split(text)[start.line])
    if reason.startswith("mapping values"):
        return _second_colon(BREAK.split(text), mark)
    if isinstance(error, yaml.parser.ParserError) and opened and _at(text, opened[-1]) in CLOSING:
        return _bracket(_at(text, opened[-1]), opened[-1].line + 1, reason, mark)
    above = _glued_above(BREAK.split(text), mark) if "<document start>" in reason else None
    return above or (mark.line + 1, _otherwise(f"{error.context}|{reason}", mark))


def glued(word: str) -> str | None:
    """'key: value' for a word that lacks the space; None for any other."""
    found = GLUED.fullmatch(word)
    return f"{found['name']}: {found['value']}" if found else None


def _at(text: str, mark: yaml.Mark) -> str:
    return text[mark.index : mark.index + 1]


def _start(character: str, text: str, mark: yaml.Mark) -> str:
    if not character.startswith("\\"):
        return f"must have quotes around a value that begins with {character}"
    before = text[mark.index - mark.column : mark.index]
    return "must have spaces instead of tabs" if before.strip() else "must be indented with spaces (got a tab)"


def _entry(line: str) -> str:
    likely = glued(line)
    if likely:
        return f"must have a space after the colon (write '{_brief(likely)}')"
    return f"must read 'key: value' on every line (got '{_brief(line.strip())}')"


def _second_colon(lines: list[str], mark: yaml.Mark) -> tuple[int, str]:
    """A colon that opens no entry: too much on this line, or too little on the one before."""
    if ": " in lines[mark.line][: mark.column]:
        return mark.line + 1, "must have one 'key: value' on a line; quote a value that holds a colon and a space"
    return _glued_above(lines, mark) or (mark.line + 1, DEEPER)


def _glued_above(lines: list[str], mark: yaml.Mark) -> tuple[int, str] | None:
    """Whether the line before lacks the space after its colon."""
    for number in range(mark.line, 0, -1):
        line = lines[number - 1]
        if line.strip() and not line.lstrip().startswith("#"):
            return (number, _entry(line)) if glued(line) else None
    return None


def _bracket(opening: str, line: int, reason: str, mark: yaml.Mark) -> tuple[int, str]:
    got = reason[-2:-1]
    if got in CLOSING.values():
        return mark.line + 1, f"must close {opening} with {CLOSING[opening]} (got {got})"
    if reason.startswith("expected the node") and got == ",":
        return mark.line + 1, "must have a value between two commas"
    return line, f"must close the {opening} that opens here with {CLOSING[opening]}, with commas between what it holds"


def _otherwise(said: str, mark: yaml.Mark) -> str:
    for pattern, text in _TOLD:
        if found := re.search(pattern, said):
            return text.replace("{got}", found.groupdict().get("got", ""))
    return f"must be valid YAML (it cannot be read beyond column {mark.column + 1})"


def _brief(line: str) -> str:
    return line if len(line) <= 60 and line.isprintable() else ascii(line[:57])[1:-1] + "..."
