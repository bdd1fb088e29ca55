"""QIRL-like: quantum-inspired reinforcement learning after [7]; a classical computer's, at a true quantum cost of 0.

Each state has a register of macro actions as a table of probabilities. After every slot the one that was measured is
amplified, or weakened, by one Grover iteration whose phases the surprise sets (``quantum.grover.rephased``). Text and
code of the original are not public, so this is "-like": the published update of Dong, Chen, Li, Tarn (2008), with
phases, over the states of RARL.
"""

from __future__ import annotations

import math

import numpy as np

from qvecsim.decision.learning import bellman
from qvecsim.decision.macro.bins import STATES
from qvecsim.decision.macro.tabular import Tabular
from qvecsim.decision.quantum import grover
from qvecsim.types import Floats, Ints

LEAST = 0.02  # of all probability is spread evenly, so that nothing is lost for good
TURN_RAD = math.pi / 3  # with opposite phases of this an action is weakened most


class Qirl(Tabular):
    """No value of an action is kept, only how likely it is."""

    def begun(self) -> dict[str, Floats]:
        """Values of the states above the level, and registers with all actions alike."""
        size = len(self.menu)
        return {"values": np.zeros(STATES), "chances": np.full((STATES, size), 1.0 / size)}

    def choose(self, states: Ints, draws: Floats | None) -> Ints:
        """What is measured; without draws the likeliest."""
        chances = self.tables["chances"][states]
        if draws is None:
            return np.asarray(chances.argmax(axis=1), dtype=np.int64)
        return np.asarray(grover.measured(chances, draws[:, 0]), dtype=np.int64)

    def note(self, state: int, choice: int, reward: float, after: int) -> float:
        """The state's value as in (31), the register by the surprise."""
        values, chances = self.tables["values"], self.tables["chances"]
        value, ahead = self.level + values[state], np.float64(self.level + values[after])
        new = bellman.tabular(value, np.float64(reward), ahead, self.rate, self.discount)
        surprise = float(new - value) / self.rate
        values[state] += new - value
        turned = turn(chances[state], choice, self.settings.gain * surprise)
        chances[state] = (1.0 - LEAST) * turned + LEAST / len(turned)
        return surprise

    def epsilon(self) -> float:
        """How likely another than the likeliest action is, in the mean over states."""
        return float(1.0 - self.tables["chances"].max(axis=1).mean())


def turn(chances: Floats, choice: int, surprise: float) -> Floats:
    """(actions,) after one iteration that marks ``choice``: likelier after a good surprise, less so after a bad one."""
    marked = np.zeros((1, len(chances)))
    marked[0, choice] = 1.0
    angle = np.array([TURN_RAD * math.tanh(abs(surprise))])
    turned = grover.rephased(chances[None], marked, angle, angle if surprise > 0 else -angle)[0]
    whole: Floats = turned / turned.sum()
    return whole
