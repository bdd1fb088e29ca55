"""The end of a slot: what fell due, who left, who came, and the books; then the next State."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from qvecsim.kernel import journal, ledger
from qvecsim.kernel.account import Happened, events, outcome
from qvecsim.kernel.keypool import Deposit, sessions_of, settled
from qvecsim.keys.network import KeyNetwork
from qvecsim.keys.stores import Docked, docked, handed_bit, loaded_bit
from qvecsim.physics.failing import serving
from qvecsim.physics.serving import sent_j
from qvecsim.physics.slot import Slot
from qvecsim.physics.thermal import climate
from qvecsim.rows import joined, taken, which
from qvecsim.types import (
    COMPUTED,
    CONSUMED,
    DONE,
    DROPPED,
    GENERATED,
    IN_FLIGHT,
    LATE,
    LEFT,
    LOCAL,
    OFFLOADED,
    RETURN,
    RETURNED,
    STORED,
    UPDATED,
    UPLINK,
    Bools,
    Draws,
    Fleet,
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
    prm = world.scenario
    born = world.births(state.slot, state.fleet, state.busy, state.tasks_born)
    tasks = joined(slot.moves.tasks, born)
    _deliver(tasks, end_ns)
    following = _next_fleet(world, state)
    gone, came = _changes(state.fleet, following)
    _leave(tasks, gone, end_ns)
    over = tasks["outcome"] != IN_FLIGHT
    ended, active = taken(tasks, over), taken(tasks, ~over)
    paid_bit = slot.moves.consumed_bit + slot.moves.relayed_bit
    keys = settled(state, paid_bit, slot.links.key_rate_bps[: len(state.key_bit)], prm)
    at = docked(state.fleet, world.scene, draws.outages.node_up, prm.keys.store)
    store_bit, loaded = _loaded(world, state, slot, at)
    happened = Happened(slot, born, ended, keys, came, gone, blocks, draws.outages, at, loaded)
    records = _records(world, ended, keys, serving(draws.outages), end_ns)
    added = ledger.transactions(end_ns, records, len(world.scene.rsu))
    vehicle_free_ns, uplink_free_ns = _carry(state.fleet, following, slot, active)
    air = climate(end_ns / NS_PER_S, prm.slot_s, state.drift, state.heat_k, state.efficiency, draws.drift, prm.qkd)
    after = replace(
        state,
        slot=state.slot + 1,
        time_ns=end_ns,
        fleet=following,
        tasks=active,
        tasks_born=state.tasks_born + len(born),
        vehicle_free_ns=vehicle_free_ns,
        uplink_free_ns=uplink_free_ns,
        server_free_ns=slot.moves.server_free_ns,
        jobs=slot.moves.jobs,
        key_bit=keys.stored_bit,
        key_fraction=keys.fraction,
        key_epoch=network.epoch(keys.stored_bit, world.faults.at(state.slot + 1).link_up, state.key_epoch),
        key_history=keys.history,
        store_bit=store_bit,
        sessions=sessions_of(state.fleet, following, slot.moves.sessions),
        temperature_k=air.temperature_k,
        drift=air.drift,
        heat_k=air.heat_k,
        busy=next_regime(prm, world.streams, state.slot, state.busy),
        stake_bit=state.stake_bit + _credit(ended, len(world.scene.rsu)),
        pending=joined(state.pending, added),
        fingerprint=journal.chained(state.fingerprint, events(state, happened, end_ns)),
    )
    return after, outcome(world, state, after, happened, draws.nearest, (added, records))


def _deliver(tasks: Records, end_ns: int) -> None:
    """Results that are where they are wanted by now; they are done, or late."""
    phase = tasks["phase"]
    due = ((phase == LOCAL) | (phase == RETURN)) & (tasks["end_ns"] <= end_ns) & (tasks["outcome"] == IN_FLIGHT)
    index = which(due)
    tasks["outcome"][index] = np.where(tasks["end_ns"][index] <= tasks["due_ns"][index], DONE, LATE)


def _next_fleet(world: World, state: State) -> Fleet:
    """Who is on the road at the next boundary; at the end of the trace nobody departs."""
    return world.fleet(state.slot + 1) if state.slot + 1 < world.slots else state.fleet


def _changes(before: Fleet, after: Fleet) -> tuple[Ints, Ints]:
    """Who left, and who came."""
    if np.array_equal(before.vehicle, after.vehicle):
        return before.vehicle[:0], before.vehicle[:0]
    gone = before.vehicle[~np.isin(before.vehicle, after.vehicle, assume_unique=True)]
    return gone, after.vehicle[~np.isin(after.vehicle, before.vehicle, assume_unique=True)]


def _leave(tasks: Records, gone: Ints, end_ns: int) -> None:
    """Who leaves takes along what is undecided, unsent or undelivered; its own processor goes on computing."""
    if not len(gone):
        return
    lost = np.isin(tasks["vehicle"], gone) & (tasks["phase"] != LOCAL) & (tasks["outcome"] == IN_FLIGHT)
    index = which(lost)
    cut = index[tasks["phase"][index] == UPLINK]
    tasks["energy_j"][cut] = sent_j(taken(tasks, cut), end_ns)
    tasks["outcome"][index], tasks["reason"][index], tasks["end_ns"][index] = DROPPED, LEFT, end_ns


def _carry(before: Fleet, after: Fleet, slot: Slot, active: Records) -> tuple[Ints, Ints]:
    """The vehicles' processors and transmitters, row by row of the new fleet."""
    vehicle_free, uplink_free = slot.moves.vehicle_free_ns, slot.moves.uplink_free_ns
    if before.vehicle is after.vehicle or np.array_equal(before.vehicle, after.vehicle):
        return vehicle_free, uplink_free
    _, old, new = np.intersect1d(before.vehicle, after.vehicle, assume_unique=True, return_indices=True)
    moved_vehicle, moved_uplink = np.zeros((2, len(after)), dtype=np.int64)
    moved_vehicle[new], moved_uplink[new] = vehicle_free[old], uplink_free[old]
    # Who comes back finds its processor as busy as it left it.
    local = taken(active, active["phase"] == LOCAL)
    row = after.vehicle.searchsorted(local["vehicle"])
    here = which(row < len(after))
    here = here[after.vehicle[row[here]] == local["vehicle"][here]]
    np.maximum.at(moved_vehicle, row[here], local["end_ns"][here])
    return moved_vehicle, moved_uplink


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
