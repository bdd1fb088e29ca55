"""Tells the author of a policy, in full sentences, what is wrong with it.

The policy is asked about observations of a small made-up world: many vehicles, none, and some without a task.
"""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from qvecsim.decision.policy import Policy
from qvecsim.errors import PolicyError
from qvecsim.plugin import told
from qvecsim.types import Action, Observation, Step

KINDS = {"f": "float", "b": "bool", "iu": "integer"}
LEAST_SHARE = 1e-6  # over a band of no width nothing ever arrives, neither tasks nor votes
FIELDS = tuple(field.name for field in dataclasses.fields(Action))
WRITES = "The policy writes into its observation, whose arrays are read-only; take a copy first."


def check_policy(
    policy: type[Policy], make: Any, observations: list[Observation], step: Callable[[Action], Step] | None = None
) -> list[str]:
    """All that is wrong with a policy class, one sentence each; ``make`` is called to make a fresh one of it.

    ``step`` tells what an action for the first observation leads to: two fresh policies learn from that.
    """
    try:
        one, twin, learner, classmate = (make(policy) for _ in range(4))
    except (Exception, SystemExit) as error:
        return [f"The policy cannot be made: {policy.__name__}(scenario, streams) raised {told(error)}."]
    for observation in observations:
        if problems := _try(one, twin, observation):
            return [f"{problem} {_where(observation)}" for problem in problems]
    return _learning(learner, classmate, observations[0], step) if step else []


def _learning(one: Policy, twin: Policy, first: Observation, step: Callable[[Action], Step]) -> list[str]:
    """Both decide, learn from what came of it, and decide again."""
    try:
        taken = step(_ask(one, first))
        _ask(twin, first)
        same = copy.deepcopy(taken)
        _teach(one, taken)
        _teach(twin, copy.deepcopy(same))
    except PolicyError as error:
        return [str(error)]
    before, after = same.next_observation, taken.next_observation
    assert before is not None
    assert after is not None
    return [f"After learn: {problem}" for problem in _touched(before, after)] or [
        f"After learn: {problem}" for problem in _try(one, twin, after)
    ]


def _teach(policy: Policy, step: Step) -> None:
    try:
        policy.learn([step])
    except (Exception, SystemExit) as error:
        raise PolicyError(f"The policy's learn raised {told(error)}.") from error


def _try(one: Policy, twin: Policy, observation: Observation) -> list[str]:
    before = copy.deepcopy(observation)
    try:
        action = _ask(one, observation)
    except PolicyError as error:
        return [str(error)]
    problems = [*shapes(action, observation), *_touched(before, observation)]
    if problems:
        return problems
    try:
        return _twice(action, _ask(twin, before))
    except PolicyError as error:
        return [f"{error} The first to decide the same observation did not, so the policy is not deterministic."]


def _ask(policy: Policy, observation: Observation) -> Action:
    """Its action for one observation; PolicyError where there is none."""
    try:
        actions = policy.act([observation])
    except (Exception, SystemExit) as error:
        if isinstance(error, ValueError) and re.search("read-only|WRITEABLE", str(error)):
            raise PolicyError(WRITES) from error
        raise PolicyError(f"The policy raised {told(error)}.") from error
    if not isinstance(actions, list) or len(actions) != 1:
        got = f"a list of {len(actions)} for 1" if isinstance(actions, list) else _kind(actions)
        raise PolicyError(f"act must return a list with one Action for each observation (got {got}).")
    return actions[0]


def shapes(action: Action, seen: Observation) -> Iterator[str]:
    """What is wrong with an action's shapes, types and ranges (C7-C12), one sentence each."""
    if not isinstance(action, Action):
        yield f"The policy must return a qvecsim.Action (got {_kind(action)}); observation.action(...) makes one."
        return
    vehicles, units, nodes = len(seen), len(seen.edge_hz), len(seen.temperature_k)
    wanted = {
        "efficiency": ((nodes,), "f", "the QKD nodes"),
        "offload": ((vehicles,), "b", "the vehicles"),
        "rsu": ((vehicles,), "iu", "the vehicles"),
        "bandwidth": ((units,), "f", "the roadside units"),
    }
    sound = True
    for name, (shape, kind, axis) in wanted.items():
        value = getattr(action, name)
        if not isinstance(value, np.ndarray):
            yield f"'{name}' must be a NumPy array (got {_kind(value)})."
        elif value.shape != shape:
            yield f"'{name}' must have shape {shape}, one entry for each of {axis} (got {value.shape})."
        elif value.dtype.kind not in kind:
            yield f"'{name}' must be of type {KINDS[kind]} (got {value.dtype})."
        else:
            continue
        sound = False
    if sound:
        yield from _ranges(action, seen, units)


def _ranges(action: Action, seen: Observation, units: int) -> Iterator[str]:
    yield from _within("efficiency", action.efficiency, 0.0, 1.0, "it is a probability")
    yield from _within(
        "bandwidth", action.bandwidth, LEAST_SHARE, 1.0 - LEAST_SHARE, "it is the vehicles' share of the band (C7, C8)"
    )
    read = action.offload & seen.deciding
    yield from _within("rsu", action.rsu[read], 0, units - 1, "it numbers a roadside unit (C9, C10)")
    yield from _whole("producer", action.producer, -1, units - 1, "it numbers a validator, -1 for none (C11, C12)")
    yield from _whole("block_bit", action.block_bit, 0, 2**40, "it is a size")


def _within(name: str, values: Any, low: float, high: float, why: str) -> Iterator[str]:
    # NaN fails both comparisons, so it is outside.
    if values.size and not (values.min() >= low and values.max() <= high):
        wrong = values[~((values >= low) & (values <= high))]
        yield f"'{name}' must lie in [{low}, {high}], because {why} (got {wrong[0]})."


def _whole(name: str, value: Any, low: int, high: int, why: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        yield f"'{name}' must be an integer (got {_kind(value)})."
    elif not low <= value <= high:
        yield f"'{name}' must lie in [{low}, {high}], because {why} (got {value})."


def _touched(before: Observation, after: Observation) -> Iterator[str]:
    for field in dataclasses.fields(before):
        if not np.array_equal(getattr(before, field.name), getattr(after, field.name), equal_nan=True):
            yield f"The policy changed '{field.name}' of its observation; other policies would see something else."


def _twice(first: Action, second: Any) -> list[str]:
    for name in FIELDS:
        again: Any = getattr(second, name, None)
        if not np.array_equal(getattr(first, name), again):
            return [
                f"The policy is not deterministic: '{name}' differs when the same observation is decided twice. "
                "Draw random numbers from self.random(observation) only, never from a generator of your own."
            ]
    return []


def _where(observation: Observation) -> str:
    return f"(Seen with {len(observation)} vehicles, {int(observation.deciding.sum())} of them deciding.)"


def _kind(value: Any) -> str:
    return type(value).__name__
