"""Cases of equations (1)-(12) as printed and as amended: numbers of Table II, limits and guards."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.integrate import quad

from qvecsim.physics.amended import qkd as mended
from qvecsim.physics.guards import clamp
from qvecsim.physics.paper import qkd

from .case import Case, Exact, Rounding, Within

SIX = Within(5e-6, relative=True)  # six digits are given
SIGMA = 0.2 / (10.0 / np.log(10.0))  # 0.2 dB/km in nepers of power
CELSIUS = (0.0, 10, 20, 25, 30, 40, 100, 333.3)
WINDOW_KM = np.array([5.0, 8, 10, 12, 15, 20])
TABLE_II = "arithmetic, Table II of the paper"
PRINT = "arithmetic, as printed"
NOISE = (5.0, 1.0, 0.1, 2.0, 1.0, 1.0, 0.0)


def efficiencies(law):
    return np.array([law(0.9, 0.003, celsius, 20.0) for celsius in CELSIUS])


def summed(nodes):
    return qkd.system_efficiency(0.5, np.full(nodes, 0.9), np.zeros(1, np.int64))[0]


def window():
    """Noise at which the printed (9) gives 0.01 and 0.1, found from its value at one noise; its value at 30."""
    arrives = qkd.transmittance(0.2, WINDOW_KM, 0.0)
    signal_hz = qkd.signal(20.0, arrives, 0.9)
    return qkd.qber(0.95, 0.9, arrives, signal_hz, 30.0, 0.0)


def legal():
    """Points of Table II, five lengths, six noise levels, one and three detectors at which the guard of (9) is idle."""
    axes = ((0.8, 0.85, 0.9, 0.95, 1.0), (0.8, 0.9, 1.0), (10, 20, 50), (1, 5, 10, 20, 50), (1, 5, 10, 20, 50, 100))
    visibility, efficiency, pairs, km, noise, nodes = np.array([*itertools.product(*axes, (1, 3))], dtype=float).T
    arrives, system = qkd.transmittance(0.2, km, 0.0), nodes * efficiency
    found = qkd.qber(visibility, system, arrives, qkd.signal(pairs, arrives, system), noise, 0.0)
    return len(found) - clamp(found, 0.0, 0.5)[1]


def margins(errors, factor):
    return qkd.security_margin(1.0, 1e6, factor, qkd.entropy(np.array(errors)), 1e-10)


def key_rates():
    """Least and most key rate that the printed (12) gives over Table II."""
    errors = (0.01, 0.05, 0.1)
    grid = itertools.product((0.8, 0.9, 1.0), (10.0, 20.0, 50.0), zip(errors, margins(errors, 1.0), strict=True))
    rates = [qkd.key_rate(eta, pairs, error, margin, 0.0, 0.5) for eta, pairs, (error, margin) in grid]
    return np.array([min(rates), max(rates)])


def mended_rates():
    errors = np.array([0.01, 0.05])
    return mended.key_rate(0.0, 0.0, errors, margins(errors, 2.16), 18.0, 1.0)


def against_quadrature():
    """The closed form of (8) against the integral of (7), at six instants."""
    ends = (0.5, 1.0, 3.0, 7.0, 10.0, 20.0)
    sums = [NOISE[0] + quad(lambda t: qkd.noise_rate(*NOISE[1:], t), 0.0, end, limit=200)[0] for end in ends]
    return np.abs(qkd.noise(*NOISE, np.array(ends)) - sums).max()


def case(name, what, ours, published, tolerance=SIX, source=PRINT, **more):
    return Case(f"paper.{name}", what, ours, published, tolerance, source, **more)


CASES = (
    case(
        "eq1",
        "pairs, 50/s, 10 km, angle pi/2 and 0.5",
        lambda: qkd.pair_rate(50.0, np.array([np.pi / 2, 0.5]), SIGMA, 10.0),
        (31.5479, 7.25124),
    ),
    case(
        "eq2",
        "visibility at 0.2 and pi, noise 0.03",
        lambda: qkd.visibility(np.array([0.2, np.pi]), 0.03),
        (0.951521, 0.970874),
    ),
    case(
        "eq3",
        "efficiency at 0, 10, 20, 25, 30, 40, 100, 333.3 °C",
        lambda: efficiencies(qkd.efficiency),
        (-18.0, -8.73, 0.0, 4.1625, 8.19, 15.84, 50.4, 0.028197),
        Within(5e-6),
    ),
    case(
        "eq3",
        "the same, amended",
        lambda: efficiencies(mended.efficiency),
        (0.954, 0.927, 0.9, 0.8865, 0.873, 0.846, 0.684, 0.05409),
        source="arithmetic, as amended",
    ),
    case(
        "eq4",
        "sum over 1, 2, 5, 10 detectors",
        lambda: np.array([summed(nodes) for nodes in (1, 2, 5, 10)]),
        (1.4, 2.3, 5.0, 9.5),
    ),
    case(
        "eq5",
        "transmittance at 1, 10, 50, 100 km",
        lambda: qkd.transmittance(0.2, np.array([1.0, 10, 50, 100]), 0.0),
        (0.980199, 0.818731, 0.367879, 0.135335),
    ),
    case(
        "eq5",
        "the same, amended",
        lambda: mended.transmittance(0.2, np.array([1.0, 10, 50, 100]), 0.0),
        (0.954993, 0.630957, 0.1, 0.01),
        source="arithmetic, as amended",
    ),
    case(
        "eq6",
        "signal at 10 km, loss twice, and once",
        lambda: qkd.pair_rate(50.0, np.pi / 2, SIGMA, 10.0) * 0.9 * np.array([qkd.transmittance(0.2, 10.0, 0.0), 1.0]),
        (23.2463, 28.3931),
    ),
    case(
        "eq8",
        "noise at 10 and 1e4 s",
        lambda: qkd.noise(*NOISE, np.array([10.0, 1e4])),
        (10.2332, 14.3888),
    ),
    case(
        "eq8",
        "closed form against quadrature of (7)",
        against_quadrature,
        0.0,
        Rounding(1e-8),
        "integral",
    ),
    case(
        "eq8",
        "below 0: N0 = 1, A = 0, B = 2, 4.71 s",
        lambda: qkd.noise(1.0, 0.0, 0.1, 2.0, 1.0, 1.0, 0.0, 4.71),
        -0.999994,
        Within(1e-6),
    ),
    case(
        "eq9",
        "error rate at 5, 8, 10, 12, 15, 20 km, noise 30/s",
        window,
        (-0.0739, -0.0090, 0.0301, 0.0662, 0.1153, 0.1850),
        Within(5e-5),
        digits=4,
    ),
    case(
        "eq9",
        "the same, amended: GYS at 0, 50, 100, 140 km",
        lambda: mended.qber(
            0.934, 1.0, 1.0, -np.expm1(-0.48 * 0.045 * 10 ** (-0.021 * np.array([0.0, 50, 100, 140]))), 1.7e-6, 0.0
        ),
        (0.0330371500531, 0.0334124262527, 0.0375821261261, 0.0629587045683),
        Within(1e-9),
        "Ma, Qi, Zhao, Lo (2005), (11), evaluated separately",
        digits=9,
    ),
    case(
        "eq9.guard",
        "of 2,700 points of Table II, error rates",
        legal,
        594,
        Exact(),
        "counted separately",
    ),
    case(
        "eq10",
        "2, 2.16 and 2.22 times h at its threshold",
        lambda: np.array([2.0, 2.16, 2.22]) * qkd.entropy(np.array([0.11002786, 0.098106038, 0.094235166])),
        (1.0, 1.0, 1.0),
        Within(5e-7),
    ),
    case(
        "eq11",
        "margin at QBER 0.01 and 0.1",
        lambda: margins((0.01, 0.1), 1.0),
        (0.0817931, 0.469996),
        source=TABLE_II,
    ),
    case(
        "eq12",
        "least and most key rate, bit/s",
        key_rates,
        (6.730004406, 49.41820686),
        Within(1e-6, relative=True),
        TABLE_II,
        digits=8,
    ),
    case(
        "eq12",
        "amended, 18 bit/s, QBER 0.01 and 0.05",
        mended_rates,
        (14.8408, 6.84689),
        source="arithmetic, as amended",
    ),
)
