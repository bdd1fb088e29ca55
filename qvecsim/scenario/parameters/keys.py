"""Key pools, and stores in vehicles."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from qvecsim.scenario.parameters.grain import (
    Many,
    Name,
    Node,
    NotNegative,
    Positive,
    Probability,
    Site,
    Whole,
    broken,
    par,
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
