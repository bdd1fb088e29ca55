"""Section V-A, Table II: every parameter of a run as data: default, unit, symbol, source, rule, meaning.

One line a parameter. ``Scenario`` is the root of a frozen tree; a scenario file is this tree with some leaves changed.
"""

from __future__ import annotations

import functools
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from qvecsim.errors import ScenarioError
from qvecsim.scenario.files import GONE, Origin, found, odd

T = TypeVar("T")

TABLE_II = "Table II"
GYS = "GYS, in Ma et al. 2005"  # Gobby, Yuan, Shields 2004
# The branches of a draw, as they stand in the place of an error; no key of a file can hold the first character.
NUMBER, SET, RANGE = "\0number", "\0set", "\0range"
NAME = re.compile(r"(\w[\w .+-]*)?")


def par(default: Any, unit: str, symbol: str, source: str, meaning: str, **rules: Any) -> Any:
    """One parameter: default, unit ("-": none), the paper's symbol ("" for ours), source, meaning, pydantic rules."""
    extra: JsonDict = {"unit": unit, "symbol": symbol, "source": source}
    if isinstance(default, type) and issubclass(default, BaseModel):
        return Field(default_factory=default, description=meaning, json_schema_extra=extra, **rules)
    return Field(default, description=meaning, json_schema_extra=extra, **rules)


def broken(key: str, rule: str, value: object) -> PydanticCustomError:
    """What a validator of a whole group raises: ``key`` of this group must ``rule``, but is ``value``."""
    return PydanticCustomError("rule", "{rule}", {"key": key, "rule": rule, "value": value})


class Node(BaseModel):
    """A group of parameters: no unknown keys, no inf or nan, no lossy conversion, printable texts, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_default=True)

    @field_validator("*")
    @classmethod
    def _printable(cls, value: Any) -> Any:
        if isinstance(value, str) and not value.isprintable():
            raise ValueError("be printable text")
        return value

    def _rising(self, low: str, high: str, *, equal: bool = False) -> None:
        """Blames whichever of the two keys is written."""
        least, most = getattr(self, low), getattr(self, high)
        if least is None or most is None or least < most or (equal and least == most):
            return
        if low in self.model_fields_set and high not in self.model_fields_set:
            raise broken(low, f"be {'at most' if equal else 'less than'} '{high}', which is {most!r}", least)
        raise broken(high, f"be {'at least' if equal else 'greater than'} '{low}', which is {least!r}", most)


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _whole(value: object) -> object:
    # 1e6 is a float in YAML, and the natural way to write a large count.
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53 else value


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError("be letters, digits, spaces, '_', '.', '+' and '-', and begin with a letter or digit")
    return value


def _column(value: object) -> object:
    # The third column of a table without headings is written 3, and kept as #3.
    return f"#{value}" if isinstance(value, int) and not isinstance(value, bool) and value > 0 else value


Many = Annotated[tuple[T, ...], BeforeValidator(_tuple)]
Whole = Annotated[int, BeforeValidator(_whole)]
Name = Annotated[str, Field(max_length=64), AfterValidator(_name)]
Column = Annotated[
    str,
    BeforeValidator(_column),
    Field(min_length=1, max_length=256),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer", "minimum": 1}]}),
]
File = Annotated[str, Field(min_length=1, max_length=4096, json_schema_extra={"format": "path"})]
LARGEST = 1e18  # what is drawn or counted must fit 64-bit integers
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Rate = Annotated[float, Field(gt=0, le=1e14)]
Timer = Annotated[float, Field(ge=1e-3, le=1e9)]
Probability = Annotated[float, Field(ge=0, le=1)]
Instant = Annotated[float, Field(ge=0, le=4.6e9)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-84, le=84)]  # where a transverse Mercator plane is good


class Range(Node):
    """A value drawn uniformly from [low, high]."""

    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        self._rising("low", "high", equal=True)
        return self


def _above_zero(value: Range) -> Range:
    if value.low <= 0:
        raise broken("low", "be greater than 0", value.low)
    return _countable(value)


def _from_zero(value: Range) -> Range:
    if value.low < 0:
        raise broken("low", "be at least 0", value.low)
    return _countable(value)


def _from_a_millisecond(value: Range) -> Range:
    if value.low < 1e-3:
        raise broken("low", "be at least 0.001", value.low)
    return _countable(value)


def _countable(value: Range) -> Range:
    if value.high > LARGEST:
        raise broken("high", f"be at most {LARGEST:g}", value.high)
    return value


def _shape(value: object) -> str | None:
    """Which branch of a draw is meant, so that an error names one rule instead of those of all branches."""
    if isinstance(value, dict | Range):
        return RANGE
    if isinstance(value, list | tuple):
        return SET
    return NUMBER if isinstance(value, int | float) and not isinstance(value, bool) else None


# A number, a set from which one is drawn, or a range.
Draw = float | tuple[float, ...] | Range
SHAPE = Discriminator(_shape, "draw", "be a number, a list of numbers, or {low: ..., high: ...}")
PositiveDraw = Annotated[
    Annotated[float, Field(gt=0, le=LARGEST), Tag(NUMBER)]
    | Annotated[Many[Annotated[float, Field(gt=0, le=LARGEST)]], Field(min_length=1), Tag(SET)]
    | Annotated[Range, AfterValidator(_above_zero), Tag(RANGE)],
    SHAPE,
]
TimerDraw = Annotated[
    Annotated[Timer, Tag(NUMBER)]
    | Annotated[Many[Timer], Field(min_length=1), Tag(SET)]
    | Annotated[Range, AfterValidator(_from_a_millisecond), Tag(RANGE)],
    SHAPE,
]
NotNegativeDraw = Annotated[
    Annotated[float, Field(ge=0, le=LARGEST), Tag(NUMBER)]
    | Annotated[Many[Annotated[float, Field(ge=0, le=LARGEST)]], Field(min_length=1), Tag(SET)]
    | Annotated[Range, AfterValidator(_from_zero), Tag(RANGE)],
    SHAPE,
]


class Site(Node):
    """A roadside unit, or a QKD node, at a place: metres in the trace's plane, or degrees on the WGS 84 globe."""

    name: Name = par("", "-", "", "ours", "name in tables; empty: numbered")
    x_m: float | None = par(None, "m", "", "ours", "position in the trace's plane")
    y_m: float | None = par(None, "m", "", "ours", "position in the trace's plane")
    lon: Longitude | None = par(None, "deg", "", "ours", "longitude, instead of x_m")
    lat: Latitude | None = par(None, "deg", "", "ours", "latitude, instead of y_m")

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        metres, degrees = (self.x_m, self.y_m), (self.lon, self.lat)
        if sorted([metres.count(None), degrees.count(None)]) != [0, 2]:
            given = {key: value for key, value in self.model_dump().items() if key != "name" and value is not None}
            raise broken("x_m", "be given with 'y_m', or 'lon' with 'lat', and not both pairs", given)
        return self


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


