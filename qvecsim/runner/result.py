"""One run: from a scenario to its folder and its summary."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from qvecsim.consensus.signing import check as check_signing
from qvecsim.decision.learned import learned
from qvecsim.decision.policy import Policy
from qvecsim.decision.schemes import settled
from qvecsim.errors import ScenarioError
from qvecsim.kernel.simulation import Simulation
from qvecsim.plugin import in_slot
from qvecsim.results.writing import writing
from qvecsim.runner.drive import calm_collector, made, replay
from qvecsim.runner.manifest import host, manifest
from qvecsim.runner.naming import default_folder, name_of
from qvecsim.runner.recording import Progress, Recording
from qvecsim.runner.totals import summarise
from qvecsim.scenario import dump
from qvecsim.scenario import load as load_scenario
from qvecsim.scenario.parameters import POLICY, Scenario
from qvecsim.streams import Streams
from qvecsim.world.world import World, build


@dataclass(frozen=True)
class Result:
    """A finished run: its summary (the object that ``--json`` prints) and where its tables are."""

    summary: Mapping[str, Any]
    path: Path

    def __repr__(self) -> str:
        return f"<Result {self.summary['run_id']} ({self.summary['scheme']}) at {self.path}>"


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
    scenario = _given(scenario, overrides, scheme, seed, policy)
    check_signing(scenario.chain)
    scheme = scheme or scenario.scheme
    used = settled(scenario, scheme, asked=policy is not None)
    world = _fitting(world, scenario, used, replication) or build(used, replication)
    with in_slot(0):
        simulation = Simulation(used, world=world)
    decides = made(scheme, used, world.streams)
    name = name_of(used, scheme, replication, world.trace.sha256, world.contents)
    target = Path(out) if out is not None else default_folder(used, scheme, name)
    with writing(target, name) as folder:
        opened = time.perf_counter()
        recording = Recording(simulation, decides, folder.path, name, progress)
        summary = {"run_id": name, "scheme": scheme, **_driven(simulation, decides, scheme, recording)}
        tables = recording.close(summary, replication)
        spent = {"opening_s": opened - began, "simulation_s": time.perf_counter() - opened}
        folder.finish(
            scenario=dump(used),
            tables=tables,
            manifest=manifest(world, summary, replication),
            timing=spent | host(),
        )
    summary |= {"path": str(target), "wall_s": time.perf_counter() - began}
    return Result(summary, target)


def _check_replication(replication: int) -> None:
    whole = isinstance(replication, int | np.integer) and not isinstance(replication, bool)
    if not whole or not 0 <= replication < 2**63:
        raise ScenarioError(f"'replication' must be a whole number from 0 to {2**63 - 1} (got {replication!r}).")


def _given(
    scenario: Scenario | str | Path,
    overrides: tuple[str, ...],
    scheme: str | None,
    seed: int | None,
    policy: str | Path | None,
) -> Scenario:
    """The scenario, loaded where it is a file."""
    if not isinstance(scenario, Scenario):
        return load_scenario(scenario, *overrides, seed=seed, scheme=scheme, policy=policy)
    if overrides or seed is not None or policy is not None:
        raise ScenarioError("overrides, seed and policy must go to qvecsim.load when the scenario is loaded already.")
    return scenario


def _fitting(world: World | None, scenario: Scenario, used: Scenario, replication: int) -> World | None:
    """The world, unless it is that of another run: its streams and its scenario decide the result.

    ``used`` is the scenario as its scheme uses it.
    """
    if world is None:
        return None
    if world.scenario not in (scenario, used) or world.streams != Streams(scenario.seed, replication):
        raise ScenarioError("'world' must be built from the same scenario, seed and replication.")
    files = {key: digest for key, digest in world.contents.items() if key in used.named_files()}
    return replace(world, scenario=used, contents=files)


def _driven(simulation: Simulation, decides: Policy, scheme: str, recording: Recording) -> dict[str, Any]:
    """Run to the end, recording as it goes; what came of it, as a summary has it."""
    world = simulation.world
    with calm_collector():
        replay(simulation, decides, recording, scheme)
    recording.finish()
    known = {"learned": learned(decides), **_policy(world)}
    return {**known, "seed": world.scenario.seed, **summarise(simulation, recording.totals)}


def _policy(world: World) -> dict[str, str]:
    """What of what was learned before is part of the run."""
    return {"policy_sha256": world.contents[POLICY]} if POLICY in world.contents else {}
