from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

from qvecsim.errors import TraceError
from qvecsim.world.sumo.network import read_network

NET = """<net version="1.20">
    <location netOffset="0.00,0.00"/>
    <junction id="J2" type="traffic_light" x="10.00" y="-2.50" incLanes="" intLanes="" shape=""/>
    <junction id="J0" type="priority" x="0.00" y="0.00"/>
    <junction id=":J0_0" type="internal" x="0.00" y="0.00"/>
    <junction id="J1" type="traffic_light_right_on_red" x="1.00" y="2.00"><request index="0"/></junction>
    <tlLogic id="J2" type="static"/>
</net>
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "n.net.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


ROADS = """<net version="1.20" spreadType="roadCenter">
    <location netOffset="-404535.42,-5795302.64" projParameter="+proj=utm +zone=33 +ellps=WGS84 +units=m"/>
    <type id="x" priority="1"/>
    <edge id=":A_0" function="internal"><lane id=":A_0_0" index="0" speed="5" length="3" shape="0,0 3,0"/></edge>
    <edge id="-12#3" from="A" to="B" spreadType="center">
        <lane id="-12#3_0" index="0" speed="13.89" length="100.00" shape="0.00,-1.60 60.00,-1.60 60.00,78.40"/>
        <lane id="-12#3_1" index="1" speed="27.78" length="99.00" shape="0.00,1.60 50.00,1.60"><param key="a"/></lane>
    </edge>
    <edge id="up" from="A" to="B" shape="0.00,0.00,5.00 50.00,0.00,6.00 100.00,0.00,7.00">
        <lane id="up_0" index="0" speed="8" length="100" shape="0,0,5 100,0,7"/>
    </edge>
    <edge id=":A_c0" function="crossing"><lane id=":A_c0_0" index="0" speed="1" length="3" shape="0,0 3,0"/></edge>
    <edge id="hub" function="connector"><lane id="hub_0" index="0" speed="1" length="3" shape="0,0 3,0"/></edge>
    <junction id="A" type="dead_end" x="0.00" y="0.00" incLanes="" intLanes="" shape=""/>
    <junction id="B" type="traffic_light_unregulated" x="100.00" y="20.00" z="7"/>
    <junction id=":A_1_0" type="internal"/>
