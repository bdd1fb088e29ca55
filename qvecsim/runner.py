"""Scenario to result: the one function behind the command line, studies and notebooks."""

from __future__ import annotations

import gc
import importlib.metadata
import math
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import numpy as np

from qvecsim.consensus.rules import plug_in
from qvecsim.consensus.signing import Notary
from qvecsim.consensus.signing import check as check_signing
from qvecsim.decision.learned import learned
from qvecsim.decision.measured import Spent
from qvecsim.decision.policy import Policy
from qvecsim.decision.schemes import plug_in as own_scheme
from qvecsim.decision.schemes import policy as policy_of
from qvecsim.decision.schemes import settled
from qvecsim.errors import PolicyError, ScenarioError
from qvecsim.kernel.simulation import Simulation
from qvecsim.physics.guards import GUARDS
from qvecsim.physics.paper.problem import CONSTRAINTS
from qvecsim.plugin import in_slot, own_code, source_sha256
from qvecsim.results.metrics import finality
from qvecsim.results.recorder import Recorder
from qvecsim.results.schema import CIRCUITS, OVER
from qvecsim.results.store import RunFolder, writing
from qvecsim.scenario import digest, dump
from qvecsim.scenario import load as load_scenario
from qvecsim.scenario import run_id as identity
from qvecsim.scenario.parameters import POLICY, Scenario
from qvecsim.streams import Streams
from qvecsim.types import DONE, DROPPED, LATE, Action, Observation, Outcome, Records, Step
from qvecsim.units import NS_PER_S
from qvecsim.version import __version__
from qvecsim.world.world import World, build

Progress = Callable[[int, int], None]  # slots done, slots in all
UNKNOWN = ("tasks_outside", "policy_sha256", *(column.name for column in CIRCUITS))  # what some runs cannot tell
PACKAGES = ("networkx", "numpy", "pandas", "pyarrow", "pydantic", "pyyaml", "simpy")


@dataclass(frozen=True)
class Result:
    """A finished run: its summary (the object that ``--json`` prints) and where its tables are."""

    summary: Mapping[str, Any]
    path: Path

    def __repr__(self) -> str:
        return f"<Result {self.summary['run_id']} ({self.summary['scheme']}) at {self.path}>"


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


def run(
    scenario: Scenario | str | Path,
    *overrides: str,
    scheme: str | None = None,
    seed: int | None = None,
    policy: str | Path | None = None,
    replication: int = 0,
    out: str | Path | None = None,
    progress: Progress | None = None,
    world: World | None = None,
) -> Result:
    """Run a scenario (a file, or one from ``load``) and write its run folder.

    ``overrides``, ``seed`` and ``policy`` (what the scheme has learned) as on the command line. ``out`` defaults to
    ``results/<name>-<scheme>-<run id>``, which a repetition of the same run replaces.
    ``world`` spares reading a trace again.
    """
    began = time.perf_counter()
    _check_replication(replication)
    if not isinstance(scenario, Scenario):
        scenario = load_scenario(scenario, *overrides, seed=seed, scheme=scheme, policy=policy)
    elif overrides or seed is not None or policy is not None:
        raise ScenarioError("overrides, seed and policy must go to qvecsim.load when the scenario is loaded already.")
    check_signing(scenario.chain)
    scheme = scheme or scenario.scheme
    used = settled(scenario, scheme, asked=policy is not None)
    world = _fitting(world, scenario, used, replication) or build(used, replication)
    scenario = used
    with in_slot(0):
        simulation = Simulation(scenario, world=world)
    decides = made(scheme, scenario, world.streams)
    name = name_of(scenario, scheme, replication, world.trace.sha256, world.contents)
    target = Path(out) if out is not None else default_folder(scenario, scheme, name)
    with writing(target, name) as folder:
        opened = time.perf_counter()
        totals, recorder = _simulate(simulation, decides, scheme, folder, progress)
        knows = {"learned": learned(decides), **_policy(world)}
        summary = {"run_id": name, "scheme": scheme, **knows, "seed": scenario.seed, **summarise(simulation, totals)}
        _record_run(recorder, scenario, summary, replication)
        tables = recorder.close()
        spent = {"opening_s": opened - began, "simulation_s": time.perf_counter() - opened}
        folder.finish(
            scenario=dump(scenario),
            tables=tables,
            manifest=manifest(simulation, summary, replication),
            timing=spent | _host(),
        )
    summary |= {"path": str(target), "wall_s": time.perf_counter() - began}
    return Result(summary, target)


