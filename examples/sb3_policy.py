"""A model that Stable-Baselines3 has trained, as schemes of qvecsim.

    qvecsim run scenarios/urban.yaml --scheme sb3_policy:Ppo      with examples/ as the current folder

The model is the zip that QVECSIM_SB3 names, by default ``sb3.zip`` in the current folder. The run id knows this file,
but not the zip: give runs of another model another --out.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from stable_baselines3 import DQN, PPO

import qvecsim
import qvecsim.gym

VARIABLE = "QVECSIM_SB3"


class Ppo(qvecsim.gym.Agent):
    """What ``train_sb3.py`` has trained in mode ``branch``."""

    mode = "branch"
    settings: ClassVar[dict[str, Any]] = {"rows": 24, "candidates": 3}
    algorithm: ClassVar[Any] = PPO

    @cached_property
    def model(self) -> Any:
        """The model; on the CPU, where small networks are asked faster than on a GPU."""
        path = Path(os.environ.get(VARIABLE, "sb3.zip"))
        if not path.is_file():
            raise qvecsim.PolicyError(f"'{VARIABLE}' must name a model (got '{path}'). Train one: python train_sb3.py.")
        return self.algorithm.load(path, device="cpu")

    def predict(self, shown: Any) -> Any:
        """The likeliest choice."""
        return self.model.predict(shown, deterministic=True)[0]
