"""What the models of a slot are asked, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass

from qvecsim.types.columns import Bools, Floats, Ints


@dataclass(frozen=True)
class Links:
    """What the key model says of one slot; entries 0 ... L-1 of the pair axis are the fibre links."""

    key_rate_bps: Floats  # (P,) >= 0
    qber: Floats  # (P,)
    entropy: Floats  # (P,)
    security_margin: Floats  # (P,)
    transmittance: Floats  # (P,)
    efficiency: Floats  # (Q,)
    priced_bps: Floats  # key rates that the objective (22) sums over
    guards: Ints  # (len(GUARDS),)
    violations: Ints  # (len(CONSTRAINTS),)


@dataclass(frozen=True)
class Uploads:
    """Who wants to send and who is sending: what eqs. (13)-(17) are asked about. D rows, one a deciding vehicle."""

    row: Ints  # (D,) row of the fleet
    offload: Bools  # (D,) asks for the uplink, or begins to send
    rsu: Ints  # (D,) where to
    sender: Ints  # (S,) rows of the fleet with an upload under way
    sender_rsu: Ints  # (S,) where to
    sender_w: Floats  # (S,) their power
    input_bit: Ints  # (D,)
    result_bit: Ints  # (D,)
    cycles: Ints  # (D,)
    tx_power_w: Floats  # (V,) the most each can
    local_hz: Floats  # (V,)


@dataclass(frozen=True)
class Rates:
    """What the radio and computing model says; D rows as in ``Uploads``. Delays are those of (15) and (16)."""

    sinr: Floats  # (D,) at the chosen unit
    rate_bps: Floats  # (D,)
    local_s: Floats  # (D,)
    offload_s: Floats  # (D, M) to every unit
    back_s: Floats  # (D, M) of it: the result's way back
    guards: Ints
    violations: Ints


@dataclass(frozen=True)
class Latencies:
    """What (17) and (22) are asked about: D rows, one a task that starts in this slot, and those that wait on."""

    indicator: Ints  # (D, M) 1 where the task is offloaded to the unit
    local_s: Floats  # (D,) age, wait for the vehicle's processor, and (15)
    offload_s: Floats  # (D, M) age, wait for the server, and (16)
    deadline_s: Floats  # (D,)
    charged_s: Floats  # (D,) of it: age, which earlier slots have charged as waiting
    waiting_s: float  # what tasks that stay undecided add in this slot


@dataclass(frozen=True)
class Finality:
    """What a block costs, eqs. (18)-(21)."""

    generation_s: float
    propagation_s: float
    verification_s: float
    finality_s: float
    guards: Ints
    violations: Ints


@dataclass(frozen=True)
class Terms:
    """Eq. (22) and its parts; ``objective`` is a cost, the reward is its negative."""

    key: float
    latency: float
    block: float
    latency_s: Floats  # (D,) (17) of each task that starts
    guards: Ints
    violations: Ints
