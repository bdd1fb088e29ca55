"""Section IV-C: the laws of Grover's search on a register of actions, in closed form. Level: arrays, the batch first.

Amplitude amplification turns the register in one plane, that of its marked and its unmarked part. All that can be
measured follows from the share of marked actions and the number of turns, so that no state has to be simulated;
``register`` does it nevertheless, as printed, and tests hold the two together.
"""

from __future__ import annotations

import math

from qvecsim.arrays import Array, cumulative, namespace

# Grover iterations that are as good as tau of G in each operator order. G = D O amplifies from the first on. In
# print G = O D: as D leaves the uniform state, the first one only turns signs. Read literally, eq. (50) applies the
# oracle once and then D^tau, and D D = 1.
ORDERS = {
    "diffusion_after_oracle": lambda iterations: iterations,
    "oracle_after_diffusion": lambda iterations: (
        (abs(iterations - 1) + iterations - 1) / 2
    ),  # one less, but not below 0
    "printed": lambda iterations: iterations % 2,
}
GROWTH = 6 / 5  # of the search for an unknown number of marked actions; Boyer, Brassard, Hoyer, Tapp (1998), Theorem 3


def angle(share: Array) -> Array:
    """Eq. (48): the angle between the start and the unmarked part, rad; ``share`` of the actions is marked."""
    return namespace(share).asin(namespace(share).sqrt(share))


def success(share: Array, iterations: Array, order: str = "diffusion_after_oracle") -> Array:
    """Probability that a marked action is measured: sin^2((2 tau + 1) angle)."""
    return namespace(share).sin((2.0 * ORDERS[order](iterations) + 1.0) * angle(share)) ** 2


def best_iterations(actions: int, marked: int = 1) -> int:
    """The number of iterations after which a marked action is likeliest: more turn past it."""
    if marked >= actions:
        return 0
    return math.floor(math.pi / (4.0 * math.asin(math.sqrt(marked / actions))))


def annealed(progress: float, maximum: int, full: float = 0.5) -> int:
    """Iterations after a share ``progress`` of the training: from 0 to ``maximum``, which is reached at ``full``."""
    return min(maximum, int((maximum + 1) * progress / full))


def rewarded(gain: float, reward: float, value: float, maximum: int) -> int:
    """Iterations by what an action promises, int(k (r + V(s'))); Dong, Chen, Li, Tarn (2008)."""
    return min(max(int(gain * (reward + value)), 0), maximum)


def chances(valid: Array, marked: Array, probability: Array) -> Array:
    """Eq. (44): each action's squared amplitude: ``probability`` in equal parts on the marked, the rest on the others.

    All are (batch, actions), ``valid`` and ``marked`` 0.0 or 1.0. Where all or none of the valid actions are marked
    no turn changes anything.
    """
    xp = namespace(valid, marked)
    others = valid - marked
    hits = xp.sum(marked, axis=1, keepdims=True)
    misses = xp.sum(others, axis=1, keepdims=True)
    some = (hits > 0.0) & (misses > 0.0)
    probability = xp.where(some, probability[:, None], hits / (hits + misses))
    at_hit = probability / xp.where(hits > 0.0, hits, 1.0 + hits)
    at_miss = (1.0 - probability) / xp.where(misses > 0.0, misses, 1.0 + misses)
    return marked * at_hit + others * at_miss


def amplified(start: Array, marked: Array, iterations: Array) -> Array:
    """Eq. (42): the amplitude of each action after G^tau, (batch, actions).

    ``start`` is real and normalised, and D reflects about it.
    """
    xp = namespace(start, marked)
    share = xp.sum(start * start * marked, axis=1, keepdims=True)
    turn = angle(xp.where(share < 1.0, share, xp.ones_like(share)))
    total = (2.0 * iterations + 1.0) * turn
    some = (share > 0.0) & (share < 1.0)
    safe = xp.where(some, turn, xp.ones_like(turn))
    on_hits = xp.where(some, xp.sin(total) / xp.sin(safe), (-1.0) ** (iterations + 0.0 * share))
    on_misses = xp.where(some, xp.cos(total) / xp.cos(safe), xp.ones_like(share))
    return start * xp.where(marked > 0.0, on_hits, on_misses)


