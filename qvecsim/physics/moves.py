"""What one slot works on: its inputs, its own copies, and what the decision came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from qvecsim.physics.encryption import Need
from qvecsim.physics.profile import Profile
from qvecsim.rows import which
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import (
    UPLINK,
    Action,
    Bools,
    Draws,
    Ints,
    Rates,
    Records,
    Scene,
    Sessions,
    State,
)


class Inputs(NamedTuple):
    """What a slot is computed from."""

    state: State
    head: Ints  # (V,) first of what ``heads`` returns
    action: Action
    draws: Draws
    scene: Scene
    profile: Profile
    prm: Scenario
    end_ns: int  # of the slot, which is half-open


@dataclass
class Moves:
    """The slot's own copies, written as it goes; they become the next State."""

    tasks: Records
    vehicle_free_ns: Ints
    uplink_free_ns: Ints
    server_free_ns: Ints
    jobs: Records
    withdrawn_bit: Ints  # (L,)
    sessions: Sessions


class Start(NamedTuple):
    """What the decision came to; D rows, one a deciding vehicle."""

    task: Ints  # row of ``tasks``
    row: Ints  # row of the fleet
    asked: Bools  # wanted to offload
    local: Bools
    sent: Bools
    busy: Bools  # waits for its own transmitter
    keyless: Bools  # found no whole key
    waits_key: Bools  # and waits for one
    refused: Bools  # not admitted to the uplink
    rates: Rates
    need: Need  # what each would withdraw


def on_air(tasks: Records, now_ns: int) -> Ints:
    """Rows of the uploads under way; one whose last bit arrives at this very instant is over."""
    return which((tasks["phase"] == UPLINK) & (tasks["arrival_ns"] > now_ns))
