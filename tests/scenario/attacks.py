"""What a careless or hostile author might write: files, overrides, and the verdict that each must get."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GOOD = "world: {trace: town.xml}\n"


@dataclass(frozen=True)
class Attack:
    """A scenario file, others beside it, overrides; then a refusal, or the value that a key must get."""

    name: str
    text: str | bytes
    refused: str = ""  # a pattern that one line of the refusal has
    accepted: dict[str, Any] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    others: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], object] = lambda folder: None
    scenario: str = "s.yaml"


def bomb() -> str:
    """Thirty anchors, each twice the one before."""
    lines = [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    return GOOD + "a0: &a0 [x, x]\n" + "\n".join(lines)


def chain(files: int) -> dict[str, str]:
    """Files that extend one another, the last a whole scenario."""
    links = {f"b{n}.yaml": f"extends: b{n + 1}.yaml\n" for n in range(1, files - 1)}
    return {**links, f"b{files - 1}.yaml": GOOD + "seed: 9\n"}


def linked(name: str, target: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).symlink_to(target)


def outside(folder: Path) -> None:
    """A file and a folder of others, beside the scenario's folder."""
    (folder.parent / "other").mkdir(exist_ok=True)
    (folder.parent / "other" / "secret.xml").write_text("secret")
    (folder.parent / "other" / "base.yaml").write_text(GOOD)


