from __future__ import annotations

import subprocess
import sys

import numpy as np

import qvecsim
import qvecsim.gym
from qvecsim.kernel.simulation import Simulation
from qvecsim.runner import replay
from qvecsim.validation import problems_of


class Shrewd(qvecsim.gym.Agent):
    """A model that reads the rule off what it is shown, and departs from it for late tasks."""

    settings = {"rows": 5, "candidates": 2}  # noqa: RUF012

    def predict(self, shown):
        return (shown[:, 1] + (shown[:, 4] < 0.1) * shown[:, 0]).astype(np.int64)


class Steady(qvecsim.gym.Agent):
    """One macro action."""

    mode = "macro"

    def predict(self, shown):
        return 50


class Deaf(qvecsim.gym.Agent):
    """Of no use."""


class Wordy(qvecsim.gym.Agent):
    """Says too much."""

    def predict(self, shown):
        return np.zeros(3, dtype=int)


def test_a_model_decides_in_a_run_as_in_its_environment(town):
    env = qvecsim.gym.make(town, rows=5, candidates=2)
    shown, _ = env.reset(seed=4)
    over = False
    agent = Shrewd(town, qvecsim.Streams(town.seed, 4))
    while not over:
        shown, _, _, over, info = env.step(agent.predict(shown))
    simulation = Simulation(town, replication=4)
    replay(simulation, agent, lambda outcome: None)
    assert simulation.state.fingerprint.hex() == info["summary"]["fingerprint"]


def test_a_model_of_macro_actions_too(town):
    env = qvecsim.gym.make(town, mode="macro")
    env.reset(seed=4)
    while not (told := env.step(50))[3]:
        pass
    simulation = Simulation(town, replication=4)
    replay(simulation, Steady(town, qvecsim.Streams(town.seed, 4)), lambda outcome: None)
    assert simulation.state.fingerprint.hex() == told[4]["summary"]["fingerprint"]


def test_a_model_is_a_sound_policy():
    assert problems_of(Shrewd) == []
    assert any("predict" in problem for problem in problems_of(Deaf))
    assert any("'action' must have shape (24,) (got (3,))" in problem for problem in problems_of(Wordy))


def test_the_package_alone_imports_no_gymnasium():
    code = (
        "import sys, qvecsim, qvecsim.cli; assert 'gymnasium' not in sys.modules and 'qvecsim.gym' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_gymnasium_it_says_what_to_install():
    code = "import sys; sys.modules['gymnasium'] = None; import qvecsim.gym"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.endswith("needs Gymnasium, which is not installed: pip install 'qvecsim[gym]'.")
