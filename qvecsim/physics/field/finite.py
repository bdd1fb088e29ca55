"""What finite keys of decoy-state BB84 have in common: expected counts, their fluctuation, and the length of a key.

C. C. W. Lim, M. Curty, N. Walenta, F. Xu, H. Zbinden, Phys. Rev. A 89, 022307 (2014). Efficient BB84: one basis makes
the key, the other checks it. Arrays of settings have the axis K of intensities first, strongest first. Counts are
expected values, and lengths are not rounded down to whole bits: both are means over many blocks.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from qvecsim.physics.field.decoy import error_rate
from qvecsim.physics.paper.qkd import entropy
from qvecsim.types import Floats

Number = float | Floats

RAREST = 1e-100  # chance of a click below which a block is never full, and numbers would overflow


class Counts(NamedTuple):
    """What the two ends see of one block, by intensity (K, ...)."""

    key: Floats  # clicks in the basis of the key
    key_error: Floats
    check: Floats  # clicks in the other basis
    check_error: Floats


class Security(NamedTuple):
    """What a key must keep, and what the correction of its errors costs."""

    error_correction: float  # f
    secrecy: Number  # epsilon_sec
    correctness: float  # epsilon_cor


def click(intensity: Number, efficiency: Number, background: Number, afterpulse: float) -> Floats:
    """Lim et al. (2014), R_k: chance of a click, D_k = 1 - (1 - Y_0) exp(-eta k) and its afterpulses."""
    light = -np.multiply(efficiency, intensity)
    return np.asarray((1.0 + afterpulse) * (background * np.exp(light) - np.expm1(light)))


def wrong_click(
    intensity: Number, efficiency: Number, background: Number, misalignment: Number, afterpulse: float
) -> Floats:
    """Lim et al. (2014), e_k: chance of a click that is wrong.

    Print has the transmittance of the channel in it. It must be that of the system, detectors included: else errors
    would not shrink with the clicks that they are a part of.
    """
    clicks = click(intensity, efficiency, background, 0.0)
    arrives = -np.expm1(-np.multiply(efficiency, intensity))
    return np.asarray(0.5 * background + misalignment * arrives + 0.5 * afterpulse * clicks)


def block(click: Floats, wrong: Floats, share: Floats, key_basis: Floats, block_bit: float) -> tuple[Counts, Floats]:
    """Expected counts of a block that has ``block_bit`` clicks in the key's basis, and the pulses that it takes."""
    chosen = np.square(key_basis)
    pulses = block_bit / (chosen * np.maximum((share * click).sum(axis=0), RAREST))
    seen, missed = pulses * share * click, pulses * share * wrong
    other = np.square(1.0 - key_basis) / chosen
    return Counts(chosen * seen, chosen * missed, chosen * seen * other, chosen * missed * other), pulses


def deviation(total: Number, failure: Number) -> Floats:
    """Hoeffding (1963), as in Lim et al. (2014): how far a count is from its mean at most, but for ``failure``."""
    return np.asarray(np.sqrt(0.5 * total * np.log(1.0 / np.asarray(failure))))


def bounds(counts: Floats, intensity: Floats, share: Floats, failure: Number) -> tuple[Floats, Floats]:
    """Lim et al. (2014), n^-_k and n^+_k: least and greatest count of each intensity, free of its Poisson weight.

    No count is less than zero.
    """
    off = deviation(counts.sum(axis=0), failure)
    weight = np.exp(intensity) / share
    return weight * np.maximum(counts - off, 0.0), weight * (counts + off)


def emission(photons: int, intensity: Floats, share: Floats) -> Floats:
    """Lim et al. (2014), tau_n: chance that a pulse has so many photons."""
    chances: Floats = (share * np.exp(-intensity) * intensity**photons).sum(axis=0) / math.factorial(photons)
    return chances


def phase_error(errors: Floats, checked: Floats, keyed: Floats, failure: Number) -> Floats:
    """Lim et al. (2014), eq. (5): greatest phase error rate of single photons; 1/2 where nothing is known.

    ``errors`` of the ``checked`` single photons are carried over to the ``keyed`` ones by random sampling.
    """
    known = (checked > 0.0) & (keyed > 0.0)
    c, d = np.where(known, checked, 1.0), np.where(known, keyed, 1.0)
    b = np.clip(errors / c, 1e-30, 0.5)
    spread = (c + d) / (c * d)
    width = spread * (1.0 - b) * b / math.log(2.0) * np.log2(spread / ((1.0 - b) * b) / np.square(failure))
    return np.where(known, np.minimum(b + np.sqrt(np.maximum(width, 0.0)), 0.5), 0.5)


def length(
    vacuum: Floats, singles: Floats, phase_error: Floats, counts: Counts, security: Security, terms: int
) -> Floats:
    """Lim et al. (2014), eq. (1): secret bits of a block, less than 0 for none; ``terms`` that fail add to secrecy.

    The correction of errors costs f n h(E), which print gives without n. E counts the errors of all intensities: each
    sifted bit is in the key, whatever its intensity. (Some codes leave out those of the vacuum.)
    """
    clicks = counts.key.sum(axis=0)
    corrected = security.error_correction * clicks * entropy(error_rate(counts.key_error.sum(axis=0), clicks))
    secret = vacuum + singles * (1.0 - entropy(phase_error)) - corrected
    cost = 6.0 * np.log2(terms / np.asarray(security.secrecy)) + math.log2(2.0 / security.correctness)
    return np.asarray(secret - cost)
