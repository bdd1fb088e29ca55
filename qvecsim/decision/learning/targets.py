"""Section IV-A: what a network is trained towards. Level: one equation, one function; (batch,) or (batch, actions)."""

from __future__ import annotations

from qvecsim.arrays import Array, namespace


def double_dqn(rewards: Array, discounts: Array, next_online: Array, next_target: Array) -> Array:
    """Eq. (32): r + discount * Q'(s', argmax Q(s')): one network chooses, its average says what that is worth.

    As printed a value stands inside a value, as with an actor that the paper does not have; this is the double DQN of
    van Hasselt, Guez, Silver (2016). ``discounts`` is 0 where a state was the last; the end of an episode by its
    length is not one. Actions of value minus infinity in ``next_online`` are invalid.
    """
    return rewards + discounts * chosen(next_target, namespace(next_online).argmax(next_online, axis=1))


def chosen(values: Array, actions: Array) -> Array:
    """The values of the actions taken, (batch,)."""
    xp = namespace(values)
    return xp.sum(xp.where(taken(values, actions), values, xp.zeros_like(values)), axis=1)


def taken(values: Array, actions: Array) -> Array:
    """True at the action of each row."""
    xp = namespace(values)
    return xp.arange(values.shape[1])[None, :] == actions[:, None]


def huber(errors: Array, width: float) -> tuple[Array, Array]:
    """Eq. (33): the loss of each error, and its derivative: half the square up to ``width``, straight beyond.

    The mean over a mini-batch is the loss. Huber (1964) for the square of print: a few large errors do not decide.
    """
    xp = namespace(errors)
    size = xp.abs(errors)
    small = size <= width
    loss = xp.where(small, 0.5 * errors * errors, width * (size - 0.5 * width))
    return loss, xp.where(small, errors, width * xp.sign(errors))


def of_values(values: Array, actions: Array, targets: Array, width: float) -> tuple[Array, Array]:
    """The mean loss of a mini-batch, and its gradient by the network's values, (batch, actions)."""
    xp = namespace(values, targets)
    loss, slope = huber(chosen(values, actions) - targets, width)
    spread = xp.where(taken(values, actions), slope[:, None], xp.zeros_like(values))
    return xp.mean(loss), spread / values.shape[0]
