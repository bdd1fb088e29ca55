from __future__ import annotations

import numpy as np
import pytest

from qvecsim.decision.macro.observe import (
    Layout,
    Sight,
    extended_ties,
    layout_of,
    limits,
    order,
    printed,
    printed_ties,
)
from qvecsim.errors import PolicyError
from qvecsim.kernel.simulation import Simulation
from qvecsim.scenario import load
from qvecsim.world.world import build

from ..branch.city import SCENARIO as URBAN
from ..sight import WIDE, seen


def scenario(**decision):
    return WIDE.model_copy(update={"decision": WIDE.decision.model_copy(update=decision)})


def sight(units, **decision):
    own = scenario(**{"vehicles": 12, **decision})
    place = own.world.place.model_copy(update={"count": units})
    return Sight(own.model_copy(update={"world": own.world.model_copy(update={"place": place})}))


@pytest.mark.parametrize("form", ["extended", "paper"])
@pytest.mark.parametrize("vehicles", [0, 1, 12])
def test_inputs_lie_in_the_unit_interval_and_have_a_type_each(form, vehicles):
    observation = seen(vehicles, 3)
    own = sight(3, observation=form)
    inputs, clipped = own.inputs(observation)
    assert inputs.shape == (len(own.ties),)
    assert inputs.min() >= 0
    assert inputs.max() <= 1
    assert clipped >= 0
    assert sorted(set(own.ties)) == list(range(max(own.ties) + 1))


def test_the_printed_state_is_as_long_as_printed():
    """2 Q (V + E) + 2 V E + V + E with straight lines: 147 for Q = 2, V = 12, E = 3, 472 for 6, 20, 4."""
    for nodes, vehicles, units, length in ((2, 12, 3, 147), (6, 20, 4, 472)):
        assert len(printed_ties(Layout(vehicles, units, nodes))) == length


def test_pairs_as_printed_find_their_places():
    here = build(load(URBAN, "profile=paper", "slots=30", "decision.observation=paper", "world.range_m=100"), 0)
    observation = Simulation(here.scenario, world=here).observe()
    count, units, nodes = len(observation), len(observation.edge_hz), len(observation.temperature_k)
    layout = Layout(count + 2, units, nodes)
    inputs = printed(observation, layout, limits(here.scenario))
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
    one, own = seen(9, 2, **told), sight(2)
    shuffle = rng.permutation(9)
    two = seen(9, 2, **{name: value[shuffle] for name, value in told.items()})
    assert np.array_equal(own.inputs(one).inputs, own.inputs(two).inputs)


def test_who_is_not_there_is_zero():
    observation, own = seen(2, 2), sight(2)
    inputs = own.inputs(observation).inputs
    rows = np.concatenate([inputs[: 6 * 9], inputs[-6 * 9 :]]).reshape(12, 9)
    assert (rows[:2, 0] == 1).all()
    assert (rows[2:] == 0).all()


def test_what_all_vehicles_share_stands_beside_the_label_of_the_chain():
    own = sight(2)
    shared, middle = max(own.ties) + 1 - 10, len(own.ties) // 2  # types behind the eight of vehicles
    places = [place for place, kind in enumerate(own.ties) if kind >= 8]
    assert shared > 0
    assert places == list(range(places[0], places[-1] + 1))
    assert abs(places[0] + places[-1] + 1 - 2 * middle) <= 1


def test_what_lies_outside_is_clipped_and_counted():
    inside, outside = seen(2, 2), seen(2, 2, local_hz=9e12, key_bit=2 * 10**6)
    own = sight(2)
    assert own.inputs(inside).clipped == 0
    assert own.inputs(outside).clipped == 4
    assert own.inputs(outside).inputs.max() <= 1


def test_little_is_clipped_on_the_road():
    here = build(load(URBAN, "slots=40"), 0)
    simulation, clipped, inputs = Simulation(here.scenario, world=here), 0, 0
    own = Sight(here.scenario)
    own.layout = own.layout._replace(vehicles=300)
    while not simulation.finished:
        observation = simulation.observe()
        found = own.inputs(observation)
        clipped, inputs = clipped + found.clipped, inputs + found.inputs.size
        simulation.step(observation.action())
    assert clipped < 0.01 * inputs


def test_more_vehicles_than_places_are_refused_in_one_line():
    observation = seen(13, 2)
    with pytest.raises(PolicyError, match=r"got 12 for 13.*decision.mode=branch") as caught:
        sight(2).inputs(observation)
    assert "\n" not in str(caught.value)


def test_places_for_units_that_are_not_there_are_zero():
    observation = seen(3, 2)
    for form in ("extended", "paper"):
        few, many = (sight(units, observation=form).inputs(observation).inputs for units in (2, 4))
        assert len(many) > len(few)
        assert np.count_nonzero(many) == np.count_nonzero(few)
    with pytest.raises(PolicyError, match="must be the number of units"):
        sight(2).inputs(seen(3, 3))


def test_where_only_a_file_tells_the_nodes_there_are_none_of_them():
    own = scenario()
    fibre = own.world.fibre.model_copy(update={"file": "some.gml"})
    own = own.model_copy(update={"world": own.world.model_copy(update={"fibre": fibre})})
    assert layout_of(own).nodes == 0
    one, two = extended_ties(layout_of(own)), extended_ties(layout_of(scenario()))
    assert max(one) == max(two) - 1
    assert len(one) == len(two) - 2
