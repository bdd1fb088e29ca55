"""Ways for a key through a fibre graph: the widest by residual key, the cheapest in keys, disjoint ones, the most.

A path is the tuple of its links, in order; () is no path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import networkx as nx

Ends = Sequence[tuple[int, int]]
Path = tuple[int, ...]


class Atlas:
    """The links ``use`` at one instant, and the paths through them.

    ``ends[link]`` are the two nodes that link number ``link`` joins, ``residual_bit[link]`` is what its pool can spend.
    ``cost`` of a link is one key, and at a link that is ``low`` more than any way around it.
    """

    def __init__(self, ends: Ends, residual_bit: Sequence[float], low: Iterable[int], use: Iterable[int]) -> None:
        self.network: nx.Graph[int] = nx.Graph()
        scarce = set(low)
        for link in use:
            cost = 1 + len(ends) * (link in scarce)
            self.network.add_edge(*ends[link], link=link, residual=residual_bit[link], cost=cost)
        self._rich: dict[float, nx.Graph[int]] = {}

    def widest(self, source: int, target: int) -> Path:
        """The path whose poorest link has the most residual key; of several such, one with the fewest hops."""
        if not self._joined(source, target):
            return ()
        # A maximum spanning tree holds a widest path between any two nodes.
        hops = pairwise(nx.bidirectional_shortest_path(self._tree, source, target))
        rich = self._at_least(min(self.network.edges[hop]["residual"] for hop in hops))
        return self._path(nx.bidirectional_shortest_path(rich, source, target))

    def cheapest(self, source: int, target: int) -> Path:
        """The path that costs the fewest keys, around links that are low where there is a way around."""
        if not self._joined(source, target):
            return ()
        return self._path(nx.dijkstra_path(self.network, source, target, weight="cost"))

    def disjoint(self, source: int, target: int, most: int | None = None) -> tuple[Path, ...]:
        """As many paths as can be without a common link, at most ``most``; the widest first."""
        if not self._joined(source, target):
            return ()
        ways = [self._path(nodes) for nodes in nx.edge_disjoint_paths(self.network, source, target, cutoff=most)]
        residual_bit = {data["link"]: data["residual"] for _, _, data in self.network.edges(data=True)}
        return tuple(sorted(ways, key=lambda path: (-min(residual_bit[link] for link in path), len(path), path)))

    def maximum(self, source: int, target: int) -> float:
        """What all paths together can carry, in the unit of the residuals: the maximum flow."""
        if not self._joined(source, target):
            return 0
        amount: float = nx.maximum_flow_value(self.network, source, target, capacity="residual")
        return amount

    @cached_property
    def _tree(self) -> nx.Graph[int]:
        tree: nx.Graph[int] = nx.maximum_spanning_tree(self.network, weight="residual")
        return tree

    @cached_property
    def _part(self) -> dict[int, int]:
        """Node to the number of its connected part."""
        return {node: part for part, nodes in enumerate(nx.connected_components(self.network)) for node in nodes}

    def _joined(self, source: int, target: int) -> bool:
        part = self._part
        return source != target and source in part and part[source] == part.get(target)

    def _at_least(self, residual_bit: float) -> nx.Graph[int]:
        """The links that have no less."""
        if residual_bit not in self._rich:
            edges: Any = self.network.edges(data="residual")
            self._rich[residual_bit] = nx.Graph(edge[:2] for edge in edges if edge[2] >= residual_bit)
        return self._rich[residual_bit]

    def _path(self, nodes: Sequence[int]) -> Path:
        edges: Any = self.network.edges
        return tuple(edges[hop]["link"] for hop in pairwise(nodes))


RULES: Mapping[str, Callable[[Atlas, int, int], Path]] = {"widest": Atlas.widest, "cheapest": Atlas.cheapest}


def end_to_end_bps(rates_bps: Iterable[float]) -> float:
    """The key rate over a chain of trusted nodes, bit/s: that of its slowest link."""
    return min(rates_bps)


class Shortest:
    """The way that a key takes while everything works: the fewest hops, of such the least loss; () is no way."""

    def __init__(self, ends: Ends, loss_db: Sequence[float]) -> None:
        self._network: nx.Graph[int] = nx.Graph()
        # Of all losses together less than one hop.
        whole_db = sum(loss_db) + 1.0
        for link, (one, other) in enumerate(ends):
            self._network.add_edge(one, other, link=link, cost=1.0 + loss_db[link] / whole_db)
        self._known: dict[tuple[int, int], Path] = {}

    def path(self, source: int, target: int) -> Path:
        """The links of the way, in order."""
        if (source, target) not in self._known:
            self._known[source, target] = self._found(source, target)
        return self._known[source, target]

    def _found(self, source: int, target: int) -> Path:
        network = self._network
        if source not in network or target not in network or not nx.has_path(network, source, target):
            return ()
        nodes = nx.dijkstra_path(network, source, target, weight="cost")
        return tuple(network.edges[hop]["link"] for hop in pairwise(nodes))
