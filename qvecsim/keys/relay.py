"""Trusted relay: a key for two nodes without a common link goes from hop to hop, and every hop's pool pays for it.

At each hop the key is hidden under as many key bits of that link, so a relayed key of n bits costs n bits of every
pool on its path. Nodes on the way see it, which is why they must be trusted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

import numpy as np

from qvecsim.keys.paths import RULES, Atlas, Hops, Pair, Path
from qvecsim.keys.pools import CHARGING, EMPTY, WARNING, buffer_state, spendable
from qvecsim.types import Bools, Epoch, Ints

MORE = 2**63  # bit: than any request
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
    key_bit: int = 256  # the usual key: a pool that no longer holds one is looked around for


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
    """Serves requests; it remembers only what the epoch determines, so equal Stores get equal answers.

    The rule: a request tries the link that the two have in common, where it is up; then the path by ``Net.rule``, over
    the links that are up and whose buffers are ready or warning, by the levels at the beginning of the epoch, rounded
    down to 2, 8, 32, 128, ... bit, and to 0 below a key; then, where ``Net.ways`` is above 1, all disjoint paths
    together. "widest" is the path whose poorest link has the most, of several such one with the fewest hops; "cheapest"
    has the fewest links in warning, of several such the fewest hops. Of paths that are still equal the links and their
    ends choose one.
    """

    def __init__(self, net: Net) -> None:
        self.net = net
        self._epoch: Epoch | None = None
        self._atlas: Atlas | None = None
        self._hops: Hops | None = None
        self._alone: dict[Pair, tuple[Path, ...]] = {}
        self._together: dict[Pair, tuple[Path, ...]] = {}
        self._lone = lone(net.ends)
        self._link = {pair: link for link, (one, other) in enumerate(net.ends) for pair in ((one, other), (other, one))}

    def serve(self, store: Store, requests: Requests) -> Served:
        """Serve the requests one after the other: each whole, over one path or over several disjoint ones, or not."""
        epoch = self._begun(self.epoch(store))
        left = spendable(store.stored_bit, self.net.reserved_bit).tolist()
        before, own = np.array(left), [0] * len(left)
        parts: list[Parts] = []
        refused: dict[Pair, int] = {}  # pools only fall here: what was too much for a pair remains too much
        for source, target, bits in zip(*(column.tolist() for column in requests), strict=True):
            pair = (source, target)
            taken = () if refused and bits >= refused.get(pair, MORE) else self._paid(left, epoch, pair, bits)
            if not taken:
                refused[pair] = bits
            for path, share in taken:
                if len(path) == 1:
                    own[path[0]] += share
            parts.append(taken)
        spent_bit, own_bit = before - np.array(left), np.array(own)
        after = replace(store, stored_bit=store.stored_bit - spent_bit, epoch=epoch)
        return Served(after, parts, own_bit, spent_bit - own_bit)

    def alone(self, epoch: Epoch, source: int, target: int) -> tuple[Path, ...]:
        """The paths that a request would be tried on in an epoch, one after the other."""
        self._begun(epoch)
        pair = (source, target)
        if pair not in self._alone:
            self._alone[pair] = self._find(epoch, pair)
        return self._alone[pair]

    def paths(self, store: Store, source: int, target: int) -> Ways:
        """The paths that a request would be tried on now."""
        epoch = self._begun(self.epoch(store))
        return Ways(self._find(epoch, (source, target)), self._disjoint(epoch, (source, target)))

    def epoch(self, store: Store) -> Epoch:
        """The same epoch while no link and no buffer changes its state, and pools that could pay a key still can.

        So can those that could not, not. A path does not stay when one of its pools has run out, nor is one left out.
        """
        net, last = self.net, store.epoch
        before = np.full(len(store.up), EMPTY) if last is None else np.array(last.state)
        state = tuple(buffer_state(store.stored_bit, before, net.reserved_bit, net.threshold_bit).tolist())
        up = tuple(store.up.tolist())
        residual_bit = spendable(store.stored_bit, net.reserved_bit)
        if last is None:
            return Epoch(0, up, state, tuple(residual_bit.tolist()))
        paying = (residual_bit >= net.key_bit) == (np.array(last.residual_bit) >= net.key_bit)
        if last.state == state and last.up == up and paying.all():
            return last
        return Epoch(last.number + 1, up, state, tuple(residual_bit.tolist()))

    def _begun(self, epoch: Epoch) -> Epoch:
        """The same; what was found in another is forgotten."""
        if epoch is not self._epoch and epoch != self._epoch:
            self._alone, self._together, self._atlas = {}, {}, None
        self._epoch = epoch
        return epoch

    def _paid(self, left: list[int], epoch: Epoch, pair: Pair, bits: int) -> Parts:
        """What brings so many bits, paid for; () where nothing does. Disjoint paths are looked for where none can."""
        alone = self._alone.get(pair)
        if alone is None:
            alone = self._alone[pair] = self._find(epoch, pair)
        taken = paid(left, alone, bits)
        if taken or self.net.ways < 2:
            return taken
        if pair not in self._together:
            self._together[pair] = self._disjoint(epoch, pair)
        return shared(left, self._together[pair], bits)

    def _find(self, epoch: Epoch, pair: Pair) -> tuple[Path, ...]:
        """The common link, then the path by the rule; nobody goes round the only link of an end."""
        direct = self._direct(epoch, pair)
        if direct and direct[0] in self._lone:
            return (direct,)
        found = (direct, RULES[self.net.rule](self._chart(epoch), *pair))
        return tuple(dict.fromkeys(path for path in found if path))

    def _disjoint(self, epoch: Epoch, pair: Pair) -> tuple[Path, ...]:
        """The paths that may share a request."""
        return self._chart(epoch).disjoint(*pair, self.net.ways) if self.net.ways > 1 else ()

    def _chart(self, epoch: Epoch) -> Atlas:
        """The atlas of the epoch; shortest paths are kept for as long as the links that can be used are the same."""
        if self._atlas is None:
            links = usable(epoch)
            if self._hops is None or self._hops.links != links:
                self._hops = Hops(self.net.ends, links)
            low = (link for link in links if epoch.state[link] == WARNING)
            levels = [rounded(bits, self.net.key_bit) for bits in epoch.residual_bit]
            self._atlas = Atlas(self.net.ends, levels, low, links, self._hops)
        return self._atlas

    def _direct(self, epoch: Epoch, pair: Pair) -> Path:
        """The link of the two alone, whatever its buffer's state."""
        link = self._link.get(pair)
        return () if link is None or not epoch.up[link] else (link,)


