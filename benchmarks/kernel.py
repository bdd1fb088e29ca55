"""Tasks per second: a whole run (radio, keys, queues, blocks, tables) beside a bare SimPy loop, in one process.

The work: 1,000 vehicles, 10 servers, 600 slots of 1 s, Poisson 0.1 task per vehicle and slot, half of them offloaded
to the nearest unit, 0.5 GHz in a vehicle, 25 GHz in a server (2.5 GHz x V / 100), 0.5-3 Gcycles a task.

The bare loop simulates the same tasks with one process each: born, sent at 15 Mbit/s or computed in the vehicle,
queued at a server, done. It has no radio, keys, blocks or tables. Both are timed from an open trace; ours ends with
closed tables on disk.

    python benchmarks/kernel.py [--vehicles 1000] [--slots 600] [--rounds 5]
    python benchmarks/kernel.py --scaling    time per vehicle and slot at 100 to 10,000 vehicles
    python benchmarks/kernel.py --growth     peak memory of runs of 600 and of ten times as many slots
    python benchmarks/kernel.py --profiles   CPU time of the profiles beside that of `amended`
"""

from __future__ import annotations

import argparse
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np
import simpy

import qvecsim
from qvecsim.runner import run
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import TASK, Fleet, Floats, Ints, Records
from qvecsim.world.demand import births
from qvecsim.world.mobility.trace import Trace
from qvecsim.world.world import World, build

SIDE_M = 2000.0
BLOCK_M = 200.0
SPEED_M_S = 10.0
UPLINK_BPS = 15e6
SIZES = {100: 1500, 1000: 600, 5000: 120, 10_000: 60}  # vehicles: slots, about equally long


class Half(qvecsim.Policy):
    """Every other vehicle offloads to its nearest unit."""

    def decide(self, observation: qvecsim.Observation) -> qvecsim.Action:
        """By the task's number, so that the bare loop can do the same."""
        return observation.action(observation.task % 2 == 1, observation.nearest)


