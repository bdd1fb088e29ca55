"""Section IV-C: an action for each row of values, by the laws of Grover's search. Level: what a policy calls.

The oracle marks actions of high value. That a simulator knows them means that a maximum would have told them as
well: what is added is a law of exploration. ``dong`` is in law epsilon-greedy with
epsilon = (1 - P) N / (N - 1), P being the probability of success.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qvecsim.arrays import Array, namespace
from qvecsim.decision.quantum import grover
from qvecsim.errors import PolicyError, did_you_mean


class Choice(NamedTuple):
    """What was measured, and what it took. All are (batch,)."""

    index: Array
    found: Array  # whether a marked action was measured
    probability: Array  # that one would be, in the last circuit
    oracle_calls: Array  # of all circuits; there is a diffusion for each
    shots: Array  # measurements of the register, one for each circuit


def select(values: Array, draws: Array, mode: str = "dong", **settings: object) -> Choice:
    """An action for each row of ``values`` (batch, actions); ``settings`` are those of the mode's function.

    Actions of value minus infinity are invalid: neither started from, nor marked, nor measured. ``draws`` are
    uniforms in [0, 1): (batch,), for ``threshold`` (batch, rounds, 2).
    """
    if mode not in MODES:
        raise PolicyError(f"'grover.mode' must be known (got '{mode}'). {did_you_mean(mode, MODES)}")
    xp = namespace(values)
    if not bool(xp.all(xp.any(xp.isfinite(values), axis=1))):
        raise PolicyError("'values' must have a finite entry in every row (got a row of none). Allow an action.")
    return MODES[mode](values, draws, **settings)


def dong(values: Array, draws: Array, *, iterations: Array | int = 1, order: str = "diffusion_after_oracle") -> Choice:
    """Marks the best action and turns ``iterations`` times, a number or one for each row."""
    xp = namespace(values, draws)
    valid, marked = _valid(values, draws), _best(values, draws)
    tau = xp.zeros(values.shape[0], dtype=xp.int64) + iterations
    turns = xp.astype(tau, draws.dtype)
    return _choice(valid, marked, grover.success(_share(valid, marked), turns, order), draws, tau)


def threshold(values: Array, draws: Array, *, band: float = 0.0) -> Choice:
    """Marks all within ``band`` of the best, how many is not known, and searches with growing guesses.

    Each round turns a random number of times and measures; an action that is not marked is thrown away, unless the
    rounds that were drawn for are over.
    """
    xp = namespace(values, draws)
    valid, marked = _valid(values, draws), _within(values, draws, band)
    share = _share(valid, marked)
    limit = xp.sqrt(xp.sum(valid, axis=1))
    guess = xp.ones_like(share)
    state = None
    for number in range(draws.shape[1]):
        tau = xp.floor(draws[:, number, 0] * xp.ceil(guess))
        once = _choice(valid, marked, grover.success(share, tau), draws[:, number, 1], xp.astype(tau, xp.int64))
        state = once if state is None else _unless(state.found, state, once)
        guess = xp.where(grover.GROWTH * guess < limit, grover.GROWTH * guess, limit)
        if bool(xp.all(state.found)):
            break
    if state is None:
        raise PolicyError("'draws' must have at least one round for mode 'threshold' (got none).")
    return state


def fixed_point(
    values: Array, draws: Array, *, band: float = 0.0, tolerance: float = 0.3, least_share: float | None = None
) -> Choice:
    """Marks all within ``band`` of the best; the phases of Yoder, Low, Chuang (2014) do not turn past any number.

    ``least_share`` of the actions are promised to be marked; one action of all there are, if nothing is said.
    """
    valid, marked = _valid(values, draws), _within(values, draws, band)
    queries = grover.fixed_point_queries(tolerance, least_share or 1.0 / values.shape[1])
    probability = grover.fixed_point_success(_share(valid, marked), queries, tolerance)
    return _choice(valid, marked, probability, draws, queries)


def phase(values: Array, draws: Array, *, probability: Array | float = 1.0) -> Choice:
    """Marks the best action and makes it as likely as wished in one iteration with matched phases.

    Also where plain iterations cannot: of two actions a plain iteration leaves both at 1/2.
    """
    xp = namespace(values, draws)
    valid, marked = _valid(values, draws), _best(values, draws)
    share = _share(valid, marked)
    _, reached = grover.matched_phase(share, probability + xp.zeros_like(share))
    return _choice(valid, marked, reached, draws, 1)


MODES: dict[str, Callable[..., Choice]] = {
    "dong": dong,
    "threshold": threshold,
    "fixed_point": fixed_point,
    "phase": phase,
}


def _valid(values: Array, draws: Array) -> Array:
    return namespace(values).astype(namespace(values).isfinite(values), draws.dtype)


def _best(values: Array, draws: Array) -> Array:
    """The best action alone; the first of equals."""
    xp = namespace(values)
    return xp.astype(xp.argmax(values, axis=1)[:, None] == xp.arange(values.shape[1])[None, :], draws.dtype)


def _within(values: Array, draws: Array, band: float) -> Array:
    """All whose value is at least best - band (best - worst)."""
    xp = namespace(values)
    finite = xp.isfinite(values)
    best = xp.max(values, axis=1, keepdims=True)
    worst = xp.min(xp.where(finite, values, best), axis=1, keepdims=True)
    return xp.astype(finite & (values >= best - band * (best - worst)), draws.dtype)


def _share(valid: Array, marked: Array) -> Array:
    xp = namespace(valid)
    return xp.sum(marked, axis=1) / xp.sum(valid, axis=1)


def _choice(valid: Array, marked: Array, probability: Array, draws: Array, calls: Array | int) -> Choice:
    """Measures a register."""
    xp = namespace(valid)
    index = grover.measured(grover.chances(valid, marked, probability), draws)
    hit = xp.arange(valid.shape[1])[None, :] == index[:, None]
    found = xp.any(hit & (marked > 0.0), axis=1)
    calls = xp.zeros(index.shape, dtype=xp.int64) + calls
    return Choice(index, found, probability, calls, xp.ones(index.shape, dtype=xp.int64))


def _unless(done: Array, state: Choice, once: Choice) -> Choice:
    """One more round for the rows that are not done."""
    xp = namespace(done)
    index, found, probability = (
        xp.where(done, before, after) for before, after in zip(state[:3], once[:3], strict=True)
    )
    more = xp.astype(~done, xp.int64)
    return Choice(
        index, found, probability, state.oracle_calls + more * once.oracle_calls, state.shots + more * once.shots
    )
