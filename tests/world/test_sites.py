from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from example import few, roaming, scenario_of, standing, trace_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.errors import QvecsimError, ScenarioError
from qvecsim.world.cells import CELL_M
from qvecsim.world.geodesy import around, utm
from qvecsim.world.sites import roadside_units, traffic
from qvecsim.world.sumo.network import read_network
from qvecsim.world.world import build


def units(trace, **changes):
    scenario = scenario_of(**changes)
    network = read_network(scenario.file("world.network")) if scenario.world.network else None
    return roadside_units(scenario, trace, network)


def gaps(sites):
    """Distance of every two, m."""
    x, y = np.array(sites.x_m), np.array(sites.y_m)
    apart = np.hypot(x[:, None] - x, y[:, None] - y)
    return apart[np.triu_indices(len(x), 1)]


@few
@given(
    count=st.integers(1, 60),
    width=st.floats(0, 5000),
    height=st.floats(0, 5000),
    at=st.sampled_from(["grid", "traffic_lights"]),
)
def test_as_many_as_asked_for_stand_inside_the_bounds(count, width, height, at):
    trace = trace_of(np.ones((1, 2)), [-50.0, -50.0 + width], [7.0, 7.0 + height])
    sites = units(trace, world__place={"at": at, "count": count})
    assert len(sites.name) == len(sites.x_m) == len(sites.y_m) == count
    assert sites.name == tuple(f"r{index}" for index in range(count))
    left, right, low, high = trace.bounds
    slack = 0.0 if at == "grid" or count > 2 else CELL_M  # a place where traffic queues is the middle of a cell
    assert left - slack <= min(sites.x_m) <= max(sites.x_m) <= right + slack
    assert low - slack <= min(sites.y_m) <= max(sites.y_m) <= high + slack


def test_a_grid_is_near_square_and_its_last_row_is_spread():
    square = trace_of(np.ones((1, 2)), [0.0, 1000.0], [0.0, 1000.0])
    four = units(square, world__place={"at": "grid", "count": 4})
    assert sorted(zip(four.x_m, four.y_m, strict=True)) == [(250, 250), (250, 750), (750, 250), (750, 750)]
    five = units(square, world__place={"at": "grid", "count": 5})
    assert sorted(zip(five.x_m, five.y_m, strict=True)) == pytest.approx(
        np.array([(500 / 3, 250), (250, 750), (500, 250), (750, 750), (2500 / 3, 250)])
    )
    street = trace_of(np.ones((1, 2)), [0.0, 1200.0], [0.0, 10.0])
    row = units(street, world__place={"at": "grid", "count": 3})
    assert (row.x_m.tolist(), row.y_m.tolist()) == ([200.0, 600.0, 1000.0], [5.0, 5.0, 5.0])


def queueing():
    """Three places where vehicles stand, 5, 3 and 1 of them, and one that drives across."""
    places = np.array([[100, 100]] * 5 + [[900, 900]] * 3 + [[100, 900]])
    steps = 20
    x_m = np.hstack([np.tile(places[:, 0], (steps, 1)), np.linspace(0, 1000, steps)[:, None]])
    y_m = np.hstack([np.tile(places[:, 1], (steps, 1)), np.full((steps, 1), 500.0)])
    speed_m_s = np.hstack([np.zeros((steps, 9)), np.full((steps, 1), 50.0)])
    return trace_of(np.ones((steps, 10)), x_m, y_m, speed_m_s=speed_m_s)


def test_without_a_network_units_stand_where_vehicles_do():
    for count in (1, 2, 3):
        sites = units(queueing(), world__place={"at": "traffic_lights", "count": count})
        wanted = np.array([[100, 100], [900, 900], [100, 900]])[:count]
        assert np.abs(np.column_stack(sites[1:]) - wanted).max() <= CELL_M / 2
    four = units(queueing(), world__place={"at": "traffic_lights", "count": 4})
    assert four.y_m[3] == pytest.approx(500, abs=CELL_M)  # nowhere else anybody stands, but somebody passes


def test_units_at_queues_are_well_apart():
    # A column of vehicles that crawls: every cell is a queue, and neighbours are no good.
    trace = standing(40, 5, speed_m_s=0.0)
    sites = units(trace, world__place={"at": "traffic_lights", "count": 5})
    assert len(set(zip(sites.x_m, sites.y_m, strict=True))) == 5
    assert gaps(sites).min() >= CELL_M
    square = roaming(3, 60, 30)
    assert gaps(units(square, world__place={"at": "traffic_lights", "count": 8})).min() > 100


