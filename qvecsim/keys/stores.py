"""Key bits that vehicles carry: loaded at docks, spent on the keys of their radio. Level: exact integers.

A dock hands fresh random bits to the vehicle and to the key management of its QKD node, over a wire; no fibre pays for
that. It is when such a key is used that the node sends it to the roadside unit, and then every pool on the way pays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.scenario.parameters import Store
from qvecsim.types import Bools, Fleet, Ints, Scene

UNBOUNDED_BIT = 2**62  # where vehicles need no store


class Docked(NamedTuple):
    """(D,) vehicles at a dock, and which."""

    vehicle: Ints
    dock: Ints


def docked(fleet: Fleet, scene: Scene, node_up: Bools, store: Store) -> Docked:
    """Who is slow enough beside a dock whose node works; the nearest loads it."""
    slow = np.flatnonzero(fleet.speed_m_s <= store.speed_m_s)
    works = node_up[scene.home[scene.dock_home]]
    if not works.any() or not len(slow):
        return Docked(slow[:0], slow[:0])
    distance_m = np.hypot(
        fleet.x_m[slow, None] - scene.dock_x_m[None, :], fleet.y_m[slow, None] - scene.dock_y_m[None, :]
    )
    distance_m[:, ~works] = np.inf
    nearest = distance_m.argmin(axis=1)
    near = distance_m[np.arange(len(slow)), nearest] <= store.range_m
    return Docked(fleet.vehicle[slow[near]], nearest[near])


def handed_bit(rate_bps: float, slot: int, slot_s: float) -> int:
    """What a dock hands to a vehicle in a slot; what is below one bit is not lost, but comes in a later slot."""
    return int(rate_bps * (slot + 1) * slot_s) - int(rate_bps * slot * slot_s)


def loaded_bit(store_bit: Ints, at: Docked, handed: int, capacity_bit: int) -> Ints:
    """(D,) what the stores of these vehicles take in: what they are handed, up to what they can carry."""
    room_bit = capacity_bit - store_bit[at.vehicle].sum(axis=1)
    taken_bit: Ints = np.minimum(handed, room_bit)
    return taken_bit


def richest(carried_bit: Ints) -> Ints:
    """(R,) whose keys each of these vehicles, (R, H), spends next: those of the node of which it carries most."""
    home: Ints = carried_bit.argmax(axis=1)
    return home
