"""The QKD network as a graph: nodes, a backbone between them, and an access link from a node to each roadside unit."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import networkx as nx
import numpy as np

from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.scenario.parameters import Fibre, Span
from qvecsim.types import Floats, Ints
from qvecsim.world.fibre_file import read_fibre
from qvecsim.world.sites import FAR_M, Ground, Sites, away, listed


class Plan(NamedTuple):
    """The network as arrays; see ``types.Scene``."""

    nodes: Sites
    link: tuple[str, ...]
    link_km: Floats
    link_db: Floats
    link_node: Ints
    link_target: Ints
    rsu_link: Ints


def plan(fibre: Fibre, rsus: Sites, db_per_km: float, ground: Ground, file: Path | None = None) -> Plan:
    """The scenario's QKD network for these roadside units; ``file`` is what ``fibre.file`` names."""
    nodes, spans, key = laid(fibre, rsus, db_per_km, ground, file)
    graph = network(fibre, nodes, rsus, spans, db_per_km)
    ends = sorted((data for _, _, data in graph.edges(data=True)), key=lambda data: data["number"])
    places = nodes.name + rsus.name
    return Plan(
        nodes,
        tuple(f"{data['source']}-{data['target']}" for data in ends),
        np.array([data["km"] for data in ends], dtype=np.float64),
        np.array([data["db"] for data in ends], dtype=np.float64),
        np.array([places.index(data["source"]) for data in ends], dtype=np.int64),
        np.array([places.index(data["target"]) for data in ends], dtype=np.int64),
        np.array([feed(graph, name, db_per_km, key) for name in rsus.name], dtype=np.int64),
    )


def laid(
    fibre: Fibre, rsus: Sites, db_per_km: float, ground: Ground, file: Path | None
) -> tuple[Sites, list[Span], str]:
    """Nodes and links from a file, from lists, or by rule; and the key that an error about the links names."""
    if file is not None:
        if fibre.nodes or fibre.links:
            raise ScenarioError("'world.fibre.file' must not be given together with 'nodes' or 'links'.")
        nodes, spans, named = read_fibre(file, fibre, rsus, db_per_km, ground)
        own = () if named else access(near(nodes, ground), rsus, fibre.access)
        return nodes, [*own, *spans], "world.fibre.file"
    nodes = listed(fibre.nodes, "q", "world.fibre.nodes", ground) if fibre.nodes else spread(rsus, fibre.count)
    shared = set(nodes.name) & set(rsus.name)
    if shared:
        raise ScenarioError(f"'world.fibre.nodes' must not share a name with a roadside unit (got '{min(shared)}').")
    spans = list(fibre.links) or [*access(nodes, rsus, fibre.access), *backbone(nodes, fibre.shape)]
    return nodes, spans, "world.fibre.links"


def near(nodes: Sites, ground: Ground) -> Sites:
    """The nodes of a file from which fibres to roadside units may begin: those not farther off than listed ones."""
    away_m = away(nodes.x_m, nodes.y_m, ground)  # infinite where a node has no place
    close = away_m <= FAR_M
    if not close.any():
        least_km = away_m.min() / 1000
        nearest = f"the nearest is {least_km:.0f} km away" if math.isfinite(least_km) else "none has a place"
        raise ScenarioError(
            f"'world.fibre.file' must have a node within {FAR_M / 1000:g} km of the trace (got none, {nearest})."
            " Or link its nodes to the roadside units by name."
        )
    names = tuple(name for name, here in zip(nodes.name, close, strict=True) if here)
    return Sites(names, nodes.x_m[close], nodes.y_m[close])


def network(fibre: Fibre, nodes: Sites, rsus: Sites, spans: list[Span], db_per_km: float) -> nx.Graph[str]:
    """The graph of all spans, edges in their order; ``km`` and ``db`` are what the loss law needs."""
    place = {
        name: (x, y) for sites in (nodes, rsus) for name, x, y in zip(sites.name, sites.x_m, sites.y_m, strict=True)
    }
    graph: nx.Graph[str] = nx.Graph()
    for index, span in enumerate(spans):
        where = f"world.fibre.links.{index}"
        _known(f"{where}.from", span.source, nodes.name)
        _known(f"{where}.to", span.target, tuple(place))
        if span.source == span.target or graph.has_edge(span.source, span.target):
            raise ScenarioError(f"'{where}' must join two ends once (got '{span.source}' to '{span.target}').")
        km, db = loss(span, place[span.source], place[span.target], fibre, db_per_km)
        graph.add_edge(span.source, span.target, number=index, source=span.source, target=span.target, km=km, db=db)
    return graph