class TaskClass(Node):
    """One kind of task; a vehicle draws its kind once, each task its amounts."""

    share: NotNegative = par(1.0, "-", "", "ours", "weight with which vehicles draw this class")
    input_bit: NotNegativeDraw = par(Range(low=0.0, high=480e6), "bit", "s_x", TABLE_II, "what is sent")
    cycles: NotNegativeDraw = par((0.5e9, 1.8e9, 3.0e9), "cycles", "f_n", TABLE_II, "work of a task")
    result_bit: NotNegativeDraw = par(8e3, "bit", "s_zx", "ours", "what comes back")
    deadline_s: PositiveDraw = par(Range(low=0.2, high=1.0), "s", "T_max", TABLE_II, "tolerable delay")


class Regimes(Node):
    """Busy and quiet stretches of the load: a two-state Markov chain that multiplies the task rate."""

    busy: NotNegative = par(1.0, "-", "", "ours", "factor while busy")
    quiet: NotNegative = par(1.0, "-", "", "ours", "factor while quiet")
    mean_s: Positive = par(60.0, "s", "", "ours", "mean length of a stretch")


class Tasks(Node):
    """What vehicles have to compute."""

    file: File | None = par(None, "-", "", "ours", "CSV list of tasks to replay, instead of drawing them")
    rate_hz: NotNegative = par(0.1, "1/s", "", "ours", "Poisson rate of one vehicle", le=1e6)
    regimes: Regimes = par(Regimes, "-", "", "ours", "busy and quiet")
    classes: dict[Annotated[Name, Field(min_length=1)], TaskClass] = par(
        {"driving": TaskClass()}, "-", "", "paper I", "task classes by name", min_length=1
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not any(kind.share for kind in self.classes.values()):
            raise broken("classes", "give at least one class a share above 0", [0.0] * len(self.classes))
        return self


class Vehicle(Node):
    """What a vehicle brings."""

    local_hz: PositiveDraw = par(0.5e9, "Hz", "c_x^v", TABLE_II, "clock of the vehicle's processor")
    tx_power_w: PositiveDraw = par((1.0, 5.0, 10.0, 20.0), "W", "p_x", TABLE_II, "transmission power")
    energy_per_cycle_j: NotNegative = par(2.5e-10, "J", "", "kappa c^2, kappa = 1e-27", "energy of a local cycle")


class Edge(Node):
    """What an edge server brings."""

    clock_hz: PositiveDraw = par(2.5e9, "Hz", "c_z^e", TABLE_II, "clock of a server")
    queue: Literal["fcfs", "unlimited", "ps", "sqrt", "servers"] = par(
        "fcfs",
        "-",
        "",
        "ours",
        "first come, first served, by one or several (`servers`); shared (ps), by roots (sqrt); unlimited: as (16)",
    )
    servers: Whole = par(1, "-", "", "ours", "with `servers`: processors of a unit, each with its clock", ge=1, le=1024)
    vcp_ms_per_bit: NotNegative = par(1e-5, "ms/bit", "varsigma", "ours", "delay of the crowdsourcing platform (VCP)")
    wired_s: NotNegative = par(0.001, "s", "", "ours", "between two roadside units, when a vehicle has changed over")
    wired_bps: Positive = par(1e9, "bit/s", "", "Gigabit Ethernet", "in `field`: rate of a unit's wire to the platform")
    energy_per_cycle_j: NotNegative = par(1e-9, "J", "", "ours", "energy of a server cycle")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.servers != 1 and self.queue != "servers":
            raise broken("servers", f"be left out with 'queue: {self.queue}', which has one", self.servers)
        return self


class Radio(Node):
    """Uplink and downlink."""

    bandwidth_hz: Positive = par(35e6, "Hz", "B^{v,m}", TABLE_II, "band of a roadside unit (Wi-Fi)")
    downlink_hz: Positive = par(35e6, "Hz", "", TABLE_II, "band of the way back (cellular)")
    downlink_power_w: Positive = par(1.0, "W", "", "ours", "transmission power of a roadside unit")
    noise_dbm: float = par(-174.0, "dBm", "sigma_v", TABLE_II, "AWGN; per hertz in `psd`, of the whole band in `total`")
    noise: Literal["psd", "total", "literal"] = par(
        "psd", "-", "", "ours", "reading of sigma_v; literal squares a power"
    )
    noise_figure_db: NotNegative = par(9.0, "dB", "", "3GPP TR 37.885", "of the receiver, in `psd`")
    admission_db: float = par(18.0, "dB", "gamma", TABLE_II, "least SINR with which an upload may start")
    access: Literal["noma", "ofdma"] = par(
        "noma",
        "-",
        "",
        "Tse, Viswanath 2005, 6.1",
        "in `field`: uploads of a unit share its whole band, or have equal parts of it",
    )
    sic_residual: Probability = par(
        0.0, "-", "", "ours", "in `field`: power of a decoded upload that its cancellation leaves"
    )
    power: Literal["full", "fractional"] = par(
        "full", "-", "", "ours", "in `field`: a vehicle sends with all its power, or by open-loop control with less"
    )
    power_target_dbm: float = par(
        -70.0, "dBm", "P_0", "ours", "with `fractional`: wanted at the unit, of the whole band", ge=-200, le=60
    )
    power_compensation: Probability = par(
        1.0, "-", "alpha", "3GPP TS 38.213, 7.1.1", "with `fractional`: part of the path loss that is made up for"
    )
    outage_db: float | None = par(
        None, "dB", "", "Proakis 2001, 14.3", "in `field`: SINR below which a slot of an upload is lost; null: none"
    )
    refused: Literal["wait", "local", "drop"] = par("wait", "-", "", "ours", "what a task does that is not admitted")
    carrier_hz: Positive = par(5.9e9, "Hz", "", "ITS band", "carrier")
    exponent: Positive = par(3.0, "-", "", "JSA 2022 VEC benchmark", "path-loss exponent beyond the reference of 1 m")
    fading: Literal["rayleigh", "rician", "none"] = par(
        "rayleigh", "-", "", "ours", "fading of a slot: no direct path, one of `rician_k_db`, or the mean alone"
    )
    rician_k_db: float = par(
        9.0, "dB", "K", "3GPP TR 38.901, table 7.5-6, UMi LOS", "direct path over what is scattered", ge=-60, le=60
    )
    sight: Literal["probability", "los", "nlosv", "nlos"] = par(
        "probability", "-", "", "ours", "line of sight of the 3GPP channels: by distance and place, or fixed"
    )
    sight_m: Positive = par(
        50.0, "m", "", "3GPP TR 38.901, table 7.6.3.1-2", "decorrelation distance of what blocks the sight"
    )
    shadow_db: NotNegative | None = par(
        None, "dB", "", "ours", "standard deviation of the 3GPP channels' shadowing; null: the model's own"
    )
    shadow_m: Positive | None = par(None, "m", "", "ours", "its decorrelation distance; null: the model's own")
    rsu_antenna_m: Positive = par(5.0, "m", "h_BS", "3GPP TR 37.885, 6.1.4", "height of a roadside unit's antenna")
    vehicle_antenna_m: Positive = par(1.6, "m", "h_UT", "3GPP TR 37.885, 6.1.2", "height of a vehicle's antenna")
    blocker_m: Positive = par(
        3.0, "m", "", "3GPP TR 37.885, 6.1.2, type 3", "height of a vehicle that blocks the sight"
    )
    gain_min_db: float = par(-220.0, "dB", "g_min", "ours", "channel gains are clipped to this")
    gain_max_db: float = par(-40.0, "dB", "g_max", "ours", "channel gains are clipped to this")
    rate_bps: Positive = par(15e6, "bit/s", "nu_x", TABLE_II, "rate of an upload where sources.rate is `table`")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._rising("gain_min_db", "gain_max_db")
        return self


class FieldQkd(Node):
    """What `physics.qkd: field` reads beside `qkd.attenuation_db_per_km`, `qkd.sifting` and the temperatures."""

    protocol: Literal["decoy", "finite", "bbm92"] = par(
        "decoy",
        "-",
        "",
        "ours",
        "decoy-state BB84 with keys without end or finite ones, or pairs from a source in the middle of the link",
    )
    decoys: Literal["infinite", "vacuum_weak"] = par(
        "infinite", "-", "", "Ma et al. 2005", "with `decoy`: what is known of single photons, all or two bounds"
    )
    finite_decoys: Literal["two", "one"] = par(
        "two", "-", "", "Lim et al. 2014; Rusca et al. 2018", "with `finite`: a weak and a near-vacuum decoy, or one"
    )
    clock_hz: Rate = par(1e9, "1/s", "", "Dixon et al. 2008", "pulses of the source; of its pump, with `bbm92`")
    efficiency: Probability = par(0.045, "-", "eta_Bob", GYS, "of a receiver: detectors and optics before them")
    dark_per_gate: float = par(1.7e-6, "-", "Y_0", GYS, "click without light, all detectors of a receiver", ge=0, le=1)
    misalignment: float = par(0.033, "-", "e_d", GYS, "photons that meet the wrong detector", ge=0, le=0.5)
    afterpulse: Probability = par(0.0, "-", "p_ap", "Lim et al. 2014", "chance that a click is followed by another")
    error_correction: float = par(1.22, "-", "f", GYS, "bits told per bit of entropy", ge=1, le=10)
    mu: float | None = par(
        None, "-", "mu", "ours", "photons of a signal pulse, pairs of a pump pulse; null: the best", gt=0, le=10
    )
    weak: float | None = par(
        None, "-", "nu", "ours", "photons of a weak decoy; null: the best, with `decoy` 0.05", gt=0, le=10
    )
    vacuum: NotNegative = par(2e-4, "-", "mu_3", "Lim et al. 2014", "photons of the near-vacuum decoy, two decoys")
    key_basis: float | None = par(
        None, "-", "q_x", "ours", "with `finite`: chance of the basis that makes the key; null: the best", gt=0, lt=1
    )
    signal_share: float | None = par(
        None, "-", "p_mu1", "ours", "with `finite`: share of signal pulses; null: the best", gt=0, lt=1
    )
    weak_share: float | None = par(
        None, "-", "p_mu2", "ours", "with two decoys: share of weak decoys; null: the best", gt=0, lt=1
    )
    block_bit: float = par(1e7, "bit", "n_X", "ours", "with `finite`: sifted bits that make one key", ge=1, le=1e18)
    secrecy: float = par(1e-9, "-", "epsilon_sec", "Rusca et al. 2018", "chance that a key is not secret", gt=0, lt=1)
    secrecy_per_bit: float | None = par(
        None, "-", "kappa", "Lim et al. 2014: 1e-15", "instead of `secrecy`: chance per secret bit", gt=0, lt=1
    )
    correctness: float = par(1e-15, "-", "epsilon_cor", "Lim et al. 2014", "chance that the ends differ", gt=0, lt=1)
    dead_time_s: NotNegative = par(0.0, "s", "tau", "ours", "a receiver is blind after a click", le=1.0)
    dead_time: Literal["non_paralysable", "paralysable"] = par(
        "non_paralysable", "-", "", "Knoll 2010", "whether a click in the dead time is lost, or begins it anew"
    )
    post_processing_cap_bps: float | None = par(
        None, "bit/s", "", "ours", "most key that the electronics of a link distil; null: no limit", gt=0, le=1e14
    )
    dark_activation_ev: NotNegative = par(
        0.25, "eV", "E_a", "ours", "activation energy of the background, from `qkd.reference_k`", le=2.0
    )
    misalignment_drift_rad: NotNegative = par(
        0.0, "rad", "", "ours", "standard deviation of the slow random phase between the ends", le=1.5
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._rising("weak", "mu")
        self._rising("vacuum", "weak")
        if self.protocol == "finite" and self.finite_decoys == "two" and self.mu is not None:
            least = (self.weak or self.vacuum) + self.vacuum
            if self.mu <= least:
                raise broken("mu", f"be greater than 'weak' (or 'vacuum') and 'vacuum' together, {least!r}", self.mu)
        if self.signal_share is not None and self.weak_share is not None and self.signal_share + self.weak_share >= 1:
            raise broken("weak_share", f"be below 1 with 'signal_share', {self.signal_share!r}", self.weak_share)
        return self


class Qkd(Node):
    """Quantum key distribution, (1)-(12)."""

    source_rate_hz: Rate = par(50.0, "1/s", "v_s", TABLE_II, "maximum output of the source")
    preparation_rad: float = par(1.5707963267948966, "rad", "theta^k", "ours", "state preparation; pi/2: full output")
    source_loss_per_km: NotNegative = par(0.0460517, "1/km", "sigma", "0.2 dB/km", "source-specific attenuation in (1)")
    phase_rad: float = par(0.2, "rad", "theta^I", "ours", "phase difference")
    phase_noise: NotNegative = par(0.03, "-", "rho", "ours", "phase noise")
    temperature_coefficient: NotNegative = par(0.003, "1/K", "mu^tem", "ours", "loss of efficiency per kelvin")
    temperature_k: Positive = par(293.15, "K", "F", "ours", "mean operating temperature of the detectors")
    reference_k: Positive = par(293.15, "K", "F_0", "ours", "temperature at which efficiency is the intrinsic one")
    efficiencies: Many[Probability] = par(
        (0.8, 0.9, 1.0), "-", "eta_i", TABLE_II, "levels an action may set", min_length=1
    )
    other_efficiency: Probability = par(0.5, "-", "eta_ot", "ours", "everything but the detectors")
    attenuation_db_per_km: NotNegative = par(0.2, "dB/km", "alpha(lambda)", "1550 nm fibre", "fibre loss")
    noise_base_hz: NotNegative = par(5.0, "1/s", "N_0", "ours", "baseline of the channel noise")
    noise_amplitude_hz: NotNegative = par(1.0, "1/s", "A", "ours", "scattering part, (7)")
    noise_decay: Positive = par(0.1, "-", "beta", "ours", "its decay")
    noise_swing_hz: NotNegative = par(2.0, "1/s", "B", "ours", "oscillating part, (7)")
    noise_frequency: Positive = par(1.0, "-", "mu^q", "ours", "its frequency over omega")
    noise_omega_rad_s: Positive = par(1.0, "rad/s", "omega", "ours", "angular velocity")
    noise_phase_rad: float = par(0.0, "rad", "varphi", "ours", "phase offset")
    noise_phase_drift_rad: NotNegative = par(0.0, "rad", "", "ours", "standard deviation of its slow random part")
    noise_floor_hz: Positive = par(1e-3, "1/s", "N_min", "ours", "guard of (8)")
    noise_per_efficiency: NotNegative = par(
        0.0, "-", "", "ours", "relative noise that a detector adds at full efficiency"
    )
    error_floor: Probability = par(0.0, "-", "epsilon^err", "ours", "other sources of errors")
    fluctuation: NotNegative = par(1.0, "-", "mu_1", "ours", "statistical fluctuation, (11)")
    sample_bit: Positive = par(1e6, "bit", "n_sec", "ours", "length of the filtered key")
    entropy_factor: NotNegative = par(2.16, "-", "mu_2", "1 + f_EC, f_EC = 1.16", "cost of an error, (11)")
    epsilon: NotNegative = par(1e-10, "-", "epsilon_sec", "ours", "security parameter")
    sifting: Probability = par(0.5, "-", "q", "BB84", "share of signals measured in the right basis")
    pair_rates_hz: Many[Rate] = par(
        (10.0, 20.0, 50.0), "1/s", "kappa^ent", TABLE_II, "set for sources.pair_rate: table"
    )
    qbers: Many[Probability] = par((0.01, 0.05, 0.1), "-", "kappa^qbe", TABLE_II, "set for sources.qber: table")
    visibilities: Many[Probability] = par(
        (0.8, 0.85, 0.9, 0.95, 1.0), "-", "varpi_I", TABLE_II, "set for sources.visibility: table"
    )
    temperature_swing_k: NotNegative = par(0.0, "K", "", "ours", "amplitude of the day's temperature")
    temperature_period_s: Positive = par(86_400.0, "s", "", "ours", "length of a day")
    temperature_drift_k: NotNegative = par(0.0, "K", "", "ours", "standard deviation of the slow random part")
    temperature_memory_s: Positive = par(600.0, "s", "", "ours", "time constant of drift and of self-heating")
    heating_k: NotNegative = par(0.0, "K", "", "ours", "self-heating of a detector run at full efficiency")
    field: FieldQkd = par(FieldQkd, "-", "", "ours", "the model `physics.qkd: field`")


class Measured(Node):
    """Key rates that were measured."""

    file: File | None = par(
        None, "-", "", "ours", "CSV series of key rates per link, instead of (1)-(12) where it tells"
    )


class Dock(Site):
    """A place where vehicles' stores are loaded."""

    node: Name | None = par(None, "-", "", "ours", "QKD node that shares the keys; null: the nearest")


class Store(Node):
    """Key bits that a vehicle carries, for no fibre reaches it: the keys of its radio are taken from them."""

    capacity_bit: Whole | None = par(
        None, "bit", "", "ours", "what a vehicle can carry; null: vehicles need no store", ge=1, le=2**50
    )
    initial_bit: Whole = par(0, "bit", "", "ours", "what it carries when it first comes", ge=0, le=2**50)
    place: Literal["parking_areas", "charging_stations"] | None = par(
        None, "-", "", "ours", "docks at all of these, of `world.additional`"
    )
    docks: Many[Dock] = par((), "-", "", "ours", "docks, listed instead of placed")
    range_m: Positive = par(30.0, "m", "", "ours", "farthest vehicle that a dock can load")
    speed_m_s: NotNegative = par(1.0, "m/s", "", "ours", "fastest")
    rate_bps: Annotated[float, Field(gt=0, le=1e14)] = par(
        1e6, "bit/s", "", "ours", "key bits that a dock hands to each vehicle there"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._rising("initial_bit", "capacity_bit", equal=True)
        if self.docks and self.place is not None:
            raise broken("place", "be left out where 'docks' are listed", self.place)
        if self.capacity_bit is None and (self.docks or self.place is not None or self.initial_bit):
            raise broken("capacity_bit", "be given where vehicles have a store", None)
        return self


class Keys(Node):
    """Key pools and what draws on them."""

    encryption: Literal["aes256", "otp", "none"] = par(
        "aes256",
        "-",
        "",
        "ours",
        "what protects an offload: AES-256 under QKD keys, a one-time pad of the payload both ways, or nothing",
    )
    rekey: Literal["per_task", "interval", "bytes"] = par(
        "per_task", "-", "", "ours", "when AES-256 gets a new key: each task, or a vehicle's session by time or volume"
    )
    rekey_s: Positive = par(60.0, "s", "", "ours", "with `interval`: how long a session key is good", le=1e9)
    rekey_byte: Whole = par(
        388_736_063_996,
        "byte",
        "",
        "RFC 8446, 5.5: 2^24.5 records of 2^14 byte",
        "with `bytes`: what a session key may encrypt",
        ge=1,
        le=2**40,
    )
    per_task_bit: Whole = par(
        256, "bit", "", "AES-256", "whole key that one offloaded task or session withdraws", ge=0, le=2**40
    )
    capacity_bit: Whole = par(1_000_000, "bit", "", "ours", "what a pool can hold", ge=0, le=2**50)
    reserved_bit: Whole = par(
        0, "bit", "M_min", "ours", "what a pool keeps for its link's own authentication", ge=0, le=2**50
    )
    threshold_bit: Whole | None = par(
        None, "bit", "M_thr", "ours", "level below which a pool warns; null: a tenth of the capacity", ge=0, le=2**50
    )
    initial_bit: Whole = par(0, "bit", "", "ours", "what a pool holds at the start", ge=0, le=2**50)
    expiry_s: float | None = par(
        None, "s", "", "ours", "age at which key bits are discarded; null: never", gt=0, le=1e9
    )
    missing: Literal["wait", "local", "drop", "expose"] = par(
        "wait", "-", "", "ours", "what a task does that finds no key"
    )
    centre: Name | None = par(
        None,
        "-",
        "",
        "ours",
        "QKD node that shares keys with the units, over relays; null: the other end of each unit's own link",
    )
    routing: Literal["widest", "cheapest"] = par(
        "widest",
        "-",
        "",
        "ours",
        "way of a key whose ends have no link that can pay: the richest poorest pool, or the fewest key bits",
    )
    ways: Whole = par(1, "-", "", "ours", "disjoint ways that may share a key that one alone cannot pay", ge=1, le=16)
    abort_qber: Probability | None = par(
        0.11, "-", "", "Shor, Preskill 2000: 11.0 %", "error rate above which a link's keys are refused; null: none are"
    )
    store: Store = par(Store, "-", "", "ours", "key bits that vehicles carry")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._rising("initial_bit", "capacity_bit", equal=True)
        self._rising("reserved_bit", "capacity_bit", equal=True)
        self._rising("threshold_bit", "capacity_bit", equal=True)
        self._rising("reserved_bit", "threshold_bit", equal=True)
        if self.reserved_bit and self.reserved_bit + self.per_task_bit > self.capacity_bit:
            most = max(self.capacity_bit - self.per_task_bit, 0)
            raise broken("reserved_bit", f"leave room for a whole key, so be at most {most}", self.reserved_bit)
        if self.encryption != "aes256" and self.rekey != "per_task":
            raise broken("rekey", f"be left out with 'encryption: {self.encryption}', which has no session", self.rekey)
        if self.centre is not None and any(dock.node for dock in self.store.docks):
            raise broken("centre", "be left out where a dock names its 'node'", self.centre)
        return self


def _validator(value: object) -> object:
    # The validator of the fourth unit is written 3, and kept as #3.
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return f"#{value}"
    if not isinstance(value, str):
        raise ValueError("be the name of a roadside unit, or its number, from 0")
    return value


Members = Annotated[
    Annotated[Probability, Tag(NUMBER)]
    | Annotated[Many[Annotated[str, BeforeValidator(_validator), Field(min_length=1, max_length=64)]], Tag(SET)],
    Discriminator(_shape, "members", "be a share from 0 to 1, or a list of roadside units"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1},
                {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]}},
            ]
        }
    ),
]


