"""Vehicles, their tasks, and the servers at the edge."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from qvecsim.scenario.parameters.grain import (
    TABLE_II,
    File,
    Name,
    Node,
    NotNegative,
    NotNegativeDraw,
    Positive,
    PositiveDraw,
    Range,
    Whole,
    broken,
    par,
)


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
    count: Whole | None = par(
        None, "-", "V", "ours", "vehicles of the trace that take part, drawn; null: all of them", ge=1, le=10**9
    )


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
