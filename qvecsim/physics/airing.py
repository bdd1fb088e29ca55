"""Uploads under way get a new rate in each slot, where the radio model says so; their remaining bits carry over."""

from __future__ import annotations

import numpy as np

from qvecsim.physics.moves import Inputs, Moves, on_air
from qvecsim.physics.starting import RATE_FLOOR_BPS
from qvecsim.rows import which
from qvecsim.types import Floats, Ints
from qvecsim.units import NS_PER_S, ns_array


def refresh(inputs: Inputs, moves: Moves) -> None:
    """Write new rates and arrivals of the uploads that earlier slots began; those of this slot have theirs."""
    rates = inputs.profile.vec.refresh
    if rates is None:
        return
    tasks, fleet, now = moves.tasks, inputs.state.fleet, inputs.state.time_ns
    sending = on_air(tasks, now)
    if not len(sending):
        return
    begun = tasks["decided_ns"][sending] == now
    fresh, old = sending[begun], sending[~begun]
    tasks["left_bit"][fresh] = tasks["input_bit"][fresh]  # whose rate is that of the decision, which saw the same
    row = fleet.vehicle.searchsorted(tasks["vehicle"][sending])
    power_w, unit = tasks["tx_power_w"][sending], tasks["rsu"][sending]
    sinr, rate_bps = rates(power_w, row, unit, inputs.action, inputs.draws, inputs.prm)
    left_bit = _left_bit(inputs, moves, old)
    until_ns = now + ns_array(left_bit / np.maximum(rate_bps[~begun], RATE_FLOOR_BPS))
    tasks["left_bit"][old] = left_bit
    tasks["rate_bps"][old], tasks["sinr"][old] = rate_bps[~begun], sinr[~begun]
    tasks["arrival_ns"][old] = until_ns
    moves.uplink_free_ns[row[which(~begun)]] = until_ns


def _left_bit(inputs: Inputs, moves: Moves, index: Ints) -> Floats:
    """What these have not sent by now, a slot after their rate was set."""
    slot_s = (inputs.end_ns - inputs.state.time_ns) / NS_PER_S
    tasks = moves.tasks
    left: Floats = np.maximum(tasks["left_bit"][index] - tasks["rate_bps"][index] * slot_s, 0.0)
    return left
