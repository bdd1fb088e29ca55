"""The whole system as one of 108 states, for tables: five quantities in two or three bins each. Level: arrays."""

from __future__ import annotations

import numpy as np

from qvecsim.decision.macro.observe import Limits
from qvecsim.types import Observation

# Upper ends of all bins but the last.
BINS = {
    "backlog": (0.25, 1.0),  # mean work of a unit, in mean deadlines
    "spread": (0.5,),  # greatest less least work, in mean deadlines
    "keys": (0.1, 0.5),  # of its capacity, in the poorest pool
    "heat": (1 / 3, 2 / 3),  # mean temperature between its bounds
    "load": (1.0,),  # work that asks to be placed, in what the servers do in a slot
}
SIZES = tuple(len(ends) + 1 for ends in BINS.values())
STATES = int(np.prod(SIZES))


def state(seen: Observation, limits: Limits) -> int:
    """The number of the state, below ``STATES``."""
    unit_s = limits.task.unit_s
    work_s = seen.backlog_s + seen.arriving_cycles / seen.edge_hz
    low_k, high_k = limits.temperature_k
    told = (
        float(work_s.mean()) / unit_s,
        float(work_s.max() - work_s.min()) / unit_s,
        float(seen.key_bit.min()) / limits.task.key_bit,
        (float(seen.temperature_k.mean()) - low_k) / max(high_k - low_k, 1e-9),
        float(seen.cycles[seen.deciding].sum()) / (float(seen.edge_hz.sum()) * seen.slot_s),
    )
    at = tuple(int(np.searchsorted(ends, value)) for ends, value in zip(BINS.values(), told, strict=True))
    return int(np.ravel_multi_index(at, SIZES))