class Drive:
    """Vehicles that go straight along the streets of a grid and wrap at its edge: no I/O, constant number."""

    def __init__(self, vehicles: int, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        self.street = rng.integers(0, int(SIDE_M / BLOCK_M) + 1, vehicles) * BLOCK_M
        self.begin = rng.random(vehicles) * SIDE_M
        self.east = rng.random(vehicles) < 0.5

    def at(self, second: Ints | int) -> tuple[Floats, Floats]:
        """Positions, x and y, at one second, or at a column of them."""
        way = (self.begin + SPEED_M_S * np.asarray(second)) % SIDE_M
        return np.where(self.east, way, self.street), np.where(self.east, self.street, way)


@dataclass(frozen=True)
class Endless(World):
    """A world whose positions are computed when they are asked for: its memory does not grow with its length."""

    drive: Drive = field(default_factory=lambda: Drive(1))

    def fleet(self, slot: int) -> Fleet:
        """As in the trace that ``drive`` makes."""
        x_m, y_m = self.drive.at(slot)
        return Fleet(np.arange(len(x_m)), x_m, y_m, np.full(len(x_m), SPEED_M_S))


def drive(vehicles: int, steps: int, seed: int = 1) -> Trace:
    """The same as a trace in memory."""
    x, y = Drive(vehicles, seed).at(np.arange(steps)[:, None])
    return Trace(
        ids=tuple(f"v{index}" for index in range(vehicles)),
        time_ns=np.arange(steps) * 1_000_000_000,
        offset=np.arange(steps + 1) * vehicles,
        vehicle=np.tile(np.arange(vehicles), steps),
        x_m=x.ravel(),
        y_m=y.ravel(),
        speed_m_s=np.full(x.size, SPEED_M_S),
        sha256=f"grid-{vehicles}-{steps}-{seed}",
    )


def workload(vehicles: int, slots: int) -> World:
    """The world of the benchmark."""
    scenario = Scenario.model_validate(
        {
            "name": "benchmark",
            "slot_s": 1.0,
            "slots": slots,
            "world": {"trace": "grid", "place": {"at": "grid", "count": 10}, "range_m": 1500.0},
            "tasks": {
                "rate_hz": 0.1,
                "classes": {
                    "driving": {
                        "input_bit": {"low": 0.5e6, "high": 2.5e6},
                        "cycles": {"low": 0.5e9, "high": 3e9},
                        "deadline_s": {"low": 2.0, "high": 8.0},
                    }
                },
            },
            "edge": {"clock_hz": 2.5e9 * max(1.0, vehicles / 100)},
            "radio": {"admission_db": -20.0},
            "qkd": {"source_rate_hz": 20e3, "noise_base_hz": 100.0},
            "keys": {"capacity_bit": 1_000_000},
            "chain": {"interval_s": 10.0, "block_bit": 1_000_000},
        }
    )
    return build(scenario, trace=drive(vehicles, slots))


def endless(vehicles: int, slots: int) -> World:
    """The same world without its trace."""
    world = workload(vehicles, 2)
    known = {part.name: getattr(world, part.name) for part in fields(World)}
    scenario = world.scenario.model_copy(update={"slots": slots})
    return Endless(**known | {"scenario": scenario, "slots": slots}, drive=Drive(vehicles))


def bare(world: World, tasks: Records) -> tuple[int, float]:
    """The same tasks as SimPy processes; how many were done, and their mean delay."""
    env = simpy.Environment()
    servers = [simpy.Resource(env) for _ in world.scene.rsu]
    hz = world.scene.edge_hz.tolist()
    delays: list[float] = []

    def live(born: float, bit: int, cycles: int, local: bool, server: int) -> Generator[simpy.Event, None, None]:
        if local:
            yield env.timeout(cycles / 0.5e9)
        else:
            yield env.timeout(bit / UPLINK_BPS)
            with servers[server].request() as turn:
                yield turn
                yield env.timeout(cycles / hz[server])
        delays.append(env.now - born)

    def source() -> Generator[simpy.Event, None, None]:
        for number, (born_ns, bit, cycles) in enumerate(rows):
            born = born_ns / 1e9
            yield env.timeout(born - env.now)
            env.process(live(born, bit, cycles, number % 2 == 0, number % len(servers)))

    rows = list(zip(*(tasks[name].tolist() for name in ("born_ns", "input_bit", "cycles")), strict=True))
    env.process(source())
    env.run()
    return len(delays), statistics.fmean(delays)


def born(world: World) -> Records:
    """Every task of the run."""
    parts, first = [np.zeros(0, TASK)], 0
    for slot in range(world.slots):
        parts.append(births(world.scenario, world.scene, world.streams, slot, world.fleet(slot), False, first))
        first += len(parts[-1])
    return np.concatenate(parts)


def ours(world: World) -> tuple[dict[str, object], float]:
    """A whole run with everything on, into a folder that is thrown away."""
    sys.modules.setdefault("benchmark_kernel", sys.modules[__name__])
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        result = run(world.scenario, scheme="benchmark_kernel:Half", out=Path(folder) / "run", world=world)
        return dict(result.summary), time.perf_counter() - began


def peak_mb() -> float:
    """Peak resident memory of this process (what resource.getrusage says is at least that of its parent)."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]


def scaling(rounds: int) -> None:
    """Print the time per vehicle and slot beside that at 1,000 vehicles; sizes alternate, the best round counts."""
    worlds = {vehicles: workload(vehicles, slots) for vehicles, slots in SIZES.items()}
    ours(worlds[100])  # imports and caches warm
    best = dict.fromkeys(SIZES, math.inf)
    for _ in range(rounds):
        for vehicles, world in worlds.items():
            best[vehicles] = min(best[vehicles], ours(world)[1] / world.slots)
    print("| vehicles | slots | ms a slot | us a vehicle and slot | of that at 1,000 |\n|---|---|---|---|---|")
    for vehicles, slot_s in best.items():
        share = slot_s / vehicles / (best[1000] / 1000)
        print(
            f"| {vehicles:,} | {SIZES[vehicles]:,} | {1e3 * slot_s:.2f} | {1e6 * slot_s / vehicles:.2f} | {share:.2f} |"
        )


def profiles(vehicles: int, slots: int, rounds: int) -> None:
    """Print the CPU time of a run under each profile; they alternate, the best round counts."""
    world = workload(vehicles, slots)
    worlds = {}
    for name in ("amended", "paper", "field"):
        scenario = world.scenario.model_copy(update={"profile": name})
        worlds[name] = replace(world, scenario=scenario)
    best = dict.fromkeys(worlds, math.inf)
    ours(worlds["field"])  # imports and caches warm
    for _ in range(rounds):
        for name, one in worlds.items():
            began = time.process_time()
            ours(one)
            best[name] = min(best[name], time.process_time() - began)
    print(
        f"V = {vehicles}, {slots} slots, best of {rounds} rounds\n\n| profile | CPU s | over amended |\n|---|---|---|"
    )
    for name, spent_s in best.items():
        print(f"| {name} | {spent_s:.2f} | {spent_s / best['amended']:.2f} |")


def growth(vehicles: int) -> None:
    """Print the peak memory of runs of rising length, each in a process of its own, positions computed as they go."""
    print("| slots | peak MB |\n|---|---|")
    for slots in (600, 1200, 6000):
        options = ["--memory", "--endless", "--vehicles", str(vehicles), "--slots", str(slots)]
        print(f"| {slots:,} | {printed(options)} |")


def printed(options: list[str]) -> str:
    """What this program prints in a process of its own."""
    command = [sys.executable, __file__, *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    """Print the table that is asked for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--vehicles", type=int, default=1000)
    options.add_argument("--slots", type=int, default=600)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--memory", action="store_true", help="run ours once and print the peak memory alone")
    options.add_argument("--endless", action="store_true", help="compute positions as they are asked for")
    options.add_argument("--scaling", action="store_true", help="time per vehicle and slot at several sizes")
    options.add_argument("--growth", action="store_true", help="peak memory at several lengths")
    options.add_argument("--profiles", action="store_true", help="CPU time of the profiles")
    chosen = options.parse_args()
    if chosen.profiles:
        profiles(chosen.vehicles, chosen.slots, chosen.rounds)
    elif chosen.scaling:
        scaling(chosen.rounds)
    elif chosen.growth:
        growth(chosen.vehicles)
    else:
        compare(chosen)


def compare(chosen: argparse.Namespace) -> None:
    """Print ours beside the bare loop."""
    world = (endless if chosen.endless else workload)(chosen.vehicles, chosen.slots)
    if chosen.memory:
        ours(world)
        print(f"{peak_mb():.0f}")
        return
    tasks = born(world)
    ours(world)  # imports and caches warm
    pairs = []
    for _ in range(chosen.rounds):
        began = time.perf_counter()
        done, delay = bare(world, tasks)
        loop_s = time.perf_counter() - began
        summary, whole_s = ours(world)
        pairs.append((loop_s, whole_s))
    ratio = statistics.median(loop / whole for loop, whole in pairs)
    loop_s, whole_s = (statistics.median(column) for column in zip(*pairs, strict=True))
    memory = printed(["--memory", "--vehicles", str(chosen.vehicles), "--slots", str(chosen.slots)])
    print(f"V = {chosen.vehicles}, {chosen.slots} slots of 1 s, {len(tasks)} tasks, median of {chosen.rounds} rounds\n")
    print("| system | wall s | tasks/s | mean delay s |\n|---|---|---|---|")
    print(f"| bare SimPy loop, one process a task | {loop_s:.3f} | {done / loop_s:,.0f} | {delay:.2f} |")
    delay_s, count = summary["mean_latency_s"], summary["tasks_generated"]
    print(f"| qvecsim, everything on, tables closed | {whole_s:.3f} | {count / whole_s:,.0f} | {delay_s:.2f} |")
    print(f"\nqvecsim over bare loop, tasks per second: {ratio:.2f}x. Peak memory of qvecsim: {memory} MB.")


if __name__ == "__main__":
    main()
