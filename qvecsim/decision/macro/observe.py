"""Section IV-A: the state of the decision process as numbers in [0, 1]. Pure functions of an observation.

Bounds are the scenario's, never running statistics; what lies outside is clipped and counted. Quantities without a
bound (backlogs, key rates) become x / (1 + x). Vehicles that are not there are zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qvecsim.decision.branch.features import Bounds, Seen, bounds, logarithmic, outer, squashed
from qvecsim.errors import PolicyError
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Bools, Floats, Ints, Observation

SNR_DB = (-20.0, 60.0)  # of a vehicle at full power; from a unit's foot to the edge of its range, with fading


class Layout(NamedTuple):
    """How many of each there are places for."""

    vehicles: int
    units: int
    nodes: int  # 0 where only a file tells how many there are

    @property
    def pairs(self) -> int:
        """Of the key model in (24): every node with every vehicle and unit."""
        return self.nodes * (self.vehicles + self.units)


class Kinds(NamedTuple):
    """How many numbers of each group there are: of a vehicle, of a vehicle at each unit, of a unit, a node, of all."""

    vehicle: int
    link: int
    unit: int
    node: int
    whole: int


EXTENDED = Kinds(vehicle=7, link=1, unit=6, node=1, whole=3)


@dataclass(frozen=True)
class Limits:
    """Bounds of the scenario beside those of ``branch.features``."""

    task: Bounds
    edge_hz: float
    power_w: float
    gain_db: tuple[float, float]
    temperature_k: tuple[float, float]
    margin: float  # (11) where every bit is an error
    key_bit: float  # of one task
    straight: bool  # pairs are every node with every vehicle and unit, as printed


class Sight:
    """What macro mode sees of one scenario: ``layout``, ``ties`` (the type of each input), and the inputs.

    Attributes: ``form`` is ``decision.observation``.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.layout, self.limits = layout_of(scenario), limits(scenario)
        self.form = scenario.decision.observation
        self._inputs, of_ties = FORMS[self.form]
        self.ties = of_ties(self.layout)

    def inputs(self, observation: Observation) -> Seen:
        """One row of inputs, (N,), and how many had to be clipped."""
        _check(observation, self.layout, self.limits, self.form)
        raw = self._inputs(observation, self.layout, self.limits)
        found = np.minimum(np.maximum(raw, 0.0), 1.0)
        return Seen(found, int(np.count_nonzero(found != raw)))


def layout_of(scenario: Scenario) -> Layout:
    """Places for as many as the scenario tells of, before its world is built."""
    world, fibre = scenario.world, scenario.world.fibre
    nodes = 0 if fibre.file else len(fibre.nodes) or fibre.count
    return Layout(scenario.decision.vehicles, len(world.rsus) or world.place.count, nodes)


def limits(scenario: Scenario) -> Limits:
    """Those of a scenario."""
    q, radio = scenario.qkd, scenario.radio
    swing_k = q.temperature_swing_k + 3.0 * q.temperature_drift_k
    return Limits(
        bounds(scenario),
        outer([scenario.edge.clock_hz])[1],
        outer([scenario.vehicles.tx_power_w])[1],
        (radio.gain_min_db, radio.gain_max_db),
        (q.temperature_k - swing_k, q.temperature_k + swing_k + q.heating_k),
        (q.fluctuation / q.sample_bit) ** 0.5 + q.entropy_factor + q.epsilon,
        max(float(scenario.keys.per_task_bit), 1.0),
        (scenario.physics.qkd or scenario.profile) == "paper",
    )


def order(observation: Observation) -> Ints:
    """(V,) rows by nearest unit, of those of a unit the most work first: neighbours on a chain belong together."""
    return np.lexsort((observation.vehicle, -observation.cycles, observation.nearest))


def printed(seen: Observation, layout: Layout, limits: Limits) -> Floats:
    """Eq. (24): entropies, powers, gains, security margins, clocks of vehicles and of servers; nothing else.

    A vehicle has one power, the same for every unit; rows are in the order of the trace.
    """
    here, units = seen.gain.shape
    per_unit = np.zeros((2, layout.vehicles, layout.units))
    per_unit[0, :here, :units] = (seen.tx_power_w / limits.power_w)[:, None]
    per_unit[1, :here, :units] = affine(_db(seen.gain), *limits.gain_db)
    local, edge = np.zeros(layout.vehicles), np.zeros(layout.units)
    local[:here], edge[:units] = seen.local_hz / limits.task.local_hz, seen.edge_hz / limits.edge_hz
    pairs = _straight if limits.straight else _fibres
    entropy, margin = (pairs(np.nan_to_num(of), seen, layout) for of in (seen.entropy, seen.security_margin))
    return np.concatenate([entropy, *per_unit.reshape(2, -1), margin / limits.margin, local, edge])


def printed_ties(layout: Layout) -> tuple[int, ...]:
    """The component of (24) that each input belongs to."""
    pairs, reach = layout.pairs, layout.vehicles * layout.units
    counts = (pairs, reach, reach, pairs, layout.vehicles, layout.units)
    there = [count for count in counts if count]
    return tuple(np.repeat(np.arange(len(there)), there).tolist())


