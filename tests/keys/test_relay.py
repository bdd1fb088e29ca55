"""Relayed keys: who pays, by which path, and that no bit is lost, against cuts counted by hand and by brute force."""

from __future__ import annotations

import pickle
from itertools import pairwise, product

import networkx as nx
import numpy as np
import pytest
from example import few
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.keys.paths import Atlas, end_to_end_bps
from qvecsim.keys.pools import READY, WARNING, filled
from qvecsim.keys.relay import Net, Relay, Requests, Store

CHAIN = ((0, 1), (1, 2), (2, 3))
# 0 -- 1 -- 3 by links 0 and 1, 0 -- 2 -- 3 by links 2 and 3, and 0 -- 3 by link 4.
DIAMOND = ((0, 1), (1, 3), (0, 2), (2, 3), (0, 3))
LEVELS = (900, 800, 5000, 700, 300)


def store_of(*stored_bit, up=None):
    return Store(np.array(stored_bit), np.ones(len(stored_bit), bool) if up is None else np.array(up))


def wanted(*rows):
    return Requests(*np.array(rows, dtype=np.int64).reshape(-1, 3).T)


def random_net(draw, nodes, links, **levels):
    ends = set()
    while len(ends) < links:
        ends.add(tuple(sorted(draw.choice(nodes, 2, replace=False).tolist())))
    return Net(tuple(sorted(ends)), **levels)


def test_every_hop_pays_for_a_relayed_key_and_one_link_for_its_own():
    served = Relay(Net(CHAIN)).serve(store_of(1000, 2000, 3000), wanted((0, 3, 256), (1, 2, 300)))
    assert served.parts == [(((0, 1, 2), 256),), (((1,), 300),)]
    assert served.store.stored_bit.tolist() == [744, 1444, 2744]
    assert served.relayed_bit.tolist() == [256, 256, 256]
    assert served.consumed_bit.tolist() == [0, 300, 0]


def test_a_chain_gives_what_its_slowest_link_makes():
    """SECOQC 3.1 kbit/s, Tokyo 304 kbit/s, Cambridge 2.58 Mbit/s: 3.1 kbit/s from end to end."""
    rates_bps, seconds = np.array([3.1e3, 304e3, 2.58e6]), 1600
    relay, store, fraction, keys = Relay(Net(CHAIN)), store_of(0, 0, 0), np.zeros(3), 0
    for _ in range(seconds):
        fill = filled(store.stored_bit, fraction, rates_bps, 1.0, 2**50)
        store, fraction = Store(fill.stored_bit, store.up, store.epoch), fill.fraction
        served = relay.serve(store, wanted(*[(0, 3, 256)] * 20))
        store, keys = served.store, keys + sum(bool(part) for part in served.parts)
    assert end_to_end_bps(rates_bps) == 3100
    assert keys == 3100 * seconds // 256
    assert store.stored_bit.tolist() == [int(rate) * seconds - 256 * keys for rate in rates_bps]


def test_the_rules_choose_as_they_say():
    chart = Atlas(DIAMOND, LEVELS, (), range(5))
    assert chart.widest(0, 3) == (0, 1)
    assert chart.cheapest(0, 3) == (4,)
    assert Atlas(DIAMOND, LEVELS, [4, 0], range(5)).cheapest(0, 3) == (2, 3)
    assert Atlas(DIAMOND, LEVELS, range(5), range(5)).cheapest(0, 3) == (4,)
    assert chart.disjoint(0, 3) == ((0, 1), (2, 3), (4,))
    assert chart.widest(0, 7) == chart.disjoint(7, 0) == chart.cheapest(2, 2) == ()
    assert Atlas(DIAMOND, LEVELS, (), [0, 3]).widest(0, 3) == ()


