"""Whether what was learned among 100 vehicles still leads among 500: two towns of one kind, one five times the other.

    python benchmarks/scale.py [--seeds 41 42 43 44 45] [--slots 600] [--episodes 4] [--work DIR]

SUMO (pip install "qvecsim[sumo]") makes both towns: the same streets, traffic and roadside units for each square
kilometre. Tasks, radio and keys are those of scenarios/urban.yaml. ``tnqdrl`` is trained in the small town alone, on
other seeds, and only decides here. Mean over the seeds, and Student's 95 % interval; the last columns are relative to
greedy on the same seed. What is in --work already is used again.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from schemes import driven, half

import qvecsim
from qvecsim.decision.schemes import policy
from qvecsim.world.sumo.making import Town, make
from qvecsim.world.world import World, build

URBAN, SHIPPED = Path("scenarios/urban.yaml"), Path("scenarios/policies/urban-tnqdrl")
TOLD = ("missed %", "latency s", "return", "cost s", "offloaded %", "CPU s")
PAIRED = ("missed %", "latency s", "cost s")


@dataclass(frozen=True)
class Size:
    """A town: its streets, its traffic, and its units."""

    name: str
    town: Town
    units: int
    nodes: int

    def overrides(self, work: Path, slots: int) -> tuple[str, ...]:
        """What differs from the scenario."""
        places = (f"world.place.count={self.units}", f"world.fibre.count={self.nodes}")
        return (f"slots={slots}", f"world.trace={work / self.name}.fcd.xml.gz", *places)


SIZES = (
    Size("100", Town(grid=5, vehicles_per_hour=3_300.0, seconds=70.0, seed=3), units=4, nodes=2),
    Size("500", Town(grid=12, vehicles_per_hour=9_000.0, seconds=70.0, seed=3), units=20, nodes=8),
)


def vehicles(worlds: list[World]) -> float:
    """How many are on the road at once."""
    one = worlds[0]
    return float(np.mean([len(one.fleet(slot)) for slot in range(0, one.slots, 10)]))


def rows(worlds: list[World], learned: Path) -> dict[str, list[dict[str, float]]]:
    """What each scheme comes to on each world."""
    found = {
        scheme: [driven(one, policy(scheme, one.scenario, one.streams)) for one in worlds]
        for scheme in ("greedy", "price")
    }
    for name, folder in {"tnqdrl, trained at 100": learned, "tnqdrl, as shipped": SHIPPED}.items():
        taught = [(one, one.scenario.with_policy(str(folder))) for one in worlds]
        found[name] = [driven(one, policy("tnqdrl", own, one.streams)) for one, own in taught]
    return found


def table(size: Size, worlds: list[World], found: dict[str, list[dict[str, float]]]) -> None:
    """Print the rows of a size."""
    at_once = vehicles(worlds)
    for scheme, runs in found.items():
        columns = [np.array([run[name] for run in runs]) for name in TOLD]
        columns += [np.array([run[name] for run in runs]) / [run[name] for run in found["greedy"]] for name in PAIRED]
        cells = " | ".join(f"{column.mean():.4g} ({half(column, True):.2g})" for column in columns)
        print(f"| {at_once:.0f} | {size.units} | `{scheme}` | {cells} |", flush=True)


def main() -> None:
    """Make the towns, train in the small one, run in both."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, nargs="+", default=[41, 42, 43, 44, 45])
    options.add_argument("--slots", type=int, default=600)
    options.add_argument("--episodes", type=int, default=4)
    options.add_argument("--work", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = chosen.work or Path(scratch)
        for size in SIZES:
            trace = work / f"{size.name}.fcd.xml.gz"
            if not trace.exists():
                make(size.town, trace)
        small = SIZES[0].overrides(work, 600)
        learned = work / "learned"
        qvecsim.train(URBAN, *small, scheme="tnqdrl", episodes=chosen.episodes, seed=301, out=learned, resume=True)
        print("| vehicles | units | scheme |", " | ".join([*TOLD, *(f"{name}, of greedy's" for name in PAIRED)]), "|")
        print("|---|---|---|" + "---|" * (len(TOLD) + len(PAIRED)), flush=True)
        for size in SIZES:
            told = size.overrides(work, chosen.slots)
            worlds = [build(qvecsim.load(URBAN, *told, seed=seed), 0) for seed in chosen.seeds]
            table(size, worlds, rows(worlds, learned))


if __name__ == "__main__":
    main()
