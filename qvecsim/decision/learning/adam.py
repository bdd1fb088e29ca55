"""One step down the gradient, with a learning rate for each block of parameters. Level: pure functions of mappings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from qvecsim.arrays import Array, namespace
from qvecsim.errors import ScenarioError, did_you_mean

Blocks = Mapping[str, Array]


class Moments(NamedTuple):
    """What Adam remembers: steps done, running means of the gradients and of their squares."""

    steps: int
    first: dict[str, Array]
    second: dict[str, Array]


@dataclass(frozen=True)
class Adam:
    """Kingma and Ba (2015). ``rates`` names the blocks that learn; one without a rate stays as it is."""

    rates: Mapping[str, float]
    betas: tuple[float, float] = (0.9, 0.99)
    epsilon: float = 1e-8

    def begin(self, parameters: Blocks) -> Moments:
        """Nothing seen yet."""
        for name in self.rates:
            if name not in parameters:
                raise ScenarioError(f"'lr' must name blocks there are (got '{name}'). {did_you_mean(name, parameters)}")
        nothing = {name: namespace(parameters[name]).zeros_like(parameters[name]) for name in self.rates}
        return Moments(0, nothing, dict(nothing))

    def step(
        self, parameters: Blocks, gradients: Blocks, moments: Moments, scale: float = 1.0
    ) -> tuple[dict[str, Array], Moments]:
        """New parameters and moments; ``scale`` multiplies all rates, for their decay."""
        steps = moments.steps + 1
        keep, keep_square = self.betas
        first = {n: keep * moments.first[n] + (1.0 - keep) * gradients[n] for n in self.rates}
        second = {n: keep_square * moments.second[n] + (1.0 - keep_square) * gradients[n] ** 2 for n in self.rates}
        grown, grown_square = 1.0 - keep**steps, 1.0 - keep_square**steps
        found = dict(parameters)
        for name, rate in self.rates.items():
            size = namespace(second[name]).sqrt(second[name] / grown_square) + self.epsilon
            found[name] = parameters[name] - scale * rate * (first[name] / grown) / size
        return found, Moments(steps, first, second)


def clipped(gradients: Blocks, limit: float) -> dict[str, Array]:
    """All gradients shrunk alike, so that together they are at most ``limit`` long."""
    length = math.sqrt(sum(float(namespace(array).sum(array * array)) for array in gradients.values()))
    if length <= limit:
        return dict(gradients)
    return {name: array * (limit / length) for name, array in gradients.items()}


def decayed(progress: float, final: float) -> float:
    """What the rates are multiplied by after a share ``progress`` of the training: from 1 to ``final``, straight."""
    return 1.0 + (final - 1.0) * min(max(progress, 0.0), 1.0)


def polyak(average: Blocks, online: Blocks, rate: float) -> dict[str, Array]:
    """The running average of parameters, a share ``rate`` nearer to the online ones; Polyak and Juditsky (1992)."""
    return {name: (1.0 - rate) * average[name] + rate * online[name] for name in average}
