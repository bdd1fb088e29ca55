from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from example import policy, roaming, simulation_of, standing

from qvecsim.bounds.optimum import optimum
from qvecsim.bounds.settings import known
from qvecsim.bounds.status import BOUND, NONE, OPTIMAL, TARGETS
from qvecsim.bounds.trial import Trial
from qvecsim.types import DROPPED, LEFT

VARIANTS = {
    "plain": {},
    "local": {"keys__missing": "local", "radio__refused": "local"},
    "drop": {"keys__missing": "drop", "radio__refused": "drop"},
    "mixed": {"keys__missing": "drop", "radio__refused": "wait"},
    "expose": {"keys__missing": "expose"},
    "few keys": {"keys__initial_bit": 256, "qkd__source_rate_hz": 200.0},
    "pad": {"keys__encryption": "otp", "keys__capacity_bit": 2**50, "keys__initial_bit": 50_000_000},
    "sessions": {"keys__rekey": "interval", "keys__rekey_s": 3.0, "keys__initial_bit": 600},
    "relays": {"keys__centre": "q0", "world__fibre__access": 2},
    "admission": {"radio__admission_db": 3.0},
    "printed radio": {"physics__vec": "paper"},
    "printed objective": {"physics__problem": "paper"},
    "printed": {"profile": "paper", "keys__initial_bit": 900},
    "field": {"physics__qkd": "field"},
    "stores": {"keys__store": {"capacity_bit": 1000, "initial_bit": 600}},
    "faults": {"faults": [{"kind": "rsu_down", "where": "r1", "begin_s": 3.0, "lasts_s": 6.0}]},
    "no queue": {"edge__queue": "unlimited"},
}
FIELD = {
    "field radio": {"physics__vec": "field", "radio__admission_db": 0.0},
    "all field": {"profile": "field"},
    "sharing": {"edge__queue": "ps"},
    "processors": {"edge__queue": "servers", "edge__servers": 2},
}


def boundaries(simulation, name, every=4):
    """Some slots with decisions, and what the scheme does there."""
    decides = policy(name, simulation)
    while not simulation.finished:
        action = decides.act([simulation.observe()])[0]
        if simulation.state.slot % every == 0 and simulation.observe().deciding.any():
            yield simulation, action
        simulation.step(action)


def brute(simulation, own):
    """The least cost of all actions, and of those that start the same tasks, by the simulator alone.

    Every place for every task, and settings of all kinds.
    """
    trial, seen = Trial(simulation), simulation.observe()
    units, nodes, levels = len(seen.edge_hz), len(seen.temperature_k), seen.efficiencies
    rows = np.flatnonzero(seen.deciding)
    parts = {"settings": [], "targets": []}
    for level in itertools.product(levels, repeat=nodes):
        for producer, block_bit in itertools.product(range(-1, units), (0, own.block_bit)):
            parts["settings"].append(replace(own, efficiency=np.array(level), producer=producer, block_bit=block_bit))
    settings = min(parts["settings"], key=lambda action: trial.cost(action).total)
    best = []
    for share in (0.9, 1.0 - 1e-6):
        for places in itertools.product(range(-1, units), repeat=len(rows)):
            offload, rsu = np.zeros(len(seen), bool), np.zeros(len(seen), np.int64)
            offload[rows], rsu[rows] = np.array(places) >= 0, np.maximum(places, 0)
            band = np.full(units, share)
            best.append(trial.cost(replace(settings, offload=offload, rsu=rsu, bandwidth=band)))
    started = trial.cost(own).started
    alike = [cost.total for cost in best if np.array_equal(cost.started, started)]
    return min(cost.total for cost in best), min(alike)


@pytest.mark.parametrize("name", ["greedy", "roulette"])
def test_cost_is_the_objective_but_for_who_leaves(name):
    simulation, seen = simulation_of(roaming(3), keys__missing="drop"), 0
    decides = policy(name, simulation)
    while not simulation.finished:
        action = decides.act([simulation.observe()])[0]
        trial = Trial(simulation)
        cost = trial.cost(simulation.inputs(action).action)
        outcome = simulation.step(action)
        left = np.count_nonzero((outcome.ended["outcome"] == DROPPED) & (outcome.ended["reason"] == LEFT))
        seen += left
        assert cost.total + trial.drop_price * left == pytest.approx(outcome.slot["objective"], rel=1e-12)
    assert seen > 0


