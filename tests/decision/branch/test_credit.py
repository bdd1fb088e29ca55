"""Credit against brute force: the same queue, the same slot on the air, the same pool, run again without one task."""

from __future__ import annotations

import numpy as np
import pytest

from qvecsim.decision.branch import credit
from qvecsim.decision.branch.prices import Rule, cost_s
from qvecsim.types import Step

from ..sight import seen

RULE, UNIT_S = Rule(), 0.8


def ended(tasks, **told):
    """Columns of tasks that ended; numbers stand for whole columns."""
    columns = {
        "task": np.arange(tasks),
        "queue": np.zeros(tasks, np.int64),
        **{name: np.ones(tasks, bool) for name in ("offloaded", "done", "served")},
        "dropped": np.zeros(tasks, bool),
        **{name: np.zeros(tasks) for name in credit.Ended._fields if name.endswith("_s")},
        "input_bit": np.full(tasks, 1e6),
        "sinr": np.ones(tasks),
        "key_bit": np.full(tasks, 256.0),
    }
    for name, value in told.items():
        columns[name] = np.broadcast_to(value, columns[name].shape).astype(columns[name].dtype)
    return credit.Ended(**columns)


def served(queue, arrival_s, service_s, free_s):
    """First come, first served, event by event: when each starts."""
    start_s, free = np.zeros(len(queue)), dict(free_s)
    for job in np.lexsort((np.arange(len(queue)), arrival_s)):
        start_s[job] = max(arrival_s[job], free[queue[job]])
        free[queue[job]] = start_s[job] + service_s[job]
    return start_s


@pytest.mark.parametrize("seed", range(8))
def test_queues_against_removal(seed):
    rng = np.random.default_rng(seed)
    tasks = 60
    queue, arrival_s = rng.integers(0, 3, tasks), np.sort(rng.uniform(0, 4, tasks))
    service_s, back_s = rng.exponential(0.15, tasks), rng.uniform(0, 0.1, tasks)
    born_s, length_s = arrival_s - rng.uniform(0, 0.5, tasks), rng.uniform(0.2, 1.2, tasks)
    dropped = rng.random(tasks) < 0.1
    free_s = {0: 0.0, 1: 0.7, 2: 0.0}
    start_s = served(queue, arrival_s, service_s, free_s)
    end_s = start_s + service_s + back_s
    told = ended(
        tasks,
        queue=queue,
        arrival_s=arrival_s,
        start_s=start_s,
        service_s=service_s,
        end_s=end_s,
        born_s=born_s,
        due_s=born_s + length_s,
        dropped=dropped,
    )
    found = credit.queue_cost_s(told, RULE, UNIT_S)
    for task in range(tasks):
        rest = np.arange(tasks) != task
        again_s = served(queue[rest], arrival_s[rest], service_s[rest], free_s)
        counts = ~dropped[rest]

        def total(begin_s, rest=rest, counts=counts):
            latency_s = begin_s + service_s[rest] + back_s[rest] - born_s[rest]
            return cost_s(latency_s, length_s[rest], RULE, UNIT_S)[counts].sum()

        assert found[task] == pytest.approx(total(start_s[rest]) - total(again_s), abs=1e-9)


def test_the_order_of_the_rows_does_not_matter():
    rng = np.random.default_rng(1)
    arrival_s, service_s = rng.uniform(0, 2, 30), rng.exponential(0.1, 30)
    start_s = served(np.zeros(30, int), arrival_s, service_s, {0: 0.0})
    told = ended(30, arrival_s=arrival_s, start_s=start_s, service_s=service_s, end_s=start_s + service_s, due_s=0.7)
    shuffle = rng.permutation(30)
    assert credit.queue_cost_s(told.rows(shuffle), RULE, UNIT_S) == pytest.approx(
        credit.queue_cost_s(told, RULE, UNIT_S)[shuffle]
    )


def test_nobody_waits_for_those_who_were_never_served():
    told = ended(2, served=[False, True], service_s=[5.0, 1.0], start_s=[-1, 3], arrival_s=[-1, 1])
    assert credit.queue_cost_s(told, RULE, UNIT_S).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("seed", range(4))
