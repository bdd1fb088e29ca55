"""The best action of one slot, or bounds of what it costs. Level: the three ways, and which of them proves what.

``columns`` is exact for the objectives of ``amended`` and ``field`` with the radios of ours. ``enumeration`` tries
every target of every task with the simulator itself, for any model, where they are few. ``separable`` takes each task
at its best as if it were alone: a bound, wherever more senders never make a task cheaper, as with the radios of ours.
An answer is called optimal only where its lower bound meets an action that the simulator has evaluated.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from qvecsim.bounds import settings
from qvecsim.bounds.columns import picked
from qvecsim.bounds.options import IDLE, LOCAL, Options, alike, options, places, targets
from qvecsim.bounds.status import BOUND, NONE, OPTIMAL, TARGETS
from qvecsim.bounds.trial import Cost, Trial
from qvecsim.kernel.simulation import Simulation
from qvecsim.types import Action, Ints

TOLERANCE = 1e-9  # relative: what counts as meeting
ROUNDING = 1e-7  # relative: what floating point may make of sums in another order
TRIALS = 3000  # slots that are tried for one optimum
TIME_LIMIT_S = 20.0  # of the solver
RADIOS = ("paper", "amended", "field")  # in which more senders never make a task cheaper
ONE_PLACE = ("amended", "field")  # objectives in which a task pays for its own place alone


@dataclass(frozen=True)
class Optimum:
    """What a slot's best action costs: from ``lower`` to ``upper``, which is the cost of ``action``."""

    cost: Cost  # of what the scheme did
    lower: float
    best: Cost  # of ``action``
    action: Action
    status: str
    method: str
    held: tuple[str, ...]  # settings that are the scheme's own, because nothing is proven about others
    deciding: int
    evaluations: int

    @property
    def upper(self) -> float:
        """What the best action known costs."""
        return self.best.total

    @property
    def gap(self) -> float:
        """How much dearer than the lower bound the scheme was, relative to it; at most so much above the optimum."""
        return (self.cost.total - self.lower) / abs(self.lower) if self.lower else math.nan


def optimum(simulation: Simulation, own: Action, *, same_starts: bool = False, trials: int = TRIALS) -> Optimum:
    """The best action of the slot that begins; ``own`` is the scheme's.

    ``same_starts``: of the actions that start the tasks that the scheme starts, and no others. To put a task off costs
    no more than the slot that it waits, so that the best of all actions mostly starts next to nothing.
    """
    trial, own = Trial(simulation), simulation.inputs(own).action
    names = settings.known(simulation.profile)
    best = settings.best(trial, own, names)
    fixed = best.key_lower + best.block
    search = Search(trial, trial.cost(own), own, same_starts)
    lower, method = -math.inf, "none"
    if names.get("vec") in RADIOS and "problem" in names:
        lower, method = _relaxed(search, best.action, names["problem"], trials)
    every = search.places()
    if not search.meets(lower + fixed) and math.prod(map(len, every)) <= trials:
        nobody = np.full(len(trial.row), LOCAL)
        least = min(
            search.tried(targets(trial, best.action, np.array(each, np.int64), nobody))
            for each in itertools.product(*every)
        )
        lower, method = max(lower, least), "enumeration"
    return search.told(lower + fixed, method, best.held)


def _relaxed(search: Search, settled: Action, problem: str, trials: int) -> tuple[float, str]:
    """A lower bound of the tasks' cost, and how it was found; what it suggests is tried."""
    choices = search.options(settled)
    if problem not in ONE_PLACE:
        search.tried(targets(search.trial, settled, _alone(choices), choices.refusing))
        return choices.separable, "separable"
    pick = picked(search.trial, choices, trials, TIME_LIMIT_S)
    search.tried(targets(search.trial, settled, pick.target, choices.refusing))
    return pick.lower, "columns" if pick.complete else "separable"


def _alone(choices: Options) -> Ints:
    """Where each task would go if it were alone."""
    stay = np.where(choices.idle < choices.local, IDLE, LOCAL)
    best: Ints = choices.send.argmin(axis=1)
    return np.where(choices.send.min(axis=1, initial=np.inf) < choices.stay, best, stay)


class Search:
    """The cheapest action seen so far, each evaluated by the simulator itself."""

    def __init__(self, trial: Trial, cost: Cost, own: Action, same_starts: bool) -> None:
        self.trial, self.cost, self.own, self.same_starts = trial, cost, own, same_starts
        self.action, self.best = own, cost

    def options(self, settled: Action) -> Options:
        """What each task could come to."""
        every = options(self.trial, settled)
        return alike(every, self.cost.started, self.own, self.trial) if self.same_starts else every

    def places(self) -> list[list[int]]:
        """What each task can be told; in the vehicle, which is told first, every task starts."""
        every = places(self.trial)
        if not self.same_starts:
            return every
        return [told if began else told[1:] for told, began in zip(every, self.cost.started.tolist(), strict=True)]

    def tried(self, action: Action) -> float:
        """What the tasks cost with this action; infinite where it starts others and must not."""
        cost = self.trial.cost(action)
        if self.same_starts and not np.array_equal(cost.started, self.cost.started):
            return math.inf
        if cost.total < self.best.total:
            self.action, self.best = action, cost
        return cost.tasks

    def meets(self, lower: float) -> bool:
        """Whether the cheapest action seen is proven to be the cheapest there is."""
        return self.best.total - lower <= TOLERANCE * (1.0 + abs(self.best.total))

    def told(self, lower: float, method: str, held: tuple[str, ...]) -> Optimum:
        """What the search came to; the bound is no more than what was seen, but for rounding, or else it is none."""
        assert lower <= self.best.total + ROUNDING * (1.0 + abs(self.best.total)), "a bound above an action's cost"
        status = (TARGETS if held else OPTIMAL) if self.meets(lower) else BOUND if math.isfinite(lower) else NONE
        trial, bound = self.trial, min(lower, self.best.total)
        return Optimum(
            self.cost, bound, self.best, self.action, status, method, held, len(trial.row), trial.evaluations
        )