@pytest.mark.parametrize(
    ("variant", "seed"),
    [
        *itertools.product(("plain", "few keys", "relays"), (0, 1)),
        *[(variant, 0) for variant in ("local", "drop", "pad", "admission", "printed radio", *FIELD)],
    ],
)
def test_against_brute_force(variant, seed):
    changes = (VARIANTS | FIELD)[variant] | {"world__place": {"at": "grid", "count": 2}, "world__range_m": 600.0}
    simulation, compared = simulation_of(roaming(seed, 4, 10), seed=seed, **changes), 0
    for here, action in boundaries(simulation, "roulette", every=5):
        both = optimum(here, action), optimum(here, action, same_starts=True)
        for found, least in zip(both, brute(here, action), strict=True):
            assert found.lower <= least * (1 + 1e-9)
            assert found.upper >= least * (1 - 1e-9)
            if found.status == OPTIMAL:
                assert found.lower == pytest.approx(least, rel=1e-9)
                compared += 1
    assert compared > 0


@pytest.mark.parametrize(
    ("variant", "name"),
    [
        *itertools.product(("plain",), ("greedy", "nearest", "ralc", "rars")),
        *itertools.product(VARIANTS | FIELD, ("roulette",)),
    ],
)
def test_no_scheme_is_below_the_bound(variant, name):
    simulation, statuses = simulation_of(roaming(2, 8, 11), **(VARIANTS | FIELD)[variant]), set()
    for here, action in boundaries(simulation, name, every=5):
        found, alike = optimum(here, action, trials=300), optimum(here, action, same_starts=True, trials=300)
        statuses.add(found.status)
        assert found.lower <= found.cost.total * (1 + 1e-9)
        assert found.lower <= found.upper <= found.cost.total * (1 + 1e-9)
        assert found.lower <= alike.lower * (1 + 1e-9)
        assert alike.lower <= alike.upper <= alike.cost.total * (1 + 1e-9)
        assert np.array_equal(alike.best.started, alike.cost.started)
        assert Trial(here).cost(found.action).total == found.upper
    assert statuses <= {OPTIMAL, BOUND}


def test_what_is_not_proven_is_not_called_optimal():
    simulation = simulation_of(
        roaming(2, 12, 14), physics__problem="paper", radio__refused="local", keys__missing="local"
    )
    statuses = {optimum(here, action, trials=20).status for here, action in boundaries(simulation, "greedy")}
    assert BOUND in statuses


def test_too_many_columns_leave_the_separable_bound():
    simulation = simulation_of(roaming(1))
    found = [optimum(here, action, same_starts=True, trials=2) for here, action in boundaries(simulation, "greedy")]
    full = [optimum(here, action, same_starts=True) for here, action in boundaries(simulation_of(roaming(1)), "greedy")]
    assert {one.method for one in found} >= {"separable"}
    for short, whole in zip(found, full, strict=True):
        assert whole.status == OPTIMAL
        assert short.lower <= whole.lower * (1 + 1e-9)
        assert short.upper >= whole.lower * (1 - 1e-9)
        assert short.status == OPTIMAL or short.lower < short.upper


def test_a_radio_of_one_s_own_is_enumerated_or_left_alone(tmp_path, monkeypatch):
    (tmp_path / "bounds_radio.py").write_text(
        "from qvecsim.physics.profile import PROFILES\nvec = PROFILES['amended'].vec\n"
    )
    monkeypatch.chdir(tmp_path)
    simulation = simulation_of(standing(3, 6), physics__vec="bounds_radio:vec")
    assert "vec" not in known(simulation.profile)
    for here, action in boundaries(simulation, "greedy", every=2):
        few, many = optimum(here, action, trials=1), optimum(here, action)
        assert (few.status, few.lower) == (NONE, -np.inf)
        assert few.upper <= few.cost.total
        assert (many.status, many.method) == (TARGETS, "enumeration")
        assert "efficiency" in many.held
        assert many.lower == many.upper <= many.cost.total


def test_the_best_of_a_slot_without_others_is_that_of_its_task():
    simulation = simulation_of(standing(1, 8), tasks__rate_hz=3.0)
    for here, action in boundaries(simulation, "nearest", every=1):
        found = optimum(here, action, same_starts=True)
        assert found.status == OPTIMAL
        assert (
            found.lower <= optimum(here, replace(action, offload=action.offload & False), same_starts=True).cost.total
        )
