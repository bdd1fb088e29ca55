"""What there is, and what chance makes of it in a slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qvecsim.types.columns import Bools, Floats, Ints


@dataclass(frozen=True)
class Fleet:
    """The vehicles on the road at one instant, sorted by ``vehicle``."""

    vehicle: Ints  # (V,) index into the trace's ids
    x_m: Floats
    y_m: Floats
    speed_m_s: Floats

    def __len__(self) -> int:
        return len(self.vehicle)


@dataclass(frozen=True)
class Scene:
    """What stands still during a run, as arrays: sites, fibres, and what each vehicle is."""

    rsu: tuple[str, ...]
    rsu_x_m: Floats  # (M,)
    rsu_y_m: Floats
    edge_hz: Floats  # (M,) clock of the server
    node: tuple[str, ...]
    node_x_m: Floats  # (Q,)
    node_y_m: Floats
    link: tuple[str, ...]
    link_km: Floats  # (L,) fibre length
    link_db: Floats  # (L,) loss beyond attenuation times length: insertion loss, or what a given whole loss leaves over
    link_node: Ints  # (L,) the QKD node whose detector counts, which is one end
    link_target: Ints  # (L,) the other end: a node, or Q + m for roadside unit m
    rsu_link: Ints  # (M,) the link that feeds the RSU with keys: of those that end there, the one with least loss
    home: Ints  # (H,) QKD nodes that share the keys in vehicles' stores; empty: vehicles have no stores
    dock: tuple[str, ...]  # where stores are loaded
    dock_x_m: Floats  # (K,)
    dock_y_m: Floats
    dock_home: Ints  # (K,) index into ``home``
    kind: Ints  # (N,) task class of each vehicle
    tx_power_w: Floats  # (N,)
    local_hz: Floats  # (N,)


@dataclass(frozen=True)
class Outages:
    """What does not work in one slot, and which fault is to blame; faults are numbered from 0, -1 is none."""

    faults: Ints  # numbers of the faults under way
    link_up: Bools  # (L,) the fibre is whole and both its ends work
    unit_up: Bools  # (M,) the roadside unit works
    server_up: Bools  # (M,) its edge server does, which is also its validator
    byzantine: Bools  # (M,) the validator works against the chain
    intercepted: Floats  # (L,) share of the signals that an eavesdropper measures and sends on
    node_up: Bools  # (Q,) the QKD node works
    link_fault: Ints  # (L,) why a link is down
    tap_fault: Ints  # (L,) why it is tapped
    unit_fault: Ints  # (M,) why a unit is down
    server_fault: Ints  # (M,) why its server is


@dataclass(frozen=True)
class Draws:
    """What chance decides in one slot, the same for every scheme."""

    distance_m: Floats  # (V, M) that the channel was drawn for
    nearest: Ints  # (V,) closest unit
    gain: Floats  # (V, M) channel power gain, within its limits
    clipped: int  # gains that had to be brought within them
    too_strong: int  # those of them that were above, C4
    drift: Floats  # (2, Q) standard normal, for temperatures and noise phases
    table: Mapping[str, Floats]  # uniform numbers, one a pair, for what the scenario takes from a set of Table II
    outages: Outages
    measured_bps: Floats | None = None  # (L,) key rates that a file tells, NaN where it does not; None: there is none
