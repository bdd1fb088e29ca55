"""Train Stable-Baselines3 on a scenario in minutes, for ``qvecsim compare`` to judge.

    python train_sb3.py [--scenario urban] [--slots 300] [--steps 60000] [--out sb3.zip]

PPO in mode ``branch``: each of the most urgent tasks has its own choice, and the reward is that of the whole system.
It learns from replications 1000 and above, so that 0, 1, 2 ... of a study are new to it. Rewards are divided by a
running deviation, as PPO needs it; what is shown is in [0, 1] already.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sb3_policy import Ppo
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import SubprocVecEnv, VecMonitor, VecNormalize

import qvecsim.gym

TRAINED_ON = range(1000, 1_000_000)


def environment(scenario: str, slots: int) -> Any:
    """One of those that it learns in."""
    return qvecsim.gym.make(
        scenario, f"slots={slots}", mode=Ppo.mode, replications=TRAINED_ON, **Ppo.settings
    )


def train(scenario: str, slots: int, steps: int, envs: int, seed: int, *, rule: float) -> Any:
    """A model; ``rule`` is how much likelier the price rule's choice is in the beginning, as a logit."""
    worlds = SubprocVecEnv([partial(environment, scenario, slots)] * envs)
    learned_in = VecNormalize(VecMonitor(worlds), norm_obs=False, norm_reward=True, gamma=0.95)
    model = PPO(
        "MlpPolicy", learned_in, seed=seed, gamma=0.95, gae_lambda=0.9, n_steps=256, batch_size=256, n_epochs=6,
        learning_rate=3e-4, ent_coef=0.0, device="cpu", policy_kwargs={"net_arch": [128, 128]},
    )
    model.learn(steps)
    learned_in.close()
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train PPO on a scenario.")
    parser.add_argument("--scenario", default="urban")
