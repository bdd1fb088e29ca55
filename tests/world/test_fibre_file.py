from __future__ import annotations

import math

import numpy as np
import pytest
from example import roaming, scenario_of

from qvecsim.errors import ScenarioError
from qvecsim.scenario.parameters import Fibre
from qvecsim.world.fibre import plan
from qvecsim.world.fibre_file import arc_km
from qvecsim.world.geodesy import around
from qvecsim.world.sites import Ground, Sites
from qvecsim.world.world import build

HERE = Ground(0.0, 1000.0, 0.0, 1000.0, around(11.0, 50.0))
UNITS = Sites(("r0", "r1"), np.array([0.0, 900.0]), np.array([0.0, 900.0]))

# As in the Internet Topology Zoo: parallel links without "multigraph", a label twice, a node without a place, a loop.
ZOO = """graph [
  directed 0
  Network "Made up"
  node [ id 0 label "Jena" Country "Germany" Longitude 11.0 Latitude 50.0 Internal 1 ]
  node [ id 1 label "K&#246;ln (West)" Longitude 6.95 Latitude 50.93 ]
  node [ id 2 label "None" Longitude 11.01 Latitude 50.01 ]
  node [ id 3 label "None" ]
  edge [ source 0 target 1 LinkLabel "10G" ]
  edge [ source 1 target 0 length 500.5 ]
  edge [ source 0 target 1 dist 480 ]
  edge [ source 0 target 0 ]
  edge [ source 2 target 1 LinkSpeed "10" ]
  edge [ source 2 target 3 loss_db 3.5 length 12 ]
  edge [ source 2 target 0 km "1.5" ]
]
"""

GRAPHML = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="x" for="node" attr.name="x_m" attr.type="double"/>
  <key id="y" for="node" attr.name="y_m" attr.type="double"/>
  <key id="l" for="edge" attr.name="Length_km" attr.type="double"/>
  <key id="d" for="edge" attr.name="dB" attr.type="double"/>
  <graph edgedefault="directed">
    <node id="hub"><data key="x">0</data><data key="y">300</data></node>
    <node id="far"><data key="x">400</data><data key="y">300</data></node>
    <node id="r0"/><node id="r1"/>
    <edge source="r0" target="hub"><data key="l">2.5</data></edge>
    <edge source="far" target="r1"><data key="d">4</data></edge>
    <edge source="hub" target="far"/>
  </graph>
