"""Which files a scenario may name: those near it, near the user, or written by the user on the command line."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from qvecsim.errors import ScenarioError
from qvecsim.scenario.text import cut

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
GONE = "no such file"
KERNEL = (Path("/proc"), Path("/sys"))  # what lies there looks like files, and is none


class Origin(NamedTuple):
    """Who names a file: a scenario file (its folder, and the line), or the user (no folder)."""

    label: str = ""
    folder: Path | None = None


def found(key: str, name: str, folder: Path, origin: Origin) -> Path:
    """The ordinary file that ``key`` names: beside the file that says so, else in the current folder.

    ``folder`` is the scenario's. What a scenario file names must really lie below its own folder or the current one.
    """
    places = list(dict.fromkeys([(origin.folder or folder) / name, Path(name)]))
    path = next((place for place in places if _mode(place) is not None), None)
    fault = _fault(key, name, places if path is None else [path], origin)
    if fault is None and path is not None:
        return path
    label = f"{origin.label}: " if origin.label else ""
    raise ScenarioError(f"{label}'{key}' must name {fault or _missing(key, name, places)}")


def _fault(key: str, name: str, places: list[Path], origin: Origin) -> str | None:
    """What forbids to open the one place where the file is, or all where it might be."""
    if origin.folder is not None and not any(below(place, origin.folder, Path()) for place in places):
        where = "a file below the scenario's folder or the current one"
        fix = f"Copy it there, or start in a folder above it; --set {key}=PATH says that you trust it."
        return f"{where} (got '{cut(name)}'). {fix}"
    kind = odd(places[0])
    return f"an ordinary file (got '{cut(name)}', which is {kind})." if kind and kind != GONE else None


def _missing(key: str, name: str, places: list[Path]) -> str:
    where = " and ".join(f"'{cut(str(place), 200)}'" for place in places)
    home = " A ~ is not replaced here; write the folder out." if name.startswith("~") else ""
    without = f" If it can be done without: --set {key}=null."
    return f"a file that exists (got '{cut(name)}', looked for as {where}).{home}{without}"


def odd(path: Path) -> str | None:
    """What a path is, in words, if it is no ordinary file; nothing is opened."""
    mode = _mode(path)
    if mode is None:
        return GONE
    if any(Path(os.path.realpath(path)).is_relative_to(kernel) for kernel in KERNEL):
        return "a view into the system"
    return None if stat.S_ISREG(mode) else KINDS.get(stat.S_IFMT(mode), "no ordinary file")


def below(path: Path, *roots: Path) -> bool:
    """Whether a path, with all links followed, lies below one of the folders."""
    try:
        real = Path(os.path.realpath(path))
        return any(real.is_relative_to(os.path.realpath(root)) for root in roots)
    except (OSError, ValueError):
        return False


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return None