def both(*steps: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda folder: [step(folder) for step in steps]


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


def named(name: str, trace: str, refused: str, **others: Any) -> Attack:
    return Attack(name, f"world:\n  trace: {trace}\n", rf"s\.yaml:2: 'world\.trace' must name {refused}", **others)


def extending(name: str, base: str, refused: str, **others: Any) -> Attack:
    return Attack(name, f"seed: 1\nextends: {base}\n", rf"s\.yaml:2: 'extends' must {refused}", **others)


def word(name: str, value: str, refused: str) -> Attack:
    return Attack(name, f"{GOOD}seed: {value}\n", rf"s\.yaml:2: 'seed' must {refused}")


NEAR = "a file below the scenario's folder or the current one"
CODE = "!!python/object/apply:os.system ['touch owned']"

YAML = [
    Attack("alias bomb", bomb(), "must be written out .got the alias"),
    Attack("python object", f"{GOOD}name: {CODE}\n", r"s\.yaml:2: 'name' must have no tag"),
    Attack("python name", f"{GOOD}name: !!python/name:os.system\n", "must have no tag"),
    Attack("python tag by its long name", GOOD + "name: !<tag:yaml.org,2002:python/none> x\n", "must have no tag"),
    Attack("binary tag", GOOD + "name: !!binary aGk=\n", "must have no tag"),
    Attack("100,000 brackets", "[" * 100_000, "must be nested at most 20 levels deep"),
    Attack("100,000 braces", "{a: " * 100_000, "must be nested at most 20 levels deep"),
    Attack("deep nesting by indentation", "".join(f"{' ' * n}a:\n" for n in range(300)), "nested at most 20"),
    Attack("a key twice", GOOD + "seed: 1\nseed: 2\n", r"s\.yaml:3: 'seed' must be given once"),
    Attack(
        "a nested key twice", "world:\n  trace: town.xml\n  trace: b\n", r"s\.yaml:3: 'world.trace' must be given once"
    ),
    Attack("merge key", GOOD + "radio:\n  <<: {noise: psd}\n", "must be written out .got the merge key"),
    Attack("500,001 bytes", GOOD + "#" * 500_001, r"s\.yaml:1: the file must be at most 500,000 bytes"),
    Attack("a huge integer", GOOD + f"seed: {'9' * 5000}\n", "must be a number of at most 64 characters"),
    word("an integer beyond 64 bits", "99999999999999999999", "be at most 9223372036854775807"),
    word("1e400", "1e400", "be a finite number"),
    word("infinity", ".inf", "be a finite number"),
    word("no number", ".nan", "be a finite number"),
    Attack("NUL", GOOD + "name: a\0b\n", r"s\.yaml:2: the file must hold no control characters .got U\+0000"),
    Attack("NUL by escape", GOOD + 'name: "a\\0b"\n', "'name' must be"),
    Attack("escape sequence", GOOD + "name: \x1b[2J\n", r"control characters .got U\+001B"),
    Attack("terminal codes by escape", GOOD + 'scheme: "\\e[2J"\n', "must be printable text"),
    Attack("text that runs backwards", GOOD + 'scheme: "\\u202Edlrow"\n', "must be printable text"),
    Attack("UTF-16", GOOD.encode("utf-16"), r"s\.yaml:1: the file must be UTF-8 text"),
    Attack("UTF-32", GOOD.encode("utf-32-le"), r"s\.yaml:1: the file must hold no control"),
    Attack("broken UTF-8", GOOD.encode() + b"name: \xc3\x28\n", r"s\.yaml:2: the file must be UTF-8 text"),
    Attack("byte order mark", b"\xef\xbb\xbf" + GOOD.encode(), accepted={"world.trace": "town.xml"}),
    Attack("Windows line ends", GOOD.replace("\n", "\r\n") + "seed: 5\r\n", accepted={"seed": 5}),
    Attack("Mac line ends", GOOD.replace("\n", "\r") + "seed: 5\r", accepted={"seed": 5}),
    Attack("a second document", GOOD + "---\nseed: 5\n", "must be one document"),
    Attack("nothing", "", r"s\.yaml:1: the file must not be empty"),
    Attack("a list", "- 1\n", "the file must be a group of keys"),
    Attack("YAML 1.1 by directive", "%YAML 1.1\n---\n" + GOOD, "must be YAML 1.2"),
    Attack("a tag by directive", "%TAG ! tag:x,2000:\n---\n" + GOOD, "must declare no tags"),
    Attack("1e6 is a number", GOOD + "seed: 1e6\n", accepted={"seed": 1_000_000}),
    Attack("010 is ten", GOOD + "seed: 010\n", accepted={"seed": 10}),
    Attack("0o10 is eight", GOOD + "seed: 0o10\n", accepted={"seed": 8}),
    Attack("0x10 is sixteen", GOOD + "seed: 0x10\n", accepted={"seed": 16}),
    Attack("no is a word", GOOD + "name: no\n", accepted={"name": "no"}),
    word("1:30:00 is no number", "1:30:00", "be a whole number .got '1:30:00'"),
    word("1_000 is no number", "1_000", "be a whole number"),
    word("true is no number", "true", "be a whole number"),
    Attack("yes is no truth", GOOD + "strict: yes\n", "must be true or false .* Did you mean true"),
    Attack("tabs", "world:\n\ttrace: town.xml\n", r"s\.yaml:2: the file must be indented with spaces .got a tab"),
    Attack("no space after a colon", GOOD + "seed:1\n", r"s\.yaml:2: the file must have a space .*'seed: 1'"),
    Attack("a quote left open", GOOD + "name: 'a\nseed: 1\n", r"s\.yaml:2: the file must close the quote '"),
    Attack("a bracket left open", "world: {trace: town.xml\nseed: 1\n", r"s\.yaml:1: the file must close the {"),
    Attack("a key that looks like another", GOOD + "s\u0435ed: 1\n", r"s\.yaml:2: 's\u0435ed' is no parameter"),
    Attack("a key of 10,000 characters", GOOD + "k" * 10_000 + ": 1\n", r"s\.yaml:\d: the file must"),
    Attack("a quoted key of 900 characters", GOOD + f"'{'k' * 900}': 1\n", "is no parameter of a scenario"),
    Attack("50,000 lines", "world:\n  rsus:\n" + "  - {}\n" * 50_000, "must hold at most 20,000 values"),
    Attack(
        "50,000 keys", GOOD + "".join(f"k{n}: 1\n" for n in range(50_000)), "must be at most 500,000|at most 20,000"
    ),
    Attack("9,000 unknown keys", GOOD + "".join(f"k{n}: 1\n" for n in range(9_000)), "8900 more problems"),
    Attack("names of other scripts", GOOD + "name: 東京 ž\n", accepted={"name": "東京 ž"}),
    Attack("a name that is a path", GOOD + "name: ../../x\n", "'name' must be letters"),
    Attack("a class that is a path", GOOD + "tasks: {classes: {../a: {}}}\n", "must be letters"),
    Attack("pydantic's own words", GOOD + "__class__: x\nmodel_config: {}\n", "'__class__' is no parameter"),
    Attack(
        "rows and a rule",
        "world:\n  trace: town.xml\n  rsus: [{x_m: 1, y_m: 2}]\n  place: {count: 8}\n",
        r"s\.yaml:4: 'world.place.count' must be left out where 'rsus' is given",
    ),
    Attack(
        "a key too big for its pool",
        GOOD + "keys: {capacity_bit: 255}\n",
        r"s\.yaml:2: 'keys.capacity_bit' must be at least 'per_task_bit', which is 256",
    ),
    Attack(
        "a unit without columns",
        "world:\n  trace: town.xml\n  units: km\n",
        r"s\.yaml:3: 'world.units' must be left out",
    ),
    Attack(
        "fibre twice",
        "world:\n  trace: town.xml\n  fibre: {file: a.gml, nodes: [{x_m: 1, y_m: 1}]}\n",
        r"s\.yaml:3: 'world.fibre.nodes' must be left out where 'file' is given",
    ),
]

FILES = [
    named("a file above", "../other/secret.xml", NEAR, prepare=outside),
    named("a file by its absolute path", "/etc/passwd", NEAR),
    named("a file above that is not there", "../../none.xml", NEAR),
    named(
        "up and down", "x/../../other/secret.xml", NEAR, prepare=both(outside, lambda folder: (folder / "x").mkdir())
    ),
    named("a link that leads out", "link.xml", NEAR, prepare=both(outside, linked("link.xml", "../other/secret.xml"))),
    named("a folder's link that leads out", "link/secret.xml", NEAR, prepare=both(outside, linked("link", "../other"))),
    named("a link to itself", "loop.xml", "a file that exists", prepare=linked("loop.xml", "loop.xml")),
    named("the home folder", "~/secret.xml", "a file that exists .* A ~ is not replaced"),
    named("a device", "/dev/zero", NEAR),
    named("a link to a device", "link.xml", NEAR, prepare=linked("link.xml", "/dev/zero")),
    named("a pipe", "pipe", "an ordinary file .*a pipe", prepare=pipe),
    named("the process", "/proc/self/environ", NEAR),
    named("a folder", ".", "an ordinary file .*a folder"),
    named("no such file", "none.xml", r"a file that exists .*looked for as 'none\.xml'"),
    named("a name of 4,000 characters", "x" * 4000, "a file that exists"),
    Attack(
        "a name of 5,000 characters", f"world: {{trace: {'x' * 5000}}}\n", "'world.trace' must be at most 4096 char"
    ),
    Attack("a name with NUL", 'world: {trace: "a\\0b"}\n', "'world.trace' must be printable text"),
    Attack("one of many", GOOD + "tasks:\n  file: /etc/passwd\n", rf"s\.yaml:3: 'tasks\.file' must name {NEAR}"),
    Attack(
        "an additional file",
        "world:\n  trace: town.xml\n  additional:\n    - town.xml\n    - /etc/passwd\n",
        rf"s\.yaml:5: 'world\.additional\.1' must name {NEAR}.*--set world\.additional\.1=PATH",
    ),
    Attack(
        "a link that stays",
        "world: {trace: link.xml}\n",
        accepted={"world.trace": "link.xml"},
        prepare=linked("link.xml", "town.xml"),
    ),
    Attack("set by the user", GOOD, accepted={"world.trace": "/etc/passwd"}, overrides=("world.trace=/etc/passwd",)),
    Attack(
        "a device set by the user",
        GOOD,
        "--set world.trace: 'world.trace' must name an ordinary file .*a device",
        overrides=("world.trace=/dev/zero",),
    ),
    Attack(
        "a pipe set by the user",
        GOOD,
        "must name an ordinary file .*a pipe",
        overrides=("world.trace=pipe",),
        prepare=pipe,
    ),
    Attack(
        "the process set by the user",
        GOOD,
        "must name an ordinary file .*a view into the system",
        overrides=("world.trace=/proc/self/environ",),
    ),
    Attack("the scenario is a pipe", GOOD, "'pipe' must be a scenario file .got a pipe", prepare=pipe, scenario="pipe"),
    Attack("the scenario is a device", GOOD, "'/dev/zero' must be a scenario file .got a device", scenario="/dev/zero"),
]

CIRCLE = {"b.yaml": "extends: ./s.yaml\n"}
EXTENDS = [
    extending("itself", "s.yaml", "not lead back"),
    Attack("a circle", "extends: b.yaml\n", r"b\.yaml:1: 'extends' must not lead back", others=CIRCLE),
    extending("a base above", "../other/base.yaml", "name a file below its own folder", prepare=outside),
    extending("a base by its absolute path", "/etc/passwd", "name a file below its own folder"),
    extending(
        "a base by a link",
        "l.yaml",
        "name a file below its own folder",
        prepare=both(outside, linked("l.yaml", "../other/base.yaml")),
    ),
    extending("no base", "none.yaml", "name a scenario file .*no such file"),
    extending("a base that is a folder", ".", "name a scenario file .*a folder"),
    extending("a base that is a pipe", "pipe", "name a scenario file .*a pipe", prepare=pipe),
    extending("a base that is a device", "/dev/zero", "name a file below"),
    extending("a list of bases", "[a, b]", "be the path of another scenario file"),
    extending("a base with NUL", '"a\\0b"', "be the path of another scenario file"),
    Attack(
        "a base that is a list",
        "extends: b.yaml\n" + GOOD,
        r"b\.yaml:1: the file must be a group",
        others={"b.yaml": "- 1"},
    ),
    Attack(
        "a base with a wrong value",
        "extends: b.yaml\nseed: 3\n",
        r"b\.yaml:2: 'radio\.noise' must be one of",
        others={"b.yaml": GOOD + "radio: {noise: x}\n"},
    ),
    Attack(
        "a base that names a file above",
        "extends: b.yaml\n",
        rf"b\.yaml:1: 'world\.trace' must name {NEAR}",
        others={"b.yaml": "world: {trace: /etc/passwd}\n"},
    ),
    Attack(
        "a chain of 11",
        "extends: b1.yaml\n",
        r"b9\.yaml:1: 'extends' must make a chain of at most 10",
        others=chain(11),
    ),
    Attack("a chain of 10", "extends: b1.yaml\n", accepted={"seed": 9}, others=chain(10)),
    Attack("extends further down", GOOD + "radio: {extends: b.yaml}\n", "'radio.extends' is no parameter"),
]


def override(name: str, text: str, refused: str) -> Attack:
    return Attack(f"--set {name}", GOOD, refused, overrides=(text,))


OVERRIDES = [
    override("with a line break", "seed=1\nworld: {}", "'seed' must"),
    override("with an alias", "seed=*x", "'seed' must be written out"),
    override("with a tag", "seed=!!python/object:os.system x", "'seed' must have no tag"),
    override("of a class", "__class__=x", "'__class__' is no parameter"),
    override("of a method", "world.__init__=x", "'world.__init__' is no parameter"),
    override("of a private attribute", "_folder=/", "'_folder' is no parameter"),
    override("of an item that is not there", "world.rsus.0.x_m=1", "'world.rsus"),
    override("of an item before the first", "world.additional.-1=x", "'world.additional'"),
    override("of an item with 5,000 zeros", f"world.additional.{'0' * 5000}=x", "'world.additional'"),
    override("of a path through text", "name.x=1", "'name' must be text .got {x: 1}"),
    override("of nothing", "=1", "an override must read key=value"),
    override("of dots", "...=1", "an override must read key=value"),
    override("without a value", "seed", "an override must read key=value"),
    override("of extends", "extends=b.yaml", "'extends' must stand in a scenario file"),
    override("of 100,000 brackets", "seed=" + "[" * 100_000, "must be nested at most 20"),
    override("of a key of 10,000 parts", ".".join("a" * 10_000) + "=1", "must have at most 20 parts"),
]

ATTACKS = [*YAML, *FILES, *EXTENDS, *OVERRIDES]
