"""Everything that can go wrong on a user's side, as one small tree.

::

    QvecsimError                    exit 2
    |- ScenarioError  (ValueError)  a scenario file or an override breaks a rule
    |- TraceError     (ValueError)  a mobility file cannot be replayed
    |- PolicyError    (ValueError)  a policy returned something that is no action
    |- PhysicsError   (ValueError)  a guard fired while ``strict: true``; exit 1
    |- PluginError    (ValueError)  a model of one's own returned what is of no use
    |  `- PluginRaisedError        code of one's own raised an exception, which is the cause; exit 1
    |- BatchError     (RuntimeError) some runs of a study failed; exit 3
    |- OutputError    (OSError)     a result cannot be written: disk, folder, standard output
    `- ResultError    (ValueError)  a run folder is foreign or damaged; exit 4
       `- AbsentError               there is no such folder; exit 2

Every class is also a builtin exception, so that code which knows nothing of qvecsim can catch it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from types import TracebackType

LINES = 100  # the most that one error tells


class QvecsimError(Exception):
    """What the user can mend: one line that says what, where, the rule, the value and the likely fix."""

    exit_code = 2


class ScenarioError(QvecsimError, ValueError):
    """A scenario breaks one or more rules; ``problems`` holds one line for each."""

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class TraceError(QvecsimError, ValueError):
    """A mobility file cannot be replayed as it is."""


class PolicyError(QvecsimError, ValueError):
    """A policy cannot be loaded, or returned something that is no action."""


class PhysicsError(QvecsimError, ValueError):
    """A guard fired in a run that asked for none (``strict: true``)."""

    exit_code = 1


class PluginError(QvecsimError, ValueError):
    """A model of one's own returned what is of no use; ``slot`` is when, as soon as somebody knows."""

    slot: int | None = None

    def __str__(self) -> str:
        said = super().__str__()
        return said if self.slot is None else f"slot {self.slot}: {said}"


class PluginRaisedError(PluginError):
    """Code of one's own raised an exception; that is the cause of this one."""

    exit_code = 1


class BatchError(QvecsimError, RuntimeError):
    """Some runs of a study failed; ``problems`` holds one line for each. The others are there."""

    exit_code = 3

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class OutputError(QvecsimError, OSError):
    """A result cannot be written where it should be."""


class ResultError(QvecsimError, ValueError):
    """A run folder is missing, is not one of ours, or is damaged."""

    exit_code = 4


class AbsentError(ResultError):
    """There is no run folder where one is named."""

    exit_code = 2


class Problems:
    """Errors of independent checks, to be told at once: ``with problems:`` goes on after one."""

    def __init__(self) -> None:
        self.lines: dict[str, None] = {}  # each once, in the order in which they were found
        self._first: QvecsimError | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if not isinstance(error, QvecsimError):
            return False
        self._first = self._first or error
        self.lines |= dict.fromkeys(str(error).splitlines())
        return True

    def tell(self) -> None:
        """Raise what was found: an error alone as it is, several as one ``ScenarioError``."""
        if self._first is None:
            return
        alone = list(self.lines) == str(self._first).splitlines()
        raise self._first if alone else ScenarioError(list(self.lines)[:LINES])


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The closing words of an error about ``word``: the nearest known word, or all of them."""
    names = sorted(known)
    if near := nearest(word, names):
        return f"Did you mean '{near}'?"
    return f"Known: {', '.join(names)}." if names else ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like another one, if any is like it."""
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)), None)
