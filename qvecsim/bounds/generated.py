"""What the QKD links of a run can make in a slot at most, whatever its policy sets the detectors to. Level: arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qvecsim.bounds.settings import known
from qvecsim.bounds.whole import Pools
from qvecsim.kernel.simulation import Simulation
from qvecsim.physics.linking import key_links
from qvecsim.physics.thermal import temperature
from qvecsim.types import Floats
from qvecsim.units import NS_PER_S

LEVELS = "any policy that sets detectors to the scenario's levels"
AS_RUN = "any policy under which links make no more keys than in this run"


def valid_for(simulation: Simulation) -> str:
    """For whom ``most_bps`` holds.

    A key rate of ``amended`` rises with the signal, and that with the efficiency, which heat only lowers; so without
    the heat of the detectors' own past the best level gives the most. What heat does in ``field`` is not proven, but
    there may be none. In ``paper`` and in models of the user's own nothing is: there the run's own rates count.
    """
    model = known(simulation.profile).get("qkd")
    cold = simulation.world.scenario.qkd.heating_k == 0
    return LEVELS if model == "amended" or (model == "field" and cold) else AS_RUN


def most_bps(simulation: Simulation) -> Floats | None:
    """(L,) key rates in the slot that begins; None where only the run itself can tell."""
    if valid_for(simulation) == AS_RUN:
        return None
    action = simulation.observe().action()
    inputs = simulation.inputs(action)
    q, state = inputs.prm.qkd, inputs.state
    cold_k = temperature(state.time_ns / NS_PER_S, state.drift, np.zeros_like(state.heat_k), q)
    unheated = replace(state, temperature_k=cold_k)
    tried = [replace(action, efficiency=np.full(len(cold_k), level)) for level in q.efficiencies]
    every = [key_links(inputs.profile.qkd, unheated, one, inputs.scene, inputs.draws, inputs.prm) for one in tried]
    rates: Floats = np.max([links.key_rate_bps[: len(inputs.scene.link)] for links in every], axis=0)
    return rates


def pools(simulation: Simulation, rates_bps: Sequence[Floats]) -> Pools:
    """The links that end at each unit, taken together, with their rates (L,) slot by slot."""
    scene, prm = simulation.world.scene, simulation.world.scenario
    unit, units = scene.link_target - len(scene.node), len(scene.rsu)
    ends = unit >= 0
    joins = np.zeros((len(unit), units))
    joins[np.flatnonzero(ends), unit[ends]] = 1.0
    links = joins.sum(axis=0)
    made_bit = np.array(rates_bps).reshape(-1, len(unit)) * prm.slot_s @ joins
    reserved_bit = prm.keys.reserved_bit
    return Pools(
        max(prm.keys.initial_bit - reserved_bit, 0) * links,
        max(prm.keys.capacity_bit - reserved_bit, 0) * links,
        made_bit,
    )