def lone(ends: tuple[tuple[int, int], ...]) -> frozenset[int]:
    """The links that are the only one of one of their ends; no other way joins the two."""
    counts = Counter(chain.from_iterable(ends))
    return frozenset(link for link, pair in enumerate(ends) if min(counts[end] for end in pair) == 1)


def usable(epoch: Epoch) -> frozenset[int]:
    """The links that others' keys may use: those that are up, and whose buffer has not run empty since it was ready."""
    links = enumerate(zip(epoch.up, epoch.state, strict=True))
    return frozenset(link for link, (up, state) in links if up and state not in (EMPTY, CHARGING))


def rounded(bits: int, key_bit: int = 0) -> int:
    """The greatest of 2, 8, 32, 128, ... that is no more: pools that share it are as good for a path; 0 below a key.

    With levels to the bit, a path would go any way round for one bit more, at a key of every pool on it.
    """
    return 1 << bits.bit_length() // 2 * 2 >> 1 if bits >= key_bit else 0


def paid(left: list[int], alone: tuple[Path, ...], bits: int) -> Parts:
    """The path that brings so many bits, whose pools have now paid; () where none can, and nothing is paid."""
    for path in alone:
        for link in path:
            if left[link] < bits:
                break
        else:
            for link in path:
                left[link] -= bits
            return ((path, bits),)
    return ()


def shared(left: list[int], together: tuple[Path, ...], bits: int) -> Parts:
    """Each path brings what its poorest pool can, in their order, until the request is whole; () if it cannot be."""
    parts = []
    for path in together:
        share = min(bits, min(left[link] for link in path))
        parts.append((path, share))
        bits -= share
    if bits:
        return ()
    for path, share in parts:
        for link in path:
            left[link] -= share
    return tuple(part for part in parts if part[1])
