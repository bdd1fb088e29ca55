"""Several episodes at once, for throughput: one process each, or one after the other in ours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv, VectorEnv

from qvecsim.gym.env import ALL, Env
from qvecsim.gym.modes import mode_of
from qvecsim.gym.sight import whole
from qvecsim.scenario.parameters import Scenario


def side_by_side(scenario: Scenario, num_envs: int, *, processes: bool, **settings: Any) -> VectorEnv[Any, Any, Any]:
    """Environments with seeds s, s + 1, ...; workers are spawned, because a fork of a process with threads may hang."""
    whole("num_envs", num_envs, 1, 4096)
    makers = [partial(one, scenario, **settings)] * num_envs
    return AsyncVectorEnv(makers, context="spawn") if processes and num_envs > 1 else SyncVectorEnv(makers)


def one(
    scenario: Scenario,
    *,
    mode: str = "branch",
    replications: Sequence[int] = ALL,
    render_mode: str | None = None,
    **settings: Any,
) -> Env:
    """One environment."""
    return Env(scenario, mode_of(mode, scenario, **settings), replications, render_mode)
