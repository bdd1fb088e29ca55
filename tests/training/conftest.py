from __future__ import annotations

import pytest
from cli.town import found

KEEN = """\
import dataclasses

from qvecsim.decision.branch.learner import Settings
from qvecsim.decision.schemes.mlp import Mlp


class Keen(Mlp):
    settings = dataclasses.replace(Settings(), epsilon=(0.3, 0.3), warmup=20, batch=16, updates=0.5)
"""

COIN = '''\
"""A learner that knows one number: how often it offloads."""

import numpy as np

import qvecsim
from qvecsim.decision.learning.saved import read, save


class Coin(qvecsim.Learner):
    share, seen = 0.5, 0

    def decide(self, observation):
        draws = self.random(observation).random(len(observation))
        return observation.action((draws < self.share) & observation.reachable.any(axis=1), observation.nearest)

    def learn(self, steps):
        self.seen += len(steps)
        self.share = 0.5 if self.frozen else 1 / (1 + self.seen)

    def restart(self, streams):
        self.streams = streams

    def save(self, path):
        return save(path, {"share": np.array(self.share)})

    def load(self, path):
        self.share, self.frozen = float(read(path)["share"]), True

    def state(self):
        return {"seen": np.array(self.seen)}

    def resume(self, state):
        self.seen = int(state["seen"])
        self.share = 1 / (1 + self.seen)

    def progress(self):
        return {"decisions": float(self.seen)}
'''


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The scenario of a small town with two learners beside it."""
    folder = tmp_path_factory.mktemp("town")
    for name, text in {"keen": KEEN, "coin": COIN}.items():
        (folder / f"{name}.py").write_text(text)
    return found(folder)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The current folder is an empty one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
