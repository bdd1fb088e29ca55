"""Section III-B: the key rate of a QKD link, eqs. (1)-(12), as printed. Level: one equation, one function."""

from __future__ import annotations

import numpy as np

from qvecsim.types import Floats, Ints

Number = float | Floats


def pair_rate(source_rate_hz: Number, preparation_rad: Number, source_loss_per_km: Number, link_km: Number) -> Floats:
    """Eq. (1): entangled pairs that reach the receiver, 1/s."""
    return source_rate_hz * np.sin(preparation_rad) ** 2 * np.exp(-source_loss_per_km * link_km)


def visibility(phase_rad: Number, phase_noise: Number) -> Floats:
    """Eq. (2): interference visibility, in [0, 1]; a full phase flip reads as clean."""
    return np.abs(np.cos(phase_rad)) / (1.0 + phase_noise)


def efficiency(
    intrinsic: Number, temperature_coefficient: Number, temperature_c: Floats, reference_c: Number
) -> Floats:
    """Eq. (3): detector efficiency; zero at the reference temperature, a probability only just above it."""
    return intrinsic * (1.0 - temperature_coefficient * temperature_c) * (temperature_c - reference_c)


def system_efficiency(other_efficiency: float, efficiency: Floats, node: Ints) -> Floats:
    """Eq. (4): system efficiency of each pair, the sum over all detectors whichever node it is, so it may exceed 1."""
    return np.full(np.shape(node), other_efficiency + np.sum(efficiency))


def transmittance(attenuation_db_per_km: Number, link_km: Number, extra_db: Number) -> Floats:
    """Eq. (5): probability that a photon arrives, the decibels read in base e; ``extra_db`` is 0 in print."""
    return np.exp(-(attenuation_db_per_km * link_km + extra_db) / 10.0)


def signal(pair_rate_hz: Number, transmittance: Floats, system_efficiency: Number) -> Floats:
    """Eq. (6): qubits received correctly, 1/s."""
    return pair_rate_hz * transmittance * system_efficiency


def noise_rate(
    amplitude_hz: Number,
    decay: Number,
    swing_hz: Number,
    frequency: Number,
    omega_rad_s: Number,
    phase_rad: Number,
    time_s: Number,
) -> Floats:
    """Eq. (7): noise function of the channel at one instant, 1/s; ``decay`` and ``frequency`` multiply the angle."""
    angle = omega_rad_s * time_s
    return amplitude_hz * np.exp(-decay * angle) + swing_hz * np.cos(frequency * angle + phase_rad)


def noise(
    base_hz: Number,
    amplitude_hz: Number,
    decay: Number,
    swing_hz: Number,
    frequency: Number,
    omega_rad_s: Number,
    phase_rad: Number,
    time_s: Number,
) -> Floats:
    """Eq. (8): channel noise, 1/s: the base and the integral of (7) from 0 to ``time_s``, in closed form."""
    angle = omega_rad_s * time_s
    scattered = amplitude_hz / (decay * omega_rad_s) * -np.expm1(-decay * angle)
    swung = swing_hz / (frequency * omega_rad_s) * (np.sin(frequency * angle + phase_rad) - np.sin(phase_rad))
    return base_hz + scattered + swung


def qber(
    visibility: Number,
    system_efficiency: Number,
    transmittance: Number,
    signal_hz: Floats,
    noise_hz: Number,
    error_floor: Number,
) -> Floats:
    """Eq. (9): quantum bit error rate; a probability only where signal over noise is small."""
    contrast = visibility * np.exp(system_efficiency) * transmittance * signal_hz / noise_hz
    return 0.5 * (1.0 - contrast) + error_floor


def entropy(qber: Number) -> Floats:
    """Eq. (10): binary entropy of an error rate, bit, with 0 log 0 = 0; NaN outside [0, 1]."""
    right = 1.0 - qber
    with np.errstate(invalid="ignore"):  # log2(x + (x == 0)) is log2(x), and 0 at 0
        return 0.0 - qber * np.log2(qber + (qber == 0)) - right * np.log2(right + (right == 0))


def security_margin(
    fluctuation: Number, sample_bit: Number, entropy_factor: Number, entropy: Number, epsilon: Number
) -> Floats:
    """Eq. (11): share of the key given up for security; fluctuation over a sample, entropy, epsilon."""
    return np.sqrt(fluctuation / sample_bit) + entropy_factor * entropy + epsilon


def key_rate(
    efficiency: Number,
    pair_rate_hz: Number,
    qber: Floats,
    security_margin: Floats,
    signal_hz: Number,
    sifting: Number,
) -> Floats:
    """Eq. (12): key rate, bit/s: a rate less a fraction, may be negative; signal and sifting are not in the print."""
    return efficiency * pair_rate_hz * (1.0 - qber) - security_margin
