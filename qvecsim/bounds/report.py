"""A finished run, played again beside its bounds: single slots, and the whole trace."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qvecsim.bounds import generated
from qvecsim.bounds.choices import Chooser
from qvecsim.bounds.lives import life
from qvecsim.bounds.optimum import RADIOS, Optimum, optimum
from qvecsim.bounds.settings import known
from qvecsim.bounds.status import OPTIMAL
from qvecsim.bounds.whole import least_cost_s, least_misses
from qvecsim.decision.schemes import policy
from qvecsim.errors import ResultError
from qvecsim.kernel.simulation import Simulation
from qvecsim.results.store import SCENARIO, Run, read
from qvecsim.rows import joined
from qvecsim.runner import replay
from qvecsim.scenario import load
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import DONE, DROPPED, LATE, Action, Floats, Outcome, Records
from qvecsim.units import NS_PER_S
from qvecsim.world.world import World, build

QUEUES = ("fcfs", "unlimited")
TIME_LIMIT_S = 120.0


@dataclass(frozen=True)
class Report:
    """The bounds of a run: ``slots`` has one record a sampled slot, ``trace`` those of the whole."""

    run_id: str
    scheme: str
    slots: list[dict[str, Any]]
    trace: dict[str, Any]

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"run_id": self.run_id, "scheme": self.scheme, **summary(self.slots), "trace": self.trace} | {
            "sampled": self.slots
        }


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
        slot, most_bps = self.state.slot, generated.most_bps(self)
        if slot in self.sampled:
            self.records.append(record(slot, optimum(self, action), optimum(self, action, prompt=True)))
        outcome = super().step(action)
        self.rates_bps.append(np.asarray(outcome.links["key_rate_bps"]) if most_bps is None else most_bps)
        self.ended.append(outcome.ended)
        return outcome

    @property
    def tasks(self) -> Records:
        """Every task that was born, in the order of their numbers."""
        every = joined(*self.ended, self.state.tasks)
        return every[np.argsort(every["task"], kind="stable")]


def bounds(path: str | Path, slots: int = 20, seed: int = 0) -> Report:
    """The bounds of the run in a folder: of ``slots`` slots with decisions, drawn by ``seed``, and of the whole trace.

    The run is simulated again from its scenario and must be the same to the last event; else ResultError.
    """
    run = read(path)
    scenario = load(run.path / SCENARIO)
    scheme, replication = str(run.manifest["scheme"]), int(run.manifest["replication"])
    world = build(scenario, replication)
    witness = Witness(scenario, world, _drawn(run, slots, seed))
    replay(witness, policy(scheme, scenario, world.streams), lambda outcome: None, scheme)
    there, here = run.manifest["fingerprint"], witness.state.fingerprint.hex()
    if there != here:
        raise ResultError(
            f"'{run.path}' must be what its scenario gives here (fingerprint {there[:12]}, here {here[:12]}). "
            "Run it again with this version and these files."
        )
    return Report(run.run_id, scheme, witness.records, whole(witness))


def _drawn(run: Run, slots: int, seed: int) -> list[int]:
    """Slots with decisions, without repetition."""
    some = run.slots.loc[run.slots["deciding"] > 0, "slot"].to_numpy()
    chosen = Streams(seed).at("bounds").choice(some, min(slots, len(some)), replace=False)
    return sorted(int(slot) for slot in chosen)


def record(slot: int, free: Optimum, prompt: Optimum) -> dict[str, Any]:
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
        "prompt_lower": prompt.lower,
        "prompt_upper": prompt.upper,
        "prompt_status": prompt.status,
        "prompt_gap": math.nan if free.cost.put_off else prompt.gap,
        "key": free.cost.key,
        "tasks": free.cost.tasks,
        "block": free.cost.block,
        "best_key": free.best.key,
        "best_tasks": free.best.tasks,
        "best_block": free.best.block,
    }


def summary(slots: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Counts and medians; gaps are those of slots with a proof alone."""
    proven = [one["gap"] for one in slots if one["status"] == OPTIMAL]
    prompt = [one["prompt_gap"] for one in slots if one["prompt_status"] == OPTIMAL and not one["put_off"]]
    return {
        "slots": len(slots),
        "statuses": dict(Counter(one["status"] for one in slots)),
        "median_gap": _median(proven),
        "prompt_statuses": dict(Counter(one["prompt_status"] for one in slots)),
        "prompt_slots": len(prompt),
        "median_prompt_gap": _median(prompt),
    }


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if len(values) else None


def whole(witness: Witness) -> dict[str, Any]:
    """What the whole run has cost, and what no policy could have gone below."""
    world, tasks = witness.world, witness.tasks
    facts: dict[str, Any] = {"tasks": len(tasks), "cost_s": cost_s(world, tasks), "misses": misses(world, tasks)}
    model, queue = known(witness.profile).get("vec"), world.scenario.edge.queue
    if model not in RADIOS or queue not in QUEUES:
        return facts | {"status": "none", "why": "nothing is proven about this radio or queue"}
    lives = life(world, tasks)
    choices = Chooser(witness, tasks, lives).choices()
    pools = generated.pools(witness, witness.rates_bps)
    cost = least_cost_s(lives, choices, pools, TIME_LIMIT_S)
    missed = least_misses(lives, choices, pools, TIME_LIMIT_S)
    return facts | {
        "status": "bound",
        "cost_lower_s": cost.value,
        "cost_gap": (facts["cost_s"] - cost.value) / cost.value if cost.value > 0 else None,
        "cost_keys": cost.keys,
        "misses_lower": int(missed.value),
        "misses_keys": missed.keys,
        "valid_for": generated.valid_for(witness),
    }


def cost_s(world: World, tasks: Records) -> float:
    """Sum over all tasks, s: latency; of a dropped one its age and ``objective.drop_s``, of one in flight its age."""
    finished = (tasks["outcome"] == DONE) | (tasks["outcome"] == LATE)
    dropped = tasks["outcome"] == DROPPED
    until_ns = np.where(finished | dropped, tasks["end_ns"], world.slots * world.slot_ns)
    return float((until_ns - tasks["born_ns"]).sum() / NS_PER_S + dropped.sum() * world.scenario.objective.drop_s)


def misses(world: World, tasks: Records) -> int:
    """Tasks late or dropped, and those in flight whose deadline is past."""
    ended = (tasks["outcome"] == LATE) | (tasks["outcome"] == DROPPED)
    overdue = (tasks["outcome"] != DONE) & (tasks["due_ns"] < world.slots * world.slot_ns)
    return int(np.count_nonzero(ended | overdue))
