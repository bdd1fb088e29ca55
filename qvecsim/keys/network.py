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
from qvecsim.keys.stores import UNBOUNDED_BIT, richest
from qvecsim.physics.linking import aborted
from qvecsim.physics.moves import Granted, Wanted
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Bools, Epoch, Floats, Ints, Outages, Scene, State


class Offer(NamedTuple):
    """The best way to each unit: what all its pools can pay, and the rate of its slowest link; what vehicles carry."""

    key_bit: Ints  # (M,)
    key_rate_bps: Floats  # (M,)
    store_bit: Ints  # (V,) as in ``Observation``


class Reach(NamedTuple):
    """The same from S sources, where vehicles have no stores one, to M units."""

    key_bit: Ints  # (S, M)
    key_rate_bps: Floats  # (S, M)


class Chart(NamedTuple):
    """At most W ways of at most H hops from S sources to M units."""

    links: Ints  # (S, M, W, H) padded with the number of links
    there: Bools  # (S, M, W)


class KeyNetwork:
    """Keys between the QKD nodes and the roadside units; it remembers nothing that a State does not determine."""

    def __init__(self, scene: Scene, prm: Scenario) -> None:
        keys = prm.keys
        ends = tuple(zip(scene.link_node.tolist(), scene.link_target.tolist(), strict=True))
        reserved_bit, capacity_bit = keys.reserved_bit, keys.capacity_bit
        self._net = Net(
            ends, reserved_bit, threshold_bit(keys), capacity_bit, keys.routing, keys.ways, keys.per_task_bit
        )
        self._relay = Relay(self._net)
        loss_db = prm.qkd.attenuation_db_per_km * scene.link_km + scene.link_db
        self._shortest = Shortest(ends, loss_db.tolist())
        self._reserved_bit = keys.reserved_bit
        self._nodes = len(scene.node)
        self._names = scene.node + scene.rsu
        self._home = scene.home
        self._source = sources(scene, keys.centre)
        self._abort_qber = keys.abort_qber
        self._charted: tuple[Epoch, Chart] | None = None

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
        fault, rerouted = self._blamed(state, outages, source, target, parts)
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
        carried_bit = state.store_bit[wanted.vehicle]
        needed_bit = wanted.key_bit[:, None]
        # The richest that could serve it now, else the richest: another would not help either.
        comes = (carried_bit >= needed_bit) & (needed_bit <= self._reach(state).key_bit[:, wanted.rsu].T)
        home = richest(np.where(comes.any(axis=1, keepdims=True), carried_bit * comes, carried_bit))
        return self._home[home], home, wanted.key_bit > carried_bit[np.arange(len(home)), home]

    def _blamed(
        self, state: State, outages: Outages, source: Ints, target: Ints, parts: list[Parts]
    ) -> tuple[Ints, Bools]:
        """(R,) the fault on the shortest way, and whether the key came another way because of it."""
        silent = aborted(state.links.qber[: len(outages.link_up)], None, outages.intercepted, self._abort_qber)
        link_fault = np.where(silent & (outages.link_fault < 0), outages.tap_fault, outages.link_fault)
        if not (link_fault >= 0).any():
            return np.full_like(target, -1), np.zeros(len(target), dtype=bool)
        ways = [self._shortest.path(*ends) for ends in zip(source.tolist(), target.tolist(), strict=True)]
        fault = broken(link_fault, ways)
        other = [bool(got) and [way for way, _ in got] != [short] for got, short in zip(parts, ways, strict=True)]
        return fault, np.array(other) & (fault >= 0)

    def delivery(self, state: State, outages: Outages, streams: Streams) -> Delivery:
        """Key delivery by ETSI GS QKD 014 from the pools of this instant: a KME and an SAE at each node and unit."""
        sae = {name: place for place, name in enumerate(self._names)}
        return Delivery(self._relay, _pools(state, outages), sae, self._names, streams)

    def offer(self, state: State) -> Offer:
        """What the next key for each unit would find; with stores, from the node from which most could come."""
        reach = self._reach(state)
        best, units = reach.key_bit.argmax(axis=0), np.arange(reach.key_bit.shape[1])
        return Offer(reach.key_bit[best, units], reach.key_rate_bps[best, units], self._carried(state, reach))

    def _carried(self, state: State, reach: Reach) -> Ints:
        """(V,) what each vehicle carries of the node whose keys it would spend, of those that reach any unit."""
        vehicle = state.fleet.vehicle
        if not len(self._home):
            return np.full(len(vehicle), UNBOUNDED_BIT)
        most: Ints = (state.store_bit[vehicle] * reach.key_bit.any(axis=1)).max(axis=1)
        return most

    def _reach(self, state: State) -> Reach:
        """What each source can send to each unit."""
        chart = self._chart_of(state.key_epoch)
        # One entry more than there are links stands for no link, which holds nothing back.
        levels = np.append(spendable(state.key_bit, self._reserved_bit), UNBOUNDED_BIT)
        rates = np.append(state.links.key_rate_bps[: len(state.key_bit)], np.inf)
        key_bit = np.where(chart.there, levels[chart.links].min(axis=-1), -1)
        best = key_bit.argmax(axis=-1)[..., None]
        rate_bps = np.where(chart.there, rates[chart.links].min(axis=-1), 0.0)
        taken = (np.take_along_axis(values, best, axis=-1)[..., 0] for values in (key_bit, rate_bps))
        return Reach(np.maximum(next(taken), 0), next(taken))

    def _chart_of(self, epoch: Epoch) -> Chart:
        """The ways from each source to each unit, found once in an epoch."""
        if self._charted is None or self._charted[0] is not epoch:
            units = len(self._source)
            nodes = [[home] * units for home in self._home.tolist()] or [self._source.tolist()]
            ways = [
                [self._relay.alone(epoch, source, self._nodes + unit) for unit, source in enumerate(row)]
                for row in nodes
            ]
            self._charted = (epoch, charted(ways, len(self._net.ends)))
        return self._charted[1]


def charted(ways: list[list[tuple[Path, ...]]], links: int) -> Chart:
    """Ways of (S, M) pairs as one array; ``links`` stands for no link."""
    flat = [way for row in ways for pair in row for way in pair]
    shape = (len(ways), len(ways[0]), max((len(pair) for row in ways for pair in row), default=0) or 1)
    found = np.full((*shape, max(map(len, flat), default=1)), links)
    there = np.zeros(shape, dtype=bool)
    for source, row in enumerate(ways):
        for unit, pair in enumerate(row):
            for place, way in enumerate(pair):
                found[source, unit, place, : len(way)] = way
                there[source, unit, place] = True
    return Chart(found, there)


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
