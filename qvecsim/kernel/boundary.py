"""The end of a slot: the road and the tasks, the books, and then the next State."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from qvecsim.kernel import journal, ledger
from qvecsim.kernel.account import Happened, events, outcome
from qvecsim.kernel.keypool import Deposit, sessions_of, settled
from qvecsim.kernel.turnover import Turnover, turnover
from qvecsim.keys.network import KeyNetwork
from qvecsim.keys.stores import Docked, docked, handed_bit, loaded_bit
from qvecsim.physics.failing import serving
from qvecsim.physics.slot import Slot
from qvecsim.physics.thermal import climate
from qvecsim.rows import joined, taken, which
from qvecsim.types import (
    COMPUTED,
    CONSUMED,
    DROPPED,
    GENERATED,
    OFFLOADED,
    RETURNED,
    STORED,
    UPDATED,
    Bools,
    Draws,
    Ints,
    Outcome,
    Records,
    State,
)
from qvecsim.units import NS_PER_S
from qvecsim.world.demand import next_regime
from qvecsim.world.world import World


def close(
    world: World,
    network: KeyNetwork,
    state: State,
    slot: Slot,
    draws: Draws,
    end_ns: int,
    blocks: list[Mapping[str, Any]],
) -> tuple[State, Outcome]:
    """The State at ``end_ns`` and what the slot did. Deposits and deliveries first, then leavers, then arrivals."""
    turn, keys = turnover(world, state, slot, end_ns), _deposited(world, state, slot)
    at = docked(state.fleet, world.scene, draws.outages.node_up, world.scenario.keys.store)
    store_bit, loaded = _loaded(world, state, slot, at)
    happened = Happened(slot, turn.born, turn.ended, keys, turn.came, turn.gone, blocks, draws.outages, at, loaded)
    records = _records(world, turn.ended, keys, serving(draws.outages), end_ns)
    added = ledger.transactions(end_ns, records, len(world.scene.rsu))
    after = replace(
        state,
        slot=state.slot + 1,
        time_ns=end_ns,
        **_going_on(state, slot, turn),
        **_pools(world, network, state, keys),
        store_bit=store_bit,
        **_climate(world, state, draws, end_ns),
        busy=next_regime(world.scenario, world.streams, state.slot, state.busy),
        stake_bit=state.stake_bit + _credit(turn.ended, len(world.scene.rsu)),
        pending=joined(state.pending, added),
        fingerprint=journal.chained(state.fingerprint, events(state, happened, end_ns)),
    )
    return after, outcome(world, state, after, happened, draws.nearest, (added, records))


def _deposited(world: World, state: State, slot: Slot) -> Deposit:
    """The pools after what their links have made and all keys have taken."""
    paid_bit = slot.moves.consumed_bit + slot.moves.relayed_bit
    return settled(state, paid_bit, slot.links.key_rate_bps[: len(state.key_bit)], world.scenario)


def _going_on(state: State, slot: Slot, turn: Turnover) -> dict[str, Any]:
    """Vehicles, tasks and servers in the next State."""
    return {
        "fleet": turn.fleet,
        "tasks": turn.active,
        "tasks_born": state.tasks_born + len(turn.born),
        "vehicle_free_ns": turn.vehicle_free_ns,
        "uplink_free_ns": turn.uplink_free_ns,
        "server_free_ns": slot.moves.server_free_ns,
        "jobs": slot.moves.jobs,
        "sessions": sessions_of(state.fleet, turn.fleet, slot.moves.sessions),
    }


def _pools(world: World, network: KeyNetwork, state: State, keys: Deposit) -> dict[str, Any]:
    """Key pools in the next State."""
    link_up = world.faults.at(state.slot + 1).link_up
    return {
        "key_bit": keys.stored_bit,
        "key_fraction": keys.fraction,
        "key_epoch": network.epoch(keys.stored_bit, link_up, state.key_epoch),
        "key_history": keys.history,
    }


def _climate(world: World, state: State, draws: Draws, end_ns: int) -> dict[str, Any]:
    """Temperatures of the detectors in the next State."""
    prm, now_s = world.scenario, end_ns / NS_PER_S
    return climate(now_s, prm.slot_s, state.drift, state.heat_k, state.efficiency, draws.drift, prm.qkd)._asdict()


def _offloaded(ended: Records) -> Records:
    """Those that a server has finished for a vehicle that got the result."""
    return taken(ended, (ended["rsu"] >= 0) & (ended["outcome"] != DROPPED))


def _loaded(world: World, state: State, slot: Slot, at: Docked) -> tuple[Ints, Ints]:
    """The stores after the docks have loaded them, and (D,) what each vehicle there has got."""
    store, store_bit = world.scenario.keys.store, slot.moves.store_bit
    if store.capacity_bit is None or not len(at.vehicle):
        return store_bit, np.zeros(0, dtype=np.int64)
    handed = handed_bit(store.rate_bps, state.slot, world.scenario.slot_s)
    loaded = loaded_bit(store_bit, at, handed, store.capacity_bit)
    store_bit = store_bit.copy()
    store_bit[at.vehicle, world.scene.dock_home[at.dock]] += loaded
    return store_bit, loaded


def _credit(ended: Records, units: int) -> Ints:
    """Stake is credited for each completed offload that used a key (III-D), and for nothing else."""
    whole = _offloaded(ended)
    credit = np.zeros(units, dtype=np.int64)
    np.add.at(credit, whole["rsu"], whole["key_bit"])
    return credit


def _records(world: World, ended: Records, keys: Deposit, up: Bools, end_ns: int) -> Ints:
    """What the slot writes into the ledger: keys of the units that are up, and the story of each offload that ended."""
    units = which(up)
    link = world.scene.rsu_link[units]
    made = (units, GENERATED, link, keys.generated_bit[link], 0, end_ns)
    kept = (units, STORED, link, keys.stored_bit[link], 0, end_ns)
    withdrawn = CONSUMED if world.scenario.keys.rekey == "per_task" else UPDATED
    return ledger.records(made, kept, _stories(ended, withdrawn))


def _stories(ended: Records, withdrawn: int) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
    """The records of offloads, as columns: of each task what it came to, in the order of its life."""
    names = ("rsu", "task", "key_bit", "cycles", "decided_ns", "arrival_ns", "service_end_ns", "end_ns", "outcome")
    rsu, task, key_bit, cycles, decided_ns, arrival_ns, served_ns, end_ns, outcome = (ended[name] for name in names)
    served = (served_ns >= 0) & (served_ns <= end_ns)  # -1: it never reached the server
    happened = np.stack([key_bit > 0, arrival_ns <= end_ns, served, outcome != DROPPED], axis=1)
    happened &= (rsu >= 0)[:, None]
    row, stage = happened.nonzero()
    none = np.zeros_like(task)
    kind = np.array([withdrawn, OFFLOADED, COMPUTED, RETURNED])[stage]
    bits = np.stack([key_bit, none, none, key_bit], axis=1)[happened]
    work = np.stack([none, none, cycles, none], axis=1)[happened]
    time_ns = np.stack([decided_ns, arrival_ns, served_ns, end_ns], axis=1)[happened]
    return rsu[row], kind, task[row], bits, work, time_ns
