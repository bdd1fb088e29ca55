"""What one slot works on: its inputs, its own copies, and what the decision came to."""

from __future__ import annotations

from collections.abc import Callable
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
    Loan,
    Rates,
    Records,
    Scene,
    Sessions,
    State,
)


class Wanted(NamedTuple):
    """(R,) keys that tasks ask for, in the order in which they are served: by deadline, then by number."""

    vehicle: Ints  # index into the trace's ids
    rsu: Ints
    key_bit: Ints  # > 0


class Granted(NamedTuple):
    """What the key network answers: each key whole or not at all, and what the pools have paid."""

    whole: Bools  # (R,)
    pool_bit: Ints  # (R,) from all pools together
    unstored: Bools  # (R,) the vehicle does not carry it
    fault: Ints  # (R,) the fault that has broken its shortest way, -1: none
    rerouted: Bools  # (R,) it came all the same, another way
    consumed_bit: Ints  # (L,) paid for keys of a link's own two ends
    relayed_bit: Ints  # (L,) paid for keys that came from or went farther
    store_bit: Ints  # (N, H) what vehicles carry afterwards


class Inputs(NamedTuple):
    """What a slot is computed from."""

    state: State
    head: Ints  # (V,) first of what ``heads`` returns
    action: Action
    draws: Draws
    scene: Scene
    profile: Profile
    prm: Scenario
    grant: Callable[[Wanted], Granted]  # the key network, with the pools of this instant
    end_ns: int  # of the slot, which is half-open
    loans: tuple[Loan, ...] = ()  # in order; what is not known yet nobody has lent


@dataclass
class Moves:
    """The slot's own copies, written as it goes; they become the next State."""

    tasks: Records
    vehicle_free_ns: Ints
    uplink_free_ns: Ints
    server_free_ns: Ints
    jobs: Records
    consumed_bit: Ints  # (L,) as in ``Granted``
    relayed_bit: Ints  # (L,)
    store_bit: Ints  # (N, H)
    sessions: Sessions


class Keyed(NamedTuple):
    """What came of asking for keys; D rows, one a deciding vehicle. Who needed none has false and 0."""

    missing: Bools  # asked, and got none
    unstored: Bools  # of these, because the vehicle does not carry it
    pool_bit: Ints  # what all pools together have paid
    fault: Ints  # the fault that has broken the shortest way, -1: none
    rerouted: Bools  # it came another way

    @property
    def starved(self) -> Bools:
        """It did not come, and a fault has broken its shortest way."""
        starved: Bools = self.missing & ~self.unstored & (self.fault >= 0)
        return starved


class Start(NamedTuple):
    """What the decision came to; D rows, one a deciding vehicle."""

    task: Ints  # row of ``tasks``
    row: Ints  # row of the fleet
    asked: Bools  # wanted to offload
    local: Bools
    sent: Bools
    busy: Bools  # waits for its own transmitter
    keys: Keyed  # what came of asking for keys
    waits_key: Bools  # got none, and waits for one
    refused: Bools  # not admitted to the uplink
    rates: Rates
    need: Need  # what each would withdraw


def on_air(tasks: Records, now_ns: int) -> Ints:
    """Rows of the uploads under way; one whose last bit arrives at this very instant is over."""
    return which((tasks["phase"] == UPLINK) & (tasks["arrival_ns"] > now_ns))