def name_of(scenario: Scenario, scheme: str, replication: int, trace_sha256: str, contents: Mapping[str, str]) -> str:
    """The run id: known before the run, from all that decides its result."""
    code = {plug: source_sha256(plug, scenario.folder) for plug in _plug_ins(scenario, scheme)}
    return identity(scenario, scheme, replication, trace_sha256, contents, code)


def _check_replication(replication: int) -> None:
    whole = isinstance(replication, int | np.integer) and not isinstance(replication, bool)
    if not whole or not 0 <= replication < 2**63:
        raise ScenarioError(f"'replication' must be a whole number from 0 to {2**63 - 1} (got {replication!r}).")


def _fitting(world: World | None, scenario: Scenario, used: Scenario, replication: int) -> World | None:
    """The world, unless it is that of another run: its streams and its scenario decide the result.

    ``used`` is the scenario as its scheme uses it.
    """
    if world is None:
        return None
    if world.scenario not in (scenario, used) or world.streams != Streams(scenario.seed, replication):
        raise ScenarioError("'world' must be built from the same scenario, seed and replication.")
    files = {key: digest for key, digest in world.contents.items() if key in used.named_files()}
    return changed(world, scenario=used, contents=files)


def _plug_ins(scenario: Scenario, scheme: str) -> list[str]:
    """What of this run is code of the user's own, as ``module:name``."""
    seams = scenario.physics.model_dump().values()
    named = [
        own_scheme(scheme),
        scenario.world.channel,
        plug_in(scenario.chain.consensus),
        *(name for name in seams if name),
    ]
    return [name for name in named if ":" in name]


def default_folder(scenario: Scenario, scheme: str, name: str) -> Path:
    """Where a run goes when nobody says: named by content, below ``results``."""
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in f"{scenario.name}-{scheme}")
    return Path("results") / f"{safe}-{name}"


def replay(
    simulation: Simulation,
    policy: Policy,
    note: Callable[[Outcome], None],
    scheme: str = "",
    after: Callable[[Outcome], None] | None = None,
) -> None:
    """Drive a simulation to its end with a policy; ``scheme`` names it if it is the user's own.

    ``note`` is told of each slot at once, ``after`` when the policy has learned from it.
    """
    with blaming(scheme):
        policy.attach([simulation])
    while not simulation.finished:
        with in_slot(simulation.state.slot):
            seen = simulation.observe()
            with blaming(scheme):
                (action,) = decided(policy, [seen])
            outcome = simulation.step(action)
        note(outcome)
        with in_slot(outcome.slot["slot"]):
            following = None if simulation.finished else simulation.observe()
            with blaming(scheme):
                policy.learn([Step(seen, action, outcome.reward, outcome, following)])
        if after is not None:
            after(outcome)


def blaming(scheme: str) -> AbstractContextManager[None]:
    """Exceptions are the user's where the scheme is; in one of ours they are ours, with their traceback."""
    return own_code("scheme", scheme) if ":" in scheme else nullcontext()


def made(scheme: str, scenario: Scenario, streams: Streams) -> Policy:
    """The policy that decides, of a scheme of ours or of the user's own."""
    with blaming(scheme):
        return policy_of(scheme, scenario, streams)


