"""The one way in for code of the user's own: ``module:name``, found in the current folder or installed."""

from __future__ import annotations

import importlib
import importlib.machinery
import inspect
import os
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from qvecsim.errors import PluginError, PluginRaisedError, QvecsimError, ScenarioError, did_you_mean

_SEEN: dict[str, str] = {}  # modules that came in here, and what they were then
OURS = str(Path(__file__).parent)
LIBRARIES = tuple(str(Path(sysconfig.get_path(name))) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def load(reference: str, key: str, *folders: Path, error_class: type[QvecsimError] = ScenarioError) -> Any:
    """The object that ``module:name`` names; ``key`` is the parameter to blame when there is none."""
    module_name, _, name = reference.rpartition(":")
    if not module_name or not name:
        raise error_class(f"'{key}' must be module:name (got '{reference}').")
    if fix := no_module(module_name):
        raise error_class(f"'{key}' must name a module, not a file (got '{reference}'). {fix}:{name}.")
    try:
        module = _import(module_name, folders)
    except (Exception, SystemExit) as error:  # a script may end itself
        raise error_class(f"'{key}'{_not_imported(module_name, error)}") from error
    if not hasattr(module, name):
        hint = did_you_mean(name, _public(module))
        raise error_class(f"'{key}' must name something in '{module_name}' (got '{name}'). {hint}".rstrip())
    return getattr(module, name)


def source_sha256(reference: str, *folders: Path) -> str:
    """SHA-256 of the module that ``module:name`` names, as it lies on disk: its code decides what a run does."""
    return _digest(_import(reference.rpartition(":")[0], folders))


@contextmanager
def own_code(key: str, reference: str) -> Iterator[None]:
    """Run code of the user's own: what it raises becomes one line that names it, with the exception as its cause."""
    try:
        yield
    except QvecsimError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginRaisedError(f"'{key}' {reference} raised {told(error)}.") from error


@contextmanager
def in_slot(slot: int) -> Iterator[None]:
    """Say in which slot a plug-in failed, where it could not know."""
    try:
        yield
    except PluginError as error:
        # SimPy raises a copy of what a process raised, with the first as its cause.
        first = error.__cause__ if isinstance(error.__cause__, PluginError) else error
        first.slot = slot if first.slot is None else first.slot
        raise first from first.__cause__


def told(error: BaseException) -> str:
    """An exception in words: its type, its message in one line, and the user's line that led to it."""
    message = error.msg if isinstance(error, SyntaxError) else error
    said = " ".join(f"{type(error).__name__}: {message}".split()).rstrip(".: ")
    place = _place(error)
    return f"{said} ({place})" if place else said


def _place(error: BaseException) -> str:
    """``file:line`` of the last line of the user's own on the way to where it was raised."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _within(frame.filename, OURS)]
    frames = [frame for frame in frames if os.path.isfile(frame.filename)]
    own = [frame for frame in frames if not any(_within(frame.filename, folder) for folder in LIBRARIES)]
    last = (own or frames)[-1:]
    return f"{last[0].filename}:{last[0].lineno}" if last else ""


def _within(path: str, folder: str) -> bool:
    return os.path.abspath(path).startswith(folder + os.sep)


def no_module(name: str) -> str:
    """What to write instead, where somebody has named a file; the name of what is in it has to follow."""
    stem = name.removesuffix(".py")
    if "/" in stem or "\\" in stem:
        module = stem.replace("\\", "/").rpartition("/")[2]
        return f"Put {module}.py beside the scenario or in the current folder, and write {module}"
    return "" if stem == name else f"Give it as {stem}"


def _not_imported(name: str, error: BaseException) -> str:
    """Why a module could not be imported: it is not there, something that it needs is not, or it raised."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing and (missing == name or name.startswith(f"{missing}.")):
        where = f"It is looked for in {Path.cwd()}; is its name right, and is it a .py file there?"
        return f" must name a module that can be imported (got '{name}': {error}). {where}"
    hint = f" Install '{missing.partition('.')[0]}' for {sys.executable}." if missing else ""
    return f": importing '{name}' failed: {told(error)}.{hint}"


def _public(module: Any) -> list[str]:
    named = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return [name for name, value in named.items() if not inspect.ismodule(value) and name != "annotations"]


def _import(name: str, folders: tuple[Path, ...]) -> Any:
    """Import with the current folder (and ``folders``) on the path, as ``python -m`` has it."""
    before = list(sys.path)
    sys.path[:0] = [os.getcwd(), *(str(folder.resolve()) for folder in folders)]
    importlib.invalidate_caches()
    try:
        _forget_another(name)
        module = importlib.import_module(name)
        _SEEN.setdefault(name, _digest(module))
        return module
    finally:
        sys.path[:] = before


def _forget_another(name: str) -> None:
    """Forget a module of this name that is not the one that would be found now: of another folder, or changed since."""
    known = sys.modules.get(name)
    if known is None or "." in name or name not in _SEEN:
        return  # a package's own, or imported by somebody else
    found = importlib.machinery.PathFinder.find_spec(name, sys.path)
    if found and (found.origin != known.__file__ or _digest(known) != _SEEN[name]):
        del sys.modules[name], _SEEN[name]


def _digest(module: Any) -> str:
    path = getattr(module, "__file__", None)
    return sha256(Path(path).read_bytes()).hexdigest() if path and Path(path).is_file() else ""
