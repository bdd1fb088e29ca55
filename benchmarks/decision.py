"""Time of one decision of the schemes that decide by branches, and where it goes.

    python benchmarks/decision.py [--rounds 15] [--sizes 100:10 1000:10 5000:30] [--share 1.0]

A made-up city of V vehicles and M roadside units; a ``share`` of the vehicles has a task to decide, by default all of
them, which is the worst there is. Median of the rounds, in milliseconds, after one that is not counted. ``batches``
is how many parts decide one after the other; the split is by functions, what is left over is glue.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from qvecsim.decision.branch import cheapest, learner
from qvecsim.decision.branch.batches import batches, urgent_first
from qvecsim.decision.branch.estimate import Booked
from qvecsim.decision.schemes import policy
from qvecsim.kernel.simulation import Simulation
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Observation
from qvecsim.validation import toy_trace
from qvecsim.world.world import build

SCHEMES = ("greedy", "price", "linear", "mlp", "tnqdrl")
SCENARIO = Scenario.model_validate(
    {
        "world": {"trace": "made-up", "place": {"at": "grid", "count": 3}, "fibre": {"count": 2}},
        "radio": {"admission_db": -10.0},
        "tasks": {"classes": {"driving": {"input_bit": [1e5, 4e6], "cycles": [3e7, 1e9]}}},
    }
)


def city(vehicles: int, units: int, share: float) -> Observation:
    """An observation of this size with plausible columns."""
    rng = np.random.default_rng(1)
    first = Simulation(SCENARIO, world=build(SCENARIO, trace=toy_trace())).observe()
    distance_m = rng.uniform(20, 1000, (vehicles, units))
    one, zero = np.ones(vehicles, dtype=np.int64), np.zeros(vehicles)
    told: dict[str, Any] = {
        **dict.fromkeys(("x_m", "y_m", "speed_m_s", "age_s", "uplink_backlog_s"), zero),
        "vehicle": np.arange(vehicles),
        "task": np.arange(vehicles),
        "kind": 0 * one,
        "deciding": rng.random(vehicles) < share,
        "waiting": one,
        "local_hz": np.full(vehicles, 0.5e9),
        "tx_power_w": rng.choice([0.2, 0.5, 1.0, 2.0], vehicles),
        "input_bit": rng.integers(100_000, 4_000_000, vehicles),
        "result_bit": 16_000 * one,
        "cycles": rng.integers(30_000_000, 1_000_000_000, vehicles),
        "left_s": rng.uniform(0.1, 2.0, vehicles),
        "local_backlog_s": rng.exponential(0.3, vehicles),
        "distance_m": distance_m,
        "gain": 1.6e-5 * distance_m**-3.0 * rng.exponential(1.0, (vehicles, units)),
        "nearest": distance_m.argmin(axis=1),
        "reachable": distance_m <= 500,
        "heard_w": rng.exponential(1e-11, units),
        "edge_hz": np.full(units, 2.5e9 * vehicles / units / 20),
        "backlog_s": rng.exponential(0.3, units),
        "arriving": np.ones(units, dtype=np.int64),
        "arriving_cycles": rng.exponential(1e8, units),
        "key_bit": rng.integers(0, 100_000, units),
        "key_rate_bps": np.full(units, 20_000.0),
        "key_need_bit": 256 * one,
        "store_bit": np.full(vehicles, 2**62),
        "session_rsu": -one,
        "stake": np.full(units, 1 / units),
    }
    return replace(first, **told)


def split(scheme: str, seen: Observation, rounds: int) -> dict[str, float]:
    """Median milliseconds of a decision, and of its parts, which are timed in rounds of their own."""
    own = policy(scheme, SCENARIO, Streams(1))
    own.decide(seen)
    found = {"total": statistics.median(timed(lambda: own.decide(seen)) for _ in range(rounds))}
    spent: dict[str, list[float]] = defaultdict(list)
    with watched(spent, own):
        for _ in range(rounds):
            sums = {name: len(times) for name, times in spent.items()}
            own.decide(seen)
            for name, times in spent.items():
                times[sums.get(name, 0) :] = [sum(times[sums.get(name, 0) :])]
    return found | {name: statistics.median(times) for name, times in spent.items()}


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.process_time()
    work()
    return 1e3 * (time.process_time() - began)


class watched:  # noqa: N801  # a context manager, named as one
    """While it is open, the parts of a decision note how long they took."""

    def __init__(self, spent: dict[str, list[float]], own: Any) -> None:
        self.spent = spent
        self.parts: list[tuple[Any, str, str]] = [
            (Booked, "estimate", "estimate"),
            (Booked, "take", "book"),
            (cheapest, "priced", "price"),
            (learner, "priced", "price"),
            (learner, "features", "features"),
        ]
        if hasattr(own, "net"):
            self.parts.append((type(own.net), getattr(own.net, "estimates", own.net.values).__name__, "network"))

    def __enter__(self) -> None:
        self.before = [(place, name, getattr(place, name)) for place, name, _ in self.parts]
        for place, name, label in self.parts:
            setattr(place, name, self._noting(getattr(place, name), label))

    def __exit__(self, *_: object) -> None:
        for place, name, function in self.before:
            setattr(place, name, function)

    def _noting(self, function: Any, label: str) -> Any:
        def noting(*arguments: Any, **named: Any) -> Any:
            began = time.process_time()
            found = function(*arguments, **named)
            self.spent[label].append(1e3 * (time.process_time() - began))
            return found

        return noting


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--sizes", nargs="+", default=["100:10", "1000:10", "5000:30"])
    options.add_argument("--share", type=float, default=1.0)
    chosen = options.parse_args()
    parts = ("estimate", "price", "features", "network", "book")
    print("| vehicles | units | tasks | batches | scheme | total ms |", " | ".join(parts), "|")
    print("|---|---|---|---|---|---|" + "---|" * len(parts))
    for size in chosen.sizes:
        vehicles, units = (int(number) for number in size.split(":"))
        seen = city(vehicles, units, chosen.share)
        rows = urgent_first(seen)
        for scheme in SCHEMES:
            spent = split(scheme, seen, chosen.rounds if scheme != "greedy" else 3)
            cells = " | ".join(f"{spent[part]:.1f}" if part in spent else "-" for part in parts)
            count = len(rows) if scheme == "greedy" else len(batches(len(rows)))
            print(f"| {vehicles} | {units} | {len(rows)} | {count} | {scheme} | {spent['total']:.1f} | {cells} |")


if __name__ == "__main__":
    main()