def test_the_air_against_removal_in_the_same_slot(seed):
    rng = np.random.default_rng(seed)
    tasks, band_hz, noise_w = 12, 20e6, 1e-13
    unit, power_w = rng.integers(0, 2, tasks), 10 ** rng.uniform(-13, -10, tasks)
    input_bit, carried_w = rng.uniform(1e5, 4e6, tasks), 3e-12

    def sending_s(kept):
        heard_w = np.array([power_w[kept & (unit == u)].sum() for u in (0, 1)]) + carried_w
        sinr = power_w / (heard_w[unit] - power_w * kept + noise_w)
        return input_bit / (band_hz * np.log2(1 + sinr)), sinr

    everyone = np.ones(tasks, bool)
    before_s, sinr = sending_s(everyone)
    told = ended(tasks, queue=unit, sinr=sinr, input_bit=input_bit, decided_s=2.0, arrival_s=2.0 + before_s)
    found = credit.air_cost_s(told, power_w, band_hz, noise_w)
    for task in range(tasks):
        rest = everyone & (np.arange(tasks) != task)
        after_s, _ = sending_s(rest)
        assert found[task] == pytest.approx((before_s - after_s)[rest].sum(), rel=1e-9, abs=1e-12)


def test_who_begins_while_another_sends_is_disturbed_and_not_the_other_way_round():
    told = ended(3, decided_s=[0, 1, 2.0], arrival_s=[1.5, 1.6, 3.0], sinr=0.5)
    cost_of = credit.air_cost_s(told, np.full(3, 1e-12), 1e6, 1e-14)
    slow_s = 1 / np.log2(1 + 0.5) - 1 / np.log2(1 + 1 / (1 / 0.5 - 1))
    assert cost_of == pytest.approx([slow_s, 0.0, 0.0])


def waits(withdraws, income, most, slots):
    """Whole keys of a pool, first come, first served, slot by slot: (slots that tasks waited, short, full)."""
    level, queue, waited = 0, 0, 0
    short, full = np.zeros((slots, 1), bool), np.zeros((slots, 1), bool)
    for slot in range(slots):
        full[slot, 0] = level >= most
        queue += withdraws[slot]
        paid = min(queue, level)
        queue, level = queue - paid, level - paid
        short[slot, 0] = queue > 0
        waited += queue
        level = min(level + income[slot], most)
    return waited, short, full


@pytest.mark.parametrize("seed", range(5))
def test_keys_against_removal(seed):
    rng = np.random.default_rng(seed)
    slots, most = 80, 6
    withdraws, income = rng.poisson(0.9, slots), rng.poisson(1.0, slots)
    waited, short, full = waits(withdraws, income, most, slots)
    assert short.any()
    assert full.any()
    asked = np.flatnonzero(withdraws)
    granted = asked[~short[asked, 0]]  # withdrawn in the slot in which it was asked for
    found = credit.key_delay_s(short, full, granted, np.zeros(len(granted), np.int64), 0.1)
    for slot, delay_s in zip(granted, found, strict=True):
        without = withdraws.copy()
        without[slot] -= 1
        assert delay_s == pytest.approx(0.1 * (waited - waits(without, income, most, slots)[0]))


def test_a_shortage_is_one_of_keys_and_of_nothing_else():
    before = seen(5, 2, key_bit=[512, 512], uplink_backlog_s=[0, 0, 0, 1, 0], reachable=[[1, 1]] * 4 + [[1, 0]])
    action = before.action(np.ones(5, bool), np.array([0, 0, 0, 1, 1]))
    step = Step(before, action, 0.0, None, None)
    # Two of three got a key at unit 0; at unit 1 one has a busy transmitter and one is out of range.
    assert credit.short_of_keys(step, np.array([0, 1]), np.array([0, 0])).tolist() == [True, False]
    assert credit.short_of_keys(step, np.array([0]), np.array([0])).tolist() == [False, False]


def test_own_costs_are_time_and_the_miss():
    told = ended(4, end_s=[1.0, 2.0, 50.0, 3.0], done=[True, False, False, False], dropped=[0, 0, 0, 1])
    late_s, most_s = RULE.miss * UNIT_S, RULE.most * UNIT_S
    assert credit.own_cost_s(told, np.full(4, 0.5), RULE, UNIT_S) == pytest.approx(
        [0.5, 1.5 + late_s, most_s + late_s, most_s + late_s]
    )
