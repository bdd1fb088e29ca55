"""A learner as plain arrays, and back: what training needs to go on as if it had not stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qvecsim.decision.learning.adam import Moments
from qvecsim.decision.learning.replay import Replay
from qvecsim.errors import PolicyError

COUNTS = ("updates", "decisions", "clipped", "inputs")
FOREIGN = "'state' must be that of a learner of this kind: the same scheme, network and settings (it is another's)."


class Kept(Protocol):
    """What there is to keep."""

    parameters: dict[str, Any]
    average: dict[str, Any]
    moments: Moments
    replay: Replay
    updates: int
    decisions: int
    clipped: int
    inputs: int
    owed: float


def state(learner: Kept) -> dict[str, NDArray[Any]]:
    """Named ``group/block``; of the replay the rows that are filled."""
    kept = len(learner.replay)
    groups: dict[str, Mapping[str, Any]] = {
        "parameters": learner.parameters,
        "average": learner.average,
        "first": learner.moments.first,
        "second": learner.moments.second,
        "replay": {name: column[:kept] for name, column in learner.replay.columns.items()},
    }
    found = {f"{group}/{name}": np.array(array) for group, blocks in groups.items() for name, array in blocks.items()}
    counts = [getattr(learner, name) for name in COUNTS]
    found["counts"] = np.array([*counts, learner.moments.steps, learner.replay.added], dtype=np.int64)
    return found | {"owed": np.array(learner.owed)}


def resume(learner: Kept, state: Mapping[str, NDArray[Any]]) -> None:
    """The learner goes on from ``state``; PolicyError if that is another kind's."""
    groups = {name: _group(state, name) for name in ("parameters", "average", "first", "second", "replay")}
    _check(learner, state, groups)
    *counts, steps, added = (int(count) for count in state["counts"])
    for name, count in zip(COUNTS, counts, strict=True):
        setattr(learner, name, count)
    order, rates = learner.parameters, learner.moments.first
    learner.parameters, learner.average = _as(order, groups["parameters"]), _as(order, groups["average"])
    learner.moments = Moments(steps, _as(rates, groups["first"]), _as(rates, groups["second"]))
    learner.replay.added = added
    for name, column in groups["replay"].items():
        learner.replay.columns[name][: len(column)] = column
    learner.owed = float(state["owed"])


def _group(state: Mapping[str, NDArray[Any]], group: str) -> dict[str, Any]:
    return {name.removeprefix(f"{group}/"): array for name, array in state.items() if name.startswith(f"{group}/")}


def _as(order: Mapping[str, Any], blocks: Mapping[str, Any]) -> dict[str, Any]:
    """In the order that they had: a file sorts by name, and sums over blocks follow their order."""
    return {name: blocks[name] for name in order}


def _check(learner: Kept, state: Mapping[str, NDArray[Any]], groups: Mapping[str, Mapping[str, Any]]) -> None:
    wanted = {name: array.shape for name, array in learner.parameters.items()}
    learned = {name: wanted[name] for name in learner.moments.first}
    shapes = {group: {name: array.shape for name, array in blocks.items()} for group, blocks in groups.items()}
    sound = shapes["parameters"] == shapes["average"] == wanted and shapes["first"] == shapes["second"] == learned
    rows = {name: column.shape[1:] for name, column in learner.replay.columns.items()}
    sound &= {name: shape[1:] for name, shape in shapes["replay"].items()} == rows
    sound &= "owed" in state and len(state.get("counts", ())) == len(COUNTS) + 2
    kept = min(int(state["counts"][-1]), learner.replay.capacity) if sound else 0
    if not sound or {len(column) for column in groups["replay"].values()} != {kept}:
        raise PolicyError(FOREIGN)
