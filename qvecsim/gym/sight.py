"""What passes between an environment and its action mode."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qvecsim.errors import PolicyError, QvecsimError
from qvecsim.types import Bools, Ints

Shown = NDArray[np.float32]


class Spaces(NamedTuple):
    """What Gymnasium's spaces are made of."""

    shape: tuple[int, ...]  # of what is shown, every entry in [0, 1]
    options: Ints  # (C,) how many there are for each choice; () where there is one choice alone


class Sight(NamedTuple):
    """What an agent is shown of a boundary, and what its choice is about."""

    shown: Shown
    valid: Bools  # (C, options) what may be chosen; the others mean option 0
    rule: Ints  # as a choice: what the price rule would do
    asked: int  # tasks that the choice decides
    beyond: int  # tasks that it does not
    clipped: int  # inputs that had to be brought into [0, 1]
    about: Any = None  # the mode's own


def whole(name: str, value: Any, least: int, most: int) -> int:
    """A whole number within its limits."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
        raise QvecsimError(f"'{name}' must be a whole number from {least} to {most} (got {value!r}).")
    return int(value)


def checked(action: Any, options: Ints) -> Ints:
    """An agent's choice as integers; PolicyError where it is none of this space."""
    choice = np.asarray(action)
    if choice.shape != options.shape:
        raise PolicyError(f"'action' must have shape {options.shape} (got {choice.shape}).")
    if choice.dtype.kind not in "iu":
        raise PolicyError(f"'action' must be of an integer type (got {choice.dtype}).")
    outside = (choice < 0) | (choice >= options)
    if outside.any():
        wrong, most = np.atleast_1d(choice)[np.atleast_1d(outside)][0], np.atleast_1d(options)[0] - 1
        raise PolicyError(f"'action' must lie in [0, {most}] (got {wrong}).")
    return choice.astype(np.int64)
