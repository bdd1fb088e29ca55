from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest
from example import few
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.decision.check import shapes
from qvecsim.decision.macro.expand import expand, standing
from qvecsim.decision.macro.menu import PLACINGS, Menu, Standing
from qvecsim.decision.schemes.price import Price
from qvecsim.kernel.simulation import Simulation
from qvecsim.types import BAND_SHARE, Action, Step

from ..branch.city import world
from ..sight import WIDE, seen

FIELDS = [field.name for field in dataclasses.fields(Action)]


@cache
def menu(qubits=6, blocks="chosen"):
    update = {"macro_qubits": qubits, "blocks": blocks}
    return Menu(WIDE.model_copy(update={"decision": WIDE.decision.model_copy(update=update)}))


def index(placing, **parts):
    """The macro action with this placing, and the first choice of every other part unless told."""
    own = menu()
    wanted = {"efficiency": "highest", "producer": "stake"} | parts
    for number in range(len(own)):
        macro = own.macro(number)
        if macro.placing == placing and all(getattr(macro, name) == value for name, value in wanted.items()):
            return number
    raise AssertionError(placing)


def sent(placing, observation):
    action = expand(observation, menu(), index(placing))
    return np.where(action.offload, action.rsu, -1).tolist()


@pytest.mark.parametrize("qubits", range(4, 11))
def test_a_menu_has_as_many_actions_as_its_register_and_each_once(qubits):
    own = menu(qubits)
    assert len(own) == 2**qubits == np.prod(own.sizes)
    assert len({own.macro(number) for number in range(len(own))}) == len(own)
    assert all(size & (size - 1) == 0 for size in own.sizes)


def test_fixed_blocks_leave_their_register_out():
    assert menu(10, "fixed").sizes == menu(8).sizes
    assert {menu(10, "fixed").macro(number).block for number in range(256)} == {1.0}
    assert {menu(10).macro(number).block for number in range(1024)} == {0.5, 1.0, 2.0, 4.0}


@pytest.mark.parametrize("qubits", [4, 6, 10])
def test_the_values_of_a_macro_action_are_those_of_its_parts(qubits, rng):
    own = menu(qubits)
    outputs = rng.normal(size=1 + sum(own.sizes))
    values = outputs @ own.additive
    assert values.shape == (len(own),)
    number = int(rng.integers(len(own)))
    parts, begin, total = np.unravel_index(number, own.sizes), 1, outputs[0]
    for size, part in zip(own.sizes, parts, strict=True):
        block = outputs[begin : begin + size]
        total, begin = total + block[part] - block.mean(), begin + size
    assert values[number] == pytest.approx(total)
    assert np.array_equal(own.joint, np.eye(len(own)))


def test_price_is_in_every_menu():
    """Not only alike: the very action of scheme ``price``, with all that it has seen."""
    here = world(40)
    policy, simulation = Price(here.scenario, here.streams), Simulation(here.scenario, world=here)
    for _ in range(30):
        observation = simulation.observe()
        wanted = policy.decide(observation)
        for qubits in (4, 6, 10):
            decision = here.scenario.decision.model_copy(update={"macro_qubits": qubits})
            own = Menu(here.scenario.model_copy(update={"decision": decision}))
            found = expand(observation, own, own.price, policy.tide)
            for field in dataclasses.fields(wanted):
                assert np.array_equal(getattr(found, field.name), getattr(wanted, field.name)), field.name
        policy.learn([stepped(simulation, observation, wanted)])


def stepped(simulation, observation, action):
    outcome = simulation.step(action)
    return Step(observation, action, outcome.reward, outcome, simulation.observe())


def test_the_heads_menu_begins_with_what_the_scenario_has_and_leaves_offloads_alone():
    own, sight = Standing(WIDE), seen(5, 3, backlog_s=[0.5, 0.0, 0.2])
    assert own.sizes == (4, 2, 4)
    assert len(own) == len({own.macro(number) for number in range(len(own))}) == 32
    begun = sight.action(np.ones(5, bool), np.arange(5) % 3)
    for number in range(32):
        action = standing(sight, own, number, begun)
        assert list(shapes(action, sight)) == []
        alike = [np.array_equal(getattr(action, name), getattr(begun, name)) for name in FIELDS]
        assert all(alike) or number > 0
        assert action.offload is begun.offload
        assert action.rsu is begun.rsu
        assert action.block_bit == begun.block_bit