def _simulate(
    simulation: Simulation,
    policy: Policy,
    scheme: str,
    folder: RunFolder,
    progress: Progress | None,
) -> tuple[Totals, Recorder]:
    """Run to the end, recording as it goes."""
    world, totals = simulation.world, Totals()
    notary = _notary(world)
    totals.circuits = policy.spent()
    beside = {"signatures": notary, "quantum": totals.circuits}
    recorder = Recorder(
        folder.path,
        folder.run_id,
        vehicles=world.trace.ids,
        kinds=tuple(world.scenario.tasks.classes),
        rsus=world.scene.rsu,
        links=world.scene.link,
        docks=world.scene.dock,
        beside=[name for name, there in beside.items() if there is not None],
    )

    def note(outcome: Outcome) -> None:
        totals.add(outcome)
        recorder.add("slots", outcome.slot)
        recorder.add("servers", outcome.servers)
        recorder.add("links", outcome.links)
        if outcome.faults:
            recorder.add("faults", outcome.faults)
        if world.scene.dock:
            recorder.add("docks", outcome.docks)
        recorder.add_tasks(outcome.ended)
        for block in outcome.blocks:
            recorder.add_block(block)
            if notary:
                recorder.add("signatures", notary.signed(block))
        recorder.add_ledger(outcome.transactions, outcome.records)
        if progress is not None:
            progress(simulation.state.slot, simulation.slots)

    def count(outcome: Outcome) -> None:
        spent = policy.spent()
        if totals.circuits is not None and spent is not None:
            totals.circuits += spent
            recorder.add("quantum", circuit_rows(spent) | {name: outcome.slot[name] for name in ("slot", "time_s")})

    with calm_collector():
        replay(simulation, policy, note, scheme, count if totals.circuits is not None else None)
    left = simulation.in_flight()
    totals.unfinished(left)
    recorder.add_tasks(left, now_ns=simulation.state.time_ns)
    return totals, recorder


def _notary(world: World) -> Notary | None:
    """Who signs what the chain has come to: beside the State, so that neither a fork nor a hash knows of it."""
    c = world.scenario.chain
    return Notary(c.signature, world.streams, world.scene.rsu) if c.signing == "real" else None


def decided(policy: Policy, seen: list[Observation]) -> list[Action]:
    """What a policy does in each world."""
    actions = policy.act(seen)
    if not isinstance(actions, list) or len(actions) != len(seen):
        got = f"{len(actions)}" if isinstance(actions, list) else type(actions).__name__
        wanted = "one Action for one observation" if len(seen) == 1 else f"{len(seen)} Actions, one for each world"
        raise PolicyError(f"slot {seen[0].slot}: act must return a list of {wanted} (got {got}).")
    return actions


@contextmanager
def calm_collector() -> Iterator[None]:
    """Keep the garbage collector off what was there before: going through it again and again costs a fifth of a run."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


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


def _policy(world: World) -> dict[str, str]:
    """What of what was learned before is part of the run."""
    return {"policy_sha256": world.contents[POLICY]} if POLICY in world.contents else {}


def circuit_rows(spent: Spent) -> dict[str, Any]:
    """The two rows of table ``quantum`` for one slot, without its time."""
    parts = [vars(spent.deciding), vars(spent.training)]  # asdict copies, ten times as long
    columns = {name: [part[name] for part in parts] for name in parts[0]}
    return {"part": ("decision", "training"), "samples": [spent.decisions, spent.examples], **columns}


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


def manifest(simulation: Simulation, summary: Mapping[str, Any], replication: int) -> dict[str, Any]:
    """What ``run.json`` says beside its tables: everything that decided the result, nothing that differs by machine."""
    scenario, world = simulation.world.scenario, simulation.world
    return {
        "qvecsim": __version__,
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in (*PACKAGES, *_extra(scenario))},
        "scenario": scenario.name,
        "scenario_sha256": digest(scenario),
        "trace_sha256": world.trace.sha256,
        "trace_begin_s": world.trace.begin_ns / 1e9,
        "scheme": summary["scheme"],
        "seed": scenario.seed,
        "replication": replication,
        "fingerprint": summary["fingerprint"],
        "summary": {name: _finite(value) for name, value in summary.items()},
    }


def _extra(scenario: Scenario) -> tuple[str, ...]:
    """What a run needs beside ``PACKAGES``."""
    signing = ("cryptography",) if scenario.chain.signing == "real" else ()
    return (*signing, *(("qiskit", "qiskit-aer") if scenario.decision.backend == "aer" else ()))


def _record_run(recorder: Recorder, scenario: Scenario, summary: Mapping[str, Any], replication: int) -> None:
    """The one row of table ``runs``."""
    counts = {name: sum(summary[name].values()) for name in ("guards", "violations")}
    own = {"name": scenario.name, "profile": scenario.profile, "replication": replication, "slot_s": scenario.slot_s}
    row = {**dict.fromkeys(UNKNOWN), **summary, **counts, **own}
    row.pop("run_id")
    recorder.add("runs", row)


def _mean(total: float, count: int) -> float:
    return total / count if count else math.nan


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _host() -> dict[str, Any]:
    return {"platform": platform.platform(), "machine": platform.machine(), "command": sys.argv}
