"""Section IV-A: values of a Markov decision process in tables. Level: one equation, one function.

A value table is (states, actions), a reward table alike, and transitions are (states, actions, next states).
"""

from __future__ import annotations

from qvecsim.arrays import Array, namespace


def discounted(rewards: Array, discount: float) -> Array:
    """Eq. (26): the discounted return of each row of ``rewards`` (batch, slots)."""
    xp = namespace(rewards)
    weights = discount ** xp.arange(rewards.shape[-1], dtype=rewards.dtype)
    return xp.sum(rewards * weights, axis=-1)


def evaluated(values: Array, rewards: Array, transitions: Array, policy: Array, discount: float) -> Array:
    """Eq. (28): one sweep for a ``policy`` (states, actions); the next state depends on the state as well."""
    xp = namespace(values, rewards, transitions, policy)
    return rewards + discount * xp.sum(transitions * xp.sum(policy * values, axis=1), axis=-1)


def greedy(values: Array) -> Array:
    """Eq. (29): the best action in each state, (states,)."""
    return namespace(values).argmax(values, axis=-1)


def optimal(values: Array, rewards: Array, transitions: Array, discount: float) -> Array:
    """Eq. (30): one sweep towards the optimum; the factor before the sum is the discount, in print the rate."""
    xp = namespace(values, rewards, transitions)
    return rewards + discount * xp.sum(transitions * xp.max(values, axis=1), axis=-1)


def tabular(value: Array, reward: Array, next_best: Array, rate: float, discount: float) -> Array:
    """Eq. (31): Q-learning: the new value of what was done, from the reward for it, as in (32)."""
    return (1.0 - rate) * value + rate * (reward + discount * next_best)