def test_a_request_is_whole_or_refused():
    request = wanted((0, 3, 1500))
    alone = Relay(Net(DIAMOND)).serve(store_of(*LEVELS), request)
    assert alone.parts == [()]
    assert alone.store.stored_bit.tolist() == list(LEVELS)
    shared = Relay(Net(DIAMOND, ways=3)).serve(store_of(*LEVELS), request)
    assert shared.parts == [(((0, 1), 800), ((2, 3), 700))]
    assert shared.store.stored_bit.tolist() == [100, 0, 4300, 0, 300]
    more = Relay(Net(DIAMOND, ways=3)).serve(store_of(*LEVELS), wanted((0, 3, 1700)))
    assert more.consumed_bit.tolist() == [0, 0, 0, 0, 200]
    assert more.relayed_bit.tolist() == [800, 800, 700, 700, 0]
    assert Relay(Net(DIAMOND, ways=3)).serve(store_of(*LEVELS), wanted((0, 3, 1801))).parts == [()]


def test_a_common_link_goes_first_and_what_it_cannot_pay_goes_around():
    served = Relay(Net(DIAMOND)).serve(store_of(*LEVELS), wanted(*[(0, 3, 256)] * 3))
    assert served.parts == [(((4,), 256),), (((0, 1), 256),), (((0, 1), 256),)]


def test_a_path_holds_for_its_epoch_and_no_longer():
    relay, asked = Relay(Net(DIAMOND[:4], threshold_bit=600)), wanted((0, 3, 256))
    first = relay.serve(store_of(1000, 1000, 900, 900), asked)
    assert first.parts == [(((0, 1), 256),)]
    again = relay.serve(first.store, asked)  # now the other way is wider, yet no pool has crossed its threshold
    assert again.parts == first.parts
    third = relay.serve(again.store, asked)  # 488 bit are below it
    assert third.parts == [(((2, 3), 256),)]
    assert [served.store.epoch.number for served in (first, again, third)] == [0, 0, 1]
    cut = Store(third.store.stored_bit, np.array([True, True, False, True]), third.store.epoch)
    rerouted = relay.serve(cut, asked)
    assert rerouted.parts == [(((0, 1), 256),)]
    assert rerouted.store.epoch.number == 2
    mended = Store(rerouted.store.stored_bit, np.ones(4, bool), rerouted.store.epoch)
    assert relay.serve(mended, asked).parts == [(((2, 3), 256),)]


def test_a_pool_that_ran_empty_charges_before_it_serves_others():
    relay = Relay(Net(CHAIN, reserved_bit=100, threshold_bit=600))
    asked = wanted((0, 3, 256), (0, 1, 10))
    empty = relay.serve(store_of(900, 100, 900), asked)
    assert empty.parts == [(), (((0,), 10),)]
    charging = relay.serve(Store(np.array([900, 599, 900]), empty.store.up, empty.store.epoch), asked)
    assert charging.parts[0] == ()
    ready = relay.serve(Store(np.array([900, 600, 900]), empty.store.up, charging.store.epoch), asked)
    assert ready.parts[0] == (((0, 1, 2), 256),)
    warning = relay.serve(ready.store, wanted((0, 3, 244)))
    assert warning.parts == [(((0, 1, 2), 244),)]
    assert warning.store.stored_bit.tolist() == [390, 100, 400]


def test_a_longer_path_is_taken_for_a_pool_of_another_step_and_not_for_a_few_bits_more():
    ring = Net(((0, 1), (1, 3), (0, 2), (2, 4), (3, 4)))  # two hops by 1, three by 2 and 4
    for poorest_bit, path in ((600, (0, 1)), (2047, (0, 1)), (2048, (2, 3, 4))):
        store = store_of(600, 9000, 9000, poorest_bit, 9000)
        assert Relay(ring).paths(store, 0, 3).alone == (path,)
        assert Relay(ring).paths(store, 3, 0).alone == (path[::-1],)


def test_what_was_refused_once_is_refused_for_the_call_and_less_may_be_served():
    served = Relay(Net(DIAMOND)).serve(store_of(*LEVELS), wanted((0, 3, 801), (0, 3, 900), (0, 3, 800), (0, 3, 801)))
    assert [bool(part) for part in served.parts] == [False, False, True, False]
    topped = Store(served.store.stored_bit + 900, served.store.up, served.store.epoch)
    assert all(Relay(Net(DIAMOND)).serve(topped, wanted((0, 3, 801))).parts)


