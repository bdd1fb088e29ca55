"""A run's world: its trace and everything that stands still, built once from a scenario and shared by all forks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.plugin import load
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Fleet, Floats, Records, Scene
from qvecsim.units import NS_PER_S, ns
from qvecsim.world.channel import CHANNELS, Channel, placed, watched
from qvecsim.world.demand import births, kinds, listed, quantile
from qvecsim.world.docks import docks
from qvecsim.world.faults import LINK, NODE, UNIT, Timeline, happenings
from qvecsim.world.fibre import plan
from qvecsim.world.geodesy import Plane
from qvecsim.world.mobility.reader import read_trace
from qvecsim.world.mobility.reading import reading_of
from qvecsim.world.mobility.trace import Trace
from qvecsim.world.rates import KeyRates, read_rates
from qvecsim.world.sites import ground, roadside_units
from qvecsim.world.sumo.network import Network, read_network
from qvecsim.world.sumo.program import trace_of
from qvecsim.world.tasklist import TaskList, read_tasks

MOBILITY = ("world.trace", "world.sumocfg")


@dataclass(frozen=True)
class World:
    """What a run looks at and never changes."""

    scenario: Scenario
    streams: Streams
    trace: Trace
    scene: Scene
    channel: Channel
    slot_ns: int
    slots: int
    contents: dict[str, str]  # SHA-256 of every file that the scenario names but its trace, by key
    faults: Timeline
    tasks: TaskList | None = None  # None: drawn
    rates: KeyRates | None = None  # None: computed

    def fleet(self, slot: int) -> Fleet:
        """The vehicles on the road when ``slot`` begins; the trace's last step holds until the run ends."""
        return self.trace.at(min(self.trace.begin_ns + slot * self.slot_ns, self.trace.end_ns))

    def births(self, slot: int, fleet: Fleet, busy: bool, first: int) -> Records:
        """The tasks born in a slot, as the user lists them or as chance has it; ids from ``first``."""
        if self.tasks is not None:
            return listed(self.scenario, self.scene, self.streams, self.tasks, slot, first)
        return births(self.scenario, self.scene, self.streams, slot, fleet, busy, first)

    def measured_bps(self, slot: int) -> Floats | None:
        """(L,) key rates that were measured in a slot, NaN where none were; None where nothing was.

        Who looks at the end of the run sees those of the last slot.
        """
        return None if self.rates is None else self.rates.at(min(slot, self.slots - 1), len(self.scene.link))


def build(scenario: Scenario, replication: int = 0, trace: Trace | None = None) -> World:
    """Read the trace (unless it is given), place the units, lay the fibres, and say what each vehicle is."""
    network = read_network(scenario.file("world.network")) if scenario.world.network else None
    if trace is None:
        trace = replayed(scenario, None if network is None else network.plane)
    streams = Streams(scenario.seed, replication)
    slot_ns = ns(scenario.slot_s)
    sites, slots = scene(scenario, trace, network, streams), slot_count(scenario, trace, slot_ns)
    world = World(
        scenario,
        streams,
        trace,
        sites,
        channel(scenario),
        slot_ns,
        slots,
        contents(scenario),
        timeline(scenario, sites, streams, slot_ns, slots),
    )
    return with_lists(world)


def replayed(scenario: Scenario, plane: Plane | None = None) -> Trace:
    """The trace that the scenario names, or that SUMO makes for it; degrees become metres in ``plane``."""
    world, reading = scenario.world, reading_of(scenario.world, plane)
    if world.sumocfg is None:
        return read_trace(scenario.file("world.trace"), world.begin_s, world.end_s, reading)
    with trace_of(scenario.file("world.sumocfg")) as path:
        return read_trace(path, world.begin_s, world.end_s, reading)


