"""The whole system in sixteen numbers in [0, 1], for any number of vehicles, units and nodes: means, and the worst.

What heads decide is one for all detectors and all units, so that they need not see each of them. Bounds are those of
``observe``; what has none becomes x / (1 + x). Keys and temperatures stand in the middle, beside the label of a chain.
"""

from __future__ import annotations

import numpy as np

from qvecsim.decision.branch.features import Seen, ends
from qvecsim.decision.macro.observe import Limits, affine, limits, mean
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Floats, Observation

INPUTS = 16


class Summary:
    """What heads see of one scenario; each input is a type of its own."""

    ties = tuple(range(INPUTS))

    def __init__(self, scenario: Scenario) -> None:
        self.limits, self.interval_s = limits(scenario), ends(scenario.chain.interval_s)[1]

    def inputs(self, observation: Observation) -> Seen:
        """One row of inputs, (16,), and how many had to be clipped."""
        raw = summary(observation, self.limits, self.interval_s)
        found = np.minimum(np.maximum(raw, 0.0), 1.0)
        return Seen(found, int(np.count_nonzero(found != raw)))


def summary(seen: Observation, limits: Limits, interval_s: float) -> Floats:
    """(16,): tasks and servers, keys and detectors, the chain."""
    unit_s, units = limits.task.unit_s, len(seen.edge_hz)
    work = (seen.backlog_s + seen.arriving_cycles / seen.edge_hz) / unit_s
    asked = float(seen.cycles[seen.deciding].sum()) / (float(seen.edge_hz.sum()) * unit_s)
    keys = seen.key_bit / limits.task.key_bit
    heat = affine(seen.temperature_k, *limits.temperature_k)
    return np.array(
        [
            mean(seen.deciding),
            _bent(asked),  # work that asks to be placed
            _bent(mean(seen.local_backlog_s) / unit_s),
            _bent(float(seen.arriving.sum()) / units),
            _bent(float(work.mean())),
            _bent(float(work.max())),
            _bent(mean(seen.key_rate_bps) * unit_s / limits.key_bit),
            keys.mean(),
            keys.min(),
            heat.mean(),
            heat.max(),
            mean(seen.entropy),
            mean(seen.security_margin) / limits.margin,
            _bent(float(work[seen.stake.argmax()])),  # of the unit that Algorithm 1 is likely to elect
            seen.stake.max(),
            _bent(seen.pending * seen.slot_s / (units * interval_s)),  # of what comes between two blocks
        ]
    )


def _bent(ratio: float) -> float:
    """From [0, inf) to [0, 1): a half at 1."""
    return ratio / (1.0 + ratio)