def loss(
    span: Span, one: tuple[float, float], other: tuple[float, float], fibre: Fibre, db_per_km: float
) -> tuple[float, float]:
    """Length, km, and loss beyond attenuation times length, dB: negative where a span loses less than its length would.

    A loss that is given is the whole loss. With no length beside it the length counts as 0, for nobody told it.
    """
    if span.db is not None:
        km = 0.0 if span.km is None else span.km
        return km, span.db - db_per_km * km
    straight_km = math.hypot(one[0] - other[0], one[1] - other[1]) / 1000.0 * fibre.route_factor
    return straight_km if span.km is None else span.km, fibre.insertion_db


def _known(key: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise ScenarioError(f"'{key}' must be the name of an end (got '{name}'). {did_you_mean(name, names)}")


def feed(graph: nx.Graph[str], rsu: str, db_per_km: float, key: str) -> int:
    """The number of the link whose keys protect a roadside unit: of those that end there, the one with least loss."""
    ends = [data for _, _, data in graph.edges(rsu, data=True)] if rsu in graph else []
    if not ends:
        raise ScenarioError(f"'{key}' must reach every roadside unit (got none to '{rsu}').")
    best = min(ends, key=lambda data: (data["km"] * db_per_km + data["db"], data["number"]))
    return int(best["number"])


def spread(rsus: Sites, count: int) -> Sites:
    """QKD nodes beside roadside units, each next one as far from the others as can be; at most one at each."""
    x, y = rsus.x_m, rsus.y_m
    chosen = [int(np.argmin(np.hypot(x - x.mean(), y - y.mean())))]
    while len(chosen) < min(count, len(x)):
        gap = np.min([np.hypot(x - x[index], y - y[index]) for index in chosen], axis=0)
        chosen.append(int(np.argmax(gap)))
    return Sites(tuple(f"q{index}" for index in range(len(chosen))), x[chosen], y[chosen])


def access(nodes: Sites, rsus: Sites, links: int = 1) -> list[Span]:
    """Links from the nearest QKD nodes to each roadside unit, as many as are asked for and as there are nodes."""
    distance_m = np.hypot(rsus.x_m[:, None] - nodes.x_m, rsus.y_m[:, None] - nodes.y_m)
    nearest = np.argsort(distance_m, axis=1, kind="stable")[:, :links]
    return [_span(nodes.name[node], name) for row, name in zip(nearest, rsus.name, strict=True) for node in row]


def backbone(nodes: Sites, shape: str) -> list[Span]:
    """Links between the QKD nodes: around in a ring, out from the first as a star, or the shortest tree."""
    count = len(nodes.name)
    edges = sorted(tuple(sorted(edge)) for edge in SHAPES[shape](nodes).edges()) if count > 1 else []
    return [_span(nodes.name[one], nodes.name[other]) for one, other in edges]


def star(nodes: Sites) -> nx.Graph[int]:
    """Every node joined to the first."""
    return nx.Graph((0, other) for other in range(1, len(nodes.name)))


def ring(nodes: Sites) -> nx.Graph[int]:
    """A cycle in the order of the nodes' bearings from their centre; two nodes are joined once."""
    bearing = np.arctan2(nodes.y_m - nodes.y_m.mean(), nodes.x_m - nodes.x_m.mean())
    order = [int(index) for index in np.argsort(bearing, kind="stable")]
    return nx.Graph(zip(order, [*order[1:], order[0]], strict=True))


def tree(nodes: Sites) -> nx.Graph[int]:
    """The minimum spanning tree by straight line."""
    graph: nx.Graph[int] = nx.Graph()
    for one in range(len(nodes.name)):
        for other in range(one):
            length = math.hypot(nodes.x_m[one] - nodes.x_m[other], nodes.y_m[one] - nodes.y_m[other])
            graph.add_edge(one, other, weight=length)
    return nx.minimum_spanning_tree(graph)


SHAPES: dict[str, Callable[[Sites], nx.Graph[int]]] = {"ring": ring, "star": star, "tree": tree}


def _span(source: str, target: str) -> Span:
    return Span(source=source, target=target)