def slot_count(scenario: Scenario, trace: Trace, slot_ns: int) -> int:
    """Whole slots of the trace, or as many of them as the scenario wants; what is left of the trace is not run."""
    length_ns = duration_ns(trace)
    if 0 < length_ns < slot_ns:
        raise ScenarioError(
            f"'slot_s' must be at most the trace's length, {length_ns / NS_PER_S:g} s (got {scenario.slot_s:g})."
        )
    slots = max(1, length_ns // slot_ns)  # an instant without a length is seen for one slot
    return slots if scenario.slots is None else min(slots, scenario.slots)


def with_lists(world: World) -> World:
    """The world with the tasks and the key rates that the user's files list."""
    scenario, scene = world.scenario, world.scene
    if scenario.tasks.file is None and scenario.rate.file is None:
        return world
    edges_ns = world.trace.begin_ns + world.slot_ns * np.arange(world.slots + 1)
    tasks = rates = None
    if scenario.tasks.file is not None:
        kinds = tuple(scenario.tasks.classes)
        tasks = read_tasks(scenario.file("tasks.file"), world.trace.ids, kinds, edges_ns, world.fleet)
    if scenario.rate.file is not None:
        rates = read_rates(scenario.file("rate.file"), scene.link, edges_ns)
    return replace(world, tasks=tasks, rates=rates)


def timeline(scenario: Scenario, scene: Scene, streams: Streams, slot_ns: int, slots: int) -> Timeline:
    """What the scenario makes fail."""
    names = {LINK: scene.link, NODE: scene.node, UNIT: scene.rsu}
    return Timeline(happenings(scenario.faults, names, streams, slot_ns, slots), scene)


def duration_ns(trace: Trace) -> int:
    """How long a trace lasts: its last step counts as long as the usual one."""
    steps = np.diff(trace.time_ns)
    return trace.end_ns - trace.begin_ns + (int(np.median(steps)) if len(steps) else 0)


def contents(scenario: Scenario) -> dict[str, str]:
    """SHA-256 of every file that the scenario names but its mobility, by key: they decide what a run does."""
    named = {key: path for key, path in scenario.files().items() if key not in MOBILITY}
    return {key: digest_of(path, key) for key, path in named.items()}


def digest_of(path: Path, key: str) -> str:
    """SHA-256 of a file's content."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ScenarioError(f"'{key}' must name a file that can be read (got '{path}': {error.strerror}).") from None


def scene(scenario: Scenario, trace: Trace, network: Network | None, streams: Streams) -> Scene:
    """Sites and fibres as arrays, and the draws that a vehicle or a server keeps."""
    rsus = roadside_units(scenario, trace, network)
    fibre = plan(
        scenario.world.fibre,
        rsus,
        scenario.qkd.attenuation_db_per_km,
        ground(trace, network),
        scenario.file("world.fibre.file") if scenario.world.fibre.file else None,
    )
    if (scenario.physics.qkd or scenario.profile) == "paper" and np.isnan(fibre.nodes.x_m).any():
        raise ScenarioError("'world.fibre.file' must give every node a place, because the paper prices straight lines.")
    loading = docks(scenario, fibre.nodes, ground(trace, network), network)
    vehicles = len(trace.ids)
    return Scene(
        rsu=rsus.name,
        rsu_x_m=rsus.x_m,
        rsu_y_m=rsus.y_m,
        edge_hz=quantile(scenario.edge.clock_hz, streams.at("edge").random(len(rsus.name))),
        node=fibre.nodes.name,
        node_x_m=fibre.nodes.x_m,
        node_y_m=fibre.nodes.y_m,
        link=fibre.link,
        link_km=fibre.link_km,
        link_db=fibre.link_db,
        link_node=fibre.link_node,
        link_target=fibre.link_target,
        rsu_link=fibre.rsu_link,
        home=loading.home,
        dock=loading.sites.name,
        dock_x_m=loading.sites.x_m,
        dock_y_m=loading.sites.y_m,
        dock_home=loading.of,
        kind=kinds(scenario, streams, vehicles),
        tx_power_w=quantile(scenario.vehicles.tx_power_w, streams.at("tx_power").random(vehicles)),
        local_hz=quantile(scenario.vehicles.local_hz, streams.at("local").random(vehicles)),
    )


def channel(scenario: Scenario) -> Channel:
    """The channel model that the scenario names."""
    name = scenario.world.channel
    if ":" in name:
        return watched(name, load(name, "world.channel", scenario.folder))
    if name not in CHANNELS:
        raise ScenarioError(
            f"'world.channel' must be a known model or module:function (got '{name}'). {did_you_mean(name, CHANNELS)}"
        )
    return placed(CHANNELS[name])
