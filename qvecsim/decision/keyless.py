"""How long a task waits that finds no key, by what ``keys.missing`` makes of it. Level: arrays."""

from __future__ import annotations

import math

import numpy as np

from qvecsim.types import Floats


def until_filled_s(short_bit: Floats, key_rate_bps: Floats) -> Floats:
    """How long a pool takes to fill up what is short; a pool that nothing flows into never does."""
    with np.errstate(all="ignore"):
        return short_bit / key_rate_bps


def never_s(short_bit: Floats, key_rate_bps: Floats) -> Floats:
    """Without a key there is no offload: it would be computed locally anyway, or be dropped."""
    return np.full(short_bit.shape, math.inf)


def at_once_s(short_bit: Floats, key_rate_bps: Floats) -> Floats:
    """Without a key it goes all the same."""
    return np.zeros(short_bit.shape)


# What ``keys.missing`` makes of a task that finds no key.
KEYLESS_S = {"wait": until_filled_s, "local": never_s, "drop": never_s, "expose": at_once_s}
