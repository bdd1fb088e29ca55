"""Tasks: how many a vehicle has, when, and how large; drawn per slot, whatever the scheme does."""

from __future__ import annotations

import numpy as np

from qvecsim.errors import ScenarioError
from qvecsim.rows import which
from qvecsim.scenario.parameters import Range, Scenario
from qvecsim.streams import Streams
from qvecsim.types import TASK, Fleet, Floats, Ints, Records, Scene
from qvecsim.units import ns, ns_array
from qvecsim.world.tasklist import AMOUNTS, TaskList

NOT_YET = ("rsu", "back_rsu", "decided_ns", "arrival_ns", "service_start_ns", "service_end_ns", "end_ns")
# The bytes of a task of which nothing is known; phase 0 is UNDECIDED.
NEWBORN = np.array(tuple(-1 if name in NOT_YET else 0 for name in TASK.names or ()), TASK).tobytes()


BIRTHS_MAX = 1_000_000  # a slot's tasks are held in memory at once


def quantile(spec: float | tuple[float, ...] | Range, uniform: Floats) -> Floats:
    """The values of a number, a set or a range at uniform numbers in [0, 1)."""
    if isinstance(spec, Range):
        return spec.low + (spec.high - spec.low) * uniform
    if isinstance(spec, tuple):
        return np.asarray(spec, dtype=np.float64)[(uniform * len(spec)).astype(np.int64)]
    return np.full(uniform.shape, float(spec))


def kinds(scenario: Scenario, streams: Streams, vehicles: int) -> Ints:
    """The task class of each vehicle of the trace, drawn once by the classes' shares."""
    share = np.array([kind.share for kind in scenario.tasks.classes.values()])
    edges = np.cumsum(share) / share.sum()
    drawn = np.searchsorted(edges, streams.at("kind").random(vehicles), side="right")
    return np.minimum(drawn, len(share) - 1).astype(np.int64)


def next_regime(scenario: Scenario, streams: Streams, slot: int, busy: bool) -> bool:
    """Whether the next slot is a busy one: a two-state Markov chain with the scenario's mean stretch."""
    regimes = scenario.tasks.regimes
    if regimes.busy == regimes.quiet:
        return busy
    # A stretch of whole slots with mean mean_s; slots so long that there is none to speak of toss a coin.
    turns = min(scenario.slot_s / regimes.mean_s, 0.5)
    return busy ^ bool(streams.at("regime", slot).random() < turns)


def births(
    scenario: Scenario, scene: Scene, streams: Streams, slot: int, fleet: Fleet, busy: bool, first: int
) -> Records:
    """The tasks born in a slot: a Poisson process for each vehicle present at its beginning; ids from ``first``."""
    regimes = scenario.tasks.regimes
    mean = scenario.tasks.rate_hz * scenario.slot_s * (regimes.busy if busy else regimes.quiet)
    if mean * len(fleet) > BIRTHS_MAX:
        raise ScenarioError(
            f"'tasks.rate_hz' must make at most {BIRTHS_MAX:,} tasks a slot (got {mean * len(fleet):.3g} expected of "
            f"{len(fleet)} vehicles in slot {slot}). Make slots shorter, or the rate lower."
        )
    draw = streams.at("births", slot)
    # Independent Poisson processes of one rate are one process of their summed rate with fair marks.
    count = draw.poisson(mean * len(fleet))
    row = draw.integers(0, max(len(fleet), 1), count)
    slot_ns = ns(scenario.slot_s)
    instant = slot * slot_ns + np.sort((draw.random(count) * slot_ns).astype(np.int64))
    vehicle, uniform = fleet.vehicle[row], draw.random((len(AMOUNTS), count))
    return _rows(scenario, vehicle, scene.kind[vehicle], instant, uniform, first)


def listed(scenario: Scenario, scene: Scene, streams: Streams, tasks: TaskList, slot: int, first: int) -> Records:
    """The tasks of a list that are born in a slot; ids from ``first``. What the list leaves open is drawn."""
    rows = tasks.rows(slot)
    vehicle, kind, amount = tasks.vehicle[rows], tasks.kind[rows], tasks.amount[:, rows]
    # Drawn row by row, whether needed or not: so no cell that is filled in moves the draw of another.
    uniform = streams.at("births", slot).random((len(vehicle), len(AMOUNTS))).T
    kind = np.where(kind < 0, scene.kind[vehicle], kind)
    return _rows(scenario, vehicle, kind, tasks.born_ns[rows], uniform, first, amount)


def _rows(
    scenario: Scenario,
    vehicle: Ints,
    kind: Ints,
    born_ns: Ints,
    uniform: Floats,
    first: int,
    told: Floats | None = None,
) -> Records:
    """Records of tasks; amounts are drawn from the class but where they are told, (4, tasks), and not NaN."""
    tasks = np.frombuffer(bytearray(NEWBORN * len(vehicle)), TASK)
    tasks["task"] = np.arange(first, first + len(vehicle))
    tasks["vehicle"], tasks["born_ns"], tasks["kind"] = vehicle, born_ns, kind
    for index, spec in enumerate(scenario.tasks.classes.values()):
        rows = which(kind == index)
        for place, (name, part) in enumerate(zip(AMOUNTS, uniform, strict=True)):
            values = quantile(getattr(spec, name), part[rows])
            if told is not None:
                values = np.where(np.isnan(told[place, rows]), values, told[place, rows])
            if name == "deadline_s":
                tasks["due_ns"][rows] = born_ns[rows] + ns_array(values)
            else:
                tasks[name][rows] = np.rint(values)
    return tasks
