"""Cases of the radio: path loss, noise, fading, and NOMA inside the capacity region."""

from __future__ import annotations

from itertools import chain, combinations, permutations

import numpy as np
from scipy.integrate import quad

from qvecsim.physics.field import noma
from qvecsim.physics.paper.vec import noise_psd
from qvecsim.units import from_db, w_to_dbm
from qvecsim.world.channels import pathloss

from .case import Case, Exact, Rounding, Within

METRES = np.array([10.0, 50.0, 100.0, 200.0, 500.0])
MAST = (200.0, 1.5)  # so high that the breakpoint is beyond all of these
LAWS = (
    ("TR 37.885 urban, LOS", pathloss.urban_los_db, (69.4995, 81.1723, 86.1995, 91.2267, 97.8723), "TR 37.885 (2019)"),
    ("TR 37.885 urban, NLOS", pathloss.urban_nlos_db, (81.4191, 102.388, 111.419, 120.45, 132.388), "TR 37.885 (2019)"),
    ("TR 37.885 highway", pathloss.highway_los_db, (67.817, 81.7964, 87.817, 93.8376, 101.796), "TR 37.885 (2019)"),
    (
        "TR 38.901 UMi, LOS",
        lambda metres, hz: pathloss.umi_los_db(metres, hz, *MAST),
        (68.817, 83.4954, 89.817, 96.1387, 104.495),
        "TR 38.901 (2022)",
    ),
    (
        "TR 38.901 UMi, NLOS",
        lambda metres, hz: pathloss.umi_nlos_db(metres, hz, *MAST),
        (74.1191, 98.7928, 109.419, 120.046, 134.093),
        "TR 38.901 (2022)",
    ),
)
TABLES = {"TR 37.885 (2019)": "table 6.2.1-1", "TR 38.901 (2022)": "table 7.4.1-1"}
COVER = "Cover, Thomas (2006), 15.3"


def users(seed):
    """One to five users at one unit, over ten orders of magnitude, and their SNR."""
    draw = np.random.default_rng(seed)
    return 10.0 ** draw.uniform(-3.0, 7.0, int(draw.integers(1, 6)))


def apart_over_orders():
    """The largest relative difference of a sum rate to log2(1 + sum of SNR), every order of 40 sets of users."""
    apart = []
    for snr in map(users, range(40)):
        for order in permutations(range(len(snr))):
            total = noma.efficiency(noma.sinr_in_order(snr, np.array(order), 1.0)).sum()
            apart.append(abs(total / noma.capacity(snr) - 1.0))
    return max(apart)


def above_bounds():
    """Subsets of users whose rates exceed their bound: 40 sets, four ways to send."""
    broken = 0
    for snr in map(users, range(40)):
        unit = np.zeros(len(snr), dtype=np.int64)
        ways = [noma.efficiency(noma.sinr(snr, unit, 1.0, residual)) for residual in (0.0, 0.1)]
        ways += [noma.efficiency(noma.sinr_together(snr, 1.0)), noma.orthogonal(snr)]
        for part in chain.from_iterable(combinations(range(len(snr)), size) for size in range(1, len(snr) + 1)):
            most = noma.capacity(snr[list(part)]) * (1 + 1e-12)
            broken += sum(rates[list(part)].sum() > most for rates in ways)
    return broken


def sums(cancelled):
    """Sum rates of 1, 2, 3, 5 users at 30 dB."""
    found = []
    for count in (1, 2, 3, 5):
        snr, unit = np.full(count, 1000.0), np.zeros(count, dtype=np.int64)
        sinr = noma.sinr(snr, unit, 1.0, 0.0) if cancelled else noma.sinr_together(snr, 1.0)
        found.append(noma.efficiency(sinr).sum())
    return np.array(found)


def snr_db(law, metres):
    """23 dBm, 35 MHz, noise figure 9 dB."""
    return 23.0 - law(np.array(metres), 5.9e9) - w_to_dbm(noise_psd(-174.0, 35e6, 9.0))


def ergodic():
    """Mean spectral efficiency of Rayleigh fading at 10 dB, by quadrature."""
    return quad(lambda fading: float(noma.efficiency(np.array(10.0 * fading))) * np.exp(-fading), 0, 60)[0]


CASES = (
    *(
        Case(
            "radio.pl",
            f"{name}, 5.9 GHz, 10, 50, 100, 200, 500 m",
            lambda law=law: law(METRES, 5.9e9),
            values,
            Within(1e-3, unit=" dB"),
            f"3GPP {source}, {TABLES[source]}, worked out, [S]",
            " dB",
        )
        for name, law, values, source in LAWS
    ),
    Case(
        "radio.ktb",
        "noise of 35 MHz",
        lambda: w_to_dbm(noise_psd(-174.0, 35e6, 0.0)),
        -98.5593,
        Within(1e-3, unit=" dB"),
        "arithmetic, -174 dBm/Hz",
        " dBm",
    ),
    Case(
        "radio.snr",
        "urban LOS, 23 dBm, noise figure 9 dB, 50, 100, 200 m",
        lambda: snr_db(pathloss.urban_los_db, [50.0, 100.0, 200.0]),
        (31.387, 26.3598, 21.3326),
        Within(1e-3, unit=" dB"),
        "arithmetic from the above",
        " dB",
    ),
    Case(
        "radio.rayleigh",
        "outage at 0 dB, mean of 10 dB",
        lambda: noma.outage(1.0, np.array([10.0])),
        0.0951626,
        Within(1e-7),
        "Proakis (2001), 14.3",
    ),
    Case(
        "radio.rayleigh",
        "ergodic rate, mean of 10 dB",
        ergodic,
        2.90651,
        Within(1e-5),
        "exp(1/x) E1(1/x) / ln 2",
        " bit/s/Hz",
    ),
    Case(
        "noma.mac",
        "sum rate in any order against log2(1 + sum of SNR), relative",
        apart_over_orders,
        0.0,
        Rounding(1e-12),
        COVER,
    ),
    Case(
        "noma.mac",
        "1, 2, 3, 5 users at 30 dB, bit/s/Hz",
        lambda: sums(True),
        (9.96723, 10.9665, 11.5512, 12.288),
        Within(5e-6, relative=True),
        COVER,
    ),
    Case(
        "noma.mac",
        "powers for 18 dB each are apart by",
        lambda: 10.0 * np.log10(1.0 + from_db(18.0)),
        18.0683,
        Within(1e-4, unit=" dB"),
        "arithmetic",
        " dB",
    ),
    Case("noma.bound", "subsets above their bound", above_bounds, 0, Exact(), COVER),
    Case(
        "noma.nosic",
        "100 users at 30 dB without cancellation",
        lambda: noma.efficiency(noma.sinr_together(np.full(100, 1000.0), 1.0)).sum(),
        1.4427,
        Within(0.01, relative=True),
        "log2 e, limit of many users",
        " bit/s/Hz",
        5,
    ),
)
