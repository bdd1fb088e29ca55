"""Which pairs of places the key model prices; the fibre links come first, so that every pool finds its own entry."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.types import Floats, Ints, Scene, State


class Pairs(NamedTuple):
    """Length, loss beyond it, and the QKD node whose detector counts, of every pair."""

    km: Floats  # (P,)
    extra_db: Floats  # (P,)
    node: Ints  # (P,)
    priced: slice  # those that the objective (22) sums over


def fibres(state: State, scene: Scene) -> Pairs:
    """The fibre links alone: a vehicle has no fibre and sees its roadside unit's link."""
    return Pairs(scene.link_km, scene.link_db, scene.link_node, slice(None))


def straight_lines(state: State, scene: Scene) -> Pairs:
    """The links, then every QKD node to every vehicle and edge device by straight line (III-B, as printed)."""
    x = np.concatenate([state.fleet.x_m, scene.rsu_x_m])
    y = np.concatenate([state.fleet.y_m, scene.rsu_y_m])
    km = np.hypot(x[None, :] - scene.node_x_m[:, None], y[None, :] - scene.node_y_m[:, None]) / 1000.0
    node = np.repeat(np.arange(len(scene.node)), len(x))
    return Pairs(
        np.concatenate([scene.link_km, km.ravel()]),
        np.concatenate([scene.link_db, np.zeros(km.size)]),
        np.concatenate([scene.link_node, node]),
        slice(len(scene.link), None),
    )
