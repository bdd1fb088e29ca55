"""Tasks per second: a whole run (radio, keys, queues, blocks, tables) beside a bare SimPy loop, in one process.

The work: 1,000 vehicles, 10 servers, 600 slots of 1 s, Poisson 0.1 task per vehicle and slot, half of them offloaded
to the nearest unit, 0.5 GHz in a vehicle, 25 GHz in a server (2.5 GHz x V / 100), 0.5-3 Gcycles a task.

The bare loop simulates the same tasks with one process each: born, sent at 15 Mbit/s or computed in the vehicle,
queued at a server, done. It has no radio, keys, blocks or tables. Both are timed from an open trace; ours ends with
closed tables on disk.

    python benchmarks/kernel.py [--vehicles 1000] [--slots 600] [--rounds 3]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np
import simpy

import qvecsim
from qvecsim.runner import run
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import TASK, Records
from qvecsim.world.demand import births
from qvecsim.world.trace import Trace
from qvecsim.world.world import World, build

SIDE_M = 2000.0
BLOCK_M = 200.0
SPEED_M_S = 10.0
UPLINK_BPS = 15e6


class Half(qvecsim.Policy):
    """Every other vehicle offloads to its nearest unit."""

    def decide(self, observation: qvecsim.Observation) -> qvecsim.Action:
        """By the task's number, so that the bare loop can do the same."""
        return observation.action(observation.task % 2 == 1, observation.nearest)


def drive(vehicles: int, steps: int, seed: int = 1) -> Trace:
    """Vehicles that go straight along the streets of a grid and wrap at its edge: no I/O, constant number."""
    rng = np.random.default_rng(seed)
    street = rng.integers(0, int(SIDE_M / BLOCK_M) + 1, vehicles) * BLOCK_M
    way = (rng.random(vehicles) * SIDE_M + SPEED_M_S * np.arange(steps)[:, None]) % SIDE_M
    east = rng.random(vehicles) < 0.5
    x, y = np.where(east, way, street), np.where(east, street, way)
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
    """Peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--vehicles", type=int, default=1000)
    options.add_argument("--slots", type=int, default=600)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--memory", action="store_true", help="run ours once and print the peak memory alone")
    chosen = options.parse_args()
    world = workload(chosen.vehicles, chosen.slots)
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
    command = [sys.executable, __file__, "--memory", "--vehicles", str(chosen.vehicles), "--slots", str(chosen.slots)]
    memory = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    print(f"V = {chosen.vehicles}, {chosen.slots} slots of 1 s, {len(tasks)} tasks, median of {chosen.rounds} rounds\n")
    print("| system | wall s | tasks/s | mean delay s |\n|---|---|---|---|")
    print(f"| bare SimPy loop, one process a task | {loop_s:.3f} | {done / loop_s:,.0f} | {delay:.2f} |")
    delay_s, count = summary["mean_latency_s"], summary["tasks_generated"]
    print(f"| qvecsim, everything on, tables closed | {whole_s:.3f} | {count / whole_s:,.0f} | {delay_s:.2f} |")
    print(f"\nqvecsim over bare loop, tasks per second: {ratio:.2f}x. Peak memory of qvecsim: {memory} MB.")


if __name__ == "__main__":
    main()
