"""Mobility and places."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from qvecsim.scenario.parameters.grain import (
    Column,
    File,
    Instant,
    Many,
    Node,
    NotNegative,
    Positive,
    Site,
    Timer,
    Whole,
    broken,
    par,
)


class Place(Node):
    """Where roadside units are put when they are not listed."""

    at: Literal["traffic_lights", "grid", "kmeans", "parking_areas", "charging_stations"] = par(
        "traffic_lights", "-", "", "ours", "at signalised junctions (without world.network: where the traffic queues)"
    )
    count: Whole = par(8, "-", "M_r", "ours", "roadside units", ge=1, le=10_000)


class Span(Node):
    """A QKD link between two named ends (nodes or roadside units)."""

    model_config = ConfigDict(populate_by_name=True)

    source: str = par(..., "-", "i", "ours", "QKD node whose detector counts", alias="from", min_length=1)
    target: str = par(..., "-", "j", "ours", "QKD node or roadside unit", alias="to", min_length=1)
    km: NotNegative | None = par(
        None, "km", "l_ij", "ours", "fibre length; null: straight line times route_factor, or 0 where `db` is given"
    )
    db: NotNegative | None = par(
        None, "dB", "", "ours", "whole loss of the span, instead of length times attenuation and insertion_db"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.source == self.target:
            raise broken("to", "name another end than 'from'", self.target)
        return self


class Fibre(Node):
    """The QKD network: nodes, a backbone between them, and one access link from a node to each roadside unit."""

    shape: Literal["ring", "star", "tree"] = par("ring", "-", "", "ours", "backbone between the QKD nodes")
    count: Whole = par(3, "-", "Q", "ours", "QKD nodes, spread over the roadside units", ge=1, le=1000)
    access: Whole = par(1, "-", "", "ours", "links from each roadside unit to its nearest QKD nodes", ge=1, le=1000)
    route_factor: float = par(1.4, "-", "", "ours", "fibre length over straight line", ge=1, le=10)
    insertion_db: NotNegative = par(0.0, "dB", "", "ours", "connectors and splices of each link, beside its length")
    file: File | None = par(None, "-", "", "ours", "nodes and links from a GraphML or GML file, instead of listed")
    nodes: Many[Site] = par((), "-", "", "ours", "QKD nodes, listed instead of spread")
    links: Many[Span] = par((), "-", "", "ours", "links, listed instead of shaped")


class Columns(Node):
    """The columns of a CSV or Parquet trace that SUMO did not write: names in its first line, or places from 1 on."""

    time: Column = par(..., "-", "", "ours", "column of the time")
    id: Column = par(..., "-", "", "ours", "column of the vehicle's name")
    x: Column = par(..., "-", "", "ours", "column of x, or of the longitude")
    y: Column = par(..., "-", "", "ours", "column of y, or of the latitude")
    speed: Column | None = par(None, "-", "", "ours", "column of the speed; null: derived from the way")


class World(Node):
    """Mobility and places."""

    trace: File | None = par(
        None, "-", "", "ours", "mobility file; looked for beside the scenario, then in the current folder"
    )
    sumocfg: File | None = par(
        None, "-", "", "ours", "SUMO configuration to run once for its trace, instead of `trace`"
    )
    columns: Columns | None = par(None, "-", "", "ours", "names of the columns, where SUMO did not write the table")
    coords: Literal["auto", "xy", "geo"] = par(
        "auto", "-", "", "ours", "what x and y are: metres, or longitude and latitude; auto: told by their range"
    )
    units: Literal["m", "km", "ft"] = par("m", "-", "", "ours", "unit of x and y in `columns`")
    speed_units: Literal["m/s", "km/h", "ft/s", "mph", "kn"] = par(
        "m/s", "-", "", "ours", "unit of the speed in `columns`"
    )
    time_format: str = par(
        "auto",
        "-",
        "",
        "ours",
        "times in `columns`: auto (a number, or [D:]H:M:S), or a pattern of strptime",
        min_length=1,
    )
    time_unit_s: Annotated[float, Field(ge=1e-9, le=1e6)] = par(
        1.0, "s", "", "ours", "length of one unit of the time in `columns`; 0.04 for frames at 25 Hz"
    )
    resample_s: Timer | None = par(
        None,
        "s",
        "",
        "ours",
        "common step to which each vehicle's own samples in `columns` are interpolated; null: as they are",
    )
    gap_s: Timer = par(60.0, "s", "", "ours", "longest silence of a vehicle that resampling bridges")
    begin_s: Instant | None = par(None, "s", "", "ours", "first instant of the trace to use; null: its first step")
    end_s: Instant | None = par(None, "s", "", "ours", "last instant of the trace to use; null: its last step")
    network: File | None = par(None, "-", "", "ours", "SUMO network of the trace: roads, traffic lights, projection")
    additional: Many[File] = par((), "-", "", "ours", "SUMO additional files: parking areas, charging stations")
    place: Place = par(Place, "-", "", "ours", "roadside units by rule")
    rsus: Many[Site] = par((), "-", "", "ours", "roadside units, listed instead of placed")
    range_m: Positive = par(500.0, "m", "", "JSA 2022 VEC benchmark", "farthest vehicle that a roadside unit can serve")
    fibre: Fibre = par(Fibre, "-", "", "ours", "the QKD network")
    channel: str = par("log_distance", "-", "", "ours", "channel model: a name, or module:function", min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.trace is None) == (self.sumocfg is None):
            raise broken("trace", "be given, or 'sumocfg' instead, and not both", self.trace)
        self._rising("begin_s", "end_s")
        taken = set()
        for key, sites in (("rsus", self.rsus), ("fibre.nodes", self.fibre.nodes)):
            for index, site in enumerate(sites):
                if site.name and site.name in taken:
                    raise broken(f"{key}.{index}.name", "be given to one place only", site.name)
                taken.add(site.name)
        return self
