"""Ways for a key through a fibre graph: the widest by residual key, the cheapest in keys, disjoint ones, the most.

A path is the tuple of its links, in order; () is no path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import networkx as nx
from networkx.algorithms.connectivity import build_auxiliary_edge_connectivity
from networkx.algorithms.flow import build_residual_network

Ends = Sequence[tuple[int, int]]
Path = tuple[int, ...]
Pair = tuple[int, int]  # source, target


class Hops:
    """Some links, and the paths through them with the fewest hops.

    Of several such it is the one that networkx comes to first, from the end with the lower number, in the graph of
    these links in the order of their numbers: links and ends determine it, and the way back is the same way.
    """

    def __init__(self, ends: Ends, links: Iterable[int]) -> None:
        self.links = frozenset(links)
        self._link = {ends[link]: link for link in sorted(self.links)}
        self._graph: nx.Graph[int] = nx.Graph()
        self._graph.add_edges_from(self._link)
        parts = enumerate(nx.connected_components(self._graph))
        self._part = {node: part for part, nodes in parts for node in nodes}
        self._known: dict[Pair, Path] = {}

    def joins(self, source: int, target: int) -> bool:
        """Whether there is a path."""
        return source != target and self._part.get(source, -1) == self._part.get(target, -2)

    def path(self, source: int, target: int) -> Path:
        """The path; () if there is none."""
        if source > target:
            return self.path(target, source)[::-1]
        known = self._known.get((source, target))
        if known is None:
            known = self._known[source, target] = self._found(source, target)
        return known

    def _found(self, source: int, target: int) -> Path:
        if not self.joins(source, target):
            return ()
        link = self._link
        hops = pairwise(nx.bidirectional_shortest_path(self._graph, source, target))
        return tuple(link[hop] if hop in link else link[hop[::-1]] for hop in hops)


class Atlas:
    """The links ``use`` at one instant, and the paths through them.

    ``ends[link]`` are the two nodes that link number ``link`` joins, ``residual_bit[link]`` is what its pool can spend.
    ``cost`` of a link is one key, and at a link that is ``low`` more than any way around it. ``hops`` of the same
    links, if there is one from an earlier instant, need not be looked for again.
    """

    def __init__(
        self,
        ends: Ends,
        residual_bit: Sequence[float],
        low: Iterable[int],
        use: Iterable[int],
        hops: Hops | None = None,
    ) -> None:
        self._ends, self._residual_bit, self._low = ends, residual_bit, frozenset(low)
        self._hops = Hops(ends, use) if hops is None else hops
        self._widths = sorted({residual_bit[link] for link in self._hops.links}, reverse=True)
        self._wide: list[Hops] = []  # the links that have no less than each of the widths, as far as looked for

    def widest(self, source: int, target: int) -> Path:
        """The path whose poorest link has the most residual key; of several such, one with the fewest hops.

        It is the path with the fewest hops of all where that is as wide as any, else the one that ``Hops`` gives for
        the links that have no less than its poorest.
        """
        shortest = self._hops.path(source, target)
        if not shortest:
            return ()
        rank = 0
        while not (wide := self._at_least(rank)).joins(source, target):
            rank += 1
        return shortest if wide.links.issuperset(shortest) else wide.path(source, target)

    def cheapest(self, source: int, target: int) -> Path:
        """The path that costs the fewest keys, around links that are low where there is a way around."""
        shortest = self._hops.path(source, target)
        if self._low.isdisjoint(shortest):
            return shortest
        around = self._ample.path(source, target)
        return around or self._path(nx.bidirectional_dijkstra(self.network, source, target, weight="cost")[1])

    def disjoint(self, source: int, target: int, most: int | None = None) -> tuple[Path, ...]:
        """As many paths as can be without a common link, at most ``most``; the widest first."""
        if not self._hops.joins(source, target):
            return ()
        found = nx.edge_disjoint_paths(
            self.network, source, target, cutoff=most, auxiliary=self._auxiliary, residual=self._flow
        )
        ways, residual_bit = [self._path(nodes) for nodes in found], self._residual_bit
        return tuple(sorted(ways, key=lambda path: (-min(residual_bit[link] for link in path), len(path), path)))

    def maximum(self, source: int, target: int) -> float:
        """What all paths together can carry, in the unit of the residuals: the maximum flow."""
        if not self._hops.joins(source, target):
            return 0
        amount: float = nx.maximum_flow_value(self.network, source, target, capacity="residual")
        return amount

    @cached_property
    def network(self) -> nx.Graph[int]:
        """The links as edges with their number, residual key and cost."""
        network: nx.Graph[int] = nx.Graph()
        for link in sorted(self._hops.links):
            cost = 1 + len(self._ends) * (link in self._low)
            network.add_edge(*self._ends[link], link=link, residual=self._residual_bit[link], cost=cost)
        return network

    @cached_property
    def _ample(self) -> Hops:
        """The links that are not low."""
        return Hops(self._ends, self._hops.links - self._low)

    @cached_property
    def _auxiliary(self) -> nx.DiGraph[int]:
        """What networkx makes of the network before it looks for disjoint paths."""
        auxiliary: nx.DiGraph[int] = build_auxiliary_edge_connectivity(self.network)
        return auxiliary

    @cached_property
    def _flow(self) -> nx.DiGraph[int]:
        """Where it keeps the flow, which each search begins anew."""
        flow: nx.DiGraph[int] = build_residual_network(self._auxiliary, "capacity")
        return flow

    def _at_least(self, rank: int) -> Hops:
        """The links that have no less than the width of this rank; the greatest is 0."""
        if rank == len(self._wide):
            width, every = self._widths[rank], self._hops
            links = [link for link in every.links if self._residual_bit[link] >= width]
            self._wide.append(Hops(self._ends, links) if len(links) < len(every.links) else every)
        return self._wide[rank]

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
