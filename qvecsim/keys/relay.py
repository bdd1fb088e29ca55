"""Trusted relay: a key for two nodes without a common link goes from hop to hop, and every hop's pool pays for it.

At each hop the key is hidden under as many key bits of that link, so a relayed key of n bits costs n bits of every
pool on its path. Nodes on the way see it, which is why they must be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from qvecsim.keys.paths import RULES, Atlas, Path
from qvecsim.keys.pools import CHARGING, EMPTY, WARNING, buffer_state, spendable
from qvecsim.types import Bools, Epoch, Ints

Parts = tuple[tuple[Path, int], ...]  # paths with the bits that each brought


class Ways(NamedTuple):
    """The paths of a pair: each of the first is tried ``alone``, then the disjoint ones share ``together``."""

    alone: tuple[Path, ...]
    together: tuple[Path, ...]


@dataclass(frozen=True)
class Net:
    """What stands still: the links by the numbers of their two ends, the levels of their pools, the routing."""

    ends: tuple[tuple[int, int], ...]
    reserved_bit: int = 0
    threshold_bit: int = 0
    capacity_bit: int = 2**50
    rule: str = "widest"  # or "cheapest": the path of a pair whose common link cannot pay, or that has none
    ways: int = 1  # how many disjoint paths may share a request that one path cannot serve; 1: none


@dataclass(frozen=True)
class Store:
    """The pools of all links at one instant, and the epoch."""

    stored_bit: Ints  # (L,)
    up: Bools  # (L,) the fibre is whole and both ends work
    epoch: Epoch | None = None


class Requests(NamedTuple):
    """(R,) keys wanted, in the order in which they are served."""

    source: Ints
    target: Ints
    key_bit: Ints


class Served(NamedTuple):
    """What became of the requests; start = end + consumed + relayed, per link."""

    store: Store
    parts: list[Parts]  # of each request: what came over which path; () if it was refused
    consumed_bit: Ints  # (L,) paid for keys of a link's own two ends
    relayed_bit: Ints  # (L,) paid for keys that came from or went farther


class Relay:
    """Serves requests; it remembers only what the epoch determines, so equal Stores get equal answers."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self._epoch: Epoch | None = None
        self._atlas: Atlas | None = None
        self._known: dict[tuple[int, int], Ways] = {}
        self._link = {pair: link for link, (one, other) in enumerate(net.ends) for pair in ((one, other), (other, one))}

    def serve(self, store: Store, requests: Requests) -> Served:
        """Serve the requests one after the other: each whole, over one path or over several disjoint ones, or not."""
        epoch = self.epoch(store)
        known = self._known_in(epoch)
        left = spendable(store.stored_bit, self.net.reserved_bit).tolist()
        before, own = np.array(left), [0] * len(left)
        parts: list[Parts] = []
        for source, target, bits in zip(*(column.tolist() for column in requests), strict=True):
            ways = known.get((source, target))
            taken = paid(left, self._find(epoch, source, target) if ways is None else ways, bits)
            for path, share in taken:
                if len(path) == 1:
                    own[path[0]] += share
            parts.append(taken)
        spent_bit, own_bit = before - np.array(left), np.array(own)
        after = replace(store, stored_bit=store.stored_bit - spent_bit, epoch=epoch)
        return Served(after, parts, own_bit, spent_bit - own_bit)

    def paths(self, store: Store, source: int, target: int) -> Ways:
        """The paths that a request would be tried on now."""
        epoch = self.epoch(store)
        known = self._known_in(epoch).get((source, target))
        return self._find(epoch, source, target) if known is None else known

    def epoch(self, store: Store) -> Epoch:
        """The same epoch while no link and no buffer changes its state, else the next one."""
        net, last = self.net, store.epoch
        before = np.full(len(store.up), EMPTY) if last is None else np.array(last.state)
        state = tuple(buffer_state(store.stored_bit, before, net.reserved_bit, net.threshold_bit).tolist())
        up = tuple(store.up.tolist())
        if last is not None and last.state == state and last.up == up:
            return last
        residual_bit = spendable(store.stored_bit, net.reserved_bit).tolist()
        return Epoch(0 if last is None else last.number + 1, up, state, tuple(residual_bit))

    def _known_in(self, epoch: Epoch) -> dict[tuple[int, int], Ways]:
        """The paths found so far in this epoch, by pair."""
        if epoch is not self._epoch and epoch != self._epoch:
            self._known, self._atlas = {}, None
        self._epoch = epoch
        return self._known

    def _find(self, epoch: Epoch, source: int, target: int) -> Ways:
        """The common link, then the path by the rule, then the disjoint ones that may share; kept for the epoch."""
        if self._atlas is None:
            self._atlas = atlas(self.net, epoch)
        chart = self._atlas
        best = RULES[self.net.rule](chart, source, target)
        alone = dict.fromkeys(path for path in (self._direct(epoch, source, target), best) if path)
        together = chart.disjoint(source, target, self.net.ways) if self.net.ways > 1 else ()
        self._known[source, target] = Ways(tuple(alone), together)
        return self._known[source, target]

    def _direct(self, epoch: Epoch, source: int, target: int) -> Path:
        """The link of the two alone, whatever its buffer's state."""
        link = self._link.get((source, target))
        return () if link is None or not epoch.up[link] else (link,)


def atlas(net: Net, epoch: Epoch) -> Atlas:
    """The links that others' keys may use: those that are up, and whose buffer has not run empty since it was ready."""
    use = [
        link
        for link, (up, state) in enumerate(zip(epoch.up, epoch.state, strict=True))
        if up and state not in (EMPTY, CHARGING)
    ]
    return Atlas(net.ends, epoch.residual_bit, [link for link in use if epoch.state[link] == WARNING], use)


def paid(left: list[int], ways: Ways, bits: int) -> Parts:
    """The paths that bring so many bits, whose pools have now paid; () where they cannot, and nothing is paid."""
    for path in ways.alone:
        for link in path:
            if left[link] < bits:
                break
        else:
            for link in path:
                left[link] -= bits
            return ((path, bits),)
    return _shared(left, ways.together, bits) if ways.together else ()


def _shared(left: list[int], ways: tuple[Path, ...], bits: int) -> Parts:
    """Each path brings what its poorest pool can, in their order, until the request is whole."""
    parts = []
    for path in ways:
        share = min(bits, min(left[link] for link in path))
        parts.append((path, share))
        bits -= share
    if bits:
        return ()
    for path, share in parts:
        for link in path:
            left[link] -= share
    return tuple(part for part in parts if part[1])
