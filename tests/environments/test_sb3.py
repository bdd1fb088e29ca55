"""Stable-Baselines3: its checker, and the examples; tox -e gym."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import qvecsim
import qvecsim.gym
from qvecsim.kernel.simulation import Simulation
from qvecsim.runner import replay

EXAMPLES = Path(__file__).parents[2] / "examples"
sb3 = pytest.importorskip("stable_baselines3", reason="Stable-Baselines3 is not installed: tox -e gym")
# PyTorch and its friends deprecate this and that; the checker would rather have flat observations than rows.
pytestmark = [pytest.mark.sb3, pytest.mark.filterwarnings("default")]


@pytest.fixture
def examples(monkeypatch):
    """The modules of the folder, by name."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import sb3_policy
    import train_sb3

    yield sb3_policy, train_sb3
    for name in ("sb3_policy", "train_sb3"):
        sys.modules.pop(name)


@pytest.mark.parametrize("settings", [{"rows": 6}, {"mode": "macro"}], ids=str)
def test_its_checker_has_nothing_to_refuse(town, settings):
    from stable_baselines3.common.env_checker import check_env

    check_env(qvecsim.gym.make(town, **settings))


def test_dqn_learns_over_macro_actions(town):
    model = sb3.DQN("MlpPolicy", qvecsim.gym.make(town, mode="macro"), learning_starts=10, train_freq=4, seed=1)
    model.learn(40)
    shown, _ = qvecsim.gym.make(town, mode="macro").reset(seed=0)
    assert 0 <= int(model.predict(shown, deterministic=True)[0]) < 64


def test_ppo_begins_as_the_price_rule_does_and_its_model_is_a_scheme(town, examples, tmp_path, monkeypatch):
    policy, _ = examples
    env = qvecsim.gym.make(town, **policy.Ppo.settings)
    kwargs = {"features_extractor_class": policy.Tasks, "net_arch": {"pi": [], "vf": [64]}}
    model = sb3.PPO(policy.Shared, env, n_steps=24, batch_size=24, seed=1, device="cpu", policy_kwargs=kwargs)
    shown, info = env.reset(seed=3)
    over, departed = False, 0
    while not over:
        choice = model.predict(shown, deterministic=True)[0]
        departed += int((choice != info["rule"])[: info["asked"]].sum())
        shown, _, _, over, info = env.step(choice)
    assert departed == 0
    before = [weight.clone() for weight in model.policy.parameters()]
    model.learn(48)
    assert any((weight != old).any() for weight, old in zip(model.policy.parameters(), before, strict=True))
    model.save(tmp_path / "sb3.zip")
    monkeypatch.setenv(policy.VARIABLE, str(tmp_path / "sb3.zip"))
    simulation = Simulation(town, replication=3)
    replay(simulation, policy.Ppo(town, qvecsim.Streams(town.seed, 3)), lambda outcome: None)
    assert simulation.finished


def test_a_model_that_is_not_there_is_told(town, examples, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scheme = examples[0].Ppo(town, qvecsim.Streams(town.seed))
    with pytest.raises(qvecsim.PolicyError, match=r"^'QVECSIM_SB3' must name a model \(got 'sb3\.zip'\)\. Train one: "):
        scheme.decide(Simulation(town).observe())
