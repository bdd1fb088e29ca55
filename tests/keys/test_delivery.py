"""ETSI GS QKD 014 in process: what both ends get, once, and what is refused with which words."""

from __future__ import annotations

from base64 import b64decode
from uuid import UUID

import numpy as np
import pytest
from example import few
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.errors import QvecsimError
from qvecsim.keys.delivery import Delivery, KeyDeliveryError, Status
from qvecsim.keys.relay import Net, Relay, Store
from qvecsim.streams import Streams

FIELDS = (
    "source_KME_ID target_KME_ID master_SAE_ID slave_SAE_ID key_size stored_key_count max_key_count"
    " max_key_per_request max_key_size min_key_size max_SAE_ID_count"
)


def network(stored_bit=(10_000, 5000), seed=1, **levels):
    """alice -- q0 -- q1 -- q2 -- bob, and carol at q1."""
    net = Net(((0, 1), (1, 2)), capacity_bit=20_000, **levels)
    store = Store(np.array(stored_bit), np.ones(2, bool))
    return Delivery(Relay(net), store, {"alice": 0, "carol": 1, "bob": 2}, ("q0", "q1", "q2"), Streams(seed))


def refusal(status_code, message):
    return pytest.raises(KeyDeliveryError, match=f"{status_code}: .*{message}")


def test_both_ends_get_the_same_keys_once():
    kme = network()
    keys = kme.enc_keys("bob", 3, 128, master="alice")
    assert len({key.key_ID for key in keys}) == len({key.key for key in keys}) == 3
    assert all(str(UUID(key.key_ID)) == key.key_ID and len(b64decode(key.key)) == 16 for key in keys)
    ids = [key.key_ID for key in keys]
    assert kme.dec_keys("alice", ids[:2], slave="bob") == keys[:2]
    for again in (ids[:1], ids, [ids[2], ids[2]], []):  # one of them is gone, or asked for twice, or none is named
        with refusal(400, "one or more keys specified are not found on KME"):
            kme.dec_keys("alice", again, slave="bob")
    assert kme.dec_keys("alice", ids[2:], slave="bob") == keys[2:]
    assert not kme.waiting


def test_a_key_is_for_the_slave_that_it_was_made_for():
    kme = network()
    (key,) = kme.enc_keys("bob", master="alice")
    with refusal(401, "Unauthorized"):
        kme.dec_keys("alice", [key.key_ID], slave="carol")
    with refusal(400, "not found"):
        kme.dec_keys("carol", [key.key_ID], slave="bob")
    assert kme.dec_keys("alice", [key.key_ID], slave="bob") == [key]


def test_the_status_has_the_fields_of_the_standard_and_counts_whole_keys():
    kme = network(reserved_bit=1000)
    assert Status._fields == tuple(FIELDS.split())
    assert kme.status("bob", master="alice") == ("q0", "q2", "alice", "bob", 256, 15, 74, 128, 65_536, 8, 0)
    kme.enc_keys("bob", 5, master="alice")
    assert kme.status("bob", master="alice").stored_key_count == 10
    assert kme.status("carol", master="alice").stored_key_count == (9000 - 5 * 256) // 256
    kme.store = Store(kme.store.stored_bit, np.array([True, False]), kme.store.epoch)
    assert kme.status("bob", master="alice")[5:7] == (0, 0)
    with refusal(503, "not enough key material for 1 keys of 256 bit"):
        kme.enc_keys("bob", master="alice")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"size": 100}, "size shall be a multiple of 8"),
        ({"size": 0}, "size shall be from 8 to 65536"),
        ({"size": 131_072}, "size shall be from 8 to 65536"),
        ({"number": 0}, "number shall be from 1 to 128"),
        ({"number": 129}, "number shall be from 1 to 128"),
        ({"slave": "bop"}, "SAE ID 'bop' is not known. Did you mean 'bob'?"),
        ({"slave": "alice"}, "slave_SAE_ID shall not be the SAE ID of the caller"),
    ],
)
def test_bad_requests_cost_nothing(asked, message):
    kme = network()
    with refusal(400, message) as caught:
        kme.enc_keys(**{"slave": "bob", "master": "alice", **asked})
    assert isinstance(caught.value, QvecsimError)
    assert caught.value.status_code == 400
    assert kme.store.stored_bit.tolist() == [10_000, 5000]
    assert kme.serial == 0


def test_keys_are_delivered_all_or_none():
    kme = network(stored_bit=(10_000, 1000))
    with refusal(503, "not enough"):
        kme.enc_keys("bob", 4, master="alice")
    assert len(kme.enc_keys("bob", 3, master="alice")) == 3
    assert kme.store.stored_bit.tolist() == [10_000 - 768, 232]


def test_ids_and_material_come_from_the_seed_alone():
    one, other, stranger = network(), network(stored_bit=(20_000, 20_000)), network(seed=2)
    first = one.enc_keys("bob", 2, master="alice") + one.enc_keys("carol", master="bob")
    assert other.enc_keys("bob", 2, master="alice") + other.enc_keys("carol", master="bob") == first
    theirs = stranger.enc_keys("bob", 3, master="alice")
    assert not {key.key_ID for key in first} & {key.key_ID for key in theirs}
    assert not {key.key for key in first} & {key.key for key in theirs}


@few
@given(seed=st.integers(0, 2**32))
def test_no_key_is_counted_above_the_maximum_and_none_is_delivered_twice(seed):
    draw, kme, given_out = np.random.default_rng(seed), network(), []
    for _ in range(60):
        names = draw.permutation(["alice", "bob", "carol"]).tolist()[:2]
        status = kme.status(names[1], master=names[0])
        assert 0 <= status.stored_key_count <= status.max_key_count
        number = int(draw.integers(1, 9))
        if number <= status.stored_key_count:
            keys = kme.enc_keys(names[1], number, master=names[0])
            assert kme.dec_keys(names[0], [key.key_ID for key in keys], slave=names[1]) == keys
            given_out += keys
        else:
            with refusal(503, "not enough"):
                kme.enc_keys(names[1], number, master=names[0])
        room = 20_000 - kme.store.stored_bit
        brought = np.minimum(draw.integers(0, 1500, 2), room)
        kme.store = Store(kme.store.stored_bit + brought, kme.store.up, kme.store.epoch)
    assert len({key.key_ID for key in given_out}) == len(given_out) == kme.serial > 20
