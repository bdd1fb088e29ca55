from __future__ import annotations

import numpy as np
import pytest

from qvecsim.decision.macro.observe import Layout, Sight, layout_of, order
from qvecsim.errors import PolicyError
from qvecsim.kernel.simulation import Simulation
from qvecsim.scenario import load
from qvecsim.world.world import build

from ..branch.city import SCENARIO as URBAN
from ..sight import WIDE, seen


def scenario(**decision):
    return WIDE.model_copy(update={"decision": WIDE.decision.model_copy(update=decision)})


def sight(observation, /, **decision):
    own = scenario(**{"vehicles": 12, **decision})
    return Sight(own, layout_of(observation, own))


@pytest.mark.parametrize("form", ["extended", "paper"])
@pytest.mark.parametrize("vehicles", [0, 1, 12])
def test_inputs_lie_in_the_unit_interval_and_have_a_type_each(form, vehicles):
    observation = seen(vehicles, 3)
    own = sight(observation, observation=form)
    inputs, clipped = own.inputs(observation)
    assert inputs.shape == (len(own.ties),)
    assert inputs.min() >= 0
    assert inputs.max() <= 1
    assert clipped >= 0
    assert sorted(set(own.ties)) == list(range(max(own.ties) + 1))


def test_the_printed_state_is_as_long_as_printed():
    """2 Q (V + E) + 2 V E + V + E with straight lines: 147 for Q = 2, V = 12, E = 3, 472 for 6, 20, 4."""
    for nodes, vehicles, units, length in ((2, 12, 3, 147), (6, 20, 4, 472)):
        layout = Layout(vehicles, units, nodes, nodes * (vehicles + units))
        own = Sight(scenario(observation="paper", vehicles=vehicles), layout)
        assert len(own.ties) == length


def test_pairs_as_printed_find_their_places():
    here = build(load(URBAN, "profile=paper", "slots=30", "decision.observation=paper", "world.range_m=100"), 0)
    observation = Simulation(here.scenario, world=here).observe()
    wide = here.scenario
    count, units, nodes = len(observation), len(observation.edge_hz), len(observation.temperature_k)
    layout = Layout(count + 2, units, nodes, nodes * (count + 2 + units))
    inputs, _ = Sight(wide, layout).inputs(observation)
    told = inputs[: layout.pairs].reshape(nodes, count + 2 + units)
    wanted = observation.entropy[-nodes * (count + units) :].reshape(nodes, count + units)
    assert np.allclose(told[:, :count], wanted[:, :count])
    assert (told[:, count : count + 2] == 0).all()
    assert np.allclose(told[:, count + 2 :], wanted[:, count:])


def test_vehicles_stand_by_unit_and_the_most_work_first():
    distance_m = np.array([[9.0, 1.0], [1.0, 9.0], [1.0, 9.0], [9.0, 1.0]])
    observation = seen(4, 2, distance_m=distance_m, cycles=[1, 5, 9, 7])
    assert order(observation).tolist() == [2, 1, 3, 0]


def test_the_numbering_of_vehicles_does_not_matter(rng):
    told = {
        "cycles": rng.integers(1e7, 1e9, 9),
        "gain": 10 ** rng.uniform(-12, -8, (9, 2)),
        "left_s": rng.uniform(0, 1, 9),
        "distance_m": rng.uniform(1, 400, (9, 2)),
    }
    one = seen(9, 2, **told)
    shuffle = rng.permutation(9)
    two = seen(9, 2, **{name: value[shuffle] for name, value in told.items()})
    assert np.array_equal(sight(one).inputs(one).inputs, sight(two).inputs(two).inputs)


def test_who_is_not_there_is_zero():
    observation = seen(2, 2)
    own = sight(observation)
    rows = own.inputs(observation).inputs[: 12 * 9].reshape(12, 9)
    assert (rows[:2, 0] == 1).all()
    assert (rows[2:] == 0).all()


def test_what_lies_outside_is_clipped_and_counted():
    inside, outside = seen(2, 2), seen(2, 2, local_hz=9e12, key_bit=2 * 10**6)
    own = sight(inside)
    assert own.inputs(inside).clipped == 0
    assert own.inputs(outside).clipped == 4
    assert own.inputs(outside).inputs.max() <= 1


def test_little_is_clipped_on_the_road():
    here = build(load(URBAN, "slots=40"), 0)
    simulation, clipped, inputs = Simulation(here.scenario, world=here), 0, 0
    own = None
    while not simulation.finished:
        observation = simulation.observe()
        own = own or Sight(here.scenario, layout_of(observation, here.scenario)._replace(vehicles=300))
        found = own.inputs(observation)
        clipped, inputs = clipped + found.clipped, inputs + found.inputs.size
        simulation.step(observation.action())
    assert clipped < 0.01 * inputs


def test_more_vehicles_than_places_are_refused_in_one_line():
    observation = seen(13, 2)
    with pytest.raises(PolicyError, match=r"got 12 for 13.*decision.mode=branch") as caught:
        sight(observation).inputs(observation)
    assert "\n" not in str(caught.value)


def test_another_world_than_was_learned_for_is_refused():
    observation = seen(3, 2)
    with pytest.raises(PolicyError, match="must be learned for 3 units and 2 nodes"):
        sight(observation).inputs(seen(3, 3))
