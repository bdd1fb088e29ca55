"""The one way in for code of the user's own: ``module:name``, found in the current folder or installed."""

from __future__ import annotations

import importlib
import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from qvecsim.errors import QvecsimError, ScenarioError


def load(reference: str, key: str, *folders: Path, error_class: type[QvecsimError] = ScenarioError) -> Any:
    """The object that ``module:name`` names; ``key`` is the parameter to blame when there is none."""
    module_name, _, name = reference.partition(":")
    if not module_name or not name:
        raise error_class(f"'{key}' must be module:name (got '{reference}').")
    try:
        module = _import(module_name, folders)
    except ModuleNotFoundError as error:
        raise error_class(
            f"'{key}' must name a module that can be imported (got '{module_name}': {error}). "
            f"It is looked for in {Path.cwd()}; is its name right, and is it a .py file there?"
        ) from None
    except (Exception, SystemExit) as error:  # a script may end itself
        raise error_class(f"'{key}': importing '{module_name}' failed: {type(error).__name__}: {error}.") from error
    if not hasattr(module, name):
        raise error_class(f"'{key}' must name something in '{module_name}' (got '{name}').")
    return getattr(module, name)


def source_sha256(reference: str, *folders: Path) -> str:
    """SHA-256 of the module that ``module:name`` names, as it lies on disk: its code decides what a run does."""
    path = getattr(_import(reference.partition(":")[0], folders), "__file__", None)
    return sha256(Path(path).read_bytes()).hexdigest() if path and Path(path).is_file() else ""


def _import(name: str, folders: tuple[Path, ...]) -> Any:
    """Import with the current folder (and ``folders``) on the path, as ``python -m`` has it."""
    before = list(sys.path)
    sys.path[:0] = [os.getcwd(), *(str(folder.resolve()) for folder in folders)]
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    finally:
        sys.path[:] = before
