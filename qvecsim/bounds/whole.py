"""What no policy can go below on the world of a run: linear programmes over all its tasks. Level: programmes.

**Costs.** Of a task that is done or late its latency; of one that is dropped its age then and ``objective.drop_s``; of
one in flight its age when the run ends. **Misses.** Tasks late or dropped, and those in flight whose deadline is past.

**Why these are bounds.** Take any policy's run. Each of its tasks is computed in its vehicle, dropped, in flight at
the end, or was sent to one unit at one boundary; set the share of that choice to 1. ``lives`` and ``choices`` charge
each of these at most what the run was charged. The shares of a task add up to 1. Keys: every key for a unit crosses
one of the links that end there, so what offloads to it have withdrawn by a boundary is at most what these links held
at the start and have made since, above their reserves; between two boundaries a pool carries no more than its
capacity. So the run is feasible in the programme, and its cost at least the programme's least. Relaxed, beside the
shares: interference, queues, one task at a time in vehicle and transmitter, the way of keys beyond the unit's links,
their age, the vehicles' stores, and session keys (with ``keys.rekey`` other than ``per_task``, and with
``keys.missing: expose``, keys are left out).

**Which policies.** ``rates`` are what the links can make at most: ``generated`` says for whom that holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qvecsim.bounds.choices import Choices
from qvecsim.bounds.lives import Life
from qvecsim.bounds.solver import Programme, solved
from qvecsim.types import Floats, Ints

SLACK = 1e-6  # relative: the solver's tolerance, given away
MOST_CHOICES = 150_000  # of a programme; beyond, the boundaries of a task at a unit become one
SEPARABLE = "each task alone, keys left out"


@dataclass(frozen=True)
class Pools:
    """(M,) the links that end at each unit, taken together; bits above their reserves."""

    initial_bit: Floats
    capacity_bit: Floats
    made_bit: Floats  # (slots, M) what they make in each slot at most


@dataclass(frozen=True)
class Lower:
    """A lower bound, and how much of the keys is in it."""

    value: float
    keys: str


def least(loss: Floats, choices: Choices, gain: Floats, need_bit: Ints, pools: Pools, time_limit_s: float) -> Lower:
    """Least sum of ``loss`` (N,), which each task has without units, less ``gain`` (K,) > 0 of the choices taken."""
    best = np.zeros(len(loss))
    np.maximum.at(best, choices.task, gain)
    separable = Lower(float((loss - best).sum()), SEPARABLE)
    keyed = need_bit[choices.task] > 0
    if not keyed.any():
        return separable
    merged = np.count_nonzero(keyed) > MOST_CHOICES
    if merged:
        choices, gain = _merged(choices, gain)
    if len(gain) > MOST_CHOICES:
        return separable
    programme = flow(choices, gain, need_bit, pools, len(loss), capped=not merged)
    answer = solved(programme, time_limit_s, 0.0)
    if not answer.finished:
        return separable
    total = float(loss.sum())
    bound = total + answer.bound - SLACK * abs(answer.bound)
    return Lower(max(bound, separable.value), "pools, one choice a unit" if merged else "pools, slot by slot")


def flow(choices: Choices, gain: Floats, need_bit: Ints, pools: Pools, tasks: int, *, capped: bool) -> Programme:
    """Columns: choices, then what the pool of a unit holds above its reserve at each boundary at which it is asked."""
    from scipy.sparse import coo_array

    count, units = len(gain), len(pools.initial_bit)
    slots = len(pools.made_bit)
    asked, event = np.unique(choices.unit * slots + choices.slot, return_inverse=True)
    unit, slot = asked // slots, asked % slots
    made_bit = np.vstack([np.zeros(units), np.cumsum(pools.made_bit, axis=0)])[slot, unit]  # before this boundary
    follows = np.append(False, unit[1:] == unit[:-1]) if len(unit) else np.zeros(0, dtype=bool)
    since_bit = made_bit - np.where(follows, np.roll(made_bit, 1), 0.0)
    events, number, column = np.arange(len(asked)), np.flatnonzero(follows), np.arange(count)
    need = need_bit[choices.task].astype(float)
    rows = np.concatenate([choices.task, tasks + event, tasks + events])
    columns = np.concatenate([column, column, count + events])
    values = np.concatenate([np.ones(count), need, -np.ones(len(asked))])
    # What is held now is at most what was held, less what was withdrawn, and what was made since.
    before = tasks + len(asked)
    earlier = follows[np.minimum(event + 1, len(asked) - 1)] & (event + 1 < len(asked))
    rows = np.concatenate([rows, before + events, before + number, before + event[earlier] + 1])
    columns = np.concatenate([columns, count + events, count + number - 1, column[earlier]])
    values = np.concatenate([values, np.ones(len(asked)), -np.ones(len(number)), need[earlier]])
    start_bit = np.where(follows, 0.0, pools.initial_bit[unit])
    limits = np.concatenate([np.ones(tasks), np.zeros(len(asked)), since_bit + start_bit])
    whole = np.zeros(count + len(asked), dtype=bool)
    high = np.concatenate([np.ones(count), pools.capacity_bit[unit] if capped else np.full(len(asked), np.inf)])
    shape = (tasks + 2 * len(asked), count + len(asked))
    matrix = coo_array((values, (rows, columns)), shape=shape).tocsr()
    return Programme(np.concatenate([-gain, np.zeros(len(asked))]), high, whole, matrix, limits)


def _merged(choices: Choices, gain: Floats) -> tuple[Choices, Floats]:
    """One choice a task and unit: the best gain, its key withdrawn as late as any of them would.

    What is withdrawn later was there all the same, unless a full pool could not have kept it: so without capacities.
    """
    place, group = np.unique(choices.task * (int(choices.unit.max(initial=0)) + 1) + choices.unit, return_inverse=True)
    best, last = np.zeros(len(place)), np.zeros(len(place), dtype=np.int64)
    np.maximum.at(best, group, gain)
    np.maximum.at(last, group, choices.slot)
    units = int(choices.unit.max(initial=0)) + 1
    return Choices(place // units, place % units, last, best), best


def least_cost_s(lives: Life, choices: Choices, pools: Pools, time_limit_s: float) -> Lower:
    """Lower bound of the sum of costs, s."""
    loss = lives.alone_s
    useful = choices.chosen(choices.latency_s < loss[choices.task])
    gain = loss[useful.task] - useful.latency_s
    return least(loss, useful, gain, lives.need_bit, pools, time_limit_s)


def least_misses(lives: Life, choices: Choices, pools: Pools, time_limit_s: float) -> Lower:
    """Lower bound of the number of misses: a whole number, as misses are."""
    late = (lives.local_s > lives.deadline_s) & ~lives.pending
    in_time = late[choices.task] & (choices.latency_s <= lives.deadline_s[choices.task])
    useful = choices.chosen(in_time)
    found = least(late.astype(float), useful, np.ones(len(useful.task)), lives.need_bit, pools, time_limit_s)
    return Lower(float(math.ceil(found.value - 1e-6)), found.keys)
