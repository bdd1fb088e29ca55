"""A small busy world for tests of policies that learn: the shipped quarter, some seconds of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from qvecsim.kernel.simulation import Simulation
from qvecsim.runner import replay
from qvecsim.scenario import load
from qvecsim.types import DONE
from qvecsim.units import NS_PER_S
from qvecsim.world.world import World, build

SCENARIO = Path(__file__).parents[3] / "scenarios" / "urban.yaml"


@cache
def world(slots: int, seed: int = 1) -> World:
    """The first slots of the quarter."""
    return build(load(SCENARIO, f"slots={slots}", seed=seed), 0)


def driven(policy, slots, seed=1):
    """A run: (all that ended, the simulation)."""
    simulation, ended = Simulation(world(slots, seed).scenario, world=world(slots, seed)), []
    replay(simulation, policy, lambda outcome: ended.append(outcome.ended))
    return np.concatenate(ended), simulation


def cost(ended):
    """What the branch mode minimises, in the mean over tasks; mean deadline about 0.9 s."""
    latency_s = (ended["end_ns"] - ended["born_ns"]) / NS_PER_S
    return float(np.mean(np.minimum(latency_s, 4.5) + 1.5 * (ended["outcome"] != DONE)))


def missed(ended):
    """Share of the tasks that ended."""
    return float(np.mean(ended["outcome"] != DONE))
