"""Constants of scheme `price`: random search on seeds that no other page uses, halved twice.

    python benchmarks/tune_price.py [--scenario scenarios/urban.yaml] [--slots 400] [--draws 32] [--seeds 101 102 103]

The objective is what the rule itself minimises, as realised: time of a task up to 5 mean deadlines, and 1.7 mean
deadlines for one that is missed. All draws are run on the first seed, the best half of them also on the second, and
so on; the table is sorted by the mean over the seeds that a draw has seen. The first draw is the rule as it ships.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

import qvecsim
from qvecsim.decision.branch.prices import Rule, mean_deadline_s
from qvecsim.decision.schemes.price import Price
from qvecsim.kernel.simulation import Simulation
from qvecsim.runner import calm_collector, replay
from qvecsim.types import DONE, Outcome
from qvecsim.units import NS_PER_S
from qvecsim.world.world import World, build

# Drawn from the shipped value over this factor to the value times it, evenly on a logarithmic scale.
SPREAD = {"cpu": 3, "cpu_reach": 3, "key": 3, "key_reach": 3, "key_wait": 4, "air": 3, "own": 3, "memory": 4}


def drawn(rng: np.random.Generator) -> Rule:
    """One random rule."""
    begin = asdict(Rule())
    return replace(Rule(), **{k: begin[k] * float(np.exp(rng.uniform(-1, 1) * np.log(f))) for k, f in SPREAD.items()})


def cost(world: World, rule: Rule) -> float:
    """Mean over the tasks that ended."""
    policy = Price(world.scenario, world.streams)
    policy.rule = rule
    unit_s, costs = mean_deadline_s(world.scenario), []

    def note(outcome: Outcome) -> None:
        ended = outcome.ended
        latency_s = (ended["end_ns"] - ended["born_ns"]) / NS_PER_S
        late = ended["outcome"] != DONE
        costs.append(np.minimum(latency_s, rule.most * unit_s) + rule.miss * unit_s * late)

    with calm_collector():
        replay(Simulation(world.scenario, world=world), policy, note)
    return float(np.concatenate(costs).mean())


def main() -> None:
    """Search and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--scenario", type=Path, default=Path("scenarios/urban.yaml"))
    options.add_argument("--slots", type=int, default=400)
    options.add_argument("--draws", type=int, default=32)
    options.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    chosen = options.parse_args()
    rng = np.random.default_rng(1)
    found = [(Rule() if not i else drawn(rng), list[float]()) for i in range(chosen.draws)]
    left = found
    for seed in chosen.seeds:
        world = build(qvecsim.load(chosen.scenario, f"slots={chosen.slots}", seed=seed), 0)
        for rule, costs in left:
            costs.append(cost(world, rule))
        left = sorted(left, key=lambda one: float(np.mean(one[1])))[: max(len(left) // 2, 1)]
        if found[0] not in left:
            left.append(found[0])
    print("| cost | seeds |", " | ".join(SPREAD), "|\n|---|---|" + "---|" * len(SPREAD))
    for rule, costs in sorted(found, key=lambda one: (-len(one[1]), float(np.mean(one[1])))):
        values = asdict(rule)
        print(f"| {np.mean(costs):.4f} | {len(costs)} |", " | ".join(f"{values[k]:.2f}" for k in SPREAD), "|")


if __name__ == "__main__":
    main()