def test_paths_are_looked_for_once_an_epoch(monkeypatch):
    relay, looked = Relay(Net(CHAIN)), []
    find = relay._find
    monkeypatch.setattr(relay, "_find", lambda *pair: looked.append(pair) or find(*pair))
    served = relay.serve(store_of(2560, 5000, 5000), wanted(*[(0, 3, 256)] * 4))
    served = relay.serve(served.store, wanted(*[(0, 3, 256)] * 20))
    assert [bool(part) for part in served.parts] == [True] * 6 + [False] * 14
    assert len(looked) == 1
    assert relay.serve(served.store, wanted((0, 3, 256))).parts == [()]
    assert len(looked) == 2  # a pool has run empty, and there is no way any more


def test_an_epoch_in_a_checkpoint_gives_the_same_paths():
    draw = np.random.default_rng(2)
    net = random_net(draw, 12, 24, threshold_bit=3000, ways=2)
    relay, store = Relay(net), Store(draw.integers(0, 9000, 24), np.ones(24, bool))
    for _ in range(30):
        requests = wanted(*[(*draw.choice(12, 2, replace=False), 256) for _ in range(20)])
        served, fresh = relay.serve(store, requests), Relay(net).serve(store, requests)
        assert served.parts == fresh.parts
        assert served.store.epoch == fresh.store.epoch
        store = Store(served.store.stored_bit + draw.integers(0, 600, 24), store.up, served.store.epoch)


def listed(net, epoch, source, target):
    """Links in warning, rounded level of the poorest, and links of every simple path that others' keys may take."""
    steps = [0, *(2 * 4**power for power in range(25))]
    graph = nx.Graph()
    for link, (pair, up, state) in enumerate(zip(net.ends, epoch.up, epoch.state, strict=True)):
        if up and state in (READY, WARNING):
            graph.add_edge(*pair, link=link)
    if source not in graph or target not in graph:
        return []
    ways = [
        tuple(graph.edges[hop]["link"] for hop in pairwise(nodes))
        for nodes in nx.all_simple_paths(graph, source, target)
    ]
    poorest = [min(epoch.residual_bit[link] for link in way) for way in ways]
    widths = [max(step for step in steps if step <= bits) if bits >= net.key_bit else 0 for bits in poorest]
    return [
        (sum(epoch.state[link] == WARNING for link in way), width, way) for way, width in zip(ways, widths, strict=True)
    ]


REFERENCE = {"widest": lambda way: (-way[1], len(way[2])), "cheapest": lambda way: (way[0], len(way[2]))}


@few
@given(seed=st.integers(0, 2**32), rule=st.sampled_from(["widest", "cheapest"]))
def test_paths_are_best_by_the_rule_among_all_that_there_are(seed, rule):
    draw = np.random.default_rng(seed)
    net = random_net(draw, 7, int(draw.integers(5, 14)), rule=rule, reserved_bit=50, threshold_bit=700)
    relay, links = Relay(net), len(net.ends)
    store = Store(draw.integers(700, 5000, links), np.ones(links, bool))
    for _ in range(6):
        for source, target in draw.integers(0, 8, (12, 2)).tolist():
            epoch = relay.epoch(store)
            around = relay.paths(store, source, target).alone[-1:]
            direct = [link for link, pair in enumerate(net.ends) if {source, target} == set(pair) and epoch.up[link]]
            ways = listed(net, epoch, source, target) if source != target else []
            if ways:
                assert around[0] in [way[2] for way in ways]
                chosen = next(way for way in ways if way[2] == around[0])
                assert REFERENCE[rule](chosen) == min(map(REFERENCE[rule], ways))
            else:
                assert around == ((tuple(direct),) if direct else ())
        up = np.where(draw.random(links) < 0.1, ~store.up, store.up)
        stored_bit = np.where(draw.random(links) < 0.5, draw.integers(0, 1500, links), store.stored_bit)
        store = Store(stored_bit, up, relay.epoch(store))