def measured(probabilities: Array, draws: Array) -> Array:
    """An action for each sample: the first whose running sum exceeds a uniform draw; none of probability zero."""
    xp = namespace(probabilities, draws)
    edges = cumulative(probabilities)
    passed = xp.astype(edges <= draws[:, None] * edges[:, -1:], xp.int64)
    return xp.sum(passed, axis=1)


def fixed_point_queries(tolerance: float, least_share: float) -> int:
    """Oracle calls that suffice for every share from ``least_share`` on, failing at most ``tolerance``^2.

    Yoder, Low, Chuang (2014): calls + 1 is odd and at least ln(2 / tolerance) / sqrt(least_share).
    """
    length = math.ceil(math.log(2.0 / tolerance) / math.sqrt(least_share))
    return length + length % 2 if length % 2 == 0 else length - 1


def fixed_point_success(share: Array, queries: int, tolerance: float) -> Array:
    """1 - d^2 T_L(T_{1/L}(1/d) sqrt(1 - share))^2 with L = queries + 1, d = tolerance, T Chebyshev's polynomial.

    Yoder, Low, Chuang (2014), eq. (1).
    """
    xp = namespace(share)
    length = queries + 1
    scaled = math.cosh(math.acosh(1.0 / tolerance) / length) * xp.sqrt(1.0 - share)
    outside = xp.cosh(length * xp.acosh(xp.where(scaled > 1.0, scaled, xp.ones_like(scaled))))
    inside = xp.cos(length * xp.acos(xp.where(scaled < 1.0, scaled, xp.ones_like(scaled))))
    return 1.0 - (tolerance * xp.where(scaled > 1.0, outside, inside)) ** 2


def fixed_point_phases(queries: int, tolerance: float) -> tuple[list[float], list[float]]:
    """Phases of diffusion and oracle, rad, of each iteration: Yoder, Low, Chuang (2014), eq. (11)."""
    length = queries + 1
    gamma = 1.0 / math.cosh(math.acosh(1.0 / tolerance) / length)
    edge = math.sqrt(1.0 - gamma * gamma)
    diffusion = [2.0 * math.atan2(1.0, math.tan(2.0 * math.pi * j / length) * edge) for j in range(1, queries // 2 + 1)]
    return diffusion, [-phase for phase in reversed(diffusion)]


def matched_phase(share: Array, probability: Array) -> tuple[Array, Array]:
    """The phase, rad, of one iteration that makes success as likely as wished, and how likely it then is.

    With equal phases f of oracle and diffusion an iteration takes p to p (1 + 8 y (1 - p) (1 - 2 p y)) where
    y = sin^2(f / 2). From p = 1/4 on every probability from p to 1 is in reach, below it those up to sin^2(3 angle).
    """
    xp = namespace(share, probability)
    wanted = xp.where(probability > share, probability, share)
    open_share = xp.where(share < 1.0, share, 0.5 * xp.ones_like(share))
    wanted = xp.where(share < 1.0, wanted, open_share)
    y = (1.0 - xp.sqrt((1.0 - wanted) / (1.0 - open_share))) / (4.0 * open_share)
    y = xp.where(y < 1.0, y, xp.ones_like(y))
    return 2.0 * xp.asin(xp.sqrt(y)), share * (1.0 + 8.0 * y * (1.0 - share) * (1.0 - 2.0 * share * y))


def rephased(probabilities: Array, marked: Array, of_oracle: Array, of_diffusion: Array) -> Array:
    """One iteration with phases, rad, that reflects about the register as it stands; (batch, actions).

    The update of quantum-inspired reinforcement learning: both phases pi are Grover's, others amplify less, or
    weaken. With u = 1 - e^{i f1}, w = 1 - e^{i f2} marked amplitudes are multiplied by u + w - 1 - u w p, others by
    w - 1 - u w p.
    """
    xp = namespace(probabilities, marked)
    share = xp.sum(probabilities * marked, axis=1)
    c1, s1, c2, s2 = xp.cos(of_oracle), xp.sin(of_oracle), xp.cos(of_diffusion), xp.sin(of_diffusion)
    real = (1.0 - c1) * (1.0 - c2) - s1 * s2  # of u w
    imaginary = -s2 * (1.0 - c1) - s1 * (1.0 - c2)
    miss = (-c2 - real * share) ** 2 + (-s2 - imaginary * share) ** 2
    hit = (1.0 - c1 - c2 - real * share) ** 2 + (-s1 - s2 - imaginary * share) ** 2
    return probabilities * xp.where(marked > 0.0, hit[:, None], miss[:, None])
