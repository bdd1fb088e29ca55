"""A fibre between two QKD devices: what arrives, and how much key that can ever make. Level: one formula."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.physics.amended.qkd import transmittance
from qvecsim.types import Floats

__all__ = ["Channel", "repeaterless_bound", "transmittance"]


class Channel(NamedTuple):
    """What a protocol works with, link by link; shapes broadcast."""

    transmittance: Floats  # (L,) of the fibre, insertion loss included
    efficiency: Floats  # (L,) of the receiver, optics included; with pairs, of each of the two
    background: Floats  # (L,) Y_0: chance of a click in a gate without light, all detectors of a receiver together
    misalignment: Floats  # (L,) e_d: chance that a photon of the signal meets the wrong detector


def repeaterless_bound(transmittance: float | Floats) -> Floats:
    """Pirandola, Laurenza, Ottaviani, Banchi (2017): most secret bits a pulse, -log2(1 - eta); PLOB."""
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log1p(-np.asarray(transmittance)) / np.log(2.0))
