"""Section III-C: radio and computing, eqs. (13)-(17), as printed. Level: one equation, one function."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qvecsim.types import Bools, Floats, Ints
from qvecsim.units import dbm_to_w

Number = float | Floats

LN_2 = float(np.log(2.0))


def heard(tx_power_w: Floats, gain: Floats, row: Ints, rsu: Ints) -> Floats:
    """Eq. (13): power that each RSU hears, (M,), W: that of all vehicles (V,), whether they send or not.

    ``gain`` (V, M); ``row`` and ``rsu`` (K,) are the vehicles that do send, and where to.
    """
    return np.asarray((tx_power_w[:, None] * gain).sum(axis=0))


def interference(heard_w: Floats, received_w: Floats, uses: Bools) -> Floats:
    """Eq. (13): interference at every RSU, (D, M), W: what it hears less one's own, never below 0 by rounding."""
    # The difference is exact to 1e-16 of the strongest signal; what is below that, noise covers.
    return np.maximum(heard_w - received_w, 0.0)


def sinr(received_w: Floats, interference_w: Floats, noise_w: float) -> Floats:
    """Eq. (13): signal to interference and noise, (K,)."""
    return received_w / (interference_w + noise_w)


def share(bandwidth_hz: Number, uploads: Number) -> Floats:
    """Eq. (23): the band of one upload under C7, Hz: equal parts."""
    return np.asarray(bandwidth_hz / np.maximum(uploads, 1.0))[()]


def rate(bandwidth_hz: Number, sinr: Number) -> Floats:
    """Eq. (14): rate of an upload, bit/s."""
    return bandwidth_hz * (np.log1p(sinr) / LN_2)


def local_s(cycles: Number, local_hz: Floats) -> Floats:
    """Eq. (15): computing in the vehicle, s."""
    return cycles / local_hz


def return_s(result_bit: Number, rate_bps: Number, downlink_bps: Number, vcp_ms_per_bit: Number) -> Floats:
    """Eq. (16): backhaul, s: the uplink's rate serves the way back, the platform's milliseconds count as seconds."""
    with np.errstate(divide="ignore"):
        return np.maximum(np.divide(result_bit, rate_bps), vcp_ms_per_bit * result_bit)


def offload_s(input_bit: Number, rate_bps: Number, cycles: Number, edge_hz: Number, return_s: Number) -> Floats:
    """Eq. (16): upload, computing at the edge and backhaul, s; never done where the rate is 0."""
    with np.errstate(divide="ignore"):
        return np.divide(input_bit, rate_bps) + np.divide(cycles, edge_hz) + return_s


def latency_s(offload: Bools, local_s: Floats, offload_s: Floats) -> Floats:
    """Eq. (17): latency cost of each vehicle, (V,), s, summed over RSUs as in (22): local at those it offloads to."""
    return np.asarray(np.where(offload, local_s[:, None], offload_s).sum(axis=1))


def noise_literal(noise_dbm: float, bandwidth_hz: float, noise_figure_db: float) -> float:
    """Noise term of (13) in W as printed: the square of a power."""
    return dbm_to_w(noise_dbm) ** 2


def noise_total(noise_dbm: float, bandwidth_hz: float, noise_figure_db: float) -> float:
    """Noise term of (13) in W, the level being that of the whole band."""
    return dbm_to_w(noise_dbm)


def noise_psd(noise_dbm: float, bandwidth_hz: float, noise_figure_db: float) -> float:
    """Noise term of (13) in W, the level being that of one hertz, with the receiver's noise figure."""
    return dbm_to_w(noise_dbm + noise_figure_db) * bandwidth_hz


NOISE: dict[str, Callable[[float, float, float], float]] = {
    "literal": noise_literal,
    "total": noise_total,
    "psd": noise_psd,
}
