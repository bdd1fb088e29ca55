"""What a run writes as it goes: one object that is told of each slot, and keeps its totals and its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from qvecsim.consensus.signing import Notary
from qvecsim.decision.measured import Spent
from qvecsim.decision.policy import Policy
from qvecsim.kernel.simulation import Simulation
from qvecsim.results.recorder import Recorder
from qvecsim.results.schema import CIRCUITS
from qvecsim.runner.totals import Totals
from qvecsim.types import Outcome
from qvecsim.world.world import World

Progress = Callable[[int, int], None]  # slots done, slots in all
UNKNOWN = ("tasks_outside", "policy_sha256", *(column.name for column in CIRCUITS))  # what some runs cannot tell


class Recording:
    """Totals and tables of one run; to be called with each slot, when the policy has learned from it.

    ``signatures`` are those of a notary: beside the State, so that neither a fork nor a hash knows of it.
    """

    def __init__(
        self, simulation: Simulation, policy: Policy, folder: Path, run_id: str, progress: Progress | None = None
    ) -> None:
        self.totals = Totals(circuits=policy.spent())
        self._simulation, self._policy, self._progress = simulation, policy, progress
        self._notary = _notary(simulation.world)
        beside = {"signatures": self._notary, "quantum": self.totals.circuits}
        there = [name for name, source in beside.items() if source is not None]
        self._recorder = _recorder(folder, run_id, simulation.world, there)

    def __call__(self, outcome: Outcome) -> None:
        """Take note of one slot."""
        self.totals.add(outcome)
        self._slot(outcome)
        self._chain(outcome)
        self._circuits(outcome.slot)
        if self._progress is not None:
            self._progress(self._simulation.state.slot, self._simulation.slots)

    def finish(self) -> None:
        """Take note of the tasks that are still in flight."""
        left = self._simulation.in_flight()
        self.totals.unfinished(left)
        self._recorder.add_tasks(left, now_ns=self._simulation.state.time_ns)

    def close(self, summary: Mapping[str, Any], replication: int) -> dict[str, dict[str, Any]]:
        """Write the one row of table ``runs``, and what is left; returns what ``Recorder.close`` does."""
        scenario = self._simulation.world.scenario
        counts = {name: sum(summary[name].values()) for name in ("guards", "violations")}
        own = {
            "name": scenario.name,
            "profile": scenario.profile,
            "replication": replication,
            "slot_s": scenario.slot_s,
        }
        row = {**dict.fromkeys(UNKNOWN), **summary, **counts, **own}
        row.pop("run_id")
        self._recorder.add("runs", row)
        return self._recorder.close()

    def _slot(self, outcome: Outcome) -> None:
        add = self._recorder.add
        add("slots", outcome.slot)
        add("servers", outcome.servers)
        add("links", outcome.links)
        if outcome.faults:
            add("faults", outcome.faults)
        if self._simulation.world.scene.dock:
            add("docks", outcome.docks)
        self._recorder.add_tasks(outcome.ended)

    def _chain(self, outcome: Outcome) -> None:
        """Blocks first: they take transactions of earlier slots."""
        for block in outcome.blocks:
            self._recorder.add_block(block)
            if self._notary:
                self._recorder.add("signatures", self._notary.signed(block))
        self._recorder.add_ledger(outcome.transactions, outcome.records)

    def _circuits(self, slot: Mapping[str, Any]) -> None:
        if self.totals.circuits is None:
            return
        spent = self._policy.spent()
        if spent is not None:
            self.totals.circuits += spent
            self._recorder.add("quantum", circuit_rows(spent) | {name: slot[name] for name in ("slot", "time_s")})


def circuit_rows(spent: Spent) -> dict[str, Any]:
    """The two rows of table ``quantum`` for one slot, without its time."""
    parts = [vars(spent.deciding), vars(spent.training)]  # asdict copies, ten times as long
    columns = {name: [part[name] for part in parts] for name in parts[0]}
    return {"part": ("decision", "training"), "samples": [spent.decisions, spent.examples], **columns}


def _recorder(folder: Path, run_id: str, world: World, beside: list[str]) -> Recorder:
    return Recorder(
        folder,
        run_id,
        vehicles=world.trace.ids,
        kinds=tuple(world.scenario.tasks.classes),
        rsus=world.scene.rsu,
        links=world.scene.link,
        docks=world.scene.dock,
        beside=beside,
    )


def _notary(world: World) -> Notary | None:
    """Who signs what the chain has come to."""
    c = world.scenario.chain
    return Notary(c.signature, world.streams, world.scene.rsu) if c.signing == "real" else None
