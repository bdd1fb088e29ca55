"""The Gymnasium door: a scenario as an environment, one step a slot; its import registers ``qvecsim/Urban-v0``.

=========  ===================================================================
env        one run as an episode: reset, step, render, counters in ``info``
modes      which action mode a name stands for
rows       mode ``branch``: the most urgent tasks, a choice for each
macro      mode ``macro``: one choice for all vehicles
agent      a trained model as a scheme of qvecsim
vector     several episodes at once
=========  ===================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

try:
    import gymnasium
    from gymnasium.vector import VectorEnv
except ImportError:
    told = "'qvecsim.gym' needs Gymnasium, which is not installed: pip install 'qvecsim[gym]'."
    raise ModuleNotFoundError(told, name="gymnasium") from None

from qvecsim.gym.agent import Agent as Agent
from qvecsim.gym.env import Env
from qvecsim.gym.scenarios import opened
from qvecsim.gym.vector import one, side_by_side
from qvecsim.scenario.parameters import Scenario

__all__ = ["Agent", "Env", "make", "make_vec"]
ID = "qvecsim/Urban-v0"


def make(scenario: Scenario | str | Path = "urban", *overrides: str, **settings: Any) -> Env:
    """An environment of a scenario: a file, one from ``qvecsim.load``, or the name of one that is shipped.

    ``settings``: ``mode`` ("branch" or "macro"); ``rows`` and ``candidates`` of mode branch; ``render_mode`` ("ansi");
    and ``replications``, the runs that there may be: ``reset(seed=s)`` plays ``replications[s % len(replications)]``,
    a reset without a seed draws one of them.
    """
    return one(opened(scenario, *overrides), **settings)


def make_vec(
    scenario: Scenario | str | Path = "urban",
    num_envs: int = 1,
    *overrides: str,
    processes: bool = True,
    **settings: Any,
) -> VectorEnv[Any, Any, Any]:
    """``num_envs`` environments side by side, each in a process of its own unless ``processes`` is false."""
    return side_by_side(opened(scenario, *overrides), num_envs, processes=processes, **settings)


def _urban(scenario: Scenario | str | Path = "urban", overrides: Sequence[str] = (), **settings: Any) -> Env:
    """What ``gymnasium.make`` calls, which passes no positional arguments."""
    return make(scenario, *overrides, **settings)


def _urban_vec(
    num_envs: int, scenario: Scenario | str | Path = "urban", overrides: Sequence[str] = (), **settings: Any
) -> VectorEnv[Any, Any, Any]:
    """What ``gymnasium.make_vec`` calls."""
    return make_vec(scenario, num_envs, *overrides, **settings)


gymnasium.register(ID, entry_point=_urban, vector_entry_point=_urban_vec)  # type: ignore[arg-type]  # its protocol names no keyword