def plainly(net, store, requests):
    """One request after the other, with nothing remembered between them but the pools."""
    left = np.maximum(store.stored_bit - net.reserved_bit, 0)
    parts = []
    for source, target, bits in zip(*(column.tolist() for column in requests), strict=True):
        ways, brought = Relay(net).paths(store, source, target), ()
        able = [path for path in ways.alone if left[list(path)].min() >= bits]
        if able:
            brought = ((able[0], bits),)
        elif sum(int(left[list(path)].min()) for path in ways.together) >= bits:
            for path in ways.together:
                share = min(bits - sum(share for _, share in brought), int(left[list(path)].min()))
                brought += ((path, share),) if share else ()
        for path, share in brought:
            left[list(path)] -= share
        parts.append(brought)
    return parts, left


@few
@given(
    seed=st.integers(0, 2**32),
    rule=st.sampled_from(["widest", "cheapest"]),
    ways=st.sampled_from([1, 3]),
)
def test_a_relay_with_a_past_serves_as_one_that_remembers_nothing(seed, rule, ways):
    draw = np.random.default_rng(seed)
    net = random_net(draw, 8, 14, rule=rule, ways=ways, reserved_bit=100, threshold_bit=900)
    relay, store = Relay(net), Store(draw.integers(0, 3000, 14), np.ones(14, bool))
    for _ in range(4):
        pairs = [draw.choice(8, 2, replace=False) for _ in range(25)]
        asked = wanted(*[(*pair, draw.choice([50, 256, 900])) for pair in pairs])
        served = relay.serve(store, asked)
        parts, left = plainly(net, pickle.loads(pickle.dumps(store)), asked)
        assert served.parts == parts
        assert np.array_equal(np.maximum(served.store.stored_bit - net.reserved_bit, 0), left)
        up = np.where(draw.random(14) < 0.1, ~store.up, store.up)
        store = Store(served.store.stored_bit + draw.integers(0, 700, 14), up, served.store.epoch)


def brute_cut(ends, capacity, source, target, nodes):
    """The least that any set of nodes with the source and without the target lets through."""
    sides = (side for side in product([False, True], repeat=nodes) if side[source] and not side[target])
    return min(sum(bits for (a, b), bits in zip(ends, capacity, strict=True) if side[a] != side[b]) for side in sides)


@few
@given(seed=st.integers(0, 2**32))
def test_flow_is_the_least_cut_and_paths_are_as_many_as_can_be(seed):
    draw = np.random.default_rng(seed)
    net = random_net(draw, 7, int(draw.integers(4, 13)))
    capacity = draw.integers(1, 50, len(net.ends)).tolist()
    chart = Atlas(net.ends, capacity, (), range(len(net.ends)))
    network = chart.network
    assert chart.maximum(0, 6) == brute_cut(net.ends, capacity, 0, 6, 7)
    ways = chart.disjoint(0, 6)
    assert len(ways) == brute_cut(net.ends, [1] * len(net.ends), 0, 6, 7)
    assert len({link for path in ways for link in path}) == sum(map(len, ways))
    best = chart.widest(0, 6)
    every = list(nx.all_simple_paths(network, 0, 6)) if 0 in network and 6 in network else []
    widths = [min(network.edges[hop]["residual"] for hop in pairwise(path)) for path in every]
    assert bool(best) == bool(every)
    if best:
        assert min(capacity[link] for link in best) == max(widths)
        shortest = min(len(path) for path, width in zip(every, widths, strict=True) if width == max(widths)) - 1
        assert len(best) == shortest


@few
@given(seed=st.integers(0, 2**32))
def test_shares_never_exceed_the_flow_nor_fall_short_of_the_first_path(seed):
    draw = np.random.default_rng(seed)
    relay = Relay(random_net(draw, 7, 10, ways=9))
    store = Store(draw.integers(1, 50, 10), np.ones(10, bool))
    most = Atlas(relay.net.ends, store.stored_bit.tolist(), (), range(10)).maximum(0, 6)
    alone = relay.paths(store, 0, 6).alone
    least = max((int(store.stored_bit[list(path)].min()) for path in alone), default=0)
    for bits in range(1, 80):
        parts = relay.serve(store, wanted((0, 6, bits))).parts[0]
        assert not parts or sum(share for _, share in parts) == bits <= most
        assert parts or bits > least


