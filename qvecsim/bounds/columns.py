"""The best targets of a slot by columns: which tasks a unit could serve together, and what that saves.

Where a task's cost at a unit depends on the others at the same unit alone and does not fall when one more is sent
there, a set in which some task saves nothing is beaten by the same set without it, and so is every larger one. What
remains is listed (a set is left out with all that contain it), and HiGHS picks one set a unit and at most one place a
task. Keys count as what the links to a unit can pay together, which no routing exceeds. Level: sets.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from qvecsim.bounds.options import IDLE, LOCAL, Options, targets
from qvecsim.bounds.solver import Programme, solved
from qvecsim.bounds.trial import Trial
from qvecsim.types import Floats, Ints


class Column(NamedTuple):
    """Tasks that a unit serves together, and what they save against staying where they are."""

    unit: int
    tasks: tuple[int, ...]
    saves: float


class Pick(NamedTuple):
    """The best targets (D,) of the relaxed slot, and what no action of this slot can be below."""

    target: Ints
    lower: float
    complete: bool


@dataclass
class Lister:
    """Lists the columns of a slot, as long as the trials last."""

    trial: Trial
    options: Options
    trials: int
    columns: list[Column] = field(default_factory=list)

    def listed(self) -> bool:
        """Whether all columns could be listed."""
        for unit in range(self.options.send.shape[1]):
            saves = self.options.stay - self.options.send[:, unit]
            useful: list[int] = np.flatnonzero(saves > 0).tolist()
            if not self._grow(unit, (), useful, self.options.send[:, unit]):
                return False
        return True

    def _grow(self, unit: int, served: tuple[int, ...], more: list[int], cost: Floats) -> bool:
        """Every set that begins with ``served``; ``cost`` is what each other would pay beside them."""
        for place, task in enumerate(more):
            if cost[task] >= self.options.stay[task]:
                continue
            together = (*served, task)
            if self.options.need_bit[list(together), unit].sum() > self.options.pool_bit[unit]:
                continue
            if not self.trials:
                return False
            beside = self._tried(unit, together)
            if beside is not None and not self._grow(unit, together, more[place + 1 :], beside):
                return False
        return True

    def _tried(self, unit: int, together: tuple[int, ...]) -> Floats | None:
        """(D,) what each task pays with these at the unit; None where they cannot be, or one of them saves nothing."""
        self.trials -= 1
        target = np.full(len(self.options.local), LOCAL)
        index = np.array(together)
        target[index] = unit
        start, latencies = self.trial.glance(targets(self.trial, self.options.action, target, target))
        if not start.sent[index].all():
            return None
        cost = self.trial.task_cost(latencies)[:, unit]
        saves = self.options.stay[index] - cost[index]
        if (saves <= 0).any():
            return None
        self.columns.append(Column(unit, together, float(saves.sum())))
        return cost


def picked(trial: Trial, options: Options, trials: int, time_limit_s: float) -> Pick:
    """The best targets by the columns; where not all could be listed, good ones, and the separable bound."""
    lister = Lister(trial, options, trials)
    complete = lister.listed()
    target = np.where(options.idle < options.local, IDLE, LOCAL)
    stay = options.base + float(options.stay.sum())
    if not lister.columns:
        return Pick(target, stay if complete else options.separable, complete)
    saves = np.array([column.saves for column in lister.columns])
    answer = solved(_packing(lister.columns, saves, *options.send.shape), time_limit_s, 0.0)
    chosen = answer.values > 0.5 if answer.values is not None else np.zeros(len(saves), dtype=bool)
    for column in itertools.compress(lister.columns, chosen):
        target[list(column.tasks)] = column.unit
    # A finished answer is the best of all whole ones: it is told to the last bit, not to the solver's tolerance.
    lower = stay - float(saves[chosen].sum()) if answer.finished else stay + answer.bound
    return Pick(target, max(lower, options.separable) if complete else options.separable, complete)


def _packing(columns: list[Column], saves: Floats, tasks: int, units: int) -> Programme:
    """One column a unit and one place a task at most."""
    rows = np.zeros((tasks + units, len(columns)))
    for number, column in enumerate(columns):
        rows[list(column.tasks), number] = 1.0
        rows[tasks + column.unit, number] = 1.0
    return Programme(-saves, np.ones(len(columns)), np.ones(len(columns), bool), rows, np.ones(tasks + units))
