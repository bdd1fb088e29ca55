"""What a command owes the shell that started it: one line on stderr, an exit code, and no mess after a signal."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from qvecsim.errors import OutputError

STOPS = ("SIGTERM", "SIGHUP")  # beside Ctrl-C, which Python turns into a KeyboardInterrupt by itself


class Stopped(KeyboardInterrupt):
    """A signal asked this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM and SIGHUP end the block like Ctrl-C, so that it cleans up; one that is ignored (nohup) stays so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in STOPS if hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]

    def stop(number: int, frame: Any) -> None:
        for other in ours:  # a second one must not cut the cleaning short
            signal.signal(other, signal.SIG_IGN)
        raise Stopped(number)

    for number in ours:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def open_streams() -> None:
    """Give what is written to a closed stdout or stderr (``>&-``) a place to go, and take the number of its file."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - open as long as the process


def flush() -> None:
    """Write out what is left for stdout: here and not at exit, where a failure would be exit code 120."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"Standard output cannot be written ({error.strerror}).") from error


def drain() -> None:
    """After an error: write out what is left for stdout, or throw it away."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        silence(sys.stdout)


def silence(stream: TextIO) -> None:
    """Throw away what a stream still holds, which nobody can take any more."""
    with suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def tell(error: Exception) -> None:
    """One line on stderr; before it the traceback where QVECSIM_TRACEBACK=1."""
    if os.environ.get("QVECSIM_TRACEBACK") == "1":
        _say("".join(traceback.format_exception(error)).rstrip())
    _say(_words(error))


def _say(line: str) -> None:
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except OSError:  # there is nobody left to tell
        silence(sys.stderr)


def _words(error: Exception) -> str:
    if not isinstance(error, OSError) or isinstance(error, OutputError):
        return str(error)
    place = f"'{error.filename}'" if error.filename else "A file or stream"
    return f"{place} cannot be read or written ({error.strerror or error})."


def stopped(stop: KeyboardInterrupt) -> int:
    """Say what ended the run; its exit code, 128 and the number of the signal."""
    number = stop.number if isinstance(stop, Stopped) else int(signal.SIGINT)
    how = f"stopped by {signal.Signals(number).name}" if isinstance(stop, Stopped) else "interrupted"
    _say(f"{how}; {' '.join(getattr(stop, '__notes__', ['nothing was left behind.']))}")
    return 128 + number
