"""What a slot did, told: the events of its fingerprint and the rows of its tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from qvecsim.kernel import journal
from qvecsim.kernel.keypool import Deposit
from qvecsim.kernel.limits import over
from qvecsim.keys.pools import STATES
from qvecsim.keys.stores import Docked
from qvecsim.physics.failing import serving
from qvecsim.physics.linking import aborted
from qvecsim.physics.queue import processors, work_ns
from qvecsim.physics.slot import Slot
from qvecsim.rows import taken
from qvecsim.types import (
    DONE,
    DROPPED,
    LATE,
    LEFT,
    OUTCOMES,
    RSU_DOWN,
    SERVER_DOWN,
    UPLINK,
    Bools,
    Ints,
    Outages,
    Outcome,
    Records,
    State,
)
from qvecsim.units import NS_PER_S
from qvecsim.world.world import World

UNWRITTEN = frozenset({"guards", "violations"})  # what a block tells the kernel and no table


class Happened(NamedTuple):
    """What a slot and its boundary came to."""

    slot: Slot
    born: Records
    ended: Records
    keys: Deposit
    came: Ints  # vehicles
    gone: Ints
    blocks: list[Mapping[str, Any]]
    outages: Outages
    docked: Docked
    loaded_bit: Ints  # (D,) key bits that each of these vehicles has got


def events(state: State, happened: Happened, end_ns: int) -> Ints:
    """Every event of the slot, for the fingerprint."""
    slot, born, ended, keys, came, gone, blocks = happened[:7]
    start, tasks, begin_ns = slot.start, slot.moves.tasks, state.time_ns
    local, sent, arrived = start.task[start.local], start.task[start.sent], slot.arrived
    links = np.arange(len(keys.generated_bit))
    made = [(block["time_ns"], block["height"], block["transactions"]) for block in blocks]
    forged = np.array(made, dtype=np.int64).reshape(-1, 3)
    return journal.rows(
        (born["born_ns"], journal.BORN, born["task"], born["input_bit"]),
        (begin_ns, journal.COMPUTED, tasks["task"][local], tasks["cycles"][local]),
        (begin_ns, journal.SENT, tasks["task"][sent], tasks["key_bit"][sent]),
        (tasks["arrival_ns"][arrived], journal.ARRIVED, tasks["task"][arrived], tasks["rsu"][arrived]),
        (ended["end_ns"], journal.ENDED, ended["task"], ended["outcome"] * 16 + ended["reason"]),
        (end_ns, journal.DEPOSITED, links, keys.generated_bit),
        (end_ns, journal.ENTERED, came, 1),
        (end_ns, journal.LEFT_ROAD, gone, 1),
        (forged[:, 0], journal.BLOCK, forged[:, 1], forged[:, 2]),
    )


def outcome(
    world: World, state: State, after: State, happened: Happened, nearest: Ints, written: tuple[Records, Ints]
) -> Outcome:
    """What the slot tells the policy and the tables; a dropped task has its price here, where drops are known."""
    slot, ended, terms = happened.slot, happened.ended, happened.slot.terms
    dropped = np.count_nonzero(ended["outcome"] == DROPPED)
    o = world.scenario.objective
    drop_term = float(o.latency_weight * o.drop_s / o.reference_s * dropped)
    reward = -(terms.key + terms.latency + terms.block + drop_term)
    guards = slot.guards + sum(block["guards"] for block in happened.blocks)
    limits = over(state, slot, world.scene, happened.outages, world.scenario)
    violations = slot.violations + sum(block["violations"] for block in happened.blocks)
    costs = {
        "key_term": terms.key,
        "latency_term": terms.latency,
        "block_term": terms.block,
        "drop_term": drop_term,
        "objective": -reward,
        "reward": reward,
        "guards": int(guards.sum()),
        "violations": int(violations.sum()),
        **{f"over_{name}": count for name, count in limits._asdict().items()},
    }
    return Outcome(
        terms=terms,
        reward=reward,
        ended=ended,
        slot=_slot(state, after, happened) | costs,
        servers=_servers(world, state, after, happened, nearest),
        links=_links(world, state, after, happened),
        faults=_faults(world, state, happened),
        docks=_docks(world, state, happened),
        blocks=[{name: value for name, value in b.items() if name not in UNWRITTEN} for b in happened.blocks],
        transactions=written[0],
        records=written[1],
        guards=guards,
        violations=violations,
    )


def _slot(state: State, after: State, happened: Happened) -> dict[str, Any]:
    tasks = happened.slot.moves.tasks
    start, links, predicted_s = happened.slot.start, happened.slot.links, happened.slot.terms.latency_s
    outcomes = np.bincount(happened.ended["outcome"], minlength=len(OUTCOMES))
    return {
        "slot": state.slot,
        "time_s": state.time_ns / NS_PER_S,
        "vehicles": len(state.fleet),
        "arrivals": len(happened.came),
        "leavers": len(happened.gone),
        "generated": len(happened.born),
        "deciding": len(start.task),
        "offloaded": int(np.count_nonzero(start.sent)),
        "local": int(np.count_nonzero(start.local)),
        "wait_uplink": int(np.count_nonzero(start.busy)),
        "wait_key": int(np.count_nonzero(start.waits_key)),
        "no_store": int(np.count_nonzero(start.keys.unstored)),
        "rerouted": int(np.count_nonzero(start.keys.rerouted)),
        "starved": int(np.count_nonzero(start.keys.starved)),
        "failed": int(np.count_nonzero(happened.ended["reason"] >= SERVER_DOWN)),
        "refused": int(np.count_nonzero(start.refused)),
        "exposed": int(np.count_nonzero(tasks["exposed"][start.task[start.sent]])),
        "done": int(outcomes[DONE]),
        "late": int(outcomes[LATE]),
        "dropped": int(outcomes[DROPPED]),
        "in_flight": len(after.tasks),
        "busy": state.busy,
        "key_rate_bps": float(links.key_rate_bps[: len(state.key_bit)].sum()),
        "keys_generated_bit": int(happened.keys.generated_bit.sum()),
        "keys_consumed_bit": int(happened.slot.moves.consumed_bit.sum()),
        "keys_relayed_bit": int(happened.slot.moves.relayed_bit.sum()),
        "stores_bit": int(after.store_bit.sum()),
        "stores_loaded_bit": int(happened.loaded_bit.sum()),
        "stores_spent_bit": int(state.store_bit.sum() - happened.slot.moves.store_bit.sum()),
        "pending_transactions": len(after.pending),
        "predicted_latency_s": float(predicted_s.mean()) if len(predicted_s) else math.nan,
    }


def _servers(world: World, state: State, after: State, happened: Happened, nearest: Ints) -> Mapping[str, Any]:
    slot, ended = happened.slot, happened.ended
    tasks, units, begin_ns, end_ns = slot.moves.tasks, len(world.scene.rsu), state.time_ns, after.time_ns
    uploads = taken(tasks, _uploaded(slot, state))
    sent_until = np.full(units, begin_ns)
    np.maximum.at(sent_until, uploads["rsu"], np.minimum(uploads["arrival_ns"], end_ns))
    finished = (tasks["service_end_ns"] >= begin_ns) & (tasks["service_end_ns"] < end_ns) & (tasks["rsu"] >= 0)
    at_server = (ended["outcome"] == DROPPED) & (ended["arrival_ns"] >= 0) & (ended["arrival_ns"] < end_ns)
    left = taken(ended, at_server & (ended["service_end_ns"] >= end_ns) & (ended["reason"] == LEFT))
    lost = taken(ended, ended["reason"] >= SERVER_DOWN)
    before_ns = work_ns(state.server_free_ns, begin_ns) * serving(happened.outages)
    after_ns = work_ns(after.server_free_ns, end_ns)
    whole = processors(state.server_free_ns) * NS_PER_S
    return {
        "slot": state.slot,
        "time_s": begin_ns / NS_PER_S,
        "attached": np.bincount(nearest, minlength=units),
        "uploads": np.bincount(uploads["rsu"], minlength=units),
        "arrivals": slot.served,
        "served": np.bincount(tasks["rsu"][finished], minlength=units),
        "abandoned": np.bincount(left["rsu"], minlength=units),
        "failed": np.bincount(lost["rsu"], minlength=units),
        "up": serving(happened.outages),
        "busy_s": (before_ns + slot.work_ns - after_ns) / whole,
        "lent_s": slot.lent_ns / NS_PER_S,
        "backlog_s": after_ns / whole,
        "sending_s": (sent_until - begin_ns) / NS_PER_S,
        "band_share": state.bandwidth,
    }


def _uploaded(slot: Slot, state: State) -> Bools:
    """Tasks that were in the air at some time of the slot."""
    tasks = slot.moves.tasks
    aired: Bools = (tasks["phase"] == UPLINK) | (tasks["arrival_ns"] >= state.time_ns)
    return aired


def _links(world: World, state: State, after: State, happened: Happened) -> Mapping[str, Any]:
    slot, keys, count = happened.slot, happened.keys, len(state.key_bit)
    outages, measured_bps = happened.outages, world.measured_bps(state.slot)
    dark = aborted(slot.links.qber[:count], measured_bps, outages.intercepted, world.scenario.keys.abort_qber)
    return {
        "slot": state.slot,
        "time_s": state.time_ns / NS_PER_S,
        "key_rate_bps": slot.links.key_rate_bps[:count],
        "qber": slot.links.qber[:count],
        "generated_bit": keys.generated_bit,
        "stored_bit": after.key_bit,
        "consumed_bit": slot.moves.consumed_bit,
        "relayed_bit": slot.moves.relayed_bit,
        "overflow_bit": keys.overflow_bit,
        "expired_bit": keys.expired_bit,
        "state": [STATES[code] for code in after.key_epoch.state],
        "up": outages.link_up,
        "aborted": dark & outages.link_up,
    }


def _faults(world: World, state: State, happened: Happened) -> Mapping[str, Any]:
    """What each fault that is there has done in the slot."""
    numbers, keys, lost = happened.outages.faults, happened.slot.start.keys, happened.ended
    if not len(numbers):
        return {}
    known = [world.faults.happenings[number] for number in numbers.tolist()]
    count = len(world.faults.happenings)
    lost = taken(lost, lost["reason"] >= SERVER_DOWN)
    blamed = _blamed(happened.outages, lost)
    return {
        "fault": numbers,
        "slot": state.slot,
        "time_s": state.time_ns / NS_PER_S,
        "kind": [one.kind for one in known],
        "subject": [one.name for one in known],
        "begin_s": np.array([one.begin_s for one in known]),
        "end_s": np.array([one.end_s if math.isfinite(one.end_s) else math.nan for one in known]),
        "rerouted": np.bincount(keys.fault[keys.rerouted], minlength=count)[numbers],
        "starved": np.bincount(keys.fault[keys.starved], minlength=count)[numbers],
        "failed": np.bincount(blamed, minlength=count)[numbers],
    }


def _blamed(outages: Outages, lost: Records) -> Ints:
    """The fault that has taken each of these tasks along: the first of its kind."""
    at = np.where(lost["back_rsu"] >= 0, lost["back_rsu"], lost["rsu"])
    numbers: Ints = np.where(lost["reason"] == RSU_DOWN, outages.unit_fault[at], outages.server_fault[lost["rsu"]])
    return numbers


def _docks(world: World, state: State, happened: Happened) -> Mapping[str, Any]:
    """What each dock has handed out."""
    docks, dock = len(world.scene.dock), happened.docked.dock
    loaded_bit = np.zeros(docks, dtype=np.int64)
    np.add.at(loaded_bit, dock, happened.loaded_bit)
    return {
        "slot": state.slot,
        "time_s": state.time_ns / NS_PER_S,
        "vehicles": np.bincount(dock, minlength=docks),
        "loaded_bit": loaded_bit,
    }
