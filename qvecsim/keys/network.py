"""The key management of a run: who shares a key with whom, over which links, and what a policy can know of it.

The key of an offload is shared by its roadside unit and, of these the first that there is, the node that shares the
keys in the vehicle's store; ``keys.centre``; the node at the other end of the unit's own link.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.keys.delivery import Delivery
from qvecsim.keys.paths import Path, Shortest
from qvecsim.keys.pools import spendable, threshold_bit
from qvecsim.keys.relay import Net, Parts, Relay, Requests, Store
from qvecsim.keys.stores import richest
from qvecsim.physics.moves import Granted, Wanted
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Bools, Epoch, Floats, Ints, Outages, Scene, State


class Offer(NamedTuple):
    """(M,) the best way to each unit: what all its pools can pay, and the key rate of its slowest link."""

    key_bit: Ints
    key_rate_bps: Floats


class KeyNetwork:
    """Keys between the QKD nodes and the roadside units; it remembers nothing that a State does not determine."""

    def __init__(self, scene: Scene, prm: Scenario) -> None:
        keys = prm.keys
        ends = tuple(zip(scene.link_node.tolist(), scene.link_target.tolist(), strict=True))
        reserved_bit, capacity_bit = keys.reserved_bit, keys.capacity_bit
        self._relay = Relay(Net(ends, reserved_bit, threshold_bit(keys), capacity_bit, keys.routing, keys.ways))
        loss_db = prm.qkd.attenuation_db_per_km * scene.link_km + scene.link_db
        self._shortest = Shortest(ends, loss_db.tolist())
        self._reserved_bit = reserved_bit
        self._nodes = len(scene.node)
        self._names = scene.node + scene.rsu
        self._home = scene.home
        self._source = sources(scene, keys.centre)

    def epoch(self, stored_bit: Ints, up: Bools, last: Epoch | None) -> Epoch:
        """The topology for pools at these levels: the last one, while no link and no buffer changes its state."""
        return self._relay.epoch(Store(stored_bit, up, last))

    def grant(self, state: State, outages: Outages, wanted: Wanted) -> Granted:
        """Serve the keys that are wanted, one after the other, from the pools and the vehicles' stores of ``state``."""
        source, home, unstored = self._shared_by(state, wanted)
        target, ask = self._nodes + wanted.rsu, np.flatnonzero(~unstored)
        requests = Requests(source[ask], target[ask], wanted.key_bit[ask])
        served = self._relay.serve(_pools(state, outages), requests)
        parts: list[Parts] = [()] * len(target)
        for row, got in zip(ask.tolist(), served.parts, strict=True):
            parts[row] = got
        whole = np.array([bool(got) for got in parts])
        fault, rerouted = self._blamed(outages, source, target, parts)
        return Granted(
            whole,
            np.array([sum(len(way) * bits for way, bits in got) for got in parts], dtype=np.int64),
            unstored,
            fault,
            rerouted,
            served.consumed_bit,
            served.relayed_bit,
            _spent(state.store_bit, wanted, home, whole),
        )

    def _shared_by(self, state: State, wanted: Wanted) -> tuple[Ints, Ints, Bools]:
        """(R,) the node that shares the key, its column in the stores, and whether the vehicle carries too little."""
        if not len(self._home):
            nothing = np.zeros_like(wanted.rsu)
            return self._source[wanted.rsu], nothing, nothing > 0
        home = richest(state.store_bit, wanted.vehicle)
        return self._home[home], home, wanted.key_bit > state.store_bit[wanted.vehicle, home]

    def _blamed(self, outages: Outages, source: Ints, target: Ints, parts: list[Parts]) -> tuple[Ints, Bools]:
        """(R,) the fault on the shortest way, and whether the key came another way because of it."""
        if not (outages.link_fault >= 0).any():
            return np.full_like(target, -1), np.zeros(len(target), dtype=bool)
        ways = [self._shortest.path(*ends) for ends in zip(source.tolist(), target.tolist(), strict=True)]
        fault = broken(outages.link_fault, ways)
        other = [bool(got) and [way for way, _ in got] != [short] for got, short in zip(parts, ways, strict=True)]
        return fault, np.array(other) & (fault >= 0)

    def delivery(self, state: State, outages: Outages, streams: Streams) -> Delivery:
        """Key delivery by ETSI GS QKD 014 from the pools of this instant: a KME and an SAE at each node and unit."""
        sae = {name: place for place, name in enumerate(self._names)}
        return Delivery(self._relay, _pools(state, outages), sae, self._names, streams)

    def offer(self, state: State, outages: Outages) -> Offer:
        """What the next key for each unit would find; with stores, from the node from which most could come."""
        pools, levels = _pools(state, outages), spendable(state.key_bit, self._reserved_bit).tolist()
        rates = state.links.key_rate_bps.tolist()
        best = []
        for unit, feed in enumerate(self._source.tolist()):
            nodes = self._home.tolist() or [feed]
            ways = [way for node in nodes for way in self._relay.paths(pools, node, self._nodes + unit).alone]
            offers = [(min(levels[link] for link in way), min(rates[link] for link in way)) for way in ways]
            best.append(max(offers, key=lambda offer: offer[0], default=(0, 0.0)))
        key_bit, key_rate_bps = zip(*best, strict=True)
        return Offer(np.array(key_bit, dtype=np.int64), np.array(key_rate_bps, dtype=np.float64))


def sources(scene: Scene, centre: str | None) -> Ints:
    """(M,) the node that shares keys with each unit, where vehicles have no stores."""
    if centre is None:
        nodes: Ints = scene.link_node[scene.rsu_link]
        return nodes
    if centre not in scene.node:
        raise ScenarioError(f"'keys.centre' must be a QKD node (got '{centre}'). {did_you_mean(centre, scene.node)}")
    return np.full(len(scene.rsu), scene.node.index(centre), dtype=np.int64)


def broken(link_fault: Ints, ways: list[Path]) -> Ints:
    """(R,) the first fault on each way, by number; -1: none."""
    faults = link_fault.tolist()
    met = [[faults[link] for link in way if faults[link] >= 0] for way in ways]
    return np.array([min(numbers, default=-1) for numbers in met], dtype=np.int64)


def _spent(store_bit: Ints, wanted: Wanted, home: Ints, whole: Bools) -> Ints:
    """The stores after their vehicles have used these keys; none has asked for two at once."""
    if not store_bit.shape[1]:
        return store_bit
    left_bit = store_bit.copy()
    left_bit[wanted.vehicle[whole], home[whole]] -= wanted.key_bit[whole]
    return left_bit


def _pools(state: State, outages: Outages) -> Store:
    return Store(state.key_bit, outages.link_up, state.key_epoch)
