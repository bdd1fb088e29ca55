"""A run's world: its trace and everything that stands still, built once from a scenario and shared by all forks."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.plugin import load
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Fleet, Scene
from qvecsim.units import ns
from qvecsim.world.channel import CHANNELS, Channel
from qvecsim.world.demand import kinds, quantile
from qvecsim.world.fibre import plan
from qvecsim.world.reader import read_trace
from qvecsim.world.sites import roadside_units
from qvecsim.world.trace import Trace


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
    network_sha256: str | None

    def fleet(self, slot: int) -> Fleet:
        """The vehicles on the road when ``slot`` begins; the trace's last step holds until the run ends."""
        return self.trace.at(min(self.trace.begin_ns + slot * self.slot_ns, self.trace.end_ns))


def build(scenario: Scenario, replication: int = 0, trace: Trace | None = None) -> World:
    """Read the trace (unless it is given), place the units, lay the fibres, and say what each vehicle is."""
    if trace is None:
        path = scenario.find(scenario.world.trace)
        trace = read_trace(path, begin_s=scenario.world.begin_s, end_s=scenario.world.end_s)
    streams = Streams(scenario.seed, replication)
    slot_ns = ns(scenario.slot_s)
    slots = max(1, duration_ns(trace) // slot_ns)
    if scenario.slots is not None:
        slots = min(slots, scenario.slots)
    return World(
        scenario,
        streams,
        trace,
        scene(scenario, trace, streams),
        channel(scenario),
        slot_ns,
        slots,
        _content(scenario),
    )


def duration_ns(trace: Trace) -> int:
    """How long a trace lasts: its last step counts as long as the usual one."""
    steps = np.diff(trace.time_ns)
    return trace.end_ns - trace.begin_ns + (int(np.median(steps)) if len(steps) else 0)


def _content(scenario: Scenario) -> str | None:
    """SHA-256 of the network file, which decides where units stand."""
    network = scenario.world.network
    return None if network is None else sha256(scenario.find(network).read_bytes()).hexdigest()


def scene(scenario: Scenario, trace: Trace, streams: Streams) -> Scene:
    """Sites and fibres as arrays, and the draws that a vehicle or a server keeps."""
    rsus = roadside_units(scenario, trace)
    fibre = plan(scenario.world.fibre, rsus, scenario.qkd.attenuation_db_per_km)
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
        rsu_link=fibre.rsu_link,
        kind=kinds(scenario, streams, vehicles),
        tx_power_w=quantile(scenario.vehicles.tx_power_w, streams.at("tx_power").random(vehicles)),
        local_hz=quantile(scenario.vehicles.local_hz, streams.at("local").random(vehicles)),
    )


def channel(scenario: Scenario) -> Channel:
    """The channel model that the scenario names."""
    name = scenario.world.channel
    if ":" in name:
        own: Channel = load(name, "world.channel", scenario.folder)
        return own
    if name not in CHANNELS:
        raise ScenarioError(
            f"'world.channel' must be a known model or module:function (got '{name}'). {did_you_mean(name, CHANNELS)}"
        )
    return CHANNELS[name]