def test_nothing_is_offloaded_by_the_first_placing():
    assert sent(PLACINGS[0], seen(9, 3)) == [-1] * 9


@pytest.mark.parametrize(("share", "count"), [(1 / 3, 3), (2 / 3, 6), (1.0, 9)])
def test_those_whom_offloading_helps_most_go_first(share, count):
    cycles = np.arange(1, 10) * 10**8
    found = sent(("nearest", share), seen(9, 2, cycles=cycles, distance_m=[[50.0, 90.0]]))
    assert found == [-1] * (9 - count) + [0] * count


def test_by_backlog_the_work_is_spread():
    found = sent(("backlog", 1.0), seen(8, 4, backlog_s=[0.0, 0.0, 9.0, 0.0]))
    assert sorted(np.bincount(found, minlength=4).tolist()) == [0, 2, 3, 3]
    assert 2 not in found


def test_nobody_is_sent_out_of_range():
    reachable = np.array([[True, False], [False, True], [False, False]])
    observation = seen(3, 2, reachable=reachable, distance_m=[[100.0, 90.0]])
    assert sent(("backlog", 1.0), observation) == [0, 1, -1]
    assert sent(("nearest", 1.0), observation) == [-1, 1, -1]


def test_efficiency_by_need_looks_at_the_poorest_pool():
    number = index(PLACINGS[0], efficiency="need")
    for level, key_bit in ((1.0, [900_000, 499_999]), (0.8, [500_000, 900_000])):
        assert (expand(seen(1, 2, key_bit=key_bit), menu(), number).efficiency == level).all()


def test_levels_of_efficiency_are_those_allowed():
    observation = seen(1, 2)
    for name, level in (("highest", 1.0), ("middle", 0.9), ("lowest", 0.8)):
        assert (expand(observation, menu(), index(PLACINGS[0], efficiency=name)).efficiency == level).all()


def test_the_producer_is_who_has_least_to_do():
    number = index(PLACINGS[0], producer="backlog")
    assert expand(seen(1, 3, backlog_s=[0.3, 0.1, 0.2]), menu(), number).producer == 1
    assert expand(seen(1, 3), menu(), index(PLACINGS[0])).producer == -1


def test_bands_and_blocks_are_those_of_the_menu():
    own = menu(10)
    actions = [expand(seen(1, 2), own, number) for number in range(16)]
    size = WIDE.chain.block_bit
    assert {float(action.bandwidth[0]) for action in actions} == {BAND_SHARE, 0.8, 0.7, 0.6}
    assert {action.block_bit for action in actions} == {size // 2, size, 2 * size, 4 * size}


COUNT = st.integers(0, 12)


@few
@given(st.data(), COUNT, st.integers(1, 4), st.integers(0, 2**32))
def test_no_macro_action_breaks_a_constraint(data, vehicles, units, seed):
    """C7-C12, for any observation, and offloads go to units in range only."""
    rng = np.random.default_rng(seed)
    observation = seen(
        vehicles,
        units,
        gain=10 ** rng.uniform(-16, -6, (vehicles, units)),
        distance_m=rng.uniform(1, 900, (vehicles, units)),
        reachable=rng.random((vehicles, units)) < 0.6,
        deciding=rng.random(vehicles) < 0.7,
        cycles=rng.integers(0, 3 * 10**9, vehicles),
        input_bit=rng.integers(0, 10**7, vehicles),
        left_s=rng.uniform(-1, 2, vehicles),
        uplink_backlog_s=rng.choice([0.0, 0.3], vehicles),
        backlog_s=rng.uniform(0, 3, units),
        key_bit=rng.integers(0, 10**6, units),
        key_rate_bps=rng.choice([0.0, 700.0], units),
    )
    own = menu(data.draw(st.sampled_from(range(4, 11))))
    for number in range(len(own)) if len(own) <= 64 else rng.integers(len(own), size=64):
        action = expand(observation, own, int(number))
        assert list(shapes(action, observation)) == []
        rows = np.flatnonzero(action.offload)
        assert observation.reachable[rows, action.rsu[rows]].all()
        assert observation.deciding[rows].all()


def test_an_action_is_the_same_whenever_it_is_asked_for():
    observation = seen(7, 3, backlog_s=[0.2, 0.0, 0.1])
    for number in range(64):
        one, two = (expand(observation, menu(), number) for _ in range(2))
        assert np.array_equal(one.offload, two.offload)
        assert np.array_equal(one.rsu, two.rsu)
