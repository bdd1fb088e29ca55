"""A QKD network from a GraphML or GML file, such as those of the Internet Topology Zoo."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from xml.parsers import expat

import networkx as nx
import numpy as np

from qvecsim.errors import ScenarioError
from qvecsim.scenario.parameters import Fibre, Span
from qvecsim.types import Floats
from qvecsim.world.document import DEPTH_MAX
from qvecsim.world.geodesy import EQUATORIAL_RADIUS_M
from qvecsim.world.mobility.records import number
from qvecsim.world.sites import Ground, Sites, projected

SIZE_MAX_BYTE = 4 << 20  # the largest graph of the Topology Zoo has 0.3 MB
NODES_MAX = 10_000
NAME_MAX = 64
HORIZON_DEG = 60.0  # a transverse Mercator plane folds a quarter of the globe away
GRAPHML_DEPTH_MAX = 3 * DEPTH_MAX  # drawing programs put pictures into their nodes

# In the order in which they are looked for; capital letters make no difference.
METRES = (("x_m", "y_m"), ("x", "y"))
DEGREES = (("lon", "lat"), ("longitude", "latitude"))
LENGTHS = ("length_km", "km", "length", "dist", "distance")  # km
LOSSES = ("loss_db", "db", "loss")


class Edge(NamedTuple):
    """A link of the file between two names."""

    source: str
    target: str
    km: float | None
    db: float | None


def read_fibre(
    path: Path, fibre: Fibre, rsus: Sites, db_per_km: float, ground: Ground
) -> tuple[Sites, list[Span], bool]:
    """QKD nodes, links, and whether some of the links end at roadside units by their names."""
    graph = _graph(path)
    names = _names(path, graph)
    told = {names[node]: _lower(data) for node, data in graph.nodes(data=True)}
    kept = [name for name in told if name not in rsus.name]
    if not kept:
        _fail(path, "must have a node that is no roadside unit")
    place, degrees = _places(path, {name: told[name] for name in kept}, ground)
    edges = [_edge(path, names[one], names[other], _lower(data)) for one, other, data in graph.edges(data=True)]
    spans = [_span(path, edge, fibre, rsus, place, degrees) for edge in _plain(edges, db_per_km)]
    x_m, y_m = np.array([place[name] for name in kept]).T
    return Sites(tuple(kept), x_m.copy(), y_m.copy()), spans, any(span.target in rsus.name for span in spans)


def _fail(path: Path, rule: str, got: object = None) -> NoReturn:
    raise ScenarioError(f"'world.fibre.file' {rule} (got '{path}'{'' if got is None else f': {got}'}).") from None


def _graph(path: Path) -> nx.Graph[Any]:
    """The graph in a file, with all its parallel links; XML is GraphML, other text GML."""
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_MAX_BYTE + 1)
        if len(content) > SIZE_MAX_BYTE:
            _fail(path, f"must be a file of at most {SIZE_MAX_BYTE >> 20} MB")
        graph = _graphml(path, content) if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else _gml(content)
    except OSError as error:
        _fail(path, "must name a file that can be read", error.strerror)
    except (nx.NetworkXException, expat.ExpatError, ValueError, LookupError, TypeError, AttributeError, SyntaxError,
            RecursionError) as error:  # fmt: skip  # networkx lets through whatever its parsers stumble over
        if isinstance(error, ScenarioError):
            raise
        _fail(path, "must be a GraphML or GML graph", " ".join(str(error).split())[:120] or type(error).__name__)
    if not 0 < len(graph) <= NODES_MAX:
        _fail(path, f"must have 1 to {NODES_MAX:,} nodes", len(graph))
    return graph


def _gml(content: bytes) -> nx.Graph[Any]:
    text = content.decode()
    if not re.search(r"^\s*multigraph\s", text, re.MULTILINE):  # left out by many files that have parallel links
        text = re.sub(r"\bgraph\s*\[", "graph [\n multigraph 1\n", text, count=1)
    graph: nx.Graph[Any] = nx.parse_gml(text.splitlines(), label="id")
    return graph


def _graphml(path: Path, content: bytes) -> nx.Graph[Any]:
    """What networkx reads, once it is sure that there are no entities and no endless nesting."""
    parser, depth = expat.ParserCreate(), 0

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > GRAPHML_DEPTH_MAX:
            _fail(path, f"must not be nested deeper than {GRAPHML_DEPTH_MAX}")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: object) -> None:
        _fail(path, "must not have a DOCTYPE or entities")

    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = start, end, doctype
    parser.Parse(content, True)
    graph: nx.Graph[Any] = nx.parse_graphml(content.decode(), force_multigraph=True)
    return graph


def _lower(data: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key).lower(): value for key, value in data.items()}


def _names(path: Path, graph: nx.Graph[Any]) -> dict[Any, str]:
    """The label of each node, or its id where it has none; both where nodes share a label."""
    labels = {node: _tidy(_lower(data).get("label", "")) or _tidy(node) for node, data in graph.nodes(data=True)}
    often = Counter(labels.values())
    names = {node: label if often[label] == 1 else _tidy(f"{label} {node}") for node, label in labels.items()}
    name, times = Counter(names.values()).most_common(1)[0]
    if times > 1 or not name:
        _fail(path, "must have nodes with different names", f"'{name}' {times} times")
    return names


def _tidy(label: object) -> str:
    """A label with the characters that a name in a scenario may have."""
    return re.sub(r"[^\w .+-]", "_", " ".join(str(label).split()))[:NAME_MAX].lstrip(" .+-").rstrip()


def _places(
    path: Path, told: Mapping[str, Mapping[str, Any]], ground: Ground
) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    """X and y in metres of each node, NaN where it has none; and the degrees of those that have them."""
    place, degrees = dict.fromkeys(told, (math.nan, math.nan)), {}
    for name, data in told.items():
        keys = next((pair for pair in (*METRES, *DEGREES) if set(pair) & set(data)), None)
        if keys is None:
            continue
        one, other = (_number(path, key, data.get(key), f"node '{name}'") for key in keys)
        if keys in METRES:
            place[name] = one, other
        elif abs(one) > 180 or abs(other) > 90:
            _fail(path, "must have longitudes and latitudes in degrees", f"node '{name}' at {one:g}, {other:g}")
        else:
            degrees[name] = one, other
    if degrees:
        lon, lat = np.array(list(degrees.values())).T
        place.update(zip(degrees, _metres(path, lon, lat, ground), strict=True))
    return place, degrees


def _metres(path: Path, lon: Floats, lat: Floats, ground: Ground) -> list[tuple[float, float]]:
    x, y = projected(lon, lat, "world.fibre.file", ground)
    beyond = np.abs((lon - (ground.plane.lon if ground.plane else 0.0) + 180) % 360 - 180) > HORIZON_DEG
    x, y = np.where(beyond, math.nan, x), np.where(beyond, math.nan, y)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _edge(path: Path, source: str, target: str, data: Mapping[str, Any]) -> Edge:
    """A link with what the file tells of it, its length, its whole loss, or both."""
    what = f"link '{source}' to '{target}'"
    db = next((_amount(path, key, data[key], what) for key in LOSSES if key in data), None)
    km = next((_amount(path, key, data[key], what) for key in LENGTHS if key in data), None)
    return Edge(source, target, km, db)


def _plain(edges: list[Edge], db_per_km: float) -> list[Edge]:
    """No loops, which join nothing; of parallel links the one with the least loss, those without a length last."""
    best: dict[frozenset[str], Edge] = {}
    for edge in edges:
        ends = frozenset((edge.source, edge.target))
        if len(ends) == 2 and (ends not in best or _loss_db(edge, db_per_km) < _loss_db(best[ends], db_per_km)):
            best[ends] = edge
    return list(best.values())


def _loss_db(edge: Edge, db_per_km: float) -> float:
    return edge.db if edge.db is not None else math.inf if edge.km is None else edge.km * db_per_km


def _span(
    path: Path,
    edge: Edge,
    fibre: Fibre,
    rsus: Sites,
    place: Mapping[str, tuple[float, float]],
    degrees: Mapping[str, tuple[float, float]],
) -> Span:
    """A link from a QKD node; to a roadside unit, if one of its ends is one."""
    source, target = (edge.target, edge.source) if edge.source in rsus.name else (edge.source, edge.target)
    if source in rsus.name:
        _fail(path, "must have a QKD node at an end of each link", f"'{source}' to '{target}', two roadside units")
    km = edge.km
    if km is None and edge.db is None:
        if source in degrees and target in degrees:
            km = arc_km(degrees[source], degrees[target]) * fibre.route_factor  # right for far nodes, too
        elif math.isnan(sum(place[source])) or (target in place and math.isnan(sum(place[target]))):
            _fail(path, "must tell the length of a link, or the places of its ends", f"'{source}' to '{target}'")
    return Span(source=source, target=target, km=km, db=edge.db)


def arc_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Length of the great circle between two places in degrees, km (haversine)."""
    (lon, lat), (to_lon, to_lat) = np.radians(one), np.radians(other)
    half = np.sin((to_lat - lat) / 2) ** 2 + np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2) ** 2
    return float(2 * EQUATORIAL_RADIUS_M / 1000 * np.arcsin(np.sqrt(min(half, 1.0))))


def _amount(path: Path, key: str, value: object, what: str) -> float:
    amount = _number(path, key, value, what)
    if amount < 0:
        _fail(path, f"must not have a negative '{key}'", f"{amount:g} of {what}")
    return amount


def _number(path: Path, key: str, value: object, what: str) -> float:
    found = number(str(value)) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    if found is None:
        _fail(path, f"must have a finite number as '{key}'", f"{str(value)[:40]!r} of {what}")
    return found
