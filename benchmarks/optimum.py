"""How large a slot can be solved, how long that takes, and how far relaxations and schemes are from it.

python benchmarks/optimum.py [--seeds 5] [--limit 20] [--slots 100]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from qvecsim.bounds.allocation import Allocation, allocation, brute_force
from qvecsim.bounds.optimum import Optimum, optimum
from qvecsim.bounds.tangents import optimum as allocated
from qvecsim.bounds.tangents import relaxed_s
from qvecsim.decision.schemes import policy
from qvecsim.kernel.simulation import Simulation
from qvecsim.scenario import load

SIZES = ((6, 3), (10, 4), (20, 4), (30, 5), (50, 5))
SCENARIOS = Path(__file__).parents[1] / "scenarios"


def drawn(seed: int, vehicles: int, units: int) -> Allocation:
    """A slot in which keys are tight: a quarter more vehicles than whole keys."""
    draw = np.random.default_rng(seed)
    keys = max(1, round(0.8 * vehicles / units))
    return allocation(
        draw.uniform(0.1e6, 3e6, vehicles),
        draw.choice([0.5e9, 1.8e9, 3e9], vehicles),
        np.full(vehicles, 0.5e9),
        draw.uniform(0.5, 6.0, (vehicles, units)),
        np.full(units, 20e6),
        np.full(units, 10e9),
        draw.choice([128, 256], vehicles),
        draw.integers(128, 256 * keys + 1, units),
    )


def allocations(seeds: int, limit_s: float) -> Iterator[str]:
    """Rows of the first table."""
    for vehicles, units in SIZES:
        spent_s, gaps, below, statuses, off = [], [], [], Counter(), []
        for seed in range(seeds):
            problem = drawn(seed, vehicles, units)
            began = time.perf_counter()
            found = allocated(problem, limit_s, 1e-6)
            spent_s.append(time.perf_counter() - began)
            gaps.append(found.gap)
            statuses[found.status] += 1
            below.append(1.0 - relaxed_s(problem) / found.upper_s)
            if vehicles <= 6:
                off.append(abs(found.upper_s / brute_force(problem)[1] - 1.0))
        told = ", ".join(f"{count} {status}" for status, count in statuses.items())
        brute = f"{max(off):.0e}" if off else "-"
        yield (
            f"| {vehicles} x {units} | {statistics.median(spent_s):.2f} | {max(spent_s):.2f} | {told} "
            f"| {max(gaps):.0e} | {statistics.median(below):.1%} ({min(below):.1%} to {max(below):.1%}) | {brute} |"
        )


def slots(name: str, scheme: str, last: int, every: int) -> Iterator[tuple[float, Optimum, Optimum]]:
    """Optima of every so many slots of a scenario: seconds for both, of all actions, of those with same starts."""
    simulation = Simulation(load(SCENARIOS / f"{name}.yaml"))
    decides = policy(scheme, simulation.world.scenario, simulation.world.streams)
    while simulation.state.slot < last:
        action = decides.act([simulation.observe()])[0]
        if simulation.state.slot % every == 0 and simulation.observe().deciding.any():
            began = time.perf_counter()
            both = optimum(simulation, action), optimum(simulation, action, same_starts=True)
            yield time.perf_counter() - began, *both
        simulation.step(action)


def runs(last: int) -> Iterator[str]:
    """Rows of the second table."""
    for name in ("urban", "nomavec", "paper"):
        for scheme in ("greedy", "nearest", "rars", "ralc"):
            found = list(slots(name, scheme, last, max(1, last // 20)))
            spent_s, free, alike = zip(*found, strict=True)
            cells = [
                f"{statistics.median(one.deciding for one in free):.0f}",
                f"{1e3 * statistics.median(spent_s):.0f}",
                ", ".join(f"{n} {s}" for s, n in Counter(one.status for one in free).items()),
                f"{statistics.median(one.best.put_off / one.deciding for one in free):.0%}",
                ", ".join(f"{n} {s}" for s, n in Counter(one.status for one in alike).items()),
                f"{statistics.median(one.gap for one in alike):.2%}",
                f"{max(one.gap for one in alike):.2%}",
            ]
            yield f"| {name} | {scheme} | " + " | ".join(cells) + " |"


def main() -> None:
    """Print both tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--limit", type=float, default=20.0, help="s of the solver for one slot")
    options.add_argument("--slots", type=int, default=100, help="of each scenario; twenty of them are solved")
    chosen = options.parse_args()
    print("| V x M | median s | longest s | status | widest gap | relaxation below the optimum | off brute force |")
    print("|---|---|---|---|---|---|---|")
    for row in allocations(chosen.seeds, chosen.limit):
        print(row, flush=True)
    print("\n| scenario | scheme | deciding | ms | of all actions | of it puts off | same starts | gap | widest |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in runs(chosen.slots):
        print(row, flush=True)


if __name__ == "__main__":
    main()
