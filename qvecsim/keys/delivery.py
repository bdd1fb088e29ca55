"""Key delivery in the words of ETSI GS QKD 014 V1.1.1 (2019-02), in process: status, enc_keys, dec_keys.

A secure application entity (SAE) asks the key management entity (KME) of its node. The master SAE gets keys with their
ids and tells the ids to the slave SAE, which gets the same keys from its own KME, once. Names, units (bit) and error
texts are the standard's; its HTTP, TLS and extensions are not modelled, and neither is key multicast.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import numpy as np

from qvecsim.errors import QvecsimError, did_you_mean
from qvecsim.keys.relay import Relay, Requests, Store
from qvecsim.streams import Streams
from qvecsim.units import BIT_PER_BYTE

NOT_FOUND = "one or more keys specified are not found on KME"
NOT_BYTES = "size shall be a multiple of 8"
UNAUTHORIZED = "Unauthorized"
MATERIAL = "key material"  # the stream


class KeyDeliveryError(QvecsimError, RuntimeError):
    """A KME refuses; ``status_code`` is 400 (bad request), 401 (not for this SAE) or 503 (the KME cannot)."""

    def __init__(self, status_code: int, message: str) -> None:
        self.status_code = status_code
        self.message = message
        super().__init__(f"{status_code}: {message}")


class Status(NamedTuple):
    """What a KME says of the keys for a pair of SAEs: the standard's status data format; sizes in bit."""

    source_KME_ID: str  # noqa: N815  # the standard's names
    target_KME_ID: str  # noqa: N815
    master_SAE_ID: str  # noqa: N815
    slave_SAE_ID: str  # noqa: N815
    key_size: int
    stored_key_count: int
    max_key_count: int
    max_key_per_request: int
    max_key_size: int
    min_key_size: int
    max_SAE_ID_count: int = 0  # noqa: N815  # no key multicast


class Key(NamedTuple):
    """One key of a key container, as the standard writes it: an id (UUID) and the key in Base64."""

    key_ID: str  # noqa: N815
    key: str


class _Kept(NamedTuple):
    """A key that waits for its slave SAE."""

    master: str
    slave: str
    key: Key


@dataclass
class Delivery:
    """All KMEs of a network: one at each node, and the SAEs that they serve.

    A key that was given to a master waits for exactly one slave and is forgotten when that has it. Ids and material
    depend on the seed and on the number of keys given out before, on nothing else.
    """

    relay: Relay
    store: Store
    sae_node: Mapping[str, int]  # SAE to the node of its KME
    node: Sequence[str]  # KME ids, by number of the node
    streams: Streams
    key_size: int = 256
    min_key_size: int = 8
    max_key_size: int = 65_536
    max_key_per_request: int = 128
    serial: int = 0  # keys given out so far
    waiting: dict[str, _Kept] = field(default_factory=dict)

    def status(self, slave: str, *, master: str) -> Status:
        """What the master's KME could deliver for this pair over the present paths."""
        ends = self._ends(master, slave)
        net, stored = self.relay.net, self.store.stored_bit
        paths = self.relay.paths(self.store, *ends).alone
        richest = max((int(min(stored[list(path)])) for path in paths), default=0)
        return Status(
            self.node[ends[0]],
            self.node[ends[1]],
            master,
            slave,
            self.key_size,
            max(richest - net.reserved_bit, 0) // self.key_size,
            (net.capacity_bit - net.reserved_bit) // self.key_size if paths else 0,
            self.max_key_per_request,
            self.max_key_size,
            self.min_key_size,
        )

    def enc_keys(self, slave: str, number: int = 1, size: int | None = None, *, master: str) -> list[Key]:
        """Get key: fresh keys for the master, of which the slave can have the twins; all of them or none."""
        ends = self._ends(master, slave)
        bits = self._asked(number, self.key_size if size is None else size)
        one = [np.full(1, value) for value in (*ends, number * bits)]
        served = self.relay.serve(self.store, Requests(*one))
        if not served.parts[0]:
            self.store = replace(self.store, epoch=served.store.epoch)
            raise KeyDeliveryError(503, f"not enough key material for {number} keys of {bits} bit")
        self.store = served.store
        keys = [self._made(self.serial + index, bits) for index in range(number)]
        self.serial += number
        self.waiting |= {key.key_ID: _Kept(master, slave, key) for key in keys}
        return keys

    def dec_keys(self, master: str, key_ids: Sequence[str], *, slave: str) -> list[Key]:
        """Get key with key IDs: the slave's copies of keys that the master has; each can be had once."""
        self._ends(master, slave)
        found = [self.waiting.get(key_id) for key_id in key_ids]
        kept = [one for one in found if one is not None and one.master == master]
        if len(kept) < len(found) or not found or len(set(key_ids)) < len(found):
            raise KeyDeliveryError(400, NOT_FOUND)
        if any(one.slave != slave for one in kept):
            raise KeyDeliveryError(401, UNAUTHORIZED)
        return [self.waiting.pop(key_id).key for key_id in key_ids]

    def _asked(self, number: int, size: int) -> int:
        """The size, if such a request is allowed."""
        if size % BIT_PER_BYTE:
            raise KeyDeliveryError(400, NOT_BYTES)
        if not self.min_key_size <= size <= self.max_key_size:
            raise KeyDeliveryError(400, f"size shall be from {self.min_key_size} to {self.max_key_size} (got {size})")
        if not 1 <= number <= self.max_key_per_request:
            raise KeyDeliveryError(400, f"number shall be from 1 to {self.max_key_per_request} (got {number})")
        return size

    def _ends(self, master: str, slave: str) -> tuple[int, int]:
        """The nodes of both SAEs."""
        for sae in (master, slave):
            if sae not in self.sae_node:
                raise KeyDeliveryError(400, f"SAE ID '{sae}' is not known. {did_you_mean(sae, self.sae_node)}")
        if master == slave:
            raise KeyDeliveryError(400, "slave_SAE_ID shall not be the SAE ID of the caller")
        return self.sae_node[master], self.sae_node[slave]

    def _made(self, serial: int, bits: int) -> Key:
        """The key with this number: its id and its material."""
        seed, replication = self.streams.seed, self.streams.replication
        digest = sha256(f"{seed}/{replication}/key/{serial}".encode()).digest()
        material = self.streams.at(MATERIAL, serial).bytes(bits // BIT_PER_BYTE)
        return Key(str(UUID(bytes=digest[:16], version=4)), b64encode(material).decode())
