from __future__ import annotations

import numpy as np
import pytest
from example import few, roaming, scenario_of, simulation_of, standing
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.errors import ScenarioError
from qvecsim.physics.amended import qkd as amended
from qvecsim.physics.paper import qkd as paper
from qvecsim.scenario.parameters import Fibre
from qvecsim.world.fibre import plan, spread
from qvecsim.world.sites import Ground, Sites

GROUND = Ground(-5000.0, 5000.0, -5000.0, 5000.0)
SHAPES = st.sampled_from(["ring", "star", "tree"])
PLACES = st.lists(st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000)), min_size=1, max_size=15, unique=True)


def sites_of(places):
    x, y = np.array(places, dtype=float).reshape(-1, 2).T
    return Sites(tuple(f"r{index}" for index in range(len(x))), x, y)


def planned(places, **fibre):
    rsus = sites_of(places)
    return rsus, plan(Fibre.model_validate(fibre), rsus, 0.2, GROUND)


def ends(laid):
    return [tuple(name.split("-")) for name in laid.link]


LINE = [(0, 0), (1000, 0), (2000, 0), (5000, 0)]


@few
@given(places=PLACES, count=st.integers(1, 20), shape=SHAPES)
def test_every_unit_is_fed_by_its_nearest_node_and_the_backbone_holds_together(places, count, shape):
    rsus, laid = planned(places, count=count, shape=shape)
    units, nodes = len(places), min(count, len(places))
    assert len(laid.nodes.name) == nodes
    backbone = {"ring": nodes if nodes > 2 else nodes - 1, "star": nodes - 1, "tree": nodes - 1}[shape]
    assert len(laid.link) == len(laid.link_km) == len(laid.link_db) == len(laid.link_node) == units + backbone
    for unit in range(units):
        source, target = ends(laid)[laid.rsu_link[unit]]
        away = np.hypot(laid.nodes.x_m - rsus.x_m[unit], laid.nodes.y_m - rsus.y_m[unit])
        assert target == rsus.name[unit]
        assert away[laid.nodes.name.index(source)] == away.min()
        assert laid.link_km[laid.rsu_link[unit]] == pytest.approx(1.4 * away.min() / 1000)
    assert [laid.nodes.name[node] for node in laid.link_node] == [source for source, _ in ends(laid)]
    reached = {laid.nodes.name[0]}
    for _ in laid.link:
        reached |= {name for link in ends(laid) if reached & {*link} for name in link}
    assert reached == {*laid.nodes.name, *rsus.name}
    assert (laid.link_db == 0).all()


@few
@given(places=PLACES, count=st.integers(1, 20))
def test_nodes_are_spread_over_the_units_one_at_each_at_most(places, count):
    rsus = sites_of(places)
    nodes = spread(rsus, count)
    at = list(zip(nodes.x_m, nodes.y_m, strict=True))
    assert len(at) == len({*at}) == min(count, len(places))
    assert {*at} <= {*zip(rsus.x_m, rsus.y_m, strict=True)}


def test_the_second_node_is_as_far_from_the_first_as_can_be():
    nodes = spread(sites_of(LINE), 3)
    assert nodes.x_m.tolist() == [2000.0, 5000.0, 0.0]


def test_shapes_by_hand():
    square = [(0, 0), (1000, 0), (1000, 1000), (0, 1000), (500, 500)]
    nodes = [{"name": name, "x_m": x, "y_m": y} for name, (x, y) in zip("abcde", square, strict=True)]

    def backbone(shape, chosen):
        _, laid = planned([(10, 10)], nodes=chosen, shape=shape)
        return {frozenset(link) for link in ends(laid) if "r0" not in link}

    assert backbone("ring", nodes[:4]) == {frozenset(pair) for pair in ("ab", "bc", "cd", "da")}
    assert backbone("star", nodes) == {frozenset(pair) for pair in ("ab", "ac", "ad", "ae")}
    assert backbone("tree", nodes) == {frozenset(pair) for pair in ("ae", "be", "ce", "de")}


@pytest.mark.parametrize("shape", ["ring", "star", "tree"])
def test_two_nodes_are_joined_once_and_one_node_needs_no_backbone(shape):
    for count, links in ((1, 4), (2, 5)):
        assert len(planned(LINE, count=count, shape=shape)[1].link) == links


def test_a_unit_beside_its_node_has_a_fibre_of_no_length():
    _, laid = planned([(3, 4)], count=1)
    assert (laid.link, laid.link_km.tolist(), laid.rsu_link.tolist()) == (("q0-r0",), [0.0], [0])


NODES = [{"name": "hub", "x_m": 0.0, "y_m": 0.0}, {"x_m": 3000.0, "y_m": 4000.0}]


def test_listed_nodes_and_links_are_taken_as_they_are():
    links = [
        {"from": "hub", "to": "q1"},
        {"from": "hub", "to": "r0", "km": 12.5},
        {"from": "q1", "to": "r1", "db": 7.0},
        {"from": "q1", "to": "r0", "km": 3.0},
    ]
    _, laid = planned([(0, 0), (100, 0)], nodes=NODES, links=links, route_factor=2.0, insertion_db=0.5)
    assert laid.link == ("hub-q1", "hub-r0", "q1-r1", "q1-r0")
    assert laid.link_km.tolist() == [10.0, 12.5, 0.0, 3.0]
    assert laid.link_db.tolist() == [0.5, 0.5, 7.0, 0.5]  # a loss that is given is the whole loss
    assert laid.link_node.tolist() == [0, 0, 1, 1]
    assert laid.rsu_link.tolist() == [3, 2]  # of two, the one with less loss


