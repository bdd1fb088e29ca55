"""Key pools and key requests beside SimPy: one process for each link, and one more for each link's consumer.

Levels: 100 links, slots of 0.1 s, each link's rate its own. Requests: 100 keys of 256 bit a second for each link,
10,000 in all, those of a slot served in their order after the slot's keys have come; some links are short of keys, so
that requests are refused as well. Relayed: as many requests, but between 200 pairs of 60 nodes, each of which costs
every pool on its path; the pools run dry and recover, so that paths are looked for again. Delivered: keys with ids
and material for both ends, by ETSI GS QKD 014.

SimPy's answers and ours are compared bit for bit before any time is told.

    python benchmarks/keys.py [--links 100] [--seconds 20] [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import simpy

from qvecsim.keys.ages import at, begun, life_slots, outlived, written
from qvecsim.keys.delivery import Delivery
from qvecsim.keys.pools import EMPTY, buffer_state, filled
from qvecsim.keys.relay import Net, Relay, Requests, Store
from qvecsim.streams import Streams
from qvecsim.types import Floats, Ints

SLOTS_PER_S = 10
SLOT_S = 0.1
NODES = 60
PAIRS = 200
KEY_BIT = 256
PER_LINK_HZ = 100
CAPACITY_BIT = 1_000_000
LEVELS = {"capacity_bit": CAPACITY_BIT, "threshold_bit": 50_000}


class Work:
    """The links, their rates, and what is asked of them, slot by slot."""

    def __init__(self, links: int, seconds: int) -> None:
        draw = np.random.default_rng(1)
        self.links, self.seconds, self.slots = links, seconds, seconds * SLOTS_PER_S
        demand_bps = PER_LINK_HZ * KEY_BIT
        self.rate_bps = np.floor(draw.uniform(0.6, 1.4, links) * demand_bps)
        self.net = Net(tuple(mesh(draw, NODES, links)), **LEVELS)
        ends = np.arange(2 * links).reshape(
            -1, 2
        )  # links without a way around, which SimPy's consumers do not look for
        self.apart = Net(tuple(map(tuple, ends.tolist())), **LEVELS)
        self.count = PER_LINK_HZ * links // SLOTS_PER_S
        self.link = np.tile(np.arange(links), (self.slots, PER_LINK_HZ // SLOTS_PER_S))  # (slots, requests of a slot)
        self.direct = [self.requests(ends[row]) for row in self.link]
        pairs = np.array([draw.choice(NODES, 2, replace=False) for _ in range(PAIRS)])
        self.relayed = [self.requests(pairs[draw.integers(0, PAIRS, self.count)]) for _ in range(self.slots)]

    def requests(self, ends: Ints) -> Requests:
        """One key for each row of two ends."""
        return Requests(ends[:, 0], ends[:, 1], np.full(len(ends), KEY_BIT))


def mesh(draw: np.random.Generator, nodes: int, links: int) -> Iterator[tuple[int, int]]:
    """A ring of all nodes, and chords at random."""
    ends = {(one, one + 1) for one in range(nodes - 1)} | {(0, nodes - 1)}
    while len(ends) < links:
        ends.add(tuple(sorted(draw.choice(nodes, 2, replace=False).tolist())))
    yield from sorted(ends)[:links]


def processes(work: Work, asking: bool) -> tuple[list[int], int]:
    """One SimPy process a link, and where asked for one consumer a link; levels at the end, and keys given."""
    env, stored, fraction, given = simpy.Environment(), [0] * work.links, [0.0] * work.links, [0]
    rates = work.rate_bps.tolist()

    def link(number: int) -> Generator[simpy.Event, None, None]:
        while True:
            exact = rates[number] * SLOT_S + fraction[number]
            fraction[number] = exact - int(exact)
            stored[number] = min(stored[number] + int(exact), CAPACITY_BIT)
            yield env.timeout(100_000)  # integer microseconds

    def consumer(number: int) -> Generator[simpy.Event, None, None]:
        yield env.timeout(5_000)
        while True:
            if stored[number] >= KEY_BIT:
                stored[number] -= KEY_BIT
                given[0] += 1
            yield env.timeout(1_000_000 // PER_LINK_HZ)

    for number in range(work.links):
        env.process(link(number))
        if asking:
            env.process(consumer(number))
    env.run(until=work.seconds * 1_000_000)
    return stored, given[0]


def levels(work: Work) -> tuple[list[int], int]:
    """Ours: the levels alone."""
    stored, fraction = np.zeros(work.links, np.int64), np.zeros(work.links)
    for _ in range(work.slots):
        stored, fraction, _, _ = filled(stored, fraction, work.rate_bps, SLOT_S, CAPACITY_BIT)
    return stored.tolist(), 0


def books(work: Work) -> tuple[list[int], int]:
    """Ours with buffer states and with ages that are checked each slot; bits live longer than the run."""
    stored, fraction = np.zeros(work.links, np.int64), np.zeros(work.links)
    state, history, life = np.full(work.links, EMPTY), begun(stored), life_slots(3600.0, SLOT_S)
    for slot in range(work.slots):
        expired = outlived(history, slot, stored, life)
        fill = filled(stored - expired, fraction, work.rate_bps, SLOT_S, CAPACITY_BIT)
        stored, fraction = fill.stored_bit, fill.fraction
        state = buffer_state(stored, state, 0, LEVELS["threshold_bit"])
        taken_in = at(history, slot, slot) + fill.generated_bit - fill.overflow_bit
        history = written(history, slot + 1, taken_in, slot + 2 - life)
    return stored.tolist(), 0


def served(work: Work, net: Net, asked: list[Requests], rate_bps: Floats, start_bit: int = 0) -> tuple[list[int], int]:
    """Ours: requests by pair through the relay, one after the other."""
    relay, fraction, given = Relay(net), np.zeros(work.links), 0
    store = Store(np.full(work.links, start_bit), np.ones(work.links, bool))
    for requests in asked:
        fill = filled(store.stored_bit, fraction, rate_bps, SLOT_S, CAPACITY_BIT)
        fraction = fill.fraction
        answer = relay.serve(replace(store, stored_bit=fill.stored_bit), requests)
        store, given = answer.store, given + sum(map(bool, answer.parts))
    return store.stored_bit.tolist(), given


def delivered(work: Work) -> tuple[list[int], int]:
    """Ours: keys with ids and material, to both ends; a fiftieth of the requests."""
    names = {f"sae{node}": node for node in range(NODES)}
    store = Store(np.full(work.links, CAPACITY_BIT), np.ones(work.links, bool))
    kme = Delivery(Relay(work.net), store, names, tuple(f"q{node}" for node in range(NODES)), Streams(1))
    given = 0
    for requests in work.relayed[:: 5 * SLOTS_PER_S]:
        for source, target in zip(requests.source.tolist(), requests.target.tolist(), strict=True):
            (key,) = kme.enc_keys(f"sae{target}", master=f"sae{source}")
            given += len(kme.dec_keys(f"sae{source}", [key.key_ID], slave=f"sae{target}"))
    return kme.store.stored_bit.tolist(), given


def timed(ways: dict[str, Callable[[], tuple[list[int], int]]], rounds: int) -> dict[str, tuple[float, int]]:
    """Median wall seconds of each, alternating, and what it gave."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    gave = {name: way()[1] for name, way in ways.items()}  # imports and caches warm
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            spent[name].append(time.perf_counter() - began)
    return {name: (statistics.median(walls), gave[name]) for name, walls in spent.items()}


