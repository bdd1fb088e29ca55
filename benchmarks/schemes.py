"""What the schemes come to on a scenario, on the same worlds: deadlines missed, latency, return.

    python benchmarks/schemes.py scenarios/urban.yaml [--slots 1500] [--seeds 21 22 23] [--schemes ralc ... mlp]
    python benchmarks/schemes.py scenarios/urban.yaml --train 201 202      also with what was learned on other seeds
    python benchmarks/schemes.py scenarios/urban.yaml --policy DIR --intervals    also with what qvecsim train learned

Missed: of the tasks that ended and those that are overdue when the run does. Learners learn in the run itself, from
nothing, and pay for it; rows "trained" have learned in runs of the seeds of --train, one after the other, and only
decide, and so does the row of --policy. Cost is what the price rule and the learners minimise: time up to 5 mean
deadlines, and 1.7 of them for a miss.
Mean over the seeds, and half the range in parentheses, or with --intervals Student's 95 % interval of the mean; the
load differs much from seed to seed, so that the last columns, relative to scheme price on the same seed, tell more.
CPU is that of the whole run, simulator included.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

import qvecsim
from qvecsim.decision.branch.learner import Branch
from qvecsim.decision.branch.prices import Rule, mean_deadline_s
from qvecsim.decision.policy import Policy
from qvecsim.decision.schemes import fresh, policy
from qvecsim.kernel.simulation import Simulation
from qvecsim.results.intervals import student
from qvecsim.runner import Totals, calm_collector, replay, summarise
from qvecsim.types import DONE, Floats, Outcome, Records
from qvecsim.units import NS_PER_S
from qvecsim.world.world import World, build

PAIRED = ("missed %", "return", "cost s")
SCHEMES = ("ralc", "nearest", "rars", "greedy", "price", "linear", "mlp")


def driven(world: World, own: Policy) -> dict[str, float]:
    """One run in a few numbers."""
    simulation, totals, began_s = Simulation(world.scenario, world=world), Totals(), time.process_time()
    ended: list[Records] = []

    def note(outcome: Outcome) -> None:
        totals.add(outcome)
        ended.append(outcome.ended)

    with calm_collector():
        replay(simulation, own, note)
    summary, over, left = summarise(simulation, totals), np.concatenate(ended), simulation.in_flight()
    overdue = int(np.count_nonzero(left["due_ns"] < simulation.state.time_ns))
    missed = summary["tasks_late"] + summary["tasks_dropped"] + overdue
    rule, unit_s = Rule(), mean_deadline_s(world.scenario)
    spent_s = np.minimum((over["end_ns"] - over["born_ns"]) / NS_PER_S, rule.most * unit_s)
    return {
        "missed %": 100 * missed / (missed + summary["tasks_done"]),
        "latency s": summary["mean_latency_s"],
        "return": summary["return"],
        "cost s": float(np.mean(spent_s + rule.miss * unit_s * (over["outcome"] != DONE))),
        "offloaded %": 100 * float(np.mean(over["rsu"] >= 0)),
        "waited for a key %": 100 * float(np.mean(over["key_wait_ns"] > 0)),
        "CPU s": time.process_time() - began_s,
    }


def trained(scheme: str, worlds: list[World]) -> Branch:
    """What a scheme has learned in these."""
    own = fresh(scheme, worlds[0].scenario, worlds[0].streams)
    assert isinstance(own, Branch)
    for world in worlds:
        own.restart(world.streams)
        driven(world, own)
    return own


def frozen(scheme: str, world: World, learned: Branch) -> Branch:
    """A fresh policy that only decides."""
    own = fresh(scheme, world.scenario, world.streams)
    assert isinstance(own, Branch)
    own.average, own.frozen = learned.average, True
    return own


def by_policy(folder: Path, world: World) -> tuple[str, Policy]:
    """The scheme that a folder of ``qvecsim train`` is for, and one that decides by it."""
    scheme = json.loads((folder / "policy.json").read_text())["scheme"]
    taught = world.scenario.with_policy(str(folder))
    return scheme, policy(scheme, taught, world.streams)


def half(values: Floats, intervals: bool) -> float:
    """What stands in parentheses."""
    if intervals and (reach := student(values)) is not None:
        return (reach[1] - reach[0]) / 2
    return float(values.max() - values.min()) / 2


def main() -> None:
    """Run all and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("scenario", type=Path)
    options.add_argument("--slots", type=int)
    options.add_argument("--seeds", type=int, nargs="+", default=[21, 22, 23])
    options.add_argument("--train", type=int, nargs="*", default=[])
    options.add_argument("--schemes", nargs="+", default=SCHEMES)
    options.add_argument("--policy", type=Path, help="a folder of qvecsim train")
    options.add_argument("--intervals", action="store_true", help="Student's 95 %% intervals instead of half the range")
    chosen = options.parse_args()

    def world(seed: int) -> World:
        told = () if chosen.slots is None else (f"slots={chosen.slots}",)
        return build(qvecsim.load(chosen.scenario, *told, seed=seed).with_policy(None), 0)

    worlds = [world(seed) for seed in chosen.seeds]
    rows = {
        scheme: [driven(one, fresh(scheme, one.scenario, one.streams)) for one in worlds] for scheme in chosen.schemes
    }
    school = [world(seed) for seed in chosen.train]
    for scheme in [one for one in chosen.schemes if school and one in ("linear", "mlp")]:
        learned = trained(scheme, school)
        rows[f"{scheme}, trained"] = [driven(one, frozen(scheme, one, learned)) for one in worlds]
    if chosen.policy:
        taught = [by_policy(chosen.policy, one) for one in worlds]
        made = [driven(one, own) for one, (_, own) in zip(worlds, taught, strict=True)]
        rows[f"{taught[0][0]}, policy"] = made
    names = list(next(iter(rows.values()))[0])
    paired = PAIRED if "price" in rows else ()
    print("| scheme |", " | ".join([*names, *(f"{name}, of price's" for name in paired)]), "|")
    print("|---|" + "---|" * (len(names) + len(paired)))
    for scheme, found in rows.items():
        columns = [np.array([one[name] for one in found]) for name in names]
        columns += [np.array([one[name] for one in found]) / [one[name] for one in rows["price"]] for name in paired]
        print(f"| {scheme} |", " | ".join(f"{c.mean():.4g} ({half(c, chosen.intervals):.2g})" for c in columns), "|")


if __name__ == "__main__":
    main()