@few
@given(km=st.floats(0, 500), db=st.floats(0, 100), insertion_db=st.floats(0, 5))
def test_a_length_beside_a_loss_changes_no_loss(km, db, insertion_db):
    links = [{"from": "hub", "to": "r0", "km": km, "db": db}, {"from": "hub", "to": "q1", "db": db}]
    _, laid = planned([(0, 0)], nodes=NODES, links=links, insertion_db=insertion_db)
    assert laid.link_km.tolist() == [km, 0.0]
    assert 0.2 * laid.link_km + laid.link_db == pytest.approx([db, db], rel=1e-12, abs=1e-12)
    for transmittance, base in ((amended.transmittance, 10.0), (paper.transmittance, np.e)):
        arrives = transmittance(0.2, laid.link_km, laid.link_db)
        assert arrives == pytest.approx(base ** (-db / 10), rel=1e-12)
        assert (arrives <= 1.0).all()  # C1, with a loss beyond the length that is negative


def test_a_span_may_lose_less_than_its_length_would():
    links = [{"from": "hub", "to": "r0", "km": 24.5, "db": 2.5}]
    _, laid = planned([(0, 0)], nodes=NODES, links=links)
    assert laid.link_db.tolist() == pytest.approx([-2.4])


def test_the_paper_prices_the_length_too():
    """(1) as printed has a loss of its own for the length, beside the transmittance of (5)."""

    def rate(profile, **changes):
        links = [{"from": "q0", "to": "r0", **changes}]
        rsus, nodes = [{"x_m": 0.0, "y_m": 0.0}], [{"x_m": 0.0, "y_m": 0.0}]
        fibre = {"nodes": nodes, "links": links}
        simulation = simulation_of(roaming(), profile=profile, world__rsus=rsus, world__fibre=fibre)
        return float(simulation.state.links.key_rate_bps[0])

    assert rate("amended", km=10.0, db=2.0) == pytest.approx(rate("amended", db=2.0))
    assert rate("paper", km=10.0, db=2.0) == pytest.approx(rate("paper", km=10.0))


def test_loss_decides_between_a_length_and_decibels():
    def fed(km, db):
        links = [{"from": "hub", "to": "r0", "km": km}, {"from": "q1", "to": "r0", "db": db}]
        return planned([(0, 0)], nodes=NODES, links=links)[1].rsu_link[0]

    assert [fed(10.0, db) for db in (1.9, 2.0, 2.1)] == [1, 0, 0]  # 0.2 dB/km; the first of equals


@pytest.mark.parametrize(
    ("links", "told"),
    [
        (
            [{"from": "hubb", "to": "r0"}],
            r"'world.fibre.links.0.from' must be the name of an end \(got 'hubb'\). Did you mean 'hub'",
        ),
        (
            [{"from": "hub", "to": "r0"}, {"from": "q1", "to": "zz"}],
            r"'world.fibre.links.1.to' must .*\(got 'zz'\). Known: hub, q1, r0",
        ),
        ([{"from": "r0", "to": "hub"}], r"'world.fibre.links.0.from' must be the name of an end \(got 'r0'\)"),
        ([{"from": "hub", "to": "q1"}], r"'world.fibre.links' must reach every roadside unit \(got none to 'r0'\)"),
        ([{"from": "hub", "to": "r0"}, {"from": "hub", "to": "r0"}], r"'world.fibre.links.1' must join two ends once"),
        ([{"from": "hub", "to": "q1"}, {"from": "q1", "to": "hub"}], r"'world.fibre.links.1' must join two ends once"),
    ],
)
def test_links_that_cannot_be_laid_are_named(links, told):
    with pytest.raises(ScenarioError, match=told):
        planned([(0, 0)], nodes=NODES, links=links)


def test_a_node_and_a_unit_have_different_names():
    with pytest.raises(ScenarioError, match=r"'world.fibre.nodes' must not share a name .*\(got 'q0'\)"):
        simulation_of(standing(), world__rsus=[{"name": "q0", "x_m": 0.0, "y_m": 0.0}])
    with pytest.raises(ScenarioError, match=r"'world.fibre.nodes' must have different names \(got 'q1' 2 times\)"):
        planned([(0, 0)], nodes=[{"name": "q1", "x_m": 0.0, "y_m": 0.0}, {"x_m": 1.0, "y_m": 0.0}])


def test_more_loss_means_fewer_keys():
    def rate(**changes):
        links = [{"from": "q0", "to": "r0", **changes}]
        rsus, nodes = [{"x_m": 0.0, "y_m": 0.0}], [{"x_m": 0.0, "y_m": 0.0}]
        simulation = simulation_of(roaming(), world__rsus=rsus, world__fibre={"nodes": nodes, "links": links})
        return float(simulation.state.links.key_rate_bps[0])

    assert rate(km=0.0) > rate(km=10.0) > rate(km=20.0) > 0
    assert rate(km=10.0) == pytest.approx(rate(db=2.0))
    assert scenario_of().qkd.attenuation_db_per_km == 0.2


def test_a_listed_node_far_from_the_trace_is_refused():
    with pytest.raises(ScenarioError, match=r"'world.fibre.nodes.1' must be within 100 km of the trace"):
        planned([(0, 0)], nodes=[NODES[0], {"x_m": 0.0, "y_m": 2e5}])
    with pytest.raises(ScenarioError, match=r"'world.fibre.nodes.0.lon' must be given as x_m and y_m"):
        planned([(0, 0)], nodes=[{"lon": 13.0, "lat": 52.0}])
