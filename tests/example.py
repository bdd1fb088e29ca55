"""Small made-up worlds, and a policy that does anything."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import settings

from qvecsim.decision.policy import Policy
from qvecsim.decision.schemes import SCHEMES
from qvecsim.decision.schemes import policy as policy_of
from qvecsim.kernel.simulation import Simulation
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Action
from qvecsim.world.mobility.trace import Trace
from qvecsim.world.world import build

S = 1_000_000_000

few = settings(max_examples=20, derandomize=True, deadline=None, database=None)


def trace_of(present, x_m, y_m, *, speed_m_s=None, step_ns=S, begin_ns=0):
    """A trace from (K, N) arrays: who is listed in which step, and where."""
    present = np.asarray(present, dtype=bool)
    x_m, y_m = (np.broadcast_to(np.asarray(column, dtype=float), present.shape) for column in (x_m, y_m))
    speed_m_s = np.broadcast_to(10.0 if speed_m_s is None else speed_m_s, present.shape)
    return Trace(
        ids=tuple(f"v{index}" for index in range(present.shape[1])),
        time_ns=begin_ns + step_ns * np.arange(len(present)),
        offset=np.concatenate([[0], np.cumsum(present.sum(axis=1))]),
        vehicle=np.nonzero(present)[1],
        x_m=x_m[present],
        y_m=y_m[present],
        speed_m_s=speed_m_s[present].astype(float),
    )


def standing(vehicles=2, steps=10, *, x_m=None, y_m=500.0, **more):
    """Vehicles that stand in a row from one side of the square kilometre to the other."""
    row = np.linspace(0, 1000, vehicles) if x_m is None else x_m
    return trace_of(np.ones((steps, vehicles)), row, y_m, **more)


def roaming(seed=0, vehicles=12, steps=20, *, churn=0.12, step_ns=S, begin_ns=0):
    """Vehicles that wander over a square kilometre, leave, and come back."""
    draw = np.random.default_rng(seed)
    flips = draw.random((steps, vehicles)) < churn
    present = (draw.random(vehicles) < 0.7) ^ (np.cumsum(flips, axis=0) % 2 == 1)
    present[:, 0] = True
    x_m, y_m = (
        np.clip(draw.uniform(0, 1000, vehicles) + np.cumsum(draw.normal(0, 15, (steps, vehicles)), axis=0), 0, 1000)
        for _ in range(2)
    )
    return trace_of(
        present, x_m, y_m, speed_m_s=draw.uniform(0, 20, (steps, vehicles)), step_ns=step_ns, begin_ns=begin_ns
    )


def merged(below, above):
    """A tree with some leaves changed; ranges and task classes are replaced as a whole."""
    both = dict(below)
    for key, value in above.items():
        group = isinstance(value, Mapping) and key != "classes" and "low" not in value
        both[key] = merged(below.get(key, {}), value) if group else value
    return both


# Enough of everything: uploads that outlast slots, queues, keys that run short, blocks every few slots.
BASE = {
    "world": {"trace": "made-up", "place": {"at": "grid", "count": 4}, "fibre": {"count": 2}, "range_m": 450.0},
    "tasks": {
        "rate_hz": 1.0,
        "classes": {
            "driving": {"share": 2.0, "input_bit": {"low": 0.0, "high": 60e6}, "deadline_s": {"low": 0.5, "high": 6.0}},
            "parking": {"input_bit": [1e6, 30e6], "cycles": {"low": 1e8, "high": 4e9}, "deadline_s": 4.0},
        },
    },
    "vehicles": {"local_hz": {"low": 0.4e9, "high": 1.5e9}},
    "qkd": {"source_rate_hz": 1500.0},
    "keys": {"capacity_bit": 1000, "initial_bit": 500},
    "radio": {"admission_db": -10.0},
    "chain": {"interval_s": [1.5, 2.25, 4.0]},
}


def nested(**settings):
    """{'keys__missing': 'drop'} as a tree."""
    tree = {}
    for key, value in settings.items():
        *path, last = key.split("__")
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    return tree


def scenario_of(**changes):
    """The base scenario with some leaves changed, as in ``keys__missing='drop'``."""
    return Scenario.model_validate(merged(BASE, nested(**changes)))


def simulation_of(trace, **changes):
    scenario = scenario_of(**changes)
    return Simulation(scenario, world=build(scenario, trace=trace))


class Roulette(Policy):
    """Draws everything that an action can say, units out of range included."""

    def decide(self, observation):
        draw = self.streams.at("roulette", observation.slot)
        vehicles, units, levels = len(observation), len(observation.edge_hz), np.asarray(observation.efficiencies)
        return Action(
            efficiency=draw.choice(levels, len(observation.temperature_k)),
            offload=draw.random(vehicles) < 0.75,
            rsu=draw.integers(0, units, vehicles),
            producer=int(draw.integers(-1, units)),
            bandwidth=draw.uniform(0.1, 0.95, units),
            block_bit=int(draw.integers(0, 20_000)),
        )


# Those left out differ from others in their network or their exploration alone, which tests of their own look at.
ALIKE = ("linear", "mlp-small", "mlp-tied", "qedrl", "rarl-joint", "tn-only", "tnqdrl-eps", "vqc-random")
PLANNERS = ("clairvoyant", "rollout")  # which play many futures for a slot, and have tests of their own
POLICIES = (*(name for name in SCHEMES if name not in (*ALIKE, *PLANNERS)), "roulette")


def policy(name, simulation):
    scenario, streams = simulation.world.scenario, simulation.world.streams
    return Roulette(scenario, streams) if name == "roulette" else policy_of(name, scenario, streams)


class Story(NamedTuple):
    """A run that is over: states has one more than the others."""

    simulation: Simulation
    states: list
    seen: list
    actions: list
    outcomes: list

    @property
    def world(self):
        return self.simulation.world

    @property
    def slots(self):
        """(state before, state after, outcome) of each."""
        return list(zip(self.states[:-1], self.states[1:], self.outcomes, strict=True))

    @property
    def ended(self):
        return np.concatenate([outcome.ended for outcome in self.outcomes])

    @property
    def tasks(self):
        """All that were ever born."""
        return np.concatenate([self.ended, self.states[-1].tasks])


def play(simulation, name="greedy", *, renew=lambda simulation: simulation):
    """Drive to the end; ``renew`` may put another simulation in the place of the one at each boundary."""
    decides = policy(name, simulation)
    states, seen, actions, outcomes = [simulation.state], [], [], []
    while not simulation.finished:
        simulation = renew(simulation)
        seen.append(simulation.observe())
        actions.append(decides.act([seen[-1]])[0])
        outcomes.append(simulation.step(actions[-1]))
        states.append(simulation.state)
    return Story(simulation, states, seen, actions, outcomes)


def story_of(seed=0, name="greedy", *, steps=20, **changes):
    return play(simulation_of(roaming(seed, steps=steps), seed=seed, **changes), name)


def same(one, other):
    """Equal down to the last bit and type of number, NaN equal to NaN."""
    if dataclasses.is_dataclass(one):
        names = [field.name for field in dataclasses.fields(one)]
        return type(one) is type(other) and all(same(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, Sequence) and not isinstance(one, str | bytes):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, float):
        return isinstance(other, float) and (one == other or (one != one and other != other))
    return type(one) is type(other) and one == other
