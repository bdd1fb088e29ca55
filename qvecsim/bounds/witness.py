"""A run played again by somebody who looks at its slots before they happen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qvecsim.bounds.generated import most_bps
from qvecsim.bounds.optimum import Optimum, optimum
from qvecsim.kernel.simulation import Simulation
from qvecsim.rows import joined
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Action, Floats, Outcome, Records
from qvecsim.world.world import World


class Witness(Simulation):
    """A simulation that looks for the optimum of some of its slots, and notes what the bounds of the whole need."""

    def __init__(self, scenario: Scenario, world: World, sampled: Sequence[int]) -> None:
        super().__init__(scenario, world=world)
        self.sampled = frozenset(sampled)
        self.records: list[dict[str, Any]] = []
        self.rates_bps: list[Floats] = []
        self.ended: list[Records] = []

    def step(self, action: Action) -> Outcome:
        """As ever; before it, what the best action would have cost."""
        slot, most = self.state.slot, most_bps(self)
        if slot in self.sampled:
            self.records.append(record(slot, optimum(self, action), optimum(self, action, same_starts=True)))
        outcome = super().step(action)
        self.rates_bps.append(np.asarray(outcome.links["key_rate_bps"]) if most is None else most)
        self.ended.append(outcome.ended)
        return outcome

    @property
    def tasks(self) -> Records:
        """Every task that was born, in the order of their numbers."""
        every = joined(*self.ended, self.state.tasks)
        return every[np.argsort(every["task"], kind="stable")]


def record(slot: int, free: Optimum, alike: Optimum) -> dict[str, Any]:
    """One sampled slot; costs are in the units of (22), gaps relative to the lower bound."""
    return {
        "slot": slot,
        "deciding": free.deciding,
        "cost": free.cost.total,
        "put_off": free.cost.put_off,
        "lower": free.lower,
        "upper": free.upper,
        "status": free.status,
        "method": free.method,
        "held": " ".join(free.held),
        "gap": free.gap,
        "best_put_off": free.best.put_off,
        "alike_lower": alike.lower,
        "alike_upper": alike.upper,
        "alike_status": alike.status,
        "alike_gap": alike.gap,
        "key": free.cost.key,
        "tasks": free.cost.tasks,
        "block": free.cost.block,
        "best_key": free.best.key,
        "best_tasks": free.best.tasks,
        "best_block": free.best.block,
    }
