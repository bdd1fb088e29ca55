"""The State that a run begins with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qvecsim.kernel import journal, keypool, ledger
from qvecsim.keys.ages import begun
from qvecsim.keys.network import KeyNetwork
from qvecsim.physics.linking import key_links
from qvecsim.physics.profile import Profile
from qvecsim.physics.serving import idle
from qvecsim.physics.thermal import temperature
from qvecsim.types import BAND_SHARE, JOB, ROOTED_JOB, TASK, TRANSACTION, Action, Draws, Event, Ints, Links, State
from qvecsim.units import ns
from qvecsim.world.world import World

BLOCK = "block"


def genesis(world: World, profile: Profile, keys: KeyNetwork, draws: Draws) -> State:
    """Nobody has a task yet; pools hold what the scenario gives them; the first block's timer runs."""
    prm, scene, fleet = world.scenario, world.scene, world.fleet(0)
    nodes, links, units = len(scene.node), len(scene.link), len(scene.rsu)
    key_bit = np.full(links, prm.keys.initial_bit, dtype=np.int64)
    interval_s = ledger.interval_s(prm, world.streams, 1)
    drift = world.streams.at("drift").standard_normal((2, nodes))
    state = State(
        slot=0,
        time_ns=0,
        fleet=fleet,
        tasks=np.zeros(0, TASK),
        tasks_born=0,
        vehicle_free_ns=np.zeros(len(fleet), dtype=np.int64),
        uplink_free_ns=np.zeros(len(fleet), dtype=np.int64),
        server_free_ns=idle(units, prm.edge),
        jobs=np.zeros(0, ROOTED_JOB if prm.edge.queue == "sqrt" else JOB),
        key_bit=key_bit,
        key_fraction=np.zeros(links),
        key_epoch=keys.epoch(key_bit, draws.outages.link_up, None),
        key_history=begun(key_bit) if prm.keys.expiry_s is not None else (),
        sessions=keypool.no_sessions(len(fleet)),
        store_bit=_preloaded(world),
        temperature_k=temperature(0.0, drift, np.zeros(nodes), prm.qkd),
        drift=drift,
        heat_k=np.zeros(nodes),
        busy=bool(world.streams.at("regime").random() < 0.5),
        stake_bit=np.full(units, prm.chain.initial_stake_bit, dtype=np.int64),
        pending=np.zeros(0, TRANSACTION),
        head=ledger.genesis(world.streams),
        interval_s=interval_s,
        maker=-1,
        made_ns=0,
        producer=-1,
        bandwidth=np.full(units, BAND_SHARE),
        block_bit=prm.chain.block_bit,
        efficiency=np.full(nodes, max(prm.qkd.efficiencies)),
        links=_dark(0, nodes),
        agenda=(Event(ns(interval_s), BLOCK, 1),),
        fingerprint=journal.START,
    )
    return _lit(state, world, profile, draws)


def _dark(pairs: int, nodes: int) -> Links:
    none, zero = np.zeros(pairs), np.zeros(0, dtype=np.int64)
    return Links(none, none, none, none, none, np.zeros(nodes), none, zero, zero)


def _lit(state: State, world: World, profile: Profile, draws: Draws) -> State:
    """The same with the key rates that the links have before the first slot, so that a policy sees some."""
    nobody = np.zeros(len(state.fleet), dtype=np.int64)
    action = Action(state.efficiency, nobody > 0, nobody, -1, state.bandwidth, state.block_bit)
    return replace(state, links=key_links(profile.qkd, state, action, world.scene, draws, world.scenario))


def _preloaded(world: World) -> Ints:
    """(N, H) what each vehicle carries when it first comes: from one node, which is drawn."""
    vehicles, nodes = len(world.trace.ids), len(world.scene.home)
    store_bit = np.zeros((vehicles, nodes), dtype=np.int64)
    if nodes:
        home = world.streams.at("store").integers(nodes, size=vehicles)
        store_bit[np.arange(vehicles), home] = world.scenario.keys.store.initial_bit
    return store_bit