</graphml>
"""


@pytest.fixture
def laid(tmp_path):
    def laid(text, units=UNITS, ground=HERE, **fibre):
        path = tmp_path / "net.graph"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return plan(Fibre(file=str(path), **fibre), units, 0.2, ground, path)

    return laid


def test_a_graph_of_the_topology_zoo(laid):
    made = laid(ZOO)
    assert made.nodes.name == ("Jena", "Köln _West_", "None 2", "None 3")
    assert made.nodes.x_m[0] == pytest.approx(0, abs=1e-6)
    assert made.nodes.x_m[1] == pytest.approx(-284_000, rel=0.01)  # farther than a listed node might be
    assert np.isnan(made.nodes.x_m[3])
    # Jena is 0 m and 1,273 m from the units, None 2 1,323 m and 420 m. Other links begin at the earlier of their nodes.
    assert made.link[:3] == ("Jena-r0", "None 2-r1", "Jena-Köln _West_")
    assert made.link[3:] == ("Jena-None 2", "Köln _West_-None 2", "None 2-None 3")
    arc = 1.4 * arc_km((11.01, 50.01), (6.95, 50.93))
    assert made.link_km[2:].tolist() == pytest.approx([480.0, 1.5, arc, 12.0])
    assert made.link_db.tolist() == pytest.approx([0, 0, 0, 0, 0, 3.5 - 0.2 * 12.0])  # a loss is the whole loss
    assert made.rsu_link.tolist() == [0, 1]
    assert made.link_node.tolist() == [0, 2, 0, 0, 1, 2]


def test_a_graph_that_names_the_units_has_its_own_access_links(laid):
    made = laid(GRAPHML, insertion_db=0.5)
    assert made.nodes.name == ("hub", "far")
    assert (made.nodes.x_m.tolist(), made.nodes.y_m.tolist()) == ([0.0, 400.0], [300.0, 300.0])
    assert made.link == ("hub-far", "far-r1", "hub-r0")  # from a node, whatever the direction of the edge
    assert made.link_km.tolist() == pytest.approx([0.4 * 1.4, 0.0, 2.5])
    assert made.link_db.tolist() == [0.5, 4.0, 0.5]
    assert made.rsu_link.tolist() == [2, 1]


def test_nodes_without_places_do_where_every_link_has_its_length(laid):
    nodes = f"{node(0, 'a')} {node(1, 'r0')} {node(2, 'r1')}"
    edges = "edge [source 0 target 1 km 3] edge [source 0 target 2 db 2]"
    made = laid(f"graph [ {nodes} {edges} ]", ground=HERE._replace(plane=None))
    assert (made.link, made.link_km.tolist(), made.link_db.tolist()) == (("a-r0", "a-r1"), [3.0, 0.0], [0.0, 2.0])
    assert math.isnan(made.nodes.x_m[0])


def test_great_circles_by_hand():
    assert arc_km((0.0, 0.0), (90.0, 0.0)) == pytest.approx(math.pi / 2 * 6378.137)
    assert arc_km((10.0, 89.0), (-170.0, 89.0)) == pytest.approx(2 * math.pi / 180 * 6378.137)
    assert arc_km((5.0, 5.0), (5.0, 5.0)) == 0


def node(index, label="", more=""):
    return f'node [id {index} label "{label or index}" {more}]'


TWO = f"{node(0, 'a', 'x 0 y 0')} {node(1, 'b', 'x 9 y 9')}"
DEEP = "<graphml>" + "<a>" * 40_000 + "</a>" * 40_000 + "</graphml>"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"must be a GraphML or GML graph \(got '.*'"),
        ("nonsense", r"must be a GraphML or GML graph"),
        (b"\xff\xfe\x00g", r"must be a GraphML or GML graph .*codec can't decode"),
        ("graph [ ]", r"must have 1 to 10,000 nodes \(got '.*': 0\)"),
        ("graph " + "[ a " * 50_000, r"must be a GraphML or GML graph"),
        (f"graph [ {node(0)} edge [source 0 target 7] ]", r"must be a GraphML or GML graph .*7"),
        ("<graphml/>", r"must be a GraphML or GML graph"),
        ("<graphml><graph>", r"must be a GraphML or GML graph \(got '.*': no element found"),
        ("<html><p></html>", r"must be a GraphML or GML graph \(got '.*': mismatched tag"),
        (DEEP, r"must not be nested deeper than 30"),
        ('<!DOCTYPE g [<!ENTITY a "b">]>' + GRAPHML.partition("?>")[2], r"must not have a DOCTYPE or entities"),
        (" " * (5 << 20), r"must be a file of at most 4 MB"),
        (f"graph [ {TWO} edge [source 0 target 1 km -3] ]", r"must not have a negative 'km' .*: -3 of link 'a' to 'b'"),
        (f"graph [ {TWO} edge [source 0 target 1 db \"x\"] ]", r"finite number as 'db' .*'x' of link 'a' to 'b'"),
        (f"graph [ {TWO} {node(2, 'c')} edge [source 0 target 2] ]", r"must tell the length of a link, or the places"),
        (f"graph [ {node(0, 'a', 'x 3')} ]", r"must have a finite number as 'y' .*'None' of node 'a'"),
        (f"graph [ {node(0, 'a', 'lon 3 lat 95')} ]", r"must have longitudes and latitudes in degrees"),
        (f"graph [ {node(0, 'r0')} {node(1, 'r1')} ]", r"must have a node that is no roadside unit"),
        (f"graph [ {TWO} {node(2, 'r0')} {node(3, 'r1')} edge [source 2 target 3 km 1] ]", r"must have a QKD node at"),
        (f"graph [ {TWO} {node(2, 'r0')} edge [source 0 target 2 km 1] ]", r"must reach every roadside unit \(got none "
         r"to 'r1'\)"),
        (f"graph [ {node(0, 'a')} {node(1, 'b')} ]", r"must have a node within 100 km .*none has a place"),
        (f"graph [ {node(0, 'a', 'lon 20 lat 50')} ]", r"within 100 km .*the nearest is 6\d\d km away"),
        (f"graph [ {node(0, '?')} {node(1, '!')} {node(2, '_ 1')} ]", r"must have nodes with different names .*'_ 1'"),
    ],
)  # fmt: skip
def test_refuses_in_one_line(laid, text, told):
    with pytest.raises(ScenarioError, match=told) as caught:
        laid(text)
    assert str(caught.value).startswith("'world.fibre.file' must ")
    assert "\n" not in str(caught.value)


def test_degrees_need_a_plane_and_lists_exclude_a_file(laid):
    with pytest.raises(ScenarioError, match=r"'world.fibre.file' must be given as x_m and y_m"):
        laid(ZOO, ground=HERE._replace(plane=None))
    with pytest.raises(ScenarioError, match=r"'world.fibre.file' must not be given together with 'nodes' or 'links'"):
        laid(GRAPHML, nodes=[{"x_m": 0.0, "y_m": 0.0}])


def test_the_paper_needs_places_and_a_run_takes_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.gml").write_text(f"graph [ {node(0, 'a')} {node(1, 'r0')} edge [source 0 target 1 km 3] ]")
    changes = {"world__rsus": [{"x_m": 1.0, "y_m": 2.0}], "world__fibre": {"file": "net.gml"}}
    world = build(scenario_of(**changes), trace=roaming())
    assert (world.scene.link, world.scene.link_km.tolist()) == (("a-r0",), [3.0])
    assert len(world.contents["world.fibre.file"]) == 64
    with pytest.raises(ScenarioError, match=r"'world.fibre.file' must give every node a place"):
        build(scenario_of(profile="paper", **changes), trace=roaming())
