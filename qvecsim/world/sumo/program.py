"""SUMO as a program: where it is, what its errors say, and the trace that a configuration of it makes."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from qvecsim.errors import ScenarioError
from qvecsim.world.document import DEPTH_MAX, Attributes, Document
from qvecsim.world.mobility.cache import SUFFIX

INSTALL = "Install it: pip install 'qvecsim[sumo]'; or set SUMO_HOME."
TRACE = "trace.fcd.xml.gz"
# Options of a configuration that name what SUMO reads, by all names that it knows them by.
INPUTS = {"net-file", "net", "n", "route-files", "route", "r", "additional-files", "additional", "a"}
INPUTS |= {"weight-files", "weights", "w", "load-state"}


class Sumo:
    """One installed SUMO."""

    def __init__(self, home: Path, programs: Path) -> None:
        self.home = home
        self._programs = programs

    def version(self) -> str:
        """What it says that it is, as in "Eclipse SUMO sumo 1.28.0"."""
        told = subprocess.run([self._program("sumo"), "--version"], capture_output=True, text=True, check=False)
        return told.stdout.partition("\n")[0].strip()

    def tool(self, name: str) -> Path:
        """One of the Python scripts that come with SUMO."""
        path = self.home / "tools" / name
        if not path.is_file():
            raise ScenarioError(f"SUMO must come with its tools (got no '{path}'). Set SUMO_HOME to the folder above.")
        return path

    def run(self, program: str, *options: object, what: str = "") -> None:
        """Run one of its programs to the end; ``what`` begins the error if it fails."""
        self.call([self._program(program), *options], what or f"SUMO's {program} must end well")

    def call(self, command: Sequence[object], what: str) -> None:
        """Run a command in SUMO's environment; the first error that it prints becomes the one that users see."""
        env = {**os.environ, "SUMO_HOME": str(self.home), "PYTHONWARNINGS": "ignore"}
        words = [str(word) for word in command]
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", env=env, check=False)
        if done.returncode:
            raise ScenarioError(f"{what} (got {complaint(done.stderr + done.stdout, done.returncode)}).")

    def _program(self, name: str) -> Path:
        return self._programs / name


def installed() -> Sumo:
    """The SUMO of the Python package, else of SUMO_HOME, else of PATH."""
    spec = importlib.util.find_spec("sumo")
    homes = [Path(home) for home in (spec and spec.submodule_search_locations) or ()]
    if os.environ.get("SUMO_HOME"):
        homes.append(Path(os.environ["SUMO_HOME"]))
    for home in homes:
        if shutil.which(home / "bin" / "sumo"):
            return Sumo(home, home / "bin")
    on_path = shutil.which("sumo")
    if on_path is None:
        raise ScenarioError(f"SUMO must be installed (got neither the package, nor SUMO_HOME, nor 'sumo'). {INSTALL}")
    programs = Path(on_path).resolve().parent
    homes = [*homes, programs.parent, programs.parent / "share" / "sumo"]
    return Sumo(next((home for home in homes if (home / "tools").is_dir()), programs.parent), programs)


def complaint(printed: str, code: int) -> str:
    """What SUMO says that is wrong: its first error, in one line."""
    found = re.search(r"^\s*\w*Error:\s*(.+(?:\n\s+(?:In file|At line).*)*)", printed, re.MULTILINE)
    text = " ".join(found[1].split()) if found else f"exit code {code} and no error"
    return text[:300].rstrip(".")


@contextlib.contextmanager
def trace_of(sumocfg: Path) -> Iterator[Path]:
    """The trace that a SUMO configuration makes, to be read before the block ends.

    It is kept in ``<name>.qvc`` beside the configuration until one of the files that this names changes, or SUMO;
    where that folder cannot be written, it is made anew each time.
    """
    inputs = _inputs(sumocfg)
    sumo = installed()
    key = _key([sumocfg, *inputs], sumo.version())
    folder = sumocfg.with_name(sumocfg.name + SUFFIX)
    kept = folder / f"{key}.{TRACE}"
    if not _may_keep(folder if folder.is_dir() else sumocfg.parent):
        with tempfile.TemporaryDirectory(prefix="qvecsim-") as scratch:
            yield _made(sumo, sumocfg, Path(scratch))
        return
    if not kept.is_file():
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as scratch:
            os.replace(_made(sumo, sumocfg, Path(scratch)), kept)
        for stale in set(folder.glob(f"*.{TRACE}*")) - set(folder.glob(f"{key}.{TRACE}*")):
            stale.unlink(missing_ok=True)
    yield kept


def _made(sumo: Sumo, sumocfg: Path, folder: Path) -> Path:
    """Run the simulation; its trace is the one file in ``folder``, whatever prefix the configuration sets."""
    options = ["--fcd-output", folder / TRACE, "--fcd-output.attributes", "x,y,speed", "--fcd-output.geo", "false"]
    rule = "'world.sumocfg' must name a configuration that SUMO can run"
    sumo.run("sumo", "-c", sumocfg, *options, "--no-step-log", "--no-warnings", what=f"{rule}: {sumocfg}")
    made = next(folder.iterdir(), None)
    if made is None:
        raise ScenarioError(f"{rule}: {sumocfg} (got no trace of it).")
    return made


def _may_keep(folder: Path) -> bool:
    """Whether a trace may stay there, by the rule of the columnar copies."""
    allowed = os.environ.get("QVECSIM_CACHE", "") != "off"
    return allowed and os.access(folder, os.W_OK) and bool(folder.stat().st_mode & 0o222)


def _inputs(sumocfg: Path) -> list[Path]:
    """What a configuration reads: network, routes, additional files."""
    document = Document(sumocfg, "configuration")
    names: list[str] = []
    elements, depth = 0, 1

    def start(name: str, attributes: Attributes) -> None:
        nonlocal elements, depth
        elements, depth = elements + 1, depth + 1
        if depth > DEPTH_MAX:
            document.fail(f"elements are nested deeper than {DEPTH_MAX}")
        if name in INPUTS:
            names.extend(re.split(r"[,;]", attributes.get("value", attributes.get("v", ""))))

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    document.read(start, end, lambda: elements)
    return [sumocfg.parent / os.path.expandvars(name.strip()) for name in names if name.strip()]


def _key(files: list[Path], version: str) -> str:
    """What the trace depends on; a file that is not there is left for SUMO to complain about."""
    digest = hashlib.sha256(version.encode())
    for path in files:
        digest.update(b"\0" + path.name.encode(errors="surrogateescape"))
        with contextlib.suppress(OSError), path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