def test_where_nobody_is_found_in_enough_places_a_grid_serves():
    trace = standing(2, 3, x_m=[0.0, 1.0], speed_m_s=0.0)
    one, other = (units(trace, world__place={"at": at, "count": 6}) for at in ("traffic_lights", "grid"))
    assert np.array_equal(one.x_m, other.x_m)
    assert np.array_equal(one.y_m, other.y_m)


LIGHTS = {"busy": (100.0, 100.0), "beside": (130.0, 100.0), "calm": (900.0, 900.0), "far": (100.0, 900.0)}


@pytest.fixture
def net(tmp_path, monkeypatch):
    """A network with four lights, two of them close together, and a junction without."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f'<junction id="{name}" type="traffic_light" x="{x}" y="{y}"/>' for name, (x, y) in LIGHTS.items())
    (tmp_path / "net.xml").write_text(f'<net>{rows}<junction id="no" type="priority" x="500" y="500"/></net>')
    return "net.xml"


def test_units_stand_at_the_busiest_lights_of_a_network(net):
    for count, names in ((1, ["busy"]), (2, ["busy", "calm"]), (3, ["busy", "calm", "far"]), (4, [*LIGHTS])):
        sites = units(queueing(), world__network=net, world__place={"at": "traffic_lights", "count": count})
        assert set(zip(sites.x_m, sites.y_m, strict=True)) == {LIGHTS[name] for name in names}


def test_more_units_than_lights_are_refused(net):
    told = r"'world.place.count' must not exceed the traffic lights of world.network \(got 5, it has 4\)"
    with pytest.raises(ScenarioError, match=told):
        units(queueing(), world__network=net, world__place={"at": "traffic_lights", "count": 5})
    grid = units(queueing(), world__network=net, world__place={"at": "grid", "count": 5})
    assert len(grid.name) == 5


def test_a_network_that_is_not_there_is_named():
    with pytest.raises(QvecsimError, match=r"'world.network' must name a file that exists \(got 'nowhere.net.xml'"):
        units(queueing(), world__network="nowhere.net.xml", world__place={"at": "traffic_lights", "count": 1})


def test_the_content_of_the_network_is_part_of_the_world(net):
    place = {"at": "traffic_lights", "count": 2}
    world = build(scenario_of(world__network=net, world__place=place), trace=queueing())
    assert len(world.contents["world.network"]) == 64
    assert build(scenario_of(), trace=queueing()).contents == {}


def test_listed_units_stand_where_they_are_listed():
    listed = [{"name": "east", "x_m": 1.0, "y_m": 2.0}, {"x_m": -3.0, "y_m": 4.0}]
    sites = units(queueing(), world__rsus=listed)
    assert (sites.name, sites.x_m.tolist(), sites.y_m.tolist()) == (("east", "r1"), [1.0, -3.0], [2.0, 4.0])


def test_a_listed_name_that_is_also_a_number_is_refused():
    listed = [{"name": "r1", "x_m": 1.0, "y_m": 2.0}, {"x_m": -3.0, "y_m": 4.0}]
    with pytest.raises(ScenarioError, match=r"'world.rsus' must have different names \(got 'r1' 2 times\)"):
        units(queueing(), world__rsus=listed)


def at(lon, lat, **more):
    return {"lon": lon, "lat": lat, **more}


def test_degrees_become_metres_of_the_traces_plane(net):
    trace = replace(queueing(), plane=around(13.6, 52.3))
    sites = units(trace, world__rsus=[at(13.6, 52.3), at(13.6, 52.31), {"x_m": 5.0, "y_m": 6.0}])
    # A hundredth of a degree of latitude is 1,112.7 m there (WGS 84).
    assert sites.x_m.tolist() == pytest.approx([0.0, 0.0, 5.0], abs=1e-6)
    assert sites.y_m.tolist() == pytest.approx([0.0, 1112.7, 6.0], abs=0.5)


def test_without_one_of_its_own_the_networks_plane_serves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    location = '<location netOffset="-404535.42,-5795302.64" projParameter="+proj=utm +zone=33 +ellps=WGS84"/>'
    (tmp_path / "n.net.xml").write_text(f'<net>{location}<junction id="no" type="priority" x="5" y="5"/></net>')
    listed = [at(13.60, 52.30), at(13.62, 52.32)]
    sites = units(queueing(), world__network="n.net.xml", world__rsus=listed)
    # Where SUMO's netconvert --proj.utm put these two places.
    assert sites.x_m.tolist() == pytest.approx([0.0, 1406.12], abs=0.006)
    assert sites.y_m.tolist() == pytest.approx([26.18, 2224.41], abs=0.006)
    own = units(replace(queueing(), plane=around(13.6, 52.3)), world__network="n.net.xml", world__rsus=listed)
    assert own.y_m[0] == pytest.approx(0.0, abs=1e-6)  # the trace knows better


def test_degrees_without_a_projection_are_refused(net):
    told = r"'world.rsus.1.lon' must be given as x_m and y_m \(got degrees\): the trace is in metres of an unknown proj"
    for changes in ({}, {"world__network": net}):
        with pytest.raises(ScenarioError, match=told):
            units(queueing(), world__rsus=[{"x_m": 1.0, "y_m": 1.0}, at(13.6, 52.3)], **changes)


@pytest.mark.parametrize(
    ("site", "told"),
    [
        ({"x_m": 101_050.0, "y_m": 0.0}, r"\(got 101050, 0, 100 km away\)"),
        ({"x_m": 0.0, "y_m": 5.8e6}, r"\(got 0, 5.8e\+06, 5799 km away\)"),
        (at(52.3, 13.6), r"\(got lon 52.3, lat 13.6, \d+ km away\). Are its coordinates exchanged"),
        (at(-166.4, 52.3), r"\(got lon -166.4, lat 52.3, \d+ km away\)"),  # behind the pole
        (at(103.6, 0.0), r"\(got lon 103.6, lat 0, inf km away\)"),  # a quarter of the globe away
    ],
)
def test_a_place_far_from_the_trace_is_refused(site, told):
    trace = replace(queueing(), plane=around(13.6, 52.3))
    rule = r"'world.rsus.0' must be within 100 km of the trace, x 0 ... 1000 m, y 100 ... 900 m "
    with pytest.raises(ScenarioError, match=rule + told):
        units(trace, world__rsus=[site])
    near = units(trace, world__rsus=[{"x_m": 100_990.0, "y_m": 0.0}])
    assert near.x_m[0] == 100_990.0


def test_utm_metres_are_no_metres_of_a_network_with_an_offset():
    east, north = (float(axis[0]) for axis in utm(33).metres(np.array([13.6]), np.array([52.3])))
    with pytest.raises(ScenarioError, match="or of another origin"):
        units(queueing(), world__rsus=[{"x_m": east, "y_m": north}])


@pytest.fixture
def stops(net, tmp_path):
    """Two parking areas beside the queues, one far from all, and a charging station."""
    spaces = "".join(
        f'<parkingArea id="{name}" lane="x"><space x="{x}" y="{y}"/></parkingArea>'
        for name, x, y in (("calm", 500, 880), ("busy", 110, 90), ("next", 890, 900))
    )
    station = '<chargingStation id="c" lane="x" x="300" y="400"/>'
    (tmp_path / "stops.add.xml").write_text(f"<additional>{spaces}</additional>")
    (tmp_path / "more.add.xml").write_text(f"<additional>{station}</additional>")
    return ["stops.add.xml", "more.add.xml"]


def test_units_stand_at_the_busiest_stops(stops):
    def places(kind, count):
        sites = units(queueing(), world__additional=stops, world__place={"at": kind, "count": count})
        return list(zip(sites.x_m, sites.y_m, strict=True))

    assert places("parking_areas", 1) == [(110, 90)]
    assert places("parking_areas", 3) == [(110, 90), (890, 900), (500, 880)]
    assert places("charging_stations", 1) == [(300, 400)]
    told = r"'world.place.count' must not exceed the charging stations of world.additional \(got 2, it has 1\)"
    with pytest.raises(ScenarioError, match=told):
        places("charging_stations", 2)
    with pytest.raises(ScenarioError, match=r"'world.additional' must name a SUMO file with parking areas"):
        units(queueing(), world__place={"at": "parking_areas", "count": 1})


def test_units_amid_the_traffic():
    place = {"at": "kmeans", "count": 3}
    sites = units(queueing(), world__place=place)
    wanted = np.array([[100, 100], [900, 900], [100, 900]])
    gap = np.hypot(*(np.column_stack(sites[1:])[:, None] - wanted).T)
    # The one that drives across the middle pulls each centre a little to itself.
    assert (gap.min(axis=1) < 160).all()
    again = units(queueing(), world__place=place, seed=77)
    assert np.array_equal(sites.x_m, again.x_m)
    told = r"'world.place.count' must not exceed the cells of 25 m that vehicles were in \(got 3, the trace has 2\)"
    with pytest.raises(ScenarioError, match=told):
        units(standing(2, 3), world__place=place)


@few
@given(seed=st.integers(0, 10**6))
def test_traffic_near_a_place_is_counted_record_by_record(seed):
    trace, draw = roaming(seed, 20, 10), np.random.default_rng(seed)
    x, y = draw.uniform(-100, 1100, (2, 5))
    near = [sum((trace.x_m - a) ** 2 + (trace.y_m - b) ** 2 < 100.0**2) for a, b in zip(x, y, strict=True)]
    assert traffic(x, y, trace).tolist() == near
