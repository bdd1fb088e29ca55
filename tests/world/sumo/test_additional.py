from __future__ import annotations

import numpy as np
import pytest
from example import few
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.errors import QvecsimError
from qvecsim.world.sumo.additional import CHARGING, PARKING, Stop, read_stops
from qvecsim.world.sumo.network import read_network

NET = """<net>
    <edge id="-1#2" from="A" to="B">
        <lane id="-1#2_0" index="0" speed="10" length="100" shape="0,0 60,0 60,40"/>
    </edge>
    <junction id="A" type="priority" x="0" y="0"/><junction id="B" type="priority" x="60" y="40"/>
</net>"""

STOPS = """<additional>
    <parkingArea id="whole" lane="-1#2_0" roadsideCapacity="7"/>
    <parkingArea id="end" lane="-1#2_0" startPos="-20.00" endPos="-10.00"/>
    <parkingArea id="yard" lane="-1#2_0" startPos="0" endPos="1" roadsideCapacity="2">
        <space x="10" y="100"/><space x="30" y="120" width="4"/><param key="a" value="b"/>
    </parkingArea>
    <parkingArea id="own" lane="elsewhere" x="7" y="8"/>
    <busStop id="bus" lane="nowhere_0" startPos="0" endPos="9"/>
    <space x="1" y="1"/>
    <chargingStation id="yard" lane="-1#2_0" startPos="20" endPos="40" power="50000" efficiency="0.9"/>
    <chargingStation id="plain" lane="-1#2_0" startPos="90" endPos="500" friendlyPos="true" chargeDelay="2"/>
    <chargingStation id="petrol" lane="-1#2_0" chargeType="fuel"/>
</additional>"""


def written(folder, text, name="s.add.xml"):
    path = folder / name
    path.write_text(text)
    return path


@pytest.fixture
def network(tmp_path):
    return read_network(written(tmp_path, NET, "n.net.xml"))


def test_stops_by_hand(tmp_path, network):
    assert read_stops([written(tmp_path, STOPS)], network) == (
        Stop("whole", PARKING, 50.0, 0.0, capacity=7),
        Stop("end", PARKING, 60.0, 25.0),  # 80 to 90 m
        Stop("yard", PARKING, 20.0, 110.0, capacity=4),  # the mean of its spaces
        Stop("own", PARKING, 7.0, 8.0),
        Stop("yard", CHARGING, 30.0, 0.0, power_w=50_000.0, efficiency=0.9),
        Stop("plain", CHARGING, 60.0, 35.0, power_w=22_000.0, efficiency=0.95),
    )


def test_any_root_that_sumo_takes_and_several_files(tmp_path, network):
    one = written(tmp_path, STOPS.replace("additional>", "routes>"), "a.xml")
    other = written(tmp_path, '<additional><parkingArea id="more" lane="-1#2_0"/></additional>', "b.xml")
    assert [stop.id for stop in read_stops([one, other], network)][-1] == "more"
    with pytest.raises(QvecsimError, match=r"b.xml:1: parkingArea twice \(parkingArea 'more'\)"):
        read_stops([other, other], network)


@few
@given(first=st.floats(0, 100), last=st.floats(0, 100), negative=st.tuples(st.booleans(), st.booleans()))
def test_positions_from_the_end_are_the_same_places(tmp_path_factory, first, last, negative):
    folder = tmp_path_factory.mktemp("stops")
    network = read_network(written(folder, NET, "n.net.xml"))
    first, last = sorted((round(first, 2), round(last, 2)))
    told = [place - 100 if away and place < 100 else place for place, away in zip((first, last), negative, strict=True)]
    text = (
        f'<additional><parkingArea id="p" lane="-1#2_0" startPos="{told[0]:.2f}" endPos="{told[1]:.2f}"/></additional>'
    )
    (stop,) = read_stops([written(folder, text)], network)
    assert np.abs(np.array([stop.x_m, stop.y_m]) - network.lanes.at("-1#2_0", (first + last) / 2)).max() < 1e-6


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('<parkingArea lane="-1#2_0"/>', ":2: parkingArea without an 'id'."),
        ('<parkingArea id="p" lane="-1#2_9"/>', ":2: 'lane' must be one of the network's roads (got '-1#2_9')"
         " (parkingArea 'p')."),
        ('<parkingArea id="p"/>', ":2: 'lane' must be one of the network's roads (got '') (parkingArea 'p')."),
        ('<parkingArea id="p" lane="-1#2_0" startPos="30" endPos="20"/>', ":2: 'startPos' to 'endPos' must lie on the"
         " lane of 100 m (got 30 to 20) (parkingArea 'p')."),
        ('<chargingStation id="c" lane="-1#2_0" endPos="101"/>', ":2: 'startPos' to 'endPos' must lie on the lane of"
         " 100 m (got None to 101) (chargingStation 'c')."),
        ('<chargingStation id="c" lane="-1#2_0" power="-1"/>', ":2: 'power' must not be negative (got '-1')"
         " (chargingStation 'c')."),
        ('<parkingArea id="p" lane="-1#2_0"><space x="nan" y="1"/></parkingArea>', ":2: 'x' must be a finite number"
         " (got 'nan') (space)."),
        ('<parkingArea id="p" lane="-1#2_0" roadsideCapacity="many"/>', ":2: 'roadsideCapacity' must be a finite number"
         " (got 'many') (parkingArea 'p')."),
        ("<a>" * 11 + "</a>" * 11, ":2: elements are nested deeper than 10."),
    ],
)  # fmt: skip
def test_refuses(tmp_path, network, text, told):
    path = written(tmp_path, f"<additional>\n{text}</additional>")
    with pytest.raises(QvecsimError) as caught:
        read_stops([path], network)
    assert str(caught.value) == f"{path}{told}"


def test_a_lane_needs_the_network_and_a_space_does_not(tmp_path):
    spaces = '<additional><parkingArea id="p" lane="x"><space x="1" y="2"/></parkingArea></additional>'
    assert read_stops([written(tmp_path, spaces)]) == (Stop("p", PARKING, 1.0, 2.0, capacity=1),)
    with pytest.raises(
        QvecsimError, match=r"'world.network' must name .*\(got none, .*places parkingArea 'whole' on a"
    ):
        read_stops([written(tmp_path, STOPS)])


def test_another_file_is_named(tmp_path):
    with pytest.raises(
        QvecsimError, match=r"is a SUMO network, not a SUMO additional file. Give a file that SUMO takes"
    ):
        read_stops([written(tmp_path, NET)])
