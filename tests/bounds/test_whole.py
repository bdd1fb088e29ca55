from __future__ import annotations

import numpy as np
import pytest
from example import policy, roaming, simulation_of
from scipy.optimize import linprog

from qvecsim.bounds import generated
from qvecsim.bounds import whole as programmes
from qvecsim.bounds.choices import Choices, Chooser
from qvecsim.bounds.lives import departures, life
from qvecsim.bounds.trace import whole
from qvecsim.bounds.whole import SEPARABLE, Pools, least
from qvecsim.bounds.witness import Witness
from qvecsim.runner import replay
from qvecsim.types import OUTCOMES

from .test_optimum import FIELD, VARIANTS

SCHEMES = ("greedy", "nearest", "ralc", "rars", "roulette")


def witnessed(name, seed=0, *, trace=None, **changes):
    """A run to its end, with what the bounds need."""
    simulation = simulation_of(trace or roaming(seed, 10, 16), seed=seed, **changes)
    witness = Witness(simulation.world.scenario, simulation.world, ())
    replay(witness, policy(name, witness), lambda outcome: None)
    return witness


@pytest.mark.parametrize("seed", range(4))
def test_every_scheme_is_above_the_same_bound(seed):
    found = [whole(witnessed(name, seed)) for name in SCHEMES]
    assert len({(one["cost_lower_s"], one["misses_lower"], one["tasks"]) for one in found}) == 1
    for one in found:
        assert one["valid_for"] == generated.LEVELS
        assert 0 < one["cost_lower_s"] <= one["cost_s"]
        assert 0 < one["misses_lower"] <= one["misses"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_schemes_are_above_the_bound_in_every_variant(variant):
    found = whole(witnessed("greedy", 5, **VARIANTS[variant]))
    assert found["status"] == "bound"
    assert found["cost_lower_s"] <= found["cost_s"]
    assert found["misses_lower"] <= found["misses"]


@pytest.mark.parametrize("variant", ["plain", "drop", "local", "expose", "few keys", "faults", "no queue", "printed"])
@pytest.mark.parametrize(("name", "churn"), [("greedy", 0.3), ("roulette", 0.12)])
def test_each_task_of_a_run_is_charged_no_more_than_it_was(variant, name, churn):
    """The proof of ``whole``, task by task: what became of each is one of its choices, and not cheaper."""
    witness = witnessed(name, 6, trace=roaming(6, 10, 16, churn=churn), **VARIANTS[variant])
    world, tasks = witness.world, witness.tasks
    lives = life(world, tasks)
    every = Chooser(witness, tasks, lives)
    known = every.choices()
    keys = zip(known.task.tolist(), known.unit.tolist(), known.slot.tolist(), strict=True)
    best = dict(zip(keys, known.latency_s.tolist(), strict=True))
    end_ns, seen = world.slots * world.slot_ns, set()
    for row, task in enumerate(tasks):
        age_s = (min(task["end_ns"], end_ns) if task["outcome"] else end_ns) - task["born_ns"]
        spent_s = age_s / 1e9
        what = "flight" if not task["outcome"] else OUTCOMES[task["outcome"]]
        if what == "flight":
            assert spent_s >= lives.flight_s[row] * (1 - 1e-12)
        elif what == "dropped":
            assert spent_s + world.scenario.objective.drop_s >= lives.dropped_s[row] * (1 - 1e-12)
        elif task["rsu"] < 0:
            what = "local"
            assert spent_s >= lives.local_s[row]
        else:
            what = "sent"
            key = (row, int(task["rsu"]), int(task["decided_ns"] // world.slot_ns))
            assert spent_s >= best.get(key, every.patience_s[row]) - 1e-12
            assert task["key_bit"] >= lives.need_bit[row] or variant == "expose"
        seen.add(what)
    assert {"local", "sent"} <= seen


def test_one_lonely_task_costs_what_the_bound_says():
    """Nobody interferes, nothing queues: a clairvoyant is as good as its bound, but for the band left to consensus."""
    quick = {"classes": {"driving": {"input_bit": 1e6, "cycles": 4e9, "result_bit": 8e3, "deadline_s": 4.0}}}
    simulation = simulation_of(roaming(0, 1, 12, churn=0.0), tasks__rate_hz=0.2, tasks=quick)
    witness = Witness(simulation.world.scenario, simulation.world, ())
    replay(witness, policy("greedy", witness), lambda outcome: None)
    found = whole(witness)
    assert found["tasks"] >= 1
    assert found["cost_lower_s"] <= found["cost_s"] <= found["cost_lower_s"] * 1.2


def test_fewer_keys_raise_the_bound():
    many = whole(witnessed("greedy", 1, keys__initial_bit=50_000, keys__capacity_bit=10**6))
    few = whole(witnessed("greedy", 1, keys__initial_bit=0, qkd__source_rate_hz=300.0))
    free = whole(witnessed("greedy", 1, keys__encryption="none", keys__initial_bit=0, qkd__source_rate_hz=300.0))
    assert free["cost_keys"] == SEPARABLE
    assert free["cost_lower_s"] == pytest.approx(many["cost_lower_s"], rel=1e-5)
    assert few["cost_lower_s"] > many["cost_lower_s"] * 1.01
    assert few["misses_lower"] > many["misses_lower"]


def test_links_make_no_more_than_the_pools_of_the_bound():
    """The witness runs its detectors hot; who does not has better ones, and still makes no more than it says."""
    warm = {"heating_k": 60.0, "temperature_memory_s": 2.0, "noise_per_efficiency": 0.5, "temperature_drift_k": 2.0}
    best = np.array(witnessed("greedy", 3, qkd=warm).rates_bps)
    for name in ("greedy", "roulette"):
        other = simulation_of(roaming(3, 10, 16), seed=3, qkd=warm)
        decides, made = policy(name, other), []
        while not other.finished:
            made.append(other.step(decides.act([other.observe()])[0]).links["key_rate_bps"])
        assert (np.array(made) <= best * (1 + 1e-12)).all()
        assert (np.array(made) < best * 0.99).any()


def test_departures_against_looking():
    world = simulation_of(roaming(4, 8, 20)).world
    present = np.array([np.isin(np.arange(8), world.fleet(slot).vehicle) for slot in range(world.slots)])
    asked = [(vehicle, slot) for vehicle in range(8) for slot in range(world.slots) if present[slot, vehicle]]
    vehicle, slot = np.array(asked).T
    found = departures(world, vehicle, slot)
    for (who, when), gone in zip(asked, found.tolist(), strict=True):
        after = [later for later in range(when + 1, world.slots) if not present[later, who]]
        assert gone == (after[0] if after else world.slots)


def drawn(seed, tasks=12, units=2, slots=6, count=60):
    """A made-up whole: losses, choices, gains, and pools that cannot serve all."""
    draw = np.random.default_rng(seed)
    keys = {(int(t), int(u), int(s)) for t, u, s in draw.integers(0, (tasks, units, slots), (count, 3))}
    task, unit, slot = np.array(sorted(keys)).T
    gain = draw.uniform(0.1, 2.0, len(task))
    pools = Pools(np.full(units, 300.0), np.full(units, 700.0), draw.uniform(0, 200, (slots, units)))
    return draw.uniform(3, 5, tasks), Choices(task, unit, slot, gain), gain, draw.choice([128, 256], tasks), pools


def by_levels(loss, choices, gain, need_bit, pools):
    """The same programme told differently: the level of every pool at every slot as a column, an equation each."""
    slots, units = pools.made_bit.shape
    count, levels = len(gain), (slots + 1) * units
    spilled = count + levels
    total = spilled + slots * units
    equations, right = [], []
    for unit in range(units):
        row = np.zeros(total)
        row[count + unit] = 1.0
        equations.append(row)
        right.append(pools.initial_bit[unit])
        for slot in range(slots):
            row = np.zeros(total)
            row[count + (slot + 1) * units + unit] = 1.0
            row[count + slot * units + unit] = -1.0
            row[spilled + slot * units + unit] = 1.0
            at = (choices.unit == unit) & (choices.slot == slot)
            row[:count][at] = need_bit[choices.task[at]]
            equations.append(row)
            right.append(pools.made_bit[slot, unit])
    below, limits = [], []
    for task in range(len(loss)):
        row = np.zeros(total)
        row[:count][choices.task == task] = 1.0
        below.append(row)
        limits.append(1.0)
    for unit in range(units):
        for slot in range(slots):
            row = np.zeros(total)
            at = (choices.unit == unit) & (choices.slot == slot)
            row[:count][at] = need_bit[choices.task[at]]
            row[count + slot * units + unit] = -1.0
            below.append(row)
            limits.append(0.0)
    high = np.concatenate([np.ones(count), np.tile(pools.capacity_bit, slots + 1), np.full(slots * units, np.inf)])
    cost = np.concatenate([-gain, np.zeros(total - count)])
    found = linprog(cost, below, limits, equations, right, list(zip(np.zeros(total), high, strict=True)))
    return loss.sum() + found.fun


@pytest.mark.parametrize("seed", range(8))
def test_the_flow_of_keys_against_pools_slot_by_slot(seed):
    problem = drawn(seed)
    found = least(*problem, 10.0)
    assert found.keys == "pools, slot by slot"
    assert found.value == pytest.approx(by_levels(*problem), rel=1e-5)
    loss, choices, gain, need_bit, pools = problem
    assert found.value > least(loss, choices, gain, need_bit * 0, pools, 10.0).value


@pytest.mark.parametrize("seed", range(4))
def test_merged_choices_and_none_are_weaker_bounds(seed, monkeypatch):
    problem = drawn(seed)
    exact = least(*problem, 10.0).value
    alone = least(*problem[:3], problem[3] * 0, problem[4], 10.0)
    monkeypatch.setattr(programmes, "MOST_CHOICES", 30)
    merged = least(*problem, 10.0)
    assert merged.keys == "pools, one choice a unit"
    monkeypatch.setattr(programmes, "MOST_CHOICES", 3)
    none = least(*problem, 10.0)
    assert none.keys == alone.keys == SEPARABLE
    assert alone.value == none.value <= merged.value * (1 + 1e-6) <= exact * (1 + 2e-6)


def test_choices_leave_out_what_cannot_help():
    witness = witnessed("greedy", 2)
    lives = life(witness.world, witness.tasks)
    every = Chooser(witness, witness.tasks, lives).choices()
    late = lives.local_s > lives.deadline_s
    useful = (every.latency_s < lives.alone_s[every.task]) | (
        late[every.task] & (every.latency_s < lives.deadline_s[every.task])
    )
    assert len(every.task) > 0
    assert useful.all()
    assert (every.slot >= lives.first[every.task]).all()
    assert (every.slot < lives.gone[every.task]).all()


@pytest.mark.parametrize("variant", FIELD)
def test_nothing_is_claimed_where_rates_change_or_servers_are_shared(variant):
    found = whole(witnessed("greedy", 1, **FIELD[variant]))
    assert found["status"] == "none"
    assert "cost_lower_s" not in found


def test_nothing_is_claimed_of_radios_that_are_not_known():
    witness = witnessed("greedy", 1)
    own = witness.profile.vec._replace(noise=lambda prm: 1e-13)
    witness.profile = witness.profile._replace(vec=own)
    assert whole(witness)["status"] == "none"
    assert "cost_lower_s" not in whole(witness)


def test_key_models_that_are_not_known_bound_what_makes_no_more_keys():
    witness = witnessed("greedy", 1, profile="paper")
    assert generated.valid_for(witness) == generated.AS_RUN
    beginning = simulation_of(roaming(1, 10, 16), seed=1, profile="paper")
    assert generated.most_bps(beginning) is None
