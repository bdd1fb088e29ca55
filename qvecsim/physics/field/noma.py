"""Uplink NOMA with successive interference cancellation: each unit decodes the strongest, takes it away, goes on.

SIC reaches the corners of the capacity region of the multiple-access channel (Cover, Thomas 2006, 15.3). Level: arrays.
K uploads are rows; powers are those received, W; sums run from the weakest upwards, so that none is lost by rounding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.types import Bools, Floats, Ints

LN_2 = float(np.log(2.0))


class Ladder(NamedTuple):
    """What each of M units hears, weakest first; ``below`` and ``above`` have an entry for each gap between two."""

    power_w: Floats  # (M, width), infinite behind the last
    below_w: Floats  # (M, width + 1) sum of those below the gap
    above_w: Floats  # (M, width + 1)
    row: Ints  # (K,) the unit of each upload
    place: Ints  # (K,) its rung


def ladder(received_w: Floats, unit: Ints, units: int) -> Ladder:
    """The uploads of each unit by their power; of equal ones the first is the weaker."""
    order = np.lexsort((received_w, unit))
    rank = np.arange(len(unit)) - unit[order].searchsorted(unit[order])
    place = np.empty(len(unit), dtype=np.int64)
    place[order] = rank
    width = int(rank.max(initial=-1)) + 1
    heard_w = np.zeros((units, width))
    heard_w[unit, place] = received_w
    power_w = np.full((units, width), np.inf)
    power_w[unit, place] = received_w
    none = np.zeros((units, 1))
    below_w = np.concatenate([none, np.cumsum(heard_w, axis=1)], axis=1)
    above_w = np.concatenate([np.cumsum(heard_w[:, ::-1], axis=1)[:, ::-1], none], axis=1)
    return Ladder(power_w, below_w, above_w, unit, place)


def disturbance(heard: Ladder, residual: float) -> Floats:
    """(K,) W: weaker uploads in full, and of the stronger ones what their cancellation leaves, ``residual`` of each."""
    return heard.below_w[heard.row, heard.place] + residual * heard.above_w[heard.row, heard.place + 1]


def joining(heard: Ladder, received_w: Floats, residual: float) -> Floats:
    """(D, M) W: what one more upload of this power would be disturbed by at each unit."""
    found = np.empty(received_w.shape)
    for unit, power_w in enumerate(heard.power_w):
        gap = power_w.searchsorted(received_w[:, unit], side="right")
        found[:, unit] = heard.below_w[unit, gap] + residual * heard.above_w[unit, gap]
    return found


def sinr(received_w: Floats, unit: Ints, noise_w: float, residual: float) -> Floats:
    """(K,) of each upload at its turn, strongest first: P / (weaker + residual x stronger + noise)."""
    units = int(unit.max(initial=-1)) + 1
    disturbed_w = disturbance(ladder(received_w, unit, units), residual)
    return np.asarray(received_w / (disturbed_w + noise_w))


def sinr_in_order(received_w: Floats, order: Ints, noise_w: float) -> Floats:
    """(K,) at one unit that decodes in this ``order``, the first first: a corner of the capacity region."""
    found = np.empty(len(order))
    found[order] = received_w[order] / (_after(received_w[order]) + noise_w)
    return found


def _after(values: Floats) -> Floats:
    """The sum of what follows each, by adding alone: a difference would lose what is small."""
    return np.asarray(np.append(np.cumsum(values[::-1])[::-1][1:], 0.0)[: len(values)])


def sinr_together(received_w: Floats, noise_w: float) -> Floats:
    """(K,) at one unit without cancellation: all others disturb, (13) among those who send."""
    others_w = _after(received_w) + _after(received_w[::-1])[::-1]
    return np.asarray(received_w / (others_w + noise_w))


def capacity(snr: Floats) -> float:
    """What users of these SNRs can have together, bit/s/Hz: log2(1 + sum); the bound of every subset of the region."""
    return float(np.log1p(np.sum(snr)) / LN_2)


def efficiency(sinr: Floats) -> Floats:
    """Spectral efficiency, bit/s/Hz, of each (Shannon 1948)."""
    return np.log1p(sinr) / LN_2


def orthogonal(snr: Floats) -> Floats:
    """Spectral efficiency of each, bit/s/Hz of the whole band, in equal parts of it with the noise of a part: OFDMA."""
    return np.asarray(efficiency(len(snr) * snr) / max(len(snr), 1))


def fractional_w(limit_w: Floats, gain: Floats, target_w: float, compensation: float) -> Floats:
    """Power under open-loop control, W: min(limit, target / gain^compensation) (3GPP TS 38.213, 7.1.1).

    ``compensation`` 0 gives all the same power, 1 the same received power; ``target_w`` is that of the whole band.
    """
    with np.errstate(divide="ignore"):
        return np.minimum(limit_w, np.divide(target_w, np.power(gain, compensation)))


def decoded(received_w: Floats, unit: Ints, noise_w: float, residual: float, threshold: float) -> Bools:
    """(K,) who is above the outage threshold at its turn; after one that is not, nobody is decoded at that unit."""
    fails = sinr(received_w, unit, noise_w, residual) < threshold
    order = np.lexsort((-np.arange(len(unit)), -received_w, unit))
    failed = np.cumsum(fails[order])
    first = unit[order].searchsorted(unit[order])
    before = np.concatenate([[0], failed])[first]
    found = np.empty(len(unit), dtype=bool)
    found[order] = failed == before
    return found


def outage(threshold: float, mean_sinr: Floats) -> Floats:
    """Probability that a Rayleigh-faded link without interference is below the threshold (Proakis 2001, 14.3)."""
    return -np.expm1(-threshold / np.asarray(mean_sinr))


def admissible(received_w: Floats, unit: Ints, asks: Bools, noise_w: float, threshold: float, residual: float) -> Bools:
    """(K,) who of those who ask may start, the others being under way: as many as SIC brings to the threshold.

    At each unit from the weakest upwards, whoever reaches it above those already in, and pushes none below it that is
    above. With perfect cancellation no other choice admits more.
    """
    passed = np.zeros(len(unit), dtype=bool)
    order = np.lexsort((received_w, unit))
    edges = np.flatnonzero(np.diff(unit[order])) + 1
    for rows in np.split(order, edges):
        if asks[rows].any():
            kept = _kept(received_w[rows].tolist(), asks[rows].tolist(), noise_w, threshold, residual)
            passed[rows] = np.array(kept) & asks[rows]
    return passed


def _kept(power_w: list[float], asks: list[bool], noise_w: float, threshold: float, residual: float) -> list[bool]:
    """One unit, weakest first. A margin is the disturbance that an upload can still bear."""
    above_w, bears_w = _under_way(power_w, asks, noise_w, threshold, residual)
    kept, below_w, added_w, margin_w = [], 0.0, 0.0, np.inf
    for index, (power, asked) in enumerate(zip(power_w, asks, strict=True)):
        own_w = power / threshold - noise_w - below_w - residual * above_w[index]
        fits = own_w >= 0 and bears_w[index] >= added_w + power and margin_w >= residual * power
        kept.append(not asked or fits)
        if asked and fits:
            added_w += power
            margin_w -= residual * power
        if kept[-1]:
            below_w += power
            margin_w = min(margin_w, own_w) if own_w >= 0 else margin_w
    return kept


def _under_way(
    power_w: list[float], asks: list[bool], noise_w: float, threshold: float, residual: float
) -> tuple[list[float], list[float]]:
    """Beside each rung, of those above it that are under way: their power, and the least that one of them can bear."""
    count = len(power_w)
    above_w, bears_w = [0.0] * count, [np.inf] * count
    below_w = [0.0] * count
    for index in range(1, count):
        below_w[index] = below_w[index - 1] + (0.0 if asks[index - 1] else power_w[index - 1])
    for index in range(count - 2, -1, -1):
        over = index + 1
        above_w[index], bears_w[index] = above_w[over], bears_w[over]
        if not asks[over]:
            above_w[index] += power_w[over]
            spare_w = power_w[over] / threshold - noise_w - below_w[over] - residual * above_w[over]
            bears_w[index] = min(bears_w[over], spare_w) if spare_w >= 0 else bears_w[over]
    return above_w, bears_w
