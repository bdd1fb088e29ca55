"""What a run that was killed leaves beside its target, and who may clear it away.

A run grows in ``.NAME.partial-HOST-PID`` and moves what it replaces to ``.NAME.old-HOST-PID`` for an instant. Whoever
writes next in the same folder removes the first and puts the second back, if it can tell that the process is gone.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PARTIAL, OLD = "partial", "old"
HOST = re.sub(r"[^A-Za-z0-9]", "", platform.node())[:24] or "here"
LEFT = re.compile(rf"\.(?P<target>.+)\.(?P<kind>{PARTIAL}|{OLD})-{HOST}-(?P<pid>[0-9]{{1,10}})")


def name(target: Path, kind: str) -> Path:
    """Where this process keeps what belongs to ``target``."""
    return target.with_name(f".{target.name}.{kind}-{HOST}-{os.getpid()}")


@contextmanager
def growing(target: Path) -> Iterator[Path]:
    """A place beside ``target`` that becomes it when the block ends well, and is gone when it does not."""
    partial = name(target, PARTIAL)
    try:
        yield partial
        os.replace(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def sweep(parent: Path) -> None:
    """Clear away what dead processes of this host have left in a folder; what cannot be removed stays."""
    with suppress(OSError):
        found = [(LEFT.fullmatch(path.name), path) for path in parent.iterdir()]
        left = [(match, path) for match, path in found if match and path.is_dir() and not path.is_symlink()]
        # The old runs first: one that was killed between its two moves has its result under that name only.
        for match, path in sorted(left, key=lambda entry: entry[0]["kind"]):
            if _gone(int(match["pid"]), path):
                _clear(path, parent / match["target"], match["kind"])


def _clear(path: Path, target: Path, kind: str) -> None:
    with suppress(OSError):
        if kind == OLD and not target.exists():
            os.replace(path, target)
        else:
            shutil.rmtree(path, ignore_errors=True)


def _gone(pid: int, path: Path) -> bool:
    """Whether the process that made a folder is over: none has its number, or one of another user or a dead one."""
    if os.name != "posix":  # there is no harmless signal to ask with
        return False
    if path.stat().st_uid != os.getuid() or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        return True  # it runs under another user, and the folder is ours
    return _dead(pid)


def _dead(pid: int) -> bool:
    """Whether only the entry of a process is left, as in a container whose first process does not ask for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] in "ZX"
    except (OSError, IndexError):
        return False  # a system without /proc, or one that has just gone
