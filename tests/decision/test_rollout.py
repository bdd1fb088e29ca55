from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qvecsim.decision.macro.menu import Menu
from qvecsim.decision.schemes.greedy import Greedy
from qvecsim.decision.schemes.rested import Rested
from qvecsim.decision.schemes.rollout import Clairvoyant, Rollout, Settings, distinct, preferred, unlike
from qvecsim.kernel.simulation import Simulation
from qvecsim.runner import replay
from qvecsim.streams import Streams
from qvecsim.types import Action
from qvecsim.validation import toy_trace
from qvecsim.world.world import build

from .sight import WIDE, seen

BUSY = WIDE.model_copy(update={"slots": 6, "tasks": WIDE.tasks.model_copy(update={"rate_hz": 0.7})})
MACRO = BUSY.model_copy(update={"decision": BUSY.decision.model_copy(update={"mode": "macro", "vehicles": 12})})


def world(scenario=BUSY):
    return build(scenario, trace=toy_trace())


def driven(policy, scenario=BUSY):
    """The run at its end, its actions, and the sum of its rewards."""
    simulation, rewards, actions = Simulation(scenario, world=world(scenario)), [], []
    act = policy.act
    policy.act = lambda seen: actions.append(act(seen)) or actions[-1]
    replay(simulation, policy, lambda outcome: rewards.append(outcome.reward))
    return simulation, [own for (own,) in actions], sum(rewards)


class Quick(Rollout):
    settings = Settings(horizon=2, samples=2)


@pytest.mark.parametrize("scenario", [BUSY, MACRO], ids=["branch", "macro"])
def test_planning_does_not_disturb_the_run(scenario):
    planned, actions, _ = driven(Quick(scenario, Streams(1)), scenario)
    plain = Simulation(scenario, world=world(scenario))
    for action in actions:
        plain.step(action)
    assert plain.state.fingerprint == planned.state.fingerprint


def test_futures_of_one_seed_are_alike_and_of_another_are_not():
    run = Simulation(MACRO, world=world(MACRO))
    run.step(run.observe().action())
    seen_now = run.observe()

    def values(seed):
        own = Quick(MACRO, Streams(seed))
        return own.values(run, seen_now, unlike(own.options(seen_now), seen_now))

    first = values(1)
    assert len(first) == 2
    assert np.array_equal(first, values(1))
    assert not np.array_equal(first, values(2))
    assert not np.array_equal(first[0], first[1])


def test_a_fork_with_streams_has_this_boundary_and_another_future():
    run = Simulation(BUSY, world=world())
    for _ in range(3):
        run.step(run.observe().action())
    twin, other, alike = run.fork(), run.fork(Streams(99)), run.fork(Streams(99))
    action = run.observe().action()
    assert np.array_equal(other.observe().gain, run.observe().gain)
    for fork in (twin, other, alike):
        fork.step(action)
    run.step(action)
    assert twin.state.fingerprint == run.state.fingerprint
    assert other.state.fingerprint == alike.state.fingerprint != run.state.fingerprint
    assert not np.array_equal(other.observe().gain, run.observe().gain)
    assert np.array_equal(other.observe().distance_m, run.observe().distance_m)


def test_a_fork_with_the_streams_of_the_run_is_a_plain_one():
    run = Simulation(BUSY, world=world())
    run.step(run.observe().action())
    same = run.fork(run.world.streams)
    for fork in (run, same):
        fork.step(fork.observe().action())
        fork.step(fork.observe().action())
    assert run.state.fingerprint == same.state.fingerprint


def test_the_futures_are_not_the_runs_own():
    own = Quick(BUSY, Streams(1))
    futures = own._futures(Simulation(BUSY, world=world()).observe())
    assert len({*futures, own.streams, Streams(BUSY.seed)}) == 3


def test_with_foresight_to_the_end_it_is_never_worse_than_its_base():
    class Seer(Clairvoyant):
        settings = Settings(horizon=99, clairvoyant=True)

    _, _, base = driven(Greedy(BUSY, Streams(1)))
    _, _, planned = driven(Seer(BUSY, Streams(1)))
    assert planned > base


def test_without_a_run_to_fork_it_decides_as_its_base():
    observation = seen(6, 3)
    for scenario, base in ((WIDE, Greedy), (MACRO, Rested)):
        own, same = (cls(scenario, Streams(1)).decide(observation) for cls in (Rollout, base))
        assert np.array_equal(own.offload, same.offload)
        assert np.array_equal(own.efficiency, same.efficiency)


def test_an_option_is_preferred_for_a_gain_beyond_chance():
    steady, lucky = np.array([[0.0, 1.0], [0.0, 1.2]]), np.array([[0.0, 9.0], [0.0, -6.0]])
    assert preferred(steady, 1.0) == 1
    assert (preferred(lucky, 0.0), preferred(lucky, 1.0)) == (1, 0)
    assert preferred(np.array([[1.0, 2.0]]), 1.0) == 1  # one future, which is known


def test_options_that_do_the_same_are_tried_once():
    observation = seen(3, 2, deciding=np.array([True, False, True]))
    stay = observation.action()
    unread = replace(stay, offload=np.array([False, True, False]))
    away = replace(stay, offload=np.array([True, False, False]))
    kept: list[Action] = unlike([stay, unread, away], observation)
    assert [each.offload.tolist() for each in kept] == [stay.offload.tolist(), away.offload.tolist()]


def test_the_menu_that_is_tried_has_every_placing_at_both_ends():
    menu = Menu(MACRO)
    said = [menu.macro(index) for index in distinct(menu)]
    assert len(said) == len(set(said)) == 16
    assert {macro.efficiency for macro in said} == {"highest", "lowest"}


def test_rested_runs_detectors_while_they_are_cool():
    own = Rested(MACRO, Streams(1))
    told_k = MACRO.qkd.temperature_k + np.array([0.0, 17.9, 18.1])
    assert own.decide(seen(3, 3, temperature_k=told_k)).efficiency.tolist() == [1.0, 1.0, 0.8]
