"""Where vehicles' key stores are loaded: places that the scenario lists, or stops of SUMO additional files."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Ints
from qvecsim.world.sites import Ground, Sites, listed, stop_sites
from qvecsim.world.sumo.network import Network


class Docks(NamedTuple):
    """Docks, and the QKD nodes (H,) that share the keys which they hand out."""

    sites: Sites
    of: Ints  # (K,) index into ``home``
    home: Ints


NONE = Docks(Sites((), np.zeros(0), np.zeros(0)), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


def docks(scenario: Scenario, nodes: Sites, ground: Ground, network: Network | None) -> Docks:
    """The docks of a scenario. Without any, all nodes share the keys with which vehicles first come."""
    keys, store = scenario.keys, scenario.keys.store
    if store.capacity_bit is None:
        return NONE
    sites = NONE.sites
    if store.docks:
        sites = listed(store.docks, "d", "keys.store.docks", ground)
    elif store.place is not None:
        sites = stop_sites(scenario, network, store.place, "keys.store.place")
    if keys.centre is not None:
        serving = np.full(len(sites.name), _node(keys.centre, nodes, "keys.centre"), dtype=np.int64)
        every = serving[:1] if len(serving) else np.array([_node(keys.centre, nodes, "keys.centre")])
    else:
        named = [dock.node for dock in store.docks] or [None] * len(sites.name)
        serving = np.array([_serving(index, name, sites, nodes) for index, name in enumerate(named)], dtype=np.int64)
        every = serving if len(serving) else np.arange(len(nodes.name))
    home = np.unique(every)
    return Docks(sites, home.searchsorted(serving), home)


def _serving(index: int, name: str | None, sites: Sites, nodes: Sites) -> int:
    """The node of a dock: the one that it names, or the nearest that has a place."""
    if name is not None:
        return _node(name, nodes, f"keys.store.docks.{index}.node")
    distance_m = np.hypot(nodes.x_m - sites.x_m[index], nodes.y_m - sites.y_m[index])
    if np.isnan(distance_m).all():
        raise ScenarioError(
            f"'keys.store.docks.{index}.node' must be given (got none): no QKD node of world.fibre has a place."
        )
    return int(np.nanargmin(distance_m))


def _node(name: str, nodes: Sites, key: str) -> int:
    if name not in nodes.name:
        raise ScenarioError(f"'{key}' must be a QKD node (got '{name}'). {did_you_mean(name, nodes.name)}")
    return nodes.name.index(name)