def assert_books_hold(seed, requests, slots, **levels):
    """Random requests on a random graph with cuts: pools never leave their levels, and every bit is accounted for."""
    draw = np.random.default_rng(seed)
    nodes, links = 15, 30
    net = random_net(draw, nodes, links, capacity_bit=6000, **levels)
    relay, fraction = Relay(net), np.zeros(links)
    start = draw.integers(0, 6000, links)
    store = Store(start, np.ones(links, bool))
    rates_bps = draw.uniform(0, 2 * requests / slots * 256 / links, links)
    made, spilt, consumed, relayed, paid_bit = (np.zeros(links, np.int64) for _ in range(5))
    outcomes = [0, 0]
    for _ in range(slots):
        fill = filled(store.stored_bit, fraction, rates_bps, 1.0, net.capacity_bit)
        made, spilt, fraction = made + fill.generated_bit, spilt + fill.overflow_bit, fill.fraction
        up = np.where(draw.random(links) < 0.02, ~store.up, store.up)
        pairs = [draw.choice(nodes, 2, replace=False) for _ in range(requests // slots)]
        asked = wanted(*[(*pair, draw.choice([64, 256, 2000])) for pair in pairs])
        held = np.maximum(fill.stored_bit - net.reserved_bit, 0)
        served = relay.serve(Store(fill.stored_bit, up, store.epoch), asked)
        store, consumed, relayed = served.store, consumed + served.consumed_bit, relayed + served.relayed_bit
        assert (served.consumed_bit + served.relayed_bit <= held).all()
        assert (served.consumed_bit + served.relayed_bit)[~up].sum() == 0
        for source, target, bits, parts in zip(*(column.tolist() for column in asked), served.parts, strict=True):
            outcomes[bool(parts)] += 1
            assert not parts or sum(share for _, share in parts) == bits
            for path, share in parts:
                at = source
                for link in path:
                    paid_bit[link] += share
                    at = sum(net.ends[link]) - at
                assert at == target
        assert (store.stored_bit >= 0).all()
        assert (store.stored_bit <= net.capacity_bit).all()
    assert np.array_equal(paid_bit, consumed + relayed)
    assert np.array_equal(start + made, store.stored_bit + consumed + relayed + spilt)
    assert store.stored_bit.dtype == np.int64
    return outcomes


@few
@given(
    seed=st.integers(0, 2**32),
    rule=st.sampled_from(["widest", "cheapest"]),
    ways=st.sampled_from([1, 3]),
    reserved_bit=st.sampled_from([0, 500]),
)
def test_no_bit_is_lost(seed, rule, ways, reserved_bit):
    assert_books_hold(seed, 60, 6, rule=rule, ways=ways, reserved_bit=reserved_bit, threshold_bit=1500)


def test_ten_thousand_requests_lose_no_bit():
    refused, served = assert_books_hold(7, 10_000, 200, ways=2, reserved_bit=300, threshold_bit=1500)
    assert refused + served == 10_000
    assert min(refused, served) > 1000


@pytest.mark.parametrize("rule", ["widest", "cheapest"])
def test_without_keys_nothing_is_served(rule):
    served = Relay(Net(DIAMOND, rule=rule, ways=3)).serve(store_of(0, 0, 0, 0, 0), wanted(*[(0, 3, 1)] * 5))
    assert served.parts == [()] * 5
    assert not served.store.stored_bit.any()


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] < pair[1]), unique=True, min_size=1
    ),
    st.randoms(use_true_random=False),
    st.sampled_from(["widest", "cheapest"]),
)
def test_ways_that_are_not_looked_for_are_none(ends, draw, rule):
    """Where one of two nodes has only their common link, the rule finds no other way."""
    store = Store(
        np.array([draw.choice([0, 300, 700, 5000]) for _ in ends]), np.array([draw.random() < 0.8 for _ in ends])
    )
    quick, slow = (Relay(Net(tuple(ends), threshold_bit=600, rule=rule)) for _ in range(2))
    slow._lone = frozenset()
    epoch = quick.epoch(store)
    for pair in [*ends, *(pair[::-1] for pair in ends), (0, 5), (1, 4)]:
        assert quick.alone(epoch, *pair) == slow.alone(epoch, *pair)
