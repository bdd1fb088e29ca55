"""Train Stable-Baselines3's PPO on a scenario in minutes; ``qvecsim compare`` then judges what it has learned.

    python examples/train_sb3.py [--scenario urban] [--slots 300] [--steps 60000] [--envs 2] [--seed 1]
                                 [--rule 1.0] [--out sb3.zip]

Each of the most urgent tasks has its own choice, the network is the same for all of them, and the reward is that of
the whole system. ``--rule`` is how much likelier the price rule's choice is at first, as a logit; 0 is from nothing.
It learns from replications 1000 and above, so that those of a study, 0, 1, 2 ..., are new to it. Rewards are divided
by a running deviation, which PPO needs; what is shown is not.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from typing import Any

from sb3_policy import Ppo, Shared, Tasks
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import SubprocVecEnv, VecMonitor, VecNormalize

import qvecsim.gym

TRAINED_ON = range(1000, 1_000_000)


def environment(scenario: str, slots: int) -> Any:
    """One of those that it learns in."""
    return qvecsim.gym.make(scenario, f"slots={slots}", mode=Ppo.mode, replications=TRAINED_ON, **Ppo.settings)


class Progress(BaseCallback):
    """A line every five thousand slots."""

    def _on_step(self) -> bool:
        if self.num_timesteps % 5_000 < self.training_env.num_envs:
            recent = [episode["r"] for episode in self.model.ep_info_buffer]
            mean = sum(recent) / max(len(recent), 1)
            spent_s = time.perf_counter() - BEGAN
            print(f"{self.num_timesteps:7,} slots, {spent_s:5.0f} s, mean return {mean:9.1f}", flush=True)
        return True


def train(scenario: str, slots: int, steps: int, envs: int, seed: int, rule: float) -> Any:
    """A model that has learned."""
    worlds = SubprocVecEnv([partial(environment, scenario, slots)] * envs)
    learned_in = VecNormalize(VecMonitor(worlds), norm_obs=False, gamma=0.9)
    model = PPO(
        Shared,
        learned_in,
        seed=seed,
        gamma=0.9,
        gae_lambda=0.9,
        n_steps=256,
        batch_size=64,
        n_epochs=10,
        learning_rate=1e-3,
        max_grad_norm=0.5,
        device="cpu",
        policy_kwargs={"rule": rule, "features_extractor_class": Tasks, "net_arch": {"pi": [], "vf": [64]}},
    )
    model.learn(steps, callback=Progress())
    learned_in.close()
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train PPO on a scenario.")
    parser.add_argument("--scenario", default="urban")
    for name, value in {"slots": 300, "steps": 60_000, "envs": 2, "seed": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--rule", type=float, default=1.0)
    parser.add_argument("--out", default="sb3.zip")
    asked = parser.parse_args()
    BEGAN = time.perf_counter()
    train(asked.scenario, asked.slots, asked.steps, asked.envs, asked.seed, asked.rule).save(asked.out)
    print(f"{asked.out}: trained in {time.perf_counter() - BEGAN:.0f} s")
