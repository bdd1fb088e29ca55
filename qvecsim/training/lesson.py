"""Several worlds of one scenario, driven in step by one policy: it decides and learns in all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qvecsim.decision.policy import Policy
from qvecsim.kernel.simulation import Simulation
from qvecsim.plugin import in_slot
from qvecsim.runner import Totals, blaming, calm_collector, decided, summarise
from qvecsim.types import Step
from qvecsim.world.world import World

KEPT = ("slots", "return", "deadline_miss_rate", "mean_latency_s")


def lesson(policy: Policy, worlds: Sequence[World], scheme: str, note: Callable[[int], None]) -> list[dict[str, Any]]:
    """Drive them to their end, what came of each in a few numbers; ``note`` is told how many slots are over."""
    simulations = [Simulation(world.scenario, world=world) for world in worlds]
    totals = [Totals() for _ in worlds]
    with calm_collector():
        _driven(policy, simulations, totals, scheme, note)
    return [_told(summarise(*one)) for one in zip(simulations, totals, strict=True)]


def _driven(
    policy: Policy, simulations: list[Simulation], totals: list[Totals], scheme: str, note: Callable[[int], None]
) -> None:
    """Slot by slot; all worlds have as many, because their trace and their slots are the same."""
    seen = [one.observe() for one in simulations]
    while not simulations[0].finished:
        slot = simulations[0].state.slot
        with in_slot(slot):
            with blaming(scheme):
                actions = decided(policy, seen)
            outcomes = [one.step(action) for one, action in zip(simulations, actions, strict=True)]
            following = [None if one.finished else one.observe() for one in simulations]
            told = zip(seen, actions, outcomes, following, strict=True)
            steps = [Step(before, did, what.reward, what, after) for before, did, what, after in told]
            with blaming(scheme):
                policy.learn(steps)
        for total, outcome in zip(totals, outcomes, strict=True):
            total.add(outcome)
        seen = [after for after in following if after is not None]
        note(slot + 1)


def _told(summary: Mapping[str, Any]) -> dict[str, Any]:
    ended = sum(summary[f"tasks_{outcome}"] for outcome in ("done", "late", "dropped"))
    return {"tasks": ended, **{name: summary[name] for name in KEPT}}