</net>
"""


def lights_of(path):
    lights = read_network(path).lights
    return list(zip(lights.id, lights.x_m.tolist(), lights.y_m.tolist(), strict=True))


def test_signalised_junctions_in_the_order_of_the_file(tmp_path):
    lights = [("J2", 10.0, -2.5), ("J1", 1.0, 2.0)]
    assert lights_of(written(tmp_path, NET)) == lights
    assert lights_of(written(tmp_path, gzip.compress(NET.encode()))) == lights


def test_a_network_may_have_no_light_no_road_and_no_projection(tmp_path):
    network = read_network(written(tmp_path, NET.replace("traffic_light", "priority")))
    assert (network.lights.id, network.roads.id, len(network.lanes.row), network.plane) == ((), (), 0, None)


def test_roads_are_the_edges_that_are_no_part_of_a_junction(tmp_path):
    roads = read_network(written(tmp_path, ROADS)).roads
    assert roads.id == ("-12#3", "up")
    assert (roads.length_m.tolist(), roads.speed_m_s.tolist(), roads.lanes.tolist()) == ([100, 100], [27.78, 8], [2, 1])
    straight, told = ([axis.tolist() for axis in roads.shape.line(row)] for row in (0, 1))
    assert straight == [[0, 100], [0, 20]]  # from junction to junction, because SUMO wrote no shape
    assert told == [[0, 50, 100], [0, 0, 0]]


def test_a_position_along_a_lane_is_stretched_over_its_shape(tmp_path):
    lanes = read_network(written(tmp_path, ROADS)).lanes
    assert [*lanes.row] == ["-12#3_0", "-12#3_1", "up_0"]
    # The shape of the first is 60 m + 80 m for 100 m of positions, that of the second 50 m for 99 m.
    assert lanes.at("-12#3_0", 0.0) == (0.0, -1.6)
    assert lanes.at("-12#3_0", 50.0) == pytest.approx((60.0, 8.4))
    assert lanes.at("-12#3_0", 100.0) == pytest.approx((60.0, 78.4))
    assert lanes.at("-12#3_1", 49.5) == pytest.approx((25.0, 1.6))


def test_the_plane_is_the_networks_projection_with_its_offset(tmp_path):
    plane = read_network(written(tmp_path, ROADS)).plane
    x, y = plane.metres(np.array([13.60, 13.62]), np.array([52.30, 52.32]))
    # Where SUMO's netconvert --proj.utm put these two places.
    assert x.tolist() == pytest.approx([0.0, 1406.12], abs=0.006)
    assert y.tolist() == pytest.approx([26.18, 2224.41], abs=0.006)
    for unknown in ("!", "-", "", "+proj=tmerc +ellps=bessel +datum=potsdam", "+proj=lcc +lat_1=1"):
        other = ROADS.replace("+proj=utm +zone=33 +ellps=WGS84 +units=m", unknown)
        assert read_network(written(tmp_path, other)).plane is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ROADS.replace("0.00,-1.60 60.00", "0.00 60.00"), ":6: 'shape' must be two or more points x,y"
         " (got '0.00 60.00,-1.60 60.00,78.40') (lane '-12#3_0')."),
        (ROADS.replace('shape="0.00,1.60 50.00,1.60"', ""), ":7: 'shape' must be two or more points x,y (got '')"
         " (lane '-12#3_1')."),
        (ROADS.replace("0,0,5 100,0,7", "0,0,5 100,0"), ":10: 'shape' must be two or more points x,y"
         " (got '0,0,5 100,0') (lane 'up_0')."),
        (ROADS.replace('length="99.00"', 'length="-1"'), ":7: 'length' must be a number from 0 on (got '-1')"
         " (lane '-12#3_1')."),
        (ROADS.replace('from="A" to="B" spread', 'to="C" spread'), ":5: edge between junctions that are not there"
         " (got '') (edge '-12#3')."),
        (ROADS.replace("up_0", "-12#3_0"), ":10: lane twice (lane '-12#3_0')."),
        (ROADS.replace('"up"', '"-12#3"'), ":9: edge twice (edge '-12#3')."),
        (ROADS.replace("-404535.42,", ""), ":2: 'netOffset' must be two numbers (got '-5795302.64')."),
        (ROADS.replace("+proj=utm", "+proj=tmerc +k=x"), ":2: 'projParameter' must be what PROJ understands"
         " (got '+proj=tmerc +k=x +zone=33 +ellps=WGS84 +units=m')."),
        (re.sub("<lane id=.-12.*\n", "", ROADS), ":6: edge without a lane (edge '-12#3')."),
        ("<fcd-export/>", ":1: is SUMO floating-car data, not a SUMO network."
         " Give the .net.xml file that SUMO drives on."),
        ("<net/>", ": has no junction."),
        (NET.replace('id="J2"', 'id=""', 1), ":3: junction without an 'id'."),
        (NET.replace("10.00", "nan"), ":3: 'x' must be a finite number (got 'nan') (junction 'J2')."),
        (NET.replace('y="-2.50"', ""), ":3: 'y' must be a finite number (got None) (junction 'J2')."),
        (NET[:150], ":3: ends too early. SUMO still running or killed? The file has no </net>."),
        ("<!DOCTYPE net>" + NET, ":1: must not have a DOCTYPE or entities. SUMO writes none; delete the declaration."),
        ("<net>" + "<a>" * 11 + "</a>" * 11 + "</net>", ":1: elements are nested deeper than 10."),
    ],
)  # fmt: skip
def test_refuses(tmp_path, text, expected):
    path = written(tmp_path, text)
    with pytest.raises(TraceError) as caught:
        read_network(path)
    assert str(caught.value) == f"{path}{expected}"


def test_the_shipped_network():
    network = read_network(Path(__file__).parents[3] / "traces" / "urban.net.xml.gz")
    assert (len(network.lights.id), network.lights.id[0]) == (36, "A0")
    assert (network.lights.x_m[0], network.lights.y_m[0]) == (150.0, 150.0)
    # A grid of 6 x 6 crossings: 60 streets between them and 24 out of the grid, each in both directions.
    assert (len(network.roads.id), network.roads.lanes.tolist()) == (168, [2] * 168)
    assert network.plane is None
