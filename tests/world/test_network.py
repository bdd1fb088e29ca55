from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from qvecsim.errors import TraceError
from qvecsim.world.network import traffic_lights

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


def test_signalised_junctions_in_the_order_of_the_file(tmp_path):
    lights = [("J2", 10.0, -2.5), ("J1", 1.0, 2.0)]
    assert traffic_lights(written(tmp_path, NET)) == lights
    assert traffic_lights(written(tmp_path, gzip.compress(NET.encode()))) == lights


def test_a_network_may_have_no_light(tmp_path):
    assert traffic_lights(written(tmp_path, NET.replace("traffic_light", "priority"))) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<fcd-export/>", ":1: is SUMO floating-car data, not a SUMO network."
         " Give the .net.xml file that SUMO drives on."),
        ("<net/>", ": has no junction."),
        (NET.replace('id="J2"', 'id=""', 1), ":3: junction without an 'id'."),
        (NET.replace("10.00", "nan"), ":3: 'x' must be a finite number (got 'nan') (junction 'J2')."),
        (NET.replace('y="-2.50"', ""), ":3: 'y' must be a finite number (got None) (junction 'J2')."),
        (NET[:150], ":3: ends too early. SUMO still running or killed? the file has no </net>."),
        ("<!DOCTYPE net>" + NET, ":1: must not have a DOCTYPE or entities. SUMO writes none; delete the declaration."),
        ("<net>" + "<a>" * 11 + "</a>" * 11 + "</net>", ":1: elements are nested deeper than 10."),
    ],
)  # fmt: skip
def test_refuses(tmp_path, text, expected):
    path = written(tmp_path, text)
    with pytest.raises(TraceError) as caught:
        traffic_lights(path)
    assert str(caught.value) == f"{path}{expected}"


def test_the_shipped_network():
    lights = traffic_lights(Path(__file__).parents[2] / "traces" / "urban.net.xml.gz")
    assert len(lights) == 36
    assert lights[0] == ("A0", 150.0, 150.0)
