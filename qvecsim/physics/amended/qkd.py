"""Section III-B, eqs. (1)-(12), mended: loss once, per link, in decibels, and errors of BB84. Level: one equation."""

from __future__ import annotations

import numpy as np

from qvecsim.physics.paper.qkd import Number, entropy, noise, noise_rate, security_margin, signal
from qvecsim.types import Floats, Ints

__all__ = [
    "efficiency",
    "entropy",
    "key_rate",
    "noise",
    "noise_rate",
    "pair_rate",
    "qber",
    "security_margin",
    "signal",
    "system_efficiency",
    "transmittance",
    "visibility",
]


def pair_rate(source_rate_hz: Number, preparation_rad: Number, source_loss_per_km: Number, link_km: Number) -> Floats:
    """Differs from eq. (1): pairs at the source, 1/s; the loss is in (6) only, so ``source_loss_per_km`` is idle."""
    return source_rate_hz * np.sin(preparation_rad) ** 2 * np.ones(np.shape(link_km))


def visibility(phase_rad: Number, phase_noise: Number) -> Floats:
    """Differs from eq. (2): a phase beyond a quarter turn leaves no visibility instead of a mirrored one."""
    return np.maximum(np.cos(phase_rad), 0.0) / (1.0 + phase_noise)


def efficiency(
    intrinsic: Number, temperature_coefficient: Number, temperature_c: Floats, reference_c: Number
) -> Floats:
    """Differs from eq. (3): the coefficient multiplies the distance from the reference temperature."""
    return intrinsic * (1.0 - temperature_coefficient * (temperature_c - reference_c))


def system_efficiency(other_efficiency: float, efficiency: Floats, node: Ints) -> Floats:
    """Differs from eq. (4): the product of the other parts and the pair's own detector, not a sum over all."""
    return np.asarray(other_efficiency * efficiency[node])


def transmittance(attenuation_db_per_km: Number, link_km: Number, extra_db: Number) -> Floats:
    """Differs from eq. (5): decibels are to base 10, and the link's loss beyond its length counts."""
    return np.power(10.0, -(attenuation_db_per_km * link_km + extra_db) / 10.0)


def qber(
    visibility: Number,
    system_efficiency: Number,
    transmittance: Number,
    signal_hz: Floats,
    noise_hz: Number,
    error_floor: Number,
) -> Floats:
    """Differs from eq. (9): noise dilutes the visibility, s/(s + N); efficiency and loss count in the signal only."""
    return 0.5 * (1.0 - visibility * signal_hz / (signal_hz + noise_hz)) + error_floor


def key_rate(
    efficiency: Number,
    pair_rate_hz: Number,
    qber: Floats,
    security_margin: Floats,
    signal_hz: Number,
    sifting: Number,
) -> Floats:
    """Differs from eq. (12): the sifted signal, bit/s, less the security margin as the share of it that it is."""
    return sifting * signal_hz * (1.0 - security_margin)
