"""Every attack gets its verdict: at once, in little memory, in plain lines, and nothing is left behind."""

from __future__ import annotations

import functools
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qvecsim.cli import main
from qvecsim.errors import ScenarioError
from qvecsim.scenario import load

from .attacks import ATTACKS, GOOD

SCENARIOS = Path(__file__).parents[2] / "scenarios"
PLACED = re.compile(r"[\w./]+:\d+: |--set .*: |'[^']*' must be a scenario file \(")
WORST = ("alias bomb", "100,000 brackets", "500,001 bytes", "50,000 lines", "9,000 unknown keys", "a device", "a pipe")
LIMIT_BYTE = 200 * 2**20


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with a trace in it."""
    here = tmp_path / "here"
    here.mkdir()
    (here / "town.xml").write_text("<fcd-export/>")
    monkeypatch.chdir(here)
    return here


def written(attack, folder: Path) -> None:
    attack.prepare(folder)
    for name, text in {"s.yaml": attack.text, **attack.others}.items():
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)


def arguments(attack) -> list[str]:
    return ["validate", attack.scenario, *(word for text in attack.overrides for word in ("--set", text))]


def below(folder: Path) -> set[Path]:
    return set(folder.parent.rglob("*"))


def test_there_are_enough_and_each_has_its_name():
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 40
    assert all(bool(attack.refused) != bool(attack.accepted) for attack in ATTACKS)


@pytest.mark.parametrize("attack", [each for each in ATTACKS if each.refused], ids=lambda attack: attack.name)
def test_refused(attack, folder, capsys):
    written(attack, folder)
    before = below(folder)
    began = time.process_time()
    assert main(arguments(attack)) == 2
    assert time.process_time() - began < 1
    out, err = capsys.readouterr()
    assert out == ""
    assert below(folder) == before
    lines = err.splitlines()
    assert any(re.search(attack.refused, line) for line in lines), err
    assert all(PLACED.match(line) and line.isprintable() and len(line) < 1000 for line in lines), err
    assert 1 <= len(lines) <= 101
    assert "Traceback" not in err


@pytest.mark.parametrize("attack", [each for each in ATTACKS if each.accepted], ids=lambda attack: attack.name)
def test_accepted(attack, folder):
    written(attack, folder)
    scenario = load(attack.scenario, *attack.overrides)
    assert len(scenario.files()) == 1
    for key, value in attack.accepted.items():
        assert functools.reduce(getattr, key.split("."), scenario) == value


@pytest.mark.parametrize("attack", [each for each in ATTACKS if each.name in WORST], ids=lambda attack: attack.name)
def test_the_worst_take_little_memory(attack, folder):
    resource = pytest.importorskip("resource")
    if not Path("/proc/self/status").exists():
        pytest.skip("only Linux tells the peak of a process apart from that of its parent")
    written(attack, folder)
    code = (
        "import sys\n"
        "from qvecsim.errors import ScenarioError\n"
        "from qvecsim.scenario import load\n"
        "try:\n    load('s.yaml').files()\nexcept ScenarioError:\n    pass\n"
        "else:\n    sys.exit('accepted')\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2 * LIMIT_BYTE, 2 * LIMIT_BYTE)),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) * 1024 < LIMIT_BYTE


NASTY = (
    *("!!python/object:os.system", "*a", "&a", "<<: ", "---\n", "...\n", "%YAML 1.1\n", "\t", "\0", "\x1b", "'", '"'),
    *("[", "]", "{", "}", ": ", ":", "- ", "? ", "|", ">", "#", ",", "\n", "\r", "\u2028", "\x85", "\ufeff", "null"),
    *("1e999", ".nan", "9" * 70, "0x", "extends: s.yaml\n", "extends: /etc/passwd\n", "../", "\\", "~", "no", "\ud7ff"),
)


def by_bytes(text: bytes, chance: random.Random) -> bytes:
    content = bytearray(text)
    for _ in range(chance.randint(1, 4)):
        place, length = chance.randrange(len(content) + 1), chance.randint(0, 3)
        new = chance.choice([b"", chance.randbytes(length), chance.choice(NASTY).encode()])
        content[place : place + length] = new
    return bytes(content)


def by_lines(text: bytes, chance: random.Random) -> bytes:
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, 3)):
        one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(4):
            case 0 if len(lines) > 1:
                del lines[one]
            case 1:
                lines.insert(other, lines[one])
            case 2:
                lines[one], lines[other] = lines[other], lines[one]
            case _:
                lines[one] = b" " * chance.randint(0, 3) + chance.choice(NASTY).encode() + lines[one]
    return b"".join(lines)


def told(path: str) -> list[str] | None:
    """What is wrong with a scenario; None if nothing is."""
    try:
        load(path)
    except ScenarioError as error:
        return error.problems or [""]
    return None


def test_two_thousand_mutations_are_read_or_refused_in_lines(folder):
    chance = random.Random(2)
    small = (GOOD + "seed: 3\ntasks:\n  rate_hz: 0.5\n  classes:\n    a: {share: 2, cycles: [1e9, 2e9]}\n").encode()
    texts = [small] * 17 + [file.read_bytes() for file in sorted(SCENARIOS.glob("*.yaml"))]
    refused = 0
    for _ in range(2000):
        content = chance.choice([by_bytes, by_lines])(chance.choice(texts), chance)
        (folder / "s.yaml").write_bytes(content)
        problems = told("s.yaml")
        refused += problems is not None
        for line in problems or ():
            assert re.match(r"s\.yaml:\d+: ", line), (line, content)
            assert line.isprintable(), (line, content)
    assert 500 < refused < 2000
