"""What all learners with a network have in common: parameters, their average, Adam's memory, and keeping them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qvecsim.decision.branch.networks import Network
from qvecsim.decision.learning import keeping
from qvecsim.decision.learning.adam import Adam, clipped, decayed, polyak
from qvecsim.decision.learning.replay import Replay
from qvecsim.decision.learning.saved import read, save
from qvecsim.decision.measured import Spent, spent
from qvecsim.decision.policy import Learner
from qvecsim.errors import PolicyError
from qvecsim.streams import Streams


class Descent(Protocol):
    """How it goes down the gradient."""

    @property
    def average(self) -> float:
        """Share of the new parameters in their running average."""

    @property
    def rate_end(self) -> float:
        """What the rates have become, as a share, ..."""

    @property
    def trained(self) -> int:
        """... after so many updates."""

    @property
    def clip(self) -> float:
        """The longest gradient."""


class Fitted(Learner):
    """A learner with ``parameters``, which learn, and their running ``average``, which is saved and deployed.

    Also ``replay``, and ``updates`` and ``decisions`` so far, ``clipped`` (inputs that had to be brought into [0, 1])
    of ``inputs`` (all there were). Subclasses call ``_begin`` once and ``_descend`` for each update.
    """

    settings: Descent
    parameters: dict[str, Any]
    average: dict[str, Any]
    replay: Replay
    net: Network

    def rates(self) -> dict[str, float]:
        """The learning rate of each block of parameters; a block without one does not learn."""
        raise NotImplementedError(f"{type(self).__name__} must define rates().")

    def restart(self, streams: Streams) -> None:
        """Another run begins: what was learned stays, what was under way is forgotten."""
        self.streams = streams
        self.losses.clear()

    def save(self, path: str | Path) -> str:
        """Write what was learned, an .npz without pickled objects; its SHA-256 is returned, and checked on reading."""
        return save(path, self.kept())

    def load(self, path: str | Path) -> None:
        """Take what was learned elsewhere, and only decide from now on."""
        self.take(read(path), path)

    def kept(self) -> dict[str, Any]:
        """What is saved."""
        return self.average

    def take(self, found: dict[str, Any], path: str | Path) -> None:
        """What ``kept`` gave and was found in ``path``; only decide from now on."""
        wanted = {name: array.shape for name, array in self.parameters.items()}
        got = {name: array.shape for name, array in found.items()}
        if got != wanted:
            raise PolicyError(f"'{path}' must hold the parameters of this network, {wanted} (got {got}).")
        self.parameters, self.average, self.frozen = found, found, True

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything learned and counted so far; what is under way in a run is not in it, as after a ``restart``."""
        return keeping.state(self)

    def resume(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from what ``state`` gave."""
        keeping.resume(self, state)

    def progress(self) -> dict[str, float]:
        """Decisions and updates so far, the share that explores, and the mean loss since the last restart."""
        loss = float(np.mean(self.losses)) if self.losses else float("nan")
        counts = {"decisions": float(self.decisions), "updates": float(self.updates)}
        return counts | {"epsilon": self._epsilon(), "loss": loss}

    def spent(self) -> Spent | None:
        """What the circuits of its network took since last asked; None if it has none."""
        return spent(self.net)

    def _begin(self, parameters: dict[str, Any]) -> None:
        """From these on."""
        self.parameters, self.average = parameters, dict(parameters)
        self.adam = Adam(self.rates())
        self.moments = self.adam.begin(parameters)
        self.updates = self.decisions = self.clipped = self.inputs = 0
        self.owed = 0.0
        self.losses: list[float] = []  # of the updates since the last restart

    def _descend(self, gradients: Mapping[str, Any], loss: float) -> None:
        """One step down."""
        s = self.settings
        scale = decayed(self.updates / s.trained, s.rate_end)
        short = clipped(gradients, s.clip)
        self.parameters, self.moments = self.adam.step(self.parameters, short, self.moments, scale)
        self.average = polyak(self.average, self.parameters, s.average)
        self.losses.append(loss)
        self.updates += 1

    def _epsilon(self) -> float:
        """The share of decisions that explore."""
        raise NotImplementedError

    def _draws(self, name: str, world: int, slot: int) -> np.random.Generator:
        """Random numbers of a world in a slot: those of a single world have the name alone."""
        return self.streams.at(f"{name}/{world}" if world else name, slot)
