"""A network for one task, shared by all rows, for Stable-Baselines3's PPO; and what was trained as a scheme.

    python examples/train_sb3.py
    export PYTHONPATH=examples
    qvecsim run scenarios/urban.yaml --scheme sb3_policy:Ppo

The model is the zip that QVECSIM_SB3 names, by default ``sb3.zip`` in the current folder. The run id knows this file,
but not the zip: give runs of another model another --out.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import torch
from stable_baselines3 import PPO
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn

import qvecsim
import qvecsim.gym

VARIABLE = "QVECSIM_SB3"
HOW = "Train one: python examples/train_sb3.py"
HIDDEN = 64


class Tasks(BaseFeaturesExtractor):
    """(rows, columns) to what is known of each task, then what the rule would do, then the mean over the tasks."""

    def __init__(self, space: Any) -> None:
        rows, columns = space.shape
        super().__init__(space, rows * (HIDDEN + 1) + HIDDEN)
        self.each = nn.Sequential(nn.Linear(columns, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, HIDDEN), nn.Tanh())

    def forward(self, shown: torch.Tensor) -> torch.Tensor:
        """A row without a task is zero."""
        there = shown[:, :, :1]
        known = self.each(shown) * there
        mean = known.sum(1) / there.sum(1).clamp(min=1.0)
        return torch.cat([known.flatten(1), shown[:, :, 1], mean], 1)


class Choices(nn.Module):
    """The same logits for every row: of what is known of its task and of the mean, and of the rule's choice."""

    def __init__(self, rows: int, options: int, rule: float) -> None:
        super().__init__()
        self.rows = rows
        self.logits = nn.Linear(2 * HIDDEN, options)
        self.rule = nn.Parameter(torch.tensor(float(rule)))
        nn.init.normal_(self.logits.weight, std=0.01)
        nn.init.zeros_(self.logits.bias)

    def forward(self, known: torch.Tensor) -> torch.Tensor:
        """(batch, rows x options)."""
        each, rule, mean = known.split([self.rows * HIDDEN, self.rows, HIDDEN], 1)
        every = mean[:, None].expand(-1, self.rows, -1)
        logits = self.logits(torch.cat([each.unflatten(1, (self.rows, HIDDEN)), every], 2))
        chosen = nn.functional.one_hot(rule.long(), logits.shape[2])
        return (logits + self.rule * chosen).flatten(1)


class Shared(ActorCriticPolicy):
    """PPO's policy of these; ``rule`` is how much likelier the price rule's choice is at first, as a logit."""

    def __init__(self, *args: Any, rule: float = 1.0, **settings: Any) -> None:
        self.at_first = rule
        super().__init__(*args, **settings)

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)
        options = self.action_space.nvec
        self.action_net = Choices(len(options), int(options[0]), self.at_first)
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)


class Ppo(qvecsim.gym.Agent):
    """What ``train_sb3.py`` has trained in mode ``branch``."""

    mode = "branch"
    settings: ClassVar[dict[str, Any]] = {"rows": 24, "candidates": 3}

    @cached_property
    def model(self) -> Any:
        """The model, on the CPU: a small network is not faster elsewhere."""
        path = Path(os.environ.get(VARIABLE, "sb3.zip"))
        if not path.is_file():
            raise qvecsim.PolicyError(f"'{VARIABLE}' must name a model (got '{path}'). {HOW}")
        return PPO.load(path, device="cpu")

    def predict(self, shown: Any) -> Any:
        """The likeliest choices."""
        return self.model.predict(shown, deterministic=True)[0]
