"""What a run adds up as it goes, each where it happens, and the summary that comes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qvecsim.decision.measured import Spent
from qvecsim.kernel.simulation import Simulation
from qvecsim.physics.guards import GUARDS
from qvecsim.physics.paper.problem import CONSTRAINTS
from qvecsim.results.metrics import finality
from qvecsim.results.schema import CIRCUITS, OVER
from qvecsim.types import DONE, DROPPED, LATE, Outcome, Records
from qvecsim.units import NS_PER_S
from qvecsim.world.world import World


@dataclass
class Chained:
    """What the rounds of a chain add up to."""

    rounds: int = 0
    blocks: int = 0
    conflicts: int = 0
    finality_s: float = 0.0
    slashed_bit: float = 0.0
    safe: bool = True
    live: bool = True
    honest_weight: float = math.nan
    byzantine_weight: float = math.nan

    def add(self, block: Mapping[str, Any]) -> None:
        """Take note of one round."""
        self.rounds += 1
        self.blocks += block["final"]
        self.conflicts += block["rival"] is not None
        self.finality_s += block["finality_s"] if block["final"] else 0.0
        self.slashed_bit += block["slashed_bit"]
        self.safe, self.live = self.safe and block["safe"], self.live and block["live"]
        # fmin and fmax pass over the NaN of the beginning.
        self.honest_weight = float(np.fmin(self.honest_weight, block["honest_weight"]))
        self.byzantine_weight = float(np.fmax(self.byzantine_weight, block["byzantine_weight"]))

    def summary(self) -> dict[str, Any]:
        """The part of a summary that tells what the chain can promise."""
        return {
            "rounds": self.rounds,
            "blocks": self.blocks,
            "conflicts": self.conflicts,
            "finality": finality(self.rounds, self.safe, self.live),
            "honest_weight": self.honest_weight,
            "byzantine_weight": self.byzantine_weight,
            "slashed_bit": self.slashed_bit,
        }


@dataclass
class Totals:
    """What a run adds up as it goes, each where it happens."""

    outcomes: Any = field(default_factory=lambda: np.zeros(4, dtype=np.int64))
    latency_s: float = 0.0
    energy_j: float = 0.0
    exposed: int = 0
    key_rate_bps: float = 0.0
    generated_bit: int = 0
    consumed_bit: int = 0
    relayed_bit: int = 0
    rerouted: int = 0
    starved: int = 0
    failed: int = 0
    chain: Chained = field(default_factory=Chained)
    returned: float = 0.0
    over: Any = field(default_factory=lambda: np.zeros(len(OVER), dtype=np.int64))
    circuits: Spent | None = None  # of a policy that has some

    def add(self, outcome: Outcome) -> None:
        """Take note of one slot."""
        self._tasks(outcome.ended)
        self.key_rate_bps += outcome.slot["key_rate_bps"]
        self.generated_bit += outcome.slot["keys_generated_bit"]
        self.consumed_bit += outcome.slot["keys_consumed_bit"]
        self.relayed_bit += outcome.slot["keys_relayed_bit"]
        self.rerouted += outcome.slot["rerouted"]
        self.starved += outcome.slot["starved"]
        self.failed += outcome.slot["failed"]
        for block in outcome.blocks:
            self.chain.add(block)
        self.returned += outcome.reward
        self.over += [outcome.slot[name] for name in OVER]

    def _tasks(self, ended: Records) -> None:
        self.outcomes += np.bincount(ended["outcome"], minlength=4)
        spent_ns = (ended["end_ns"] - ended["born_ns"]) * (ended["outcome"] != DROPPED)
        self.latency_s += float(spent_ns.sum()) / NS_PER_S
        self.unfinished(ended)

    def unfinished(self, tasks: Records) -> None:
        """What tasks have cost, whether or not they ended."""
        self.energy_j += float(tasks["energy_j"].sum())
        self.exposed += int(tasks["exposed"].sum())


def summarise(simulation: Simulation, totals: Totals) -> dict[str, Any]:
    """The counts and means of a finished run."""
    state, outcomes = simulation.state, totals.outcomes
    finished, missed = int(outcomes[DONE] + outcomes[LATE]), int(outcomes[LATE] + outcomes[DROPPED])
    ended = finished + int(outcomes[DROPPED])
    return {
        "fingerprint": state.fingerprint.hex(),
        "slots": state.slot,
        "vehicles": len(simulation.met),
        "tasks_generated": state.tasks_born,
        "tasks_done": int(outcomes[DONE]),
        "tasks_late": int(outcomes[LATE]),
        "tasks_dropped": int(outcomes[DROPPED]),
        "tasks_in_flight": len(state.tasks),
        **_outside(simulation.world),
        "mean_latency_s": _mean(totals.latency_s, finished),
        "deadline_miss_rate": _mean(missed, ended),
        "key_rate_bps": _mean(totals.key_rate_bps, state.slot),
        "keys_generated_bit": totals.generated_bit,
        "keys_consumed_bit": totals.consumed_bit,
        "keys_relayed_bit": totals.relayed_bit,
        "faults": simulation.world.faults.begun(state.slot - 1),
        "rerouted_tasks": totals.rerouted,
        "starved_offloads": totals.starved,
        "failed_tasks": totals.failed,
        "exposed_tasks": totals.exposed,
        **totals.chain.summary(),
        "pending_transactions": len(state.pending),
        "mean_finality_s": _mean(totals.chain.finality_s, totals.chain.blocks),
        "energy_j": totals.energy_j,
        "return": totals.returned,
        **circuit_totals(totals.circuits),
        "guards": fired(GUARDS, simulation.guards),
        "violations": fired(CONSTRAINTS, simulation.violations),
        **dict(zip(OVER, totals.over.tolist(), strict=True)),
    }


def circuit_totals(spent: Spent | None) -> dict[str, int]:
    """What a run's circuits took in all, by the names of the summary; nothing of a policy without."""
    if spent is None:
        return {}
    parts = {"quantum_": vars(spent.deciding), "quantum_training_": vars(spent.training)}
    found = {f"{part}{name}": value for part, values in parts.items() for name, value in values.items()}
    return {column.name: found[column.name] for column in CIRCUITS}


def _outside(world: World) -> dict[str, int]:
    """How much of the user's own task list the run does not reach."""
    return {} if world.tasks is None else {"tasks_outside": world.tasks.outside}


def fired(names: tuple[str, ...], counts: Any) -> dict[str, int]:
    """Those that fired at all, by name."""
    return {name: int(count) for name, count in zip(names, counts, strict=True) if count}


def _mean(total: float, count: int) -> float:
    return total / count if count else math.nan
