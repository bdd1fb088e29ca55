"""Section III-C, eqs. (13)-(17), mended: NOMA among those who send, one place for each task. Level: one equation."""

from __future__ import annotations

import numpy as np

from qvecsim.physics.paper.vec import NOISE, Number, local_s, offload_s, rate, sinr
from qvecsim.types import Bools, Floats, Ints
from qvecsim.units import MS_PER_S

__all__ = [
    "NOISE",
    "heard",
    "interference",
    "latency_s",
    "local_s",
    "offload_s",
    "rate",
    "return_s",
    "share",
    "sinr",
]


def heard(tx_power_w: Floats, gain: Floats, row: Ints, rsu: Ints) -> Floats:
    """Differs from eq. (13): an RSU hears the vehicles that send to it, (M,), W."""
    return np.bincount(rsu, tx_power_w[row] * gain[row, rsu], gain.shape[1]).astype(np.float64, copy=False)


def interference(heard_w: Floats, received_w: Floats, uses: Bools) -> Floats:
    """Differs from eq. (13): one's own power is in what an RSU hears only where one uses it, (D, M), W."""
    return np.maximum(heard_w - np.where(uses, received_w, 0.0), 0.0)


def share(bandwidth_hz: Number, uploads: Number) -> Floats:
    """Differs from eq. (23): with NOMA, whose price is the interference, every upload has the whole band, Hz."""
    return np.asarray(bandwidth_hz * np.ones_like(uploads, dtype=float))[()]


def return_s(result_bit: Number, rate_bps: Number, downlink_bps: Number, vcp_ms_per_bit: Number) -> Floats:
    """Differs from eq. (16): the way back, s, has the downlink's rate, the platform's milliseconds are converted."""
    with np.errstate(divide="ignore"):
        return np.maximum(np.divide(result_bit, downlink_bps), vcp_ms_per_bit / MS_PER_S * result_bit)


def latency_s(offload: Bools, local_s: Floats, offload_s: Floats) -> Floats:
    """Differs from eq. (17): a vehicle, (V,), s, pays for the RSUs it offloads to, or else for computing locally."""
    sent = np.where(offload, offload_s, 0.0).sum(axis=1)
    return np.where(offload.any(axis=1), sent, local_s)
