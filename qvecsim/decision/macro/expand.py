"""From a macro action to what the decision process sets (25). Pure: the same observation and index, the same action."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qvecsim.decision.branch.prices import Tide, mean_deadline_s, still
from qvecsim.decision.macro.menu import Menu
from qvecsim.decision.macro.place import placed
from qvecsim.types import Action, Floats, Observation

LARGEST_BIT = 2**40  # that a block may be


def expand(seen: Observation, menu: Menu, index: int, tide: Tide | None = None) -> Action:
    """Eq. (25): the detectors' efficiencies, the offloads, the producer and the bands of macro action ``index``.

    ``tide`` is what the price rule has seen so far (``branch.prices.flowed``); without it, nothing.
    """
    scenario = menu.scenario
    unit_s = mean_deadline_s(scenario)
    unit = placed(seen, scenario, menu.macro(index).placing, tide or still(len(seen.edge_hz)), unit_s)
    return standing(seen, menu, index, seen.action(unit >= 0, np.maximum(unit, 0)))


def standing(seen: Observation, menu: Menu, index: int, action: Action) -> Action:
    """The action with all that macro action ``index`` sets but its placing, which stays as it is."""
    macro, scenario = menu.macro(index), menu.scenario
    return replace(
        action,
        efficiency=efficiency(seen, macro.efficiency, float(scenario.keys.capacity_bit)),
        producer=producer(seen, macro.producer),
        bandwidth=np.full(len(seen.edge_hz), macro.band),
        block_bit=min(max(int(macro.block * scenario.chain.block_bit), 1), LARGEST_BIT),
    )


def efficiency(seen: Observation, level: str, capacity_bit: float) -> Floats:
    """(Q,) one level for all detectors; by need: the highest while some unit's pool is less than half full."""
    levels = sorted(seen.efficiencies)
    if level == "need":
        short = bool((2.0 * seen.key_bit < capacity_bit).any())
        level = "highest" if short else "lowest"
    at = {"highest": -1, "middle": len(levels) // 2, "lowest": 0}[level]
    return np.full(len(seen.temperature_k), levels[at])


def producer(seen: Observation, rule: str) -> int:
    """The validator that honest ones vote for; -1 leaves it to the largest stake, as Algorithm 1 has it."""
    return int(seen.backlog_s.argmin()) if rule == "backlog" and len(seen.backlog_s) else -1