class Validators(Node):
    """Validators that do not do their part; each roadside unit's edge server is one."""

    absent: Members = par(
        (), "-", "", "ours", "neither vote nor make blocks: names, numbers from 0, or a share of the stake at the start"
    )
    byzantine: Members = par((), "-", "", "ours", "work against the chain: names, numbers, or a share in the same way")
    behaviour: Literal["equivocate", "invalid", "silent"] = par(
        "equivocate",
        "-",
        "",
        "ours",
        "what Byzantine ones do: make and sign two blocks at a height, make and sign invalid ones, or do nothing",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        absent, byzantine = self.absent, self.byzantine
        if isinstance(absent, float) and isinstance(byzantine, float) and absent + byzantine > 1:
            raise broken("absent", f"be at most 1 together with 'byzantine', which is {byzantine!r}", absent)
        return self


class Chain(Node):
    """Blocks and consensus, (18)-(21) and Algorithm 1."""

    interval_s: TimerDraw = par((10.0, 20.0, 30.0), "s", "t_b^g", TABLE_II, "time between blocks, drawn block by block")
    trigger: Literal["timer", "full"] = par(
        "timer",
        "-",
        "",
        "Androulaki et al. 2018",
        "`full`: a block is also due as soon as its transactions are there, seen at slot boundaries",
    )
    block_bit: Whole = par(16_384, "bit", "s^b", TABLE_II + " (2 KB)", "size of a block", ge=1, le=2**40)
    cycles_per_bit: NotNegative = par(737.5, "cycles/bit", "rho^b", TABLE_II, "work of making a block")
    clock_hz: Positive = par(2.5e9, "Hz", "c_m^b", TABLE_II, "clock that makes it, where `clock_share` is null")
    clock_share: Annotated[float, Field(gt=0, le=1)] | None = par(
        None,
        "-",
        "",
        "ours",
        "of its clock what a producing server lends to its block, and its tasks lack; null: nothing",
    )
    weight_s_per_bit: NotNegative = par(1e-6, "s/bit", "c^q", "ours", "weighing one key bit, in (19)")
    weight_s: NotNegative = par(1e-5, "s", "", "ours", "weighing a stake, in `amended`")
    signature: Literal["none", "ml_dsa_44", "ml_dsa_65", "ml_dsa_87", "ed25519", "slh_dsa_shake_128f"] = par(
        "ml_dsa_44", "-", "", "FIPS 204, FIPS 205, RFC 8032", "how transactions, blocks and votes are signed"
    )
    signing: Literal["model", "real"] = par(
        "model",
        "-",
        "",
        "ours",
        "`real` makes the signatures of blocks and votes and writes them; for ML-DSA and Ed25519, with qvecsim[crypto]",
    )
    vote_bit: Annotated[Whole, Field(ge=0, le=2**40)] | None = par(
        None, "bit", "s^v", "ours", "size of a vote; null: a hash and a signature"
    )
    vote_s: NotNegative | None = par(None, "s", "", "ours", "signing a vote, in `amended`; null: by `signature`")
    header_bit: Whole = par(1600, "bit", "s_b^h", "ours", "size of a block header", ge=0, le=2**40)
    transaction_bit: Whole = par(2048, "bit", "Delta s_v", "ours", "size of a transaction", ge=1, le=2**40)
    transaction_s: NotNegative | None = par(
        None, "s", "Delta t_v", "ours", "checking one transaction; null: verifying its signature, by `signature`"
    )
    deadline_s: Positive = par(1.0, "s", "T^b_max", TABLE_II, "tolerable time to finality, C6")
    consensus: str = par(
        "poqks",
        "-",
        "",
        "ours",
        "`poqks`, `poqks_printed`, `pos`, `round_robin`, a module, or module:name",
        min_length=1,
    )
    validators: Validators = par(Validators, "-", "", "ours", "who does not do its part")
    initial_stake_bit: Whole = par(1000, "bit", "qk(i)", "ours", "stake of each validator at the start", ge=1, le=2**50)
    reward: NotNegative = par(10.0, "-", "alpha_1", "ours", "Algorithm 1")
    vote_reward: NotNegative = par(4.0, "-", "alpha_2", "ours", "Algorithm 1")
    slash_share: NotNegative = par(2.0, "-", "alpha_3", "ours", "Algorithm 1")
    fee: NotNegative = par(6.0, "-", "beta", "ours", "Algorithm 1")

    @model_validator(mode="after")
    def _roomy(self) -> Self:
        least = self.header_bit + self.transaction_bit
        if self.block_bit < least:
            raise broken("block_bit", f"hold a header and one transaction, {least} bit", self.block_bit)
        return self

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.signing == "real" and self.signature in ("none", "slh_dsa_shake_128f"):
            rule = f"be 'model' with 'signature' '{self.signature}'; ml_dsa_44, _65 or _87 and ed25519 can be real"
            raise broken("signing", rule, self.signing)
        return self


KINDS = ("fibre_cut", "node_down", "server_down", "rsu_down", "byzantine", "eavesdropper")


class Fault(Node):
    """Something that stops working, or someone who begins to work against the rest."""

    kind: Literal["fibre_cut", "node_down", "server_down", "rsu_down", "byzantine", "eavesdropper"] = par(
        ..., "-", "", "ours", "a link, a QKD node, an edge server, a roadside unit, a validator, a tapped link"
    )
    where: Annotated[str, Field(min_length=1, max_length=160)] | None = par(
        None, "-", "", "ours", "name of the link, node or roadside unit; null, with `rate_hz`: each of them by itself"
    )
    begin_s: Instant | None = par(None, "s", "", "ours", "when it begins; or else `rate_hz`")
    rate_hz: Annotated[float, Field(gt=0, le=1)] | None = par(
        None, "1/s", "", "ours", "how often it begins while it is not there, drawn; or else `begin_s`"
    )
    lasts_s: Annotated[float, Field(gt=0, le=1e9)] | None = par(
        None, "s", "", "ours", "how long it lasts, with `rate_hz` the mean; null: to the end"
    )
    intercepted: Probability | None = par(
        None,
        "-",
        "",
        "BB84: 1/4 of these come out wrong",
        "share of the signals that an eavesdropper measures and sends on; null: all",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.begin_s is None) == (self.rate_hz is None):
            raise broken("begin_s", "be given, or 'rate_hz' instead, and not both", self.begin_s)
        if self.begin_s is not None and self.where is None:
            raise broken("where", "be given with 'begin_s'", None)
        if self.intercepted is not None and self.kind != "eavesdropper":
            raise broken("intercepted", "be left out unless 'kind' is eavesdropper", self.intercepted)
        return self


class Objective(Node):
    """(22)."""

    latency_weight: float = par(0.4, "-", "xi_1", TABLE_II, "latency against keys", gt=0, lt=1)
    key_scale: Positive = par(0.5, "-", "xi_2", TABLE_II, "meshing factor")
    reference_bps: Positive = par(1000.0, "bit/s", "", "ours", "key rate of one link that counts 1, in `amended`")
    reference_s: Positive = par(1.0, "s", "", "ours", "latency that counts 1, in `amended`")
    reference_block_s: Positive = par(10.0, "s", "", "ours", "time to finality that counts 1, in `amended`")
    drop_s: NotNegative = par(10.0, "s", "", "ours", "latency that a dropped task counts as, beside what it waited")


class Sources(Node):
    """Whether a quantity of Table II is computed or drawn from its set."""

    pair_rate: Literal["equation", "table"] = par("equation", "-", "kappa^ent", "ours", "(1) or qkd.pair_rates_hz")
    visibility: Literal["equation", "table"] = par("equation", "-", "varpi_I", "ours", "(2) or qkd.visibilities")
    qber: Literal["equation", "table"] = par("equation", "-", "kappa^qbe", "ours", "(9) or qkd.qbers")
    generation: Literal["equation", "table"] = par("equation", "-", "t_b^g", "ours", "(18) or chain.interval_s")
    rate: Literal["equation", "table"] = par("equation", "-", "nu_x", "ours", "(14) or radio.rate_bps")


class Learning(Node):
    """What macro mode reads, and policies of your own as ``self.scenario.learning``; branch mode does not."""

    discount: float = par(
        0.9,
        "-",
        "phi",
        TABLE_II + ": 0.9, 0.95, 0.99",
        "weight of the next slot's reward in macro mode",
        ge=0,
        lt=1,
    )
    learning_rate: Positive = par(
        0.01,
        "-",
        "vartheta",
        TABLE_II + ": 0.001, 0.01, 0.05",
        "step of an update in macro mode",
    )


class Noise(Node):
    """Errors of quantum hardware, after each gate of {rz, sx, x, cx} but rz, which only changes the frame."""

    depolarizing_1q: Probability = par(0.0, "-", "", "ours", "of the depolarising channel after sx and x")
    depolarizing_2q: Probability = par(0.0, "-", "", "ours", "of the depolarising channel after cx")
    readout: Probability = par(0.0, "-", "", "ours", "chance that a bit is read as the other")


class Decision(Node):
    """How schemes decide that are more than a rule; `backend` to `device` are read by schemes with quantum circuits."""

    mode: Literal["branch", "macro"] = par(
        "branch",
        "-",
        "",
        "ours",
        "each vehicle by itself, any number of them, or one of a few macro actions for all of at most 32",
    )
    policy: File | None = par(
        None, "-", "", "ours", "folder of what a scheme has learned (qvecsim train); null: it learns online"
    )
    observation: Literal["extended", "paper"] = par(
        "extended", "-", "s", "ours", "what macro mode sees: queues, tasks and keys as well, or what (24) lists"
    )
    vehicles: Whole = par(32, "-", "V", "ours", "most vehicles that macro mode has inputs for", ge=1, le=32)
    macro_qubits: Whole = par(6, "-", "beta", "ours", "2^beta macro actions, eq. (44)", ge=4, le=10)
    blocks: Literal["chosen", "fixed"] = par(
        "chosen", "-", "", "ours", "from 9 qubits on: the size of blocks is part of a macro action, or stays"
    )
    backend: Literal["exact", "shots", "aer"] = par(
        "exact",
        "-",
        "",
        "ours",
        "values by which it decides: exact, estimated from outcomes drawn by the exact law, or the circuits run in "
        "Qiskit Aer, slowly; it learns from exact ones",
    )
    shots: Whole = par(
        1000, "-", "", "ours", "outcomes of each circuit; with `exact` only counted as resources", ge=1, le=10**6
    )
    noise: Noise | None = par(None, "-", "", "ours", "errors of the hardware that `aer` imitates; null: none")
    device: Literal["auto", "cpu", "cuda"] = par(
        "cpu",
        "-",
        "",
        "ours",
        "where circuits are computed: NumPy, CuPy on a CUDA device, or `auto`: CuPy if it and a device are there",
    )

    @model_validator(mode="after")
    def _noise_of_aer(self) -> Self:
        if self.noise is not None and self.backend != "aer":
            raise broken("noise", "be left out unless 'backend' is aer", self.noise.model_dump())
        return self


POLICY, LEARNED = "decision.policy", "policy.npz"  # the key that names a folder, and the file of it that decides


class Physics(Node):
    """Which model answers at each seam: a profile's name, or module:function; null follows `profile`."""

    qkd: str | None = par(None, "-", "", "ours", "(1)-(12)")
    vec: str | None = par(None, "-", "", "ours", "(13)-(17)")
    chain: str | None = par(None, "-", "", "ours", "(18)-(21)")
    problem: str | None = par(None, "-", "", "ours", "(22)-(23)")


class Scenario(Node):
    """One run's whole description; frozen."""

    name: Name = par("scenario", "-", "", "ours", "goes into tables and folders", min_length=1)
    profile: Literal["paper", "amended", "field"] = par("amended", "-", "", "ours", "which reading of the equations")
    scheme: str = par("greedy", "-", "", "ours", "what decides: a name, or module:Class", min_length=1)
    seed: Whole = par(1, "-", "", "ours", "root of every random stream", ge=0, le=2**63 - 1)
    slot_s: float = par(1.0, "s", "epsilon", "ours", "length of a slot", ge=1e-3, le=3600)
    slots: Annotated[Whole, Field(ge=1, le=10**9)] | None = par(
        None, "-", "", "ours", "slots to run; null: as long as the trace"
    )
    strict: bool = par(False, "-", "", "ours", "stop at the first guard that fires")
    world: World = par(..., "-", "", "ours", "mobility and places")
    vehicles: Vehicle = par(Vehicle, "-", "", "ours", "what a vehicle brings")
    tasks: Tasks = par(Tasks, "-", "", "ours", "what vehicles have to compute")
    edge: Edge = par(Edge, "-", "", "ours", "what an edge server brings")
    radio: Radio = par(Radio, "-", "", "ours", "uplink and downlink")
    qkd: Qkd = par(Qkd, "-", "", "ours", "quantum key distribution")
    rate: Measured = par(Measured, "-", "", "ours", "measured key rates")
    keys: Keys = par(Keys, "-", "", "ours", "key pools")
    chain: Chain = par(Chain, "-", "", "ours", "blocks and consensus")
    faults: Many[Fault] = par((), "-", "", "ours", "what fails, and when")
    objective: Objective = par(Objective, "-", "", "ours", "what is minimised")
    sources: Sources = par(Sources, "-", "", "ours", "equation or table")
    learning: Learning = par(Learning, "-", "", "ours", "learning with a next state")
    decision: Decision = par(Decision, "-", "", "ours", "how schemes decide")
    physics: Physics = par(Physics, "-", "", "ours", "models seam by seam")

    _folder: Path = PrivateAttr(default=Path())
    _origins: dict[str, Origin] = PrivateAttr(default_factory=dict)

    @field_validator("slot_s")
    @classmethod
    def _whole_ns(cls, value: float) -> float:
        if Decimal(repr(value)).scaleb(9) % 1:
            raise ValueError("be a whole number of nanoseconds")
        return value

    def __eq__(self, other: object) -> bool:
        """Equal texts: the folder does not matter, the order of the task classes does, because draws follow it."""
        return isinstance(other, Scenario) and self.model_dump_json() == other.model_dump_json()

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    @property
    def folder(self) -> Path:
        """Where the scenario file is."""
        return self._folder

    def file(self, key: str) -> Path:
        """The ordinary file that a key such as ``world.trace`` names, if a scenario may name it; nothing is opened.

        It is looked for beside the scenario file that says so, then in the current folder. Of the folder that
        ``decision.policy`` names it is the file that decides.
        """
        name = functools.reduce(_member, key.split("."), self)
        if not isinstance(name, str):
            raise ScenarioError(f"'{key}' must be given.")
        name = os.path.join(name, LEARNED) if key == POLICY else name
        return found(key, name, self._folder, self._origins.get(key, Origin()))

    def files(self) -> dict[str, Path]:
        """Every file that this scenario names, by its key, in the order of the tree."""
        paths, problems = {}, []
        for key, name in self.named_files().items():
            try:
                paths[key] = Path(name) if self._is_made_up(key, name) else self.file(key)
            except ScenarioError as error:
                problems += error.problems
        if problems:
            raise ScenarioError(problems)
        return paths

    def named_files(self) -> dict[str, str]:
        """The names of all these files as they are written, by key; nothing is looked for."""
        world = self.world
        named = {
            "world.trace": world.trace,
            "world.sumocfg": world.sumocfg,
            "world.network": world.network,
            **{f"world.additional.{index}": name for index, name in enumerate(world.additional)},
            "world.fibre.file": world.fibre.file,
            "tasks.file": self.tasks.file,
            "rate.file": self.rate.file,
            POLICY: self.decision.policy,
        }
        return {key: name for key, name in named.items() if name is not None}

    def with_policy(self, name: str | None, origin: Origin | None = None) -> Scenario:
        """The same with what was learned in another folder, or with nothing learned; ``origin`` is who says so."""
        own = self.model_copy(update={"decision": self.decision.model_copy(update={"policy": name})})
        own._origins = {key: place for key, place in self._origins.items() if key != POLICY}
        if name is not None and origin is not None:
            own._origins[POLICY] = origin
        return own

    def _is_made_up(self, key: str, name: str) -> bool:
        """Whether Python code named mobility that is not there, to hand over a trace of its own."""
        return not self._origins and key in ("world.trace", "world.sumocfg") and odd(Path(name)) == GONE


def _member(node: Any, part: str) -> Any:
    return node[int(part)] if isinstance(node, tuple) else getattr(node, part)
