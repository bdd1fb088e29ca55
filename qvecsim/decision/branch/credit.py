"""Credit by hindsight: what a task has cost itself, and what the others would have been spared without it.

A difference reward (Wolpert and Tumer 2002) from what outcomes tell. Queues are first come, first served: without the
task x, whose service takes s, the one after it starts min(s, its wait) earlier, the next the least of that and its own
wait, and so on until somebody did not wait. That is the exact effect of removal, not its first order; tests hold it to
the queue run again without x. Likewise exact is who begins to send in the same slot. Others on the air later are taken
at x's own gain, and keys by the slots in which somebody still waits for one. Level: arrays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.decision.branch.prices import Rule, cost_s
from qvecsim.rows import which
from qvecsim.types import DONE, DROPPED, Bools, Floats, Ints, Records, Step
from qvecsim.units import NS_PER_S

LATE_A_DEADLINE = 0.9  # misses that a delay of one mean deadline brings about, where only delays are known


class Ended(NamedTuple):
    """Tasks that ended, as columns (n,); instants and lengths in s, on the clock of the run."""

    task: Ints
    queue: Ints  # the unit, or units + vehicle for a vehicle's own processor
    offloaded: Bools
    born_s: Floats
    due_s: Floats
    decided_s: Floats
    arrival_s: Floats  # at the queue
    start_s: Floats
    service_s: Floats
    end_s: Floats
    done: Bools
    dropped: Bools
    served: Bools
    input_bit: Floats
    sinr: Floats
    key_bit: Floats

    def rows(self, index: Ints) -> Ended:
        """Some of them."""
        return Ended(*(column[index] for column in self))  # type: ignore[arg-type]  # columns are mixed


def ended(records: Records, units: int) -> Ended:
    """The columns of a table of tasks."""
    seconds = {name: records[name] / NS_PER_S for name in TIMES}
    offloaded = records["rsu"] >= 0
    start_s, end_s = seconds["service_start_ns"], seconds["service_end_ns"]
    return Ended(
        task=records["task"],
        queue=np.where(offloaded, records["rsu"], units + records["vehicle"]),
        offloaded=offloaded,
        born_s=seconds["born_ns"],
        due_s=seconds["due_ns"],
        decided_s=seconds["decided_ns"],
        arrival_s=np.where(offloaded, seconds["arrival_ns"], seconds["decided_ns"]),
        start_s=start_s,
        service_s=end_s - start_s,
        end_s=seconds["end_ns"],
        done=records["outcome"] == DONE,
        dropped=records["outcome"] == DROPPED,
        served=records["service_start_ns"] >= 0,
        input_bit=records["input_bit"].astype(np.float64),
        sinr=records["sinr"],
        key_bit=records["key_bit"].astype(np.float64),
    )


TIMES = (
    "born_ns",
    "due_ns",
    "decided_ns",
    "arrival_ns",
    "service_start_ns",
    "service_end_ns",
    "end_ns",
)


def joined(parts: list[Ended]) -> Ended:
    """One after the other."""
    return Ended(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def own_cost_s(told: Ended, since_s: Floats, rule: Rule, unit_s: float) -> Floats:
    """(n,) what each has cost itself from an instant on: its time up to a bound, and the price of a miss."""
    spent_s = np.where(told.dropped, rule.most * unit_s, np.minimum(told.end_s - since_s, rule.most * unit_s))
    cost: Floats = spent_s + rule.miss * unit_s * ~told.done
    return cost


def queue_cost_s(told: Ended, rule: Rule, unit_s: float) -> Floats:
    """(n,) what those who came later to the same queue would have been spared without each of these."""
    cost = np.zeros(len(told.task))
    order = which(told.served)
    order = order[np.lexsort((told.task[order], told.start_s[order], told.queue[order]))]
    line = told.rows(order)
    wait_s = line.start_s - line.arrival_s
    spared = np.zeros(len(order))
    one = np.arange(len(order))
    earlier_s = line.service_s.copy()
    lag = 0
    while len(one):
        lag += 1
        behind = one + lag
        in_line = behind < len(order)
        one, behind, earlier_s = one[in_line], behind[in_line], earlier_s[in_line]
        same = line.queue[behind] == line.queue[one]
        earlier_s = np.where(same, np.minimum(earlier_s, wait_s[behind]), 0.0)
        still = which(earlier_s > 1e-12)
        one, behind, earlier_s = one[still], behind[still], earlier_s[still]
        spared[one] += _spared_s(line, behind, earlier_s, rule, unit_s)
    cost[order] = spared
    return cost


def _spared_s(told: Ended, index: Ints, earlier_s: Floats, rule: Rule, unit_s: float) -> Floats:
    """What it would be worth to these to end earlier; what is dropped gains nothing."""
    latency_s, deadline_s = told.end_s[index] - told.born_s[index], told.due_s[index] - told.born_s[index]
    before = cost_s(latency_s, deadline_s, rule, unit_s)
    after = cost_s(latency_s - earlier_s, deadline_s, rule, unit_s)
    return np.where(told.dropped[index], 0.0, before - after)


def air_cost_s(told: Ended, received_w: Floats, bandwidth_hz: float, noise_w: float) -> Floats:
    """(n,) how much sooner the others would have sent without each of these.

    ``received_w`` (n,) at its own unit when it began. It disturbs those who begin in the same slot, before it in the
    list or after, and those who begin while it is on the air.
    """
    cost = np.zeros(len(told.task))
    order = which(told.offloaded & (received_w > 0) & (told.sinr > 0))
    order = order[np.lexsort((told.task[order], told.decided_s[order], told.queue[order]))]
    line, power_w = told.rows(order), received_w[order]
    level_w = power_w / np.where(line.sinr > 0, line.sinr, 1.0)
    spared = np.zeros(len(order))
    for way in (1, -1):
        one, lag = np.arange(len(order)), 0
        while len(one):
            lag += way
            other = one + lag
            inside = (other >= 0) & (other < len(order))
            one, other = one[inside], other[inside]
            until_s = line.arrival_s[one] if way > 0 else line.decided_s[one] + 1e-12
            begins_s = line.decided_s[other] if way > 0 else line.decided_s[one] - line.decided_s[other]
            hit = (line.queue[other] == line.queue[one]) & (begins_s < (until_s if way > 0 else 1e-12))
            one, other = one[hit], other[hit]
            clear_w = np.maximum(level_w[other] - power_w[one], noise_w)
            slow = 1 / np.log2(1 + power_w[other] / level_w[other]) - 1 / np.log2(1 + power_w[other] / clear_w)
            spared[one] += line.input_bit[other] / bandwidth_hz * np.maximum(slow, 0.0)
    cost[order] = spared
    return cost


def short_of_keys(step: Step, rows: Ints, unit: Ints) -> Bools:
    """(M,) whether somebody asked a unit in this slot for a key that its pool did not hold any more.

    ``rows``, ``unit`` are the offloads that began.
    """
    seen, action = step.observation, step.action
    units = len(seen.edge_hz)
    fresh = np.where(seen.session_rsu[rows] == unit, 0, seen.key_need_bit[rows])
    left_bit = seen.key_bit - np.bincount(unit, fresh, units)
    asks = seen.deciding & action.offload & (seen.uplink_backlog_s <= 0)
    asks[rows] = False
    waiting = np.flatnonzero(asks)
    waiting = waiting[seen.reachable[waiting, action.rsu[waiting]]]
    at = action.rsu[waiting]
    need_bit = np.where(seen.session_rsu[waiting] == at, 0, seen.key_need_bit[waiting])
    short = np.zeros(units, dtype=bool)
    short[at[need_bit > left_bit[at]]] = True
    return short


def key_delay_s(short: Bools, full: Bools, slot: Ints, unit: Ints, slot_s: float) -> Floats:
    """(n,) how much less the others would have waited, together, had a key not been withdrawn in ``slot`` at ``unit``.

    ``short`` and ``full`` (slots, M): somebody waits for a key; the pool begins with all that it can hold. With one key
    more there is one fewer that waits in every slot with a shortage, until a pool that is full would have thrown the
    key away.
    """
    slots = len(short)
    # After a shortage the key is not in the pool but spent: one task waits less, and nothing of it is thrown away.
    before = np.concatenate([np.zeros((1, short.shape[1]), dtype=bool), short[:-1]])
    spill = np.where(full & ~before, np.arange(slots)[:, None], slots)
    # The first full slot after each slot, by a running minimum from behind.
    first = np.minimum.accumulate(spill[::-1], axis=0)[::-1]
    first = np.concatenate([first[1:], np.full((1, short.shape[1]), slots)])
    total = np.concatenate([np.zeros((1, short.shape[1]), dtype=np.int64), np.cumsum(short, axis=0)])
    until = first[slot, unit]
    count: Floats = (total[until, unit] - total[slot + 1, unit]) * slot_s
    return np.maximum(count, 0.0)
