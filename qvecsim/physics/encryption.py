"""What protects an offload, and the key bits that it takes: AES-256 by task or by session, a one-time pad, nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.scenario.parameters import Keys
from qvecsim.types import Bools, Ints, Sessions
from qvecsim.units import BIT_PER_BYTE, ns

# A one-time pad hides but does not authenticate; a universal hash under a key of this size does.
AUTHENTICATION_BIT = 256


class Need(NamedTuple):
    """What offloads withdraw: (D,) bits, and whether each goes on with the session that its vehicle has."""

    key_bit: Ints
    resumed: Bools


def fresh_bit(keys: Keys, payload_bit: Ints) -> Ints:
    """(D,) key bits that an offload withdraws where no session is open: 0, pad and authentication, or whole keys."""
    if keys.encryption == "none":
        return np.zeros_like(payload_bit)
    if keys.encryption == "otp":
        return payload_bit + AUTHENTICATION_BIT
    if keys.rekey == "bytes":
        return keys.per_task_bit * np.maximum(renewals(keys, payload_bit), 1)
    return np.full_like(payload_bit, keys.per_task_bit)


def renewals(keys: Keys, payload_bit: Ints) -> Ints:
    """(D,) session keys for so many bits, each good for ``rekey_byte``."""
    return -(-payload_bit // (keys.rekey_byte * BIT_PER_BYTE))


def needed(keys: Keys, sessions: Sessions, row: Ints, rsu: Ints, payload_bit: Ints, now_ns: int) -> Need:
    """What offloads of vehicles in ``row`` to ``rsu`` withdraw at this instant."""
    fresh = fresh_bit(keys, payload_bit)
    if not in_sessions(keys):
        return Need(fresh, np.zeros(len(row), dtype=bool))
    resumed = sessions.rsu[row] == rsu
    if keys.rekey == "interval":
        resumed = resumed & (now_ns - sessions.keyed_ns[row] < ns(keys.rekey_s))
        return Need(np.where(resumed, 0, fresh), resumed)
    beyond_bit = np.maximum(payload_bit - sessions.left_bit[row], 0)
    return Need(np.where(resumed, keys.per_task_bit * renewals(keys, beyond_bit), fresh), resumed)


def in_sessions(keys: Keys) -> bool:
    """Whether a key outlives the task that it was withdrawn for."""
    return keys.encryption == "aes256" and keys.rekey != "per_task"


def continued(
    keys: Keys, sessions: Sessions, row: Ints, rsu: Ints, payload_bit: Ints, resumed: Bools, now_ns: int
) -> Sessions:
    """The sessions after these offloads have begun; ``rsu`` -1: without a key, which leaves no session."""
    if not in_sessions(keys):
        return sessions
    unit, keyed_ns, left_bit = sessions.rsu.copy(), sessions.keyed_ns.copy(), sessions.left_bit.copy()
    had_bit = np.where(resumed, left_bit[row], 0)
    beyond_bit = np.maximum(payload_bit - had_bit, 0)
    bought = np.maximum(renewals(keys, beyond_bit), ~resumed)
    unit[row] = rsu
    keyed_ns[row] = np.where(resumed, keyed_ns[row], now_ns)
    left_bit[row] = had_bit + bought * keys.rekey_byte * BIT_PER_BYTE - payload_bit
    return Sessions(unit, keyed_ns, left_bit)