def extended(seen: Observation, layout: Layout, limits: Limits) -> Floats:
    """Vehicles, each with its first task and its SNR at every unit; between their halves all that is shared.

    The label of a chain is in its middle, and what is far from it fades: units, nodes, and pairs in the mean stand
    there.
    """
    vehicles = np.zeros((layout.vehicles, EXTENDED.vehicle + layout.units))
    vehicles[: len(seen), : EXTENDED.vehicle + seen.gain.shape[1]] = _vehicles(seen, limits)[order(seen)]
    units = np.zeros((layout.units, EXTENDED.unit))
    units[: len(seen.edge_hz)] = _units(seen, layout, limits)
    temperature, nodes = affine(seen.temperature_k, *limits.temperature_k), np.zeros(layout.nodes)
    nodes[: len(temperature)] = temperature[: layout.nodes]
    whole = [mean(seen.entropy), mean(seen.security_margin) / limits.margin, mean(temperature)]
    half = layout.vehicles // 2
    return np.concatenate([vehicles[:half].ravel(), units.ravel(), nodes, whole, vehicles[half:].ravel()])


def extended_ties(layout: Layout) -> tuple[int, ...]:
    """Vehicles have their types in common, units and nodes theirs; the SNR is one type at whatever unit."""
    k = EXTENDED
    vehicle = (*range(k.vehicle), *(k.vehicle,) * layout.units)
    begin = k.vehicle + k.link
    unit = tuple(range(begin, begin + k.unit))
    node, begin = (begin + k.unit,), begin + k.unit + (layout.nodes > 0)
    whole = tuple(range(begin, begin + k.whole))
    half = layout.vehicles // 2
    common = (*unit * layout.units, *node * layout.nodes, *whole)
    return (*vehicle * half, *common, *vehicle * (layout.vehicles - half))


FORMS: dict[str, tuple[Callable[[Observation, Layout, Limits], Floats], Callable[[Layout], tuple[int, ...]]]] = {
    "extended": (extended, extended_ties),
    "paper": (printed, printed_ties),
}


def _vehicles(seen: Observation, limits: Limits) -> Floats:
    """(V, 7 + M): there, bits, work, time left, clock, backlog, power; SNR at each unit that is in range."""
    asks, task = seen.deciding, limits.task
    own = np.empty((len(seen), EXTENDED.vehicle + seen.gain.shape[1]))
    own[:, 0] = 1.0
    own[:, 1] = np.where(asks, logarithmic(seen.input_bit, *task.input_bit), 0.0)
    own[:, 2] = np.where(asks, logarithmic(seen.cycles, *task.cycles), 0.0)
    own[:, 3] = np.where(asks, np.maximum(seen.left_s, 0.0) / task.deadline_s, 0.0)
    own[:, 4] = seen.local_hz / task.local_hz
    own[:, 5] = squashed(seen.local_backlog_s / task.unit_s)
    own[:, 6] = seen.tx_power_w / limits.power_w
    snr_db = _db(seen.tx_power_w[:, None] * seen.gain / seen.noise_w)
    own[:, EXTENDED.vehicle :] = np.where(seen.reachable, affine(snr_db, *SNR_DB), 0.0)
    return own


def _units(seen: Observation, layout: Layout, limits: Limits) -> Floats:
    """(M, 6): work, clock, keys, their rate, stake, vehicles that it is the nearest unit of."""
    task, unit = limits.task, np.empty((len(seen.edge_hz), EXTENDED.unit))
    unit[:, 0] = squashed((seen.backlog_s + seen.arriving_cycles / seen.edge_hz) / task.unit_s)
    unit[:, 1] = seen.edge_hz / limits.edge_hz
    unit[:, 2] = np.maximum(seen.key_bit, 0) / task.key_bit
    unit[:, 3] = squashed(seen.key_rate_bps * (task.unit_s / limits.key_bit))
    unit[:, 4] = seen.stake
    unit[:, 5] = np.bincount(seen.nearest, minlength=len(unit)) / layout.vehicles
    return unit


def _straight(values: Floats, seen: Observation, layout: Layout) -> Floats:
    """(pairs,) of every node with every vehicle and unit; those that are not there are 0."""
    here, units = seen.gain.shape
    found = np.zeros((layout.nodes, layout.vehicles + layout.units))
    # The links come before them; (24) does not list these.
    told = values[len(values) - layout.nodes * (here + units) :].reshape(layout.nodes, here + units)
    found[:, :here], found[:, layout.vehicles : layout.vehicles + units] = told[:, :here], told[:, here:]
    return found.ravel()


def _fibres(values: Floats, seen: Observation, layout: Layout) -> Floats:
    """(pairs,) where only fibre links are pairs: those, and nothing more."""
    found = np.zeros(layout.pairs)
    found[: len(values)] = values[: layout.pairs]
    return found


def _check(observation: Observation, layout: Layout, limits: Limits, form: str) -> None:
    if len(observation) > layout.vehicles:
        raise PolicyError(
            f"'decision.vehicles' must be as many as there are at once (got {layout.vehicles} for {len(observation)})."
            " Macro mode has at most 32; --set decision.mode=branch has no limit."
        )
    if (units := len(observation.edge_hz)) > layout.units:
        raise PolicyError(f"'world.place.count' must be the number of units (got {layout.units} for {units}).")
    if form == "paper" and limits.straight and len(observation.temperature_k) != layout.nodes:
        raise PolicyError(
            "'decision.observation' must be extended where 'world.fibre.file' says the nodes (got paper)."
        )


def affine(values: Floats, low: float, high: float) -> Floats:
    """From [low, high] to [0, 1]; a half where there is no range."""
    if high <= low:
        return np.full(values.shape, 0.5)
    scaled: Floats = (values - low) / (high - low)
    return scaled


def _db(ratio: Floats) -> Floats:
    decibel: Floats = 10.0 * np.log10(np.maximum(ratio, 1e-300))
    return decibel


def mean(values: Floats | Bools) -> float:
    """Of what there is; 0 of nothing."""
    return float(np.nan_to_num(values).mean()) if values.size else 0.0