def main() -> None:
    """Print the two tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--links", type=int, default=100)
    options.add_argument("--seconds", type=int, default=20)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    work = Work(chosen.links, chosen.seconds)
    # A relayed key costs four to five pools.
    poor_bps, scarce_bps, rich_bps = work.rate_bps * 2, work.rate_bps * 4, work.rate_bps * 12
    assert processes(work, False)[0] == levels(work)[0] == books(work)[0]
    assert processes(work, True) == served(work, work.apart, work.direct, work.rate_bps)
    print(f"{work.links} links, slots of {SLOT_S} s, {work.seconds} s, median of {chosen.rounds} rounds\n")
    quiet = {
        "one SimPy process a link, levels": partial(processes, work, False),
        "qvecsim, levels": partial(levels, work),
        "qvecsim, levels, buffer states and ages": partial(books, work),
    }
    print("| system | us of wall for a simulated second and link | over SimPy |\n|---|---|---|")
    base = 0.0
    for name, (wall_s, _) in timed(quiet, chosen.rounds).items():
        base = base or wall_s
        print(f"| {name} | {1e6 * wall_s / work.seconds / work.links:.2f} | {base / wall_s:.1f}x |")
    busy = {
        "SimPy, a process for each link and each consumer": partial(processes, work, True),
        "qvecsim, relay, pairs with a link": partial(served, work, work.apart, work.direct, work.rate_bps),
        "qvecsim, relay, any pairs, enough keys": partial(
            served, work, work.net, work.relayed, rich_bps, CAPACITY_BIT // 2
        ),
        "qvecsim, relay, any pairs, too few keys": partial(
            served, work, work.net, work.relayed, scarce_bps, CAPACITY_BIT // 2
        ),
        "qvecsim, relay, any pairs, far too few keys": partial(
            served, work, work.net, work.relayed, poor_bps, CAPACITY_BIT // 2
        ),
        "qvecsim, keys with id and material to both ends": partial(delivered, work),
    }
    print(
        "\n| system | requests a simulated s | served | requests/s of wall | times real time |\n|---|---|---|---|---|"
    )
    for name, (wall_s, given) in timed(busy, chosen.rounds).items():
        if "material" in name:
            print(f"| {name} | | {given:,} | {given / wall_s:,.0f} | |")
            continue
        hz = work.count * SLOTS_PER_S
        share = given / (hz * work.seconds)
        print(f"| {name} | {hz:,} | {share:.0%} | {hz * work.seconds / wall_s:,.0f} | {work.seconds / wall_s:.0f} |")


if __name__ == "__main__":
    main()
