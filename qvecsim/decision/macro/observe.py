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
from qvecsim.types import Floats, Ints, Observation

SNR_DB = (-20.0, 60.0)  # of a vehicle at full power; from a unit's foot to the edge of its range, with fading


class Layout(NamedTuple):
    """How many of each there are places for."""

    vehicles: int
    units: int
    nodes: int
    pairs: int  # of the key model


class Kinds(NamedTuple):
    """How many numbers of each group there are: of a vehicle, of a vehicle at each unit, of a unit, a node, of all."""

    vehicle: int
    link: int
    unit: int
    node: int
    whole: int


EXTENDED = Kinds(vehicle=7, link=1, unit=6, node=1, whole=2)


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

    def __init__(self, scenario: Scenario, layout: Layout) -> None:
        self.layout, self.limits = layout, limits(scenario)
        self.form = scenario.decision.observation
        self._inputs, of_ties = FORMS[self.form]
        self.ties = of_ties(layout)

    def inputs(self, observation: Observation) -> Seen:
        """One row of inputs, (N,), and how many had to be clipped."""
        _check(observation, self.layout)
        raw = self._inputs(observation, self.layout, self.limits)
        found = np.minimum(np.maximum(raw, 0.0), 1.0)
        return Seen(found, int(np.count_nonzero(found != raw)))


def layout_of(observation: Observation, scenario: Scenario) -> Layout:
    """The layout of a world: units and nodes as they are, vehicles as many as the scenario allows for."""
    units, nodes, most = len(observation.edge_hz), len(observation.temperature_k), scenario.decision.vehicles
    pairs = nodes * (most + units) if _straight(scenario) else len(observation.entropy)
    return Layout(most, units, nodes, pairs)


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
        _straight(scenario),
    )


def order(observation: Observation) -> Ints:
    """(V,) rows by nearest unit, of those of a unit the most work first: neighbours on a chain belong together."""
    return np.lexsort((observation.vehicle, -observation.cycles, observation.nearest))


def printed(seen: Observation, layout: Layout, limits: Limits) -> Floats:
    """Eq. (24): entropies, powers, gains, security margins, clocks of vehicles and of servers; nothing else.

    A vehicle has one power, the same for every unit; rows are in the order of the trace.
    """
    places, here = layout.vehicles, len(seen)
    per_unit = np.zeros((2, places, layout.units))
    per_unit[0, :here] = (seen.tx_power_w / limits.power_w)[:, None]
    per_unit[1, :here] = _affine(_db(seen.gain), *limits.gain_db)
    local = np.zeros(places)
    local[:here] = seen.local_hz / limits.task.local_hz
    entropy, margin = (_pairs(values, here, layout, limits) for values in (seen.entropy, seen.security_margin))
    return np.concatenate(
        [entropy, *per_unit.reshape(2, -1), margin / limits.margin, local, seen.edge_hz / limits.edge_hz]
    )


def printed_ties(layout: Layout) -> tuple[int, ...]:
    """The component of (24) that each input belongs to."""
    pairs, reach = layout.pairs, layout.vehicles * layout.units
    counts = (pairs, reach, reach, pairs, layout.vehicles, layout.units)
    return tuple(np.repeat(np.arange(len(counts)), counts).tolist())


def extended(seen: Observation, layout: Layout, limits: Limits) -> Floats:
    """Vehicles, each with its first task and its SNR at every unit; units; nodes; pairs in the mean."""
    units = layout.units
    vehicles = np.zeros((layout.vehicles, EXTENDED.vehicle + units))
    vehicles[: len(seen)] = _vehicles(seen, limits)[order(seen)]
    temperature = _affine(seen.temperature_k, *limits.temperature_k)
    whole = [_mean(seen.entropy), _mean(seen.security_margin) / limits.margin]
    return np.concatenate([vehicles.ravel(), _units(seen, layout, limits).ravel(), temperature, whole])


def extended_ties(layout: Layout) -> tuple[int, ...]:
    """Vehicles have their types in common, units and nodes theirs; the SNR is one type at whatever unit."""
    k = EXTENDED
    vehicle = (*range(k.vehicle), *(k.vehicle,) * layout.units)
    begin = k.vehicle + k.link
    unit = tuple(range(begin, begin + k.unit))
    node = (begin + k.unit,)
    whole = tuple(range(node[0] + 1, node[0] + 1 + k.whole))
    return (*vehicle * layout.vehicles, *unit * layout.units, *node * layout.nodes, *whole)


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
    own[:, EXTENDED.vehicle :] = np.where(seen.reachable, _affine(snr_db, *SNR_DB), 0.0)
    return own


def _units(seen: Observation, layout: Layout, limits: Limits) -> Floats:
    """(M, 6): work, clock, keys, their rate, stake, vehicles that it is the nearest unit of."""
    task, unit = limits.task, np.empty((layout.units, EXTENDED.unit))
    unit[:, 0] = squashed((seen.backlog_s + seen.arriving_cycles / seen.edge_hz) / task.unit_s)
    unit[:, 1] = seen.edge_hz / limits.edge_hz
    unit[:, 2] = np.maximum(seen.key_bit, 0) / task.key_bit
    unit[:, 3] = squashed(seen.key_rate_bps * (task.unit_s / limits.key_bit))
    unit[:, 4] = seen.stake
    unit[:, 5] = np.bincount(seen.nearest, minlength=layout.units) / layout.vehicles
    return unit


def _pairs(values: Floats, vehicles: int, layout: Layout, limits: Limits) -> Floats:
    """(pairs,) what the key model says of each pair; those of vehicles that are not there are 0."""
    if not limits.straight:
        return np.nan_to_num(values)
    found = np.zeros((layout.nodes, layout.vehicles + layout.units))
    ends = vehicles + layout.units
    # The links come before them; (24) does not list these.
    told = np.nan_to_num(values[len(values) - layout.nodes * ends :]).reshape(layout.nodes, ends)
    found[:, :vehicles], found[:, layout.vehicles :] = told[:, :vehicles], told[:, vehicles:]
    return found.ravel()


def _check(observation: Observation, layout: Layout) -> None:
    if len(observation) > layout.vehicles:
        raise PolicyError(
            f"'decision.vehicles' must be as many as there are at once (got {layout.vehicles} for {len(observation)})."
            " Macro mode has at most 32; --set decision.mode=branch has no limit."
        )
    units, nodes = len(observation.edge_hz), len(observation.temperature_k)
    if (units, nodes) != (layout.units, layout.nodes):
        had = f"{layout.units} units and {layout.nodes} nodes"
        raise PolicyError(f"'decision.policy' must be learned for {units} units and {nodes} nodes (got {had}).")


def _straight(scenario: Scenario) -> bool:
    return (scenario.physics.qkd or scenario.profile) == "paper"


def _affine(values: Floats, low: float, high: float) -> Floats:
    if high <= low:
        return np.full(values.shape, 0.5)
    scaled: Floats = (values - low) / (high - low)
    return scaled


def _db(ratio: Floats) -> Floats:
    decibel: Floats = 10.0 * np.log10(np.maximum(ratio, 1e-300))
    return decibel


def _mean(values: Floats) -> float:
    return float(np.nan_to_num(values).mean()) if values.size else 0.0
