"""``qvecsim validate``: whether all that a scenario names is there, and whether a policy works on a made-up world."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from qvecsim import arrays
from qvecsim.consensus.rules import rules
from qvecsim.consensus.signing import check as check_signing
from qvecsim.decision.check import check_policy
from qvecsim.decision.policy import Policy
from qvecsim.decision.schemes import class_of, settled
from qvecsim.errors import Problems, ScenarioError
from qvecsim.kernel.simulation import Simulation
from qvecsim.physics.profile import profile
from qvecsim.scenario.parameters import Decision, Scenario
from qvecsim.types import Action, Fleet, Observation, Step
from qvecsim.world.mobility.trace import Trace
from qvecsim.world.world import build, channel

VEHICLES, STEPS, NS = 12, 8, 1_000_000_000


def check_scenario(scenario: Scenario) -> None:
    """Raise for all that a scenario names and a run would not find: files, models, schemes; no trace is read."""
    problems = Problems()
    with problems:
        _check_files(scenario)
    with problems:
        _check_device(scenario)
    with problems:
        # Where that fails, the models are checked as the file names them.
        scenario = settled(scenario, scenario.scheme)
    for check in (channel, profile, rules):
        with problems:
            check(scenario)
    with problems:
        check_signing(scenario.chain)
    problems.tell()


def _check_files(scenario: Scenario) -> None:
    for key, path in scenario.files().items():
        if not path.is_file():
            raise ScenarioError(f"'{key}' must name a file (got '{path}', looked for beside the scenario and here).")


def _check_device(scenario: Scenario) -> None:
    if class_of(scenario, scenario.scheme).circuits:
        arrays.module(scenario.decision.device, "decision.device")


def idle_keys(scenario: Scenario) -> Iterator[str]:
    """What is set and nothing reads: no error, for ``--scheme`` and plans run one scenario under many schemes."""
    if class_of(scenario, scenario.scheme).circuits:
        return
    default = Decision()
    for key in ("backend", "shots", "noise", "device"):
        if getattr(scenario.decision, key) != getattr(default, key):
            yield f"'decision.{key}' is not read by scheme {scenario.scheme}, which has no quantum circuit."


def problems_of(policy: type[Policy]) -> list[str]:
    """All that ``check_policy`` finds wrong with it on the made-up world."""
    scenario = Scenario.model_validate(
        {
            "world": {"trace": "made-up", "place": {"at": "grid", "count": 3}, "fibre": {"count": 2}},
            "tasks": {"rate_hz": 0.7},
            "radio": {"admission_db": -10.0},
        }
    )
    world = build(scenario, trace=toy_trace())
    seen = observations(Simulation(scenario, world=world))

    def step(action: Action) -> Step:
        return first_step(Simulation(scenario, world=world), action)

    return check_policy(policy, lambda cls: cls(scenario, world.streams), seen, step)


def first_step(simulation: Simulation, action: Action) -> Step:
    """What a learner is told after the first slot."""
    seen = simulation.observe()
    outcome = simulation.step(action)
    return Step(seen, action, outcome.reward, outcome, simulation.observe())


def observations(simulation: Simulation) -> list[Observation]:
    """What a policy would see if everything were computed locally; the first also with an empty road."""
    found = []
    while not simulation.finished:
        found.append(simulation.observe())
        simulation.step(found[-1].action())
    return [found[0], *found, nobody(simulation)]


def nobody(simulation: Simulation) -> Observation:
    """The observation of an empty road."""
    none = Fleet(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0))
    state, free = simulation.state, np.zeros(0, np.int64)
    empty = replace(
        state, slot=0, fleet=none, tasks=state.tasks[:0], vehicle_free_ns=free, uplink_free_ns=free, agenda=()
    )
    return Simulation(simulation.world.scenario, world=simulation.world, state=empty).observe()


def toy_trace() -> Trace:
    """A dozen vehicles that drive round a square kilometre; the last leaves half-way."""
    angle = 2 * np.pi * (np.arange(VEHICLES)[None, :] / VEHICLES + np.arange(STEPS)[:, None] / 60)
    present = np.ones((STEPS, VEHICLES), dtype=bool)
    present[STEPS // 2 :, -1] = False
    return Trace(
        ids=tuple(f"v{index}" for index in range(VEHICLES)),
        time_ns=np.arange(STEPS, dtype=np.int64) * NS,
        offset=np.concatenate([[0], np.cumsum(present.sum(axis=1))]),
        vehicle=np.nonzero(present)[1],
        x_m=(500 + 400 * np.cos(angle))[present],
        y_m=(500 + 400 * np.sin(angle))[present],
        speed_m_s=np.full(int(present.sum()), 12.0),
    )
