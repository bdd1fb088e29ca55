"""The verdict: learners trained on scenarios/paper/bench.yaml, and who learns it sooner. See docs/bench.md.

    python benchmarks/bench.py references [--small] [--jobs 2]
    python benchmarks/bench.py tune [--small] [--schemes tnqdrl mlp ...] [--jobs 2]
    python benchmarks/bench.py train [--small] [--schemes ...] [--seeds 1 2 ...] [--jobs 2]
    python benchmarks/bench.py gather [--small]
    python benchmarks/bench.py verdict [--small] > docs/verdict.md

Each piece of work is a file below --out (default results/paper/bench); what is there is not done again, so that each
command can be broken off and repeated. Rates come from the tuning; without, from the scheme. All schemes are evaluated
on the same worlds, which nobody trains on; the best static policy is chosen on other worlds than it is scored on.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import benched

import qvecsim
from qvecsim.decision.fitted import Fitted
from qvecsim.decision.macro.expand import expand
from qvecsim.decision.macro.menu import Menu
from qvecsim.decision.macro.tides import Tides
from qvecsim.decision.policy import Learner, Policy
from qvecsim.decision.schemes import fresh
from qvecsim.decision.schemes.rollout import Rollout
from qvecsim.kernel.simulation import Simulation
from qvecsim.results.files import as_json
from qvecsim.results.study import put
from qvecsim.runner import calm_collector
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.study.figures import Draw, Point, frame
from qvecsim.study.frames import as_csv
from qvecsim.training.course import Course
from qvecsim.training.lesson import lesson
from qvecsim.types import DONE, Action, Observation, Step
from qvecsim.world.world import World, build, replayed

SCENARIO = "scenarios/paper/bench.yaml"
CONTROLS = ("mlp", "mlp-small", "mlp-tied", "tn-only", "tnqdrl-eps", "linear", "vqc-random")
SCHEMES = ("tnqdrl", *CONTROLS, "rarl", "rarl-joint")
GRID = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # of ``learning.learning_rate``; 0.01 is what a scheme has
RATES = GRID[2:6]  # that are tried; beyond their edges only for whom the best of them is one
EVALUATION_SEED, SELECTION_SEED = 770_001, 780_001  # of no training
TUNING_SEEDS = (9_001, 9_002)
REFERENCES = ("rars", "ralc", "greedy", "price", "rested", "rollout", "clairvoyant-40")
TERMS = ("return", "key", "latency", "block", "missed", "tasks")
SUMMED = ("return", "key", "latency", "block")
HEAD = ("scheme", "rate", "seed", "episode", "slots", "updates", "samples", "cpu_s", *TERMS)


@dataclass(frozen=True)
class Size:
    """How much is done."""

    episodes: int
    every: int  # episodes between the first evaluations
    evaluations: int  # worlds
    tuned: int  # episodes of a tuning
    tunings: int  # seeds
    samples: int  # futures of the rollout

    def is_due(self, done: int) -> bool:
        """Whether to evaluate after so many episodes: the more has been learned, the rarer."""
        rarer = 1 if done <= 8 * self.every else 2 if done <= 24 * self.every else 4
        return done % (rarer * self.every) == 0 or done == self.episodes


FULL, SMALL = Size(240, 4, 8, 120, 2, 6), Size(240, 8, 4, 80, 1, 4)


class Static(Policy):
    """One macro action for ever."""

    def __init__(self, scenario: Scenario, streams: Streams, index: int) -> None:
        super().__init__(scenario, streams)
        self.menu, self.tides, self.index = Menu(scenario), Tides(scenario), index

    def act(self, observations: list[Observation]) -> list[Action]:
        """World by world."""
        return [expand(seen, self.menu, self.index, self.tides.of(at, seen)) for at, seen in enumerate(observations)]

    def learn(self, steps: list[Step]) -> None:
        """What the price rule among them needs to know."""
        self.tides.flow(steps)


class Mixed(Static):
    """Any macro action, evenly, in every slot."""

    def act(self, observations: list[Observation]) -> list[Action]:
        """Drawn for all worlds."""
        self.index = int(self.random(observations[0]).integers(len(self.menu)))
        return super().act(observations)


def worlds(scenario: Scenario, seed: int, count: int) -> list[World]:
    """Worlds of a seed of their own."""
    own, trace = scenario.model_copy(update={"seed": seed}), replayed(scenario)
    return [build(own, replication, trace) for replication in range(count)]


def played(policy: Policy, over: Sequence[World]) -> list[dict[str, float]]:
    """What comes of a policy in each world, all in step: the return, its terms, deadlines missed."""
    runs = [Simulation(world.scenario, world=world) for world in over]
    told: list[dict[str, float]] = [dict.fromkeys(TERMS, 0.0) for _ in runs]
    policy.attach(runs)
    seen = [one.observe() for one in runs]
    with calm_collector():
        while not runs[0].finished:
            actions = policy.act(seen)
            outcomes = [one.step(action) for one, action in zip(runs, actions, strict=True)]
            after = [None if one.finished else one.observe() for one in runs]
            rows = zip(seen, actions, outcomes, after, strict=True)
            policy.learn([Step(was, did, what.reward, what, then) for was, did, what, then in rows])
            for sums, what in zip(told, outcomes, strict=True):
                parts = (what.reward, -what.terms.key, -what.terms.latency, -what.terms.block)
                for name, part in zip(SUMMED, parts, strict=True):
                    sums[name] += part
                sums["missed"] += int(np.count_nonzero(what.ended["outcome"] != DONE))
                sums["tasks"] += len(what.ended)
            seen = [one for one in after if one is not None]
    for sums, one in zip(told, runs, strict=True):
        overdue = int(np.count_nonzero(one.in_flight()["due_ns"] < one.state.time_ns))
        sums["missed"], sums["tasks"] = sums["missed"] + overdue, sums["tasks"] + overdue
    return told


def mean(told: Sequence[dict[str, float]]) -> dict[str, float]:
    """Over worlds."""
    return {name: float(np.mean([one[name] for one in told])) for name in TERMS}


def trained(scheme: str, rate: float, seed: int, episodes: int, size: Size) -> list[dict[str, Any]]:
    """One training: a row an evaluation. CPU seconds are those of learning alone, not of being evaluated."""
    scenario = qvecsim.load(SCENARIO, f"learning.learning_rate={rate}", seed=seed, scheme=scheme)
    course = Course(scenario, scheme, episodes)
    learner, trace = course.learner(), replayed(scenario)
    examination = worlds(scenario, EVALUATION_SEED, size.evaluations)
    batch = getattr(learner.settings, "batch", 1)  # type: ignore[attr-defined]
    rows: list[dict[str, Any]] = []
    spent_s = done = 0.0

    def note() -> None:
        counted = learner.progress()
        updates = int(counted["updates"])
        place = {"episode": int(done), "slots": int(done) * examination[0].slots, "cpu_s": round(spent_s, 3)}
        own = {"scheme": scheme, "rate": rate, "seed": seed, "updates": updates, "samples": updates * batch}
        rows.append({**own, **place, **mean(played(knowing(learner, course, scenario), examination))})

    note()
    for episodes_now in course.rounds():
        began = time.process_time()
        learner.restart(course.streams(episodes_now[0]))
        lesson(learner, course.school(episodes_now, trace), scheme, lambda slots: None)
        spent_s, done = spent_s + time.process_time() - began, episodes_now[-1] + 1
        if size.is_due(int(done)) or done == episodes:
            note()
    return rows


def knowing(learner: Learner, course: Course, scenario: Scenario) -> Learner:
    """Another that knows what this one does, and only decides: by the average of its parameters, greedily."""
    other = course.learner(Streams(EVALUATION_SEED))
    with tempfile.TemporaryDirectory() as scratch:
        learner.save(Path(scratch) / "policy.npz")
        other.load(Path(scratch) / "policy.npz")
    return other


def reference(name: str, world: int, size: Size) -> list[dict[str, Any]]:
    """One scheme that does not learn, in one world of the evaluation.

    ``static-K`` is macro action K for ever, and ``rollout-H`` looks H slots ahead.
    """
    scenario = qvecsim.load(SCENARIO)
    own, began = worlds(scenario, EVALUATION_SEED, world + 1)[world], time.process_time()
    told = played(_named(name, own, size), [own])[0]
    return [{"scheme": name, "world": world, "cpu_s": round(time.process_time() - began, 3), **told}]


def _named(name: str, world: World, size: Size) -> Policy:
    scenario, streams = world.scenario, world.streams
    if name.startswith("static-"):
        return Static(scenario, streams, int(name.removeprefix("static-")))
    if name == "mixed":
        return Mixed(scenario, streams, 0)
    scheme, _, horizon = name.partition("-")
    own = fresh(scheme, scenario, streams)
    if isinstance(own, Rollout):
        slots = int(horizon) if horizon else own.settings.horizon
        own.settings = replace(own.settings, samples=size.samples, horizon=slots)
    return own


def static(index: int, size: Size) -> list[dict[str, Any]]:
    """One macro action for ever, on the worlds that the best of them is chosen on."""
    over = worlds(qvecsim.load(SCENARIO), SELECTION_SEED, size.evaluations)
    return [{"index": index, **mean(played(Static(over[0].scenario, over[0].streams, index), over))}]


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_path = path.with_suffix(".partial")
    with partial_path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    partial_path.replace(path)


def read(folder: Path, pattern: str = "*.csv") -> list[dict[str, Any]]:
    """The rows of all files, numbers as numbers."""
    rows = []
    for path in sorted(folder.glob(pattern)):
        with path.open() as file:
            rows += [{name: _number(text) for name, text in row.items()} for row in csv.DictReader(file)]
    return rows


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _kept(path: Path, work: Callable[[], list[dict[str, Any]]]) -> str:
    write(path, work())
    return str(path)


def do(work: dict[Path, Callable[[], list[dict[str, Any]]]], jobs: int) -> None:
    """All that is not there yet."""
    missing = {path: one for path, one in work.items() if not path.exists()}
    print(f"{len(work) - len(missing)} of {len(work)} are there", flush=True)
    with ProcessPoolExecutor(jobs) as pool:
        for done, path in enumerate(pool.map(_kept, missing, missing.values()), 1):
            print(f"{done}/{len(missing)} {path}", flush=True)


def references(out: Path, size: Size, jobs: int) -> None:
    """The best static policy, then all that do not learn, world by world."""
    menu = Menu(qvecsim.load(SCENARIO))
    tried = [index for index in range(len(menu)) if menu.macro(index).producer == menu.macro(0).producer]
    do({out / f"static/{index:02d}.csv": partial(static, index, size) for index in tried}, jobs)
    names = ("mixed", f"static-{best_static(out)}", *REFERENCES)
    pieces = [(name, world) for name in names for world in range(size.evaluations)]
    do({out / f"references/{n}-{world:02d}.csv": partial(reference, n, world, size) for n, world in pieces}, jobs)


def best_static(out: Path) -> int:
    """The macro action of the greatest return."""
    return int(max(read(out / "static"), key=lambda row: row["return"])["index"])


def tune(out: Path, size: Size, schemes: Iterable[str], jobs: int) -> None:
    """Every rate of every scheme on seeds of their own, with the same budget; what counts is the mean of a curve.

    Whose best rate is at the edge of what was tried gets the next one, too, until it is not.
    """
    seeds = TUNING_SEEDS[: size.tunings]
    asked = [(scheme, rate) for scheme in schemes for rate in RATES]
    while asked:
        pieces = [(scheme, rate, seed) for scheme, rate in asked for seed in seeds]
        do({out / f"tuning/{s}-{r}-{n}.csv": partial(trained, s, r, n, size.tuned, size) for s, r, n in pieces}, jobs)
        asked = [(scheme, rate) for scheme, tried in tuned(out).items() if (rate := beyond(tried)) is not None]
    for scheme, rates in tuned(out).items():
        print(scheme, {rate: round(value, 1) for rate, value in rates.items()})


def tuned(out: Path) -> dict[str, dict[float, float]]:
    """Mean return over the curve by scheme and rate."""
    found: dict[str, dict[float, list[float]]] = {}
    for row in read(out / "tuning"):
        found.setdefault(row["scheme"], {}).setdefault(row["rate"], []).append(row["return"])
    return {scheme: {rate: float(np.mean(each)) for rate, each in rates.items()} for scheme, rates in found.items()}


def beyond(tried: Mapping[float, float]) -> float | None:
    """The rate next to the best, if that is the greatest or the least of those tried."""
    best = max(tried, key=lambda rate: tried[rate])
    at = GRID.index(best) + (1 if best == max(tried) else -1 if best == min(tried) else 0)
    return GRID[at] if 0 <= at < len(GRID) and GRID[at] not in tried else None


def rate_of(out: Path, scheme: str) -> float:
    """The best rate found, or what the scheme has."""
    rates = tuned(out).get(scheme)
    return max(rates, key=lambda rate: rates[rate]) if rates else 0.01


def train(out: Path, size: Size, schemes: Iterable[str], seeds: Iterable[int], jobs: int) -> None:
    """Every scheme at its rate on every seed."""
    pieces = [(scheme, rate_of(out, scheme), seed) for seed in seeds for scheme in schemes]
    do({out / f"curves/{s}-{n}.csv": partial(trained, s, r, n, size.episodes, size) for s, r, n in pieces}, jobs)


def gather(out: Path, target: Path, size: Size) -> None:
    """What was measured as the tables in ``target`` that verdicts are made from: see ``benched``."""
    curves = sorted(read(out / "curves"), key=lambda row: (SCHEMES.index(row["scheme"]), row["episode"], row["seed"]))
    for row in curves:
        row["miss_rate"] = row["missed"] / row["tasks"]
    drawn = [
        Draw(int(row["episode"]), row["scheme"], name, str(int(row["seed"])), round(row[name], 6))
        for name in benched.METRICS
        for row in curves
    ]
    points, schemes = frame(drawn), dict.fromkeys(one.by for one in drawn)
    found = means(out)
    scenario = qvecsim.load(SCENARIO)
    words = {
        "small": size != FULL,
        "qvecsim": qvecsim.__version__,
        "scenarios": [scenario.name],
        "plan": "bench",
        "n": [min(point.n for point in points), max(point.n for point in points)],
        "static": f"static-{best_static(out)}",
        "references": {name: {term: round(value, 4) for term, value in one.items()} for name, one in found.items()},
        "rates": {scheme: rate_of(out, scheme) for scheme in schemes},
        "sizes": {scheme: parameters(scheme) for scheme in schemes},
        "episodes": max(one.x for one in drawn),
        "slots": [scenario.slots],
        "worlds": size.evaluations,
    }
    for name, content in (
        ("bench_draws.csv", as_csv(Draw._fields, drawn)),
        ("bench.csv", as_csv(Point._fields, points)),
        ("bench.json", as_json(words)),
    ):
        put(target, name, content)


def parameters(scheme: str) -> int:
    """Numbers that a scheme learns."""
    own = fresh(scheme, qvecsim.load(SCENARIO), Streams(1))
    known = own.parameters if isinstance(own, Fitted) else getattr(own, "tables", {})
    return sum(np.asarray(array).size for array in known.values())


def means(out: Path) -> dict[str, dict[str, float]]:
    """The references over all worlds of the evaluation; those that lack some are left out."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in read(out / "references"):
        by_name.setdefault(row["scheme"], []).append(row)
    most = max(map(len, by_name.values()))
    return {name: mean(rows) for name, rows in by_name.items() if len(rows) == most}


def main() -> None:
    """One command."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("command", choices=("references", "tune", "train", "gather", "verdict"))
    options.add_argument("--schemes", nargs="+", default=SCHEMES)
    options.add_argument("--seeds", nargs="+", type=int, default=list(range(1, 21)))
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--small", action="store_true", help="fewer evaluations and futures, in a folder of its own")
    options.add_argument("--out", type=Path, default=Path("results/paper/bench"))
    chosen = options.parse_args()
    size, out = (SMALL, chosen.out / "small") if chosen.small else (FULL, chosen.out / "full")
    tables = out if chosen.small else chosen.out.parent
    if chosen.command == "references":
        references(out, size, chosen.jobs)
    elif chosen.command == "tune":
        tune(out, size, chosen.schemes, chosen.jobs)
    elif chosen.command == "train":
        train(out, size, chosen.schemes, chosen.seeds, chosen.jobs)
    elif chosen.command == "gather":
        gather(out, tables, size)
    else:
        print(benched.page(tables))


if __name__ == "__main__":
    main()
