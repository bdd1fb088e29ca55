"""Steps a second of environments side by side, over those of one alone, in one run.

    python benchmarks/gym.py [--steps 300] [--envs 2 4 8] [--rounds 3]

Actions are random and drawn before; the best round counts. The price rule alone, without an environment around it, is
told beside: what it costs to show a policy the rows and to take its choices.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import qvecsim
import qvecsim.gym
from qvecsim.decision.schemes.price import Price
from qvecsim.types import Step

SCENARIO = "scenarios/urban.yaml"


def alone(steps: int) -> float:
    """Steps a second of one environment."""
    env = qvecsim.gym.make(SCENARIO, f"slots={steps}")
    env.reset(seed=1)
    actions = [env.action_space.sample() for _ in range(steps)]
    began = time.perf_counter()
    for action in actions:
        env.step(action)
    return steps / (time.perf_counter() - began)


def together(steps: int, envs: int, processes: bool) -> float:
    """Steps a second of several, all counted."""
    env: Any = qvecsim.gym.make_vec(SCENARIO, envs, f"slots={steps}", processes=processes)
    try:
        env.reset(seed=1)
        actions = [env.action_space.sample() for _ in range(steps)]
        began = time.perf_counter()
        for action in actions:
            env.step(action)
        return steps * envs / (time.perf_counter() - began)
    finally:
        env.close()


def ruled(steps: int) -> float:
    """Slots a second of scheme ``price`` in a simulation."""
    scenario = qvecsim.load(SCENARIO, f"slots={steps}")
    simulation = qvecsim.Simulation(scenario, replication=1)
    policy = Price(scenario, simulation.world.streams)
    began, seen = time.perf_counter(), simulation.observe()
    while not simulation.finished:
        action = policy.decide(seen)
        outcome = simulation.step(action)
        before, seen = seen, simulation.observe()
        policy.learn([Step(before, action, outcome.reward, outcome, seen)])
    return steps / (time.perf_counter() - began)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Steps a second of environments.")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--envs", type=int, nargs="+", default=[2, 4, 8])
    asked = parser.parse_args()
    cases: dict[str, Any] = {"one alone": lambda: alone(asked.steps)}
    cases["price, no environment"] = lambda: ruled(asked.steps)
    for envs in asked.envs:
        cases[f"{envs} in processes"] = lambda envs=envs: together(asked.steps, envs, True)
    cases[f"{asked.envs[0]} in one process"] = lambda: together(asked.steps, asked.envs[0], False)
    best = dict.fromkeys(cases, 0.0)
    for _ in range(asked.rounds):
        best = {name: max(best[name], measure()) for name, measure in cases.items()}
    print("| environments | steps/s | over one alone |\n|---|---|---|")
    for name, speed in best.items():
        print(f"| {name} | {speed:.0f} | {speed / best['one alone']:.2f} |")


if __name__ == "__main__":
    main()
