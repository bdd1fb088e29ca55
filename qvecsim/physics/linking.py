"""What the links make in a slot: the key model's answer, less what is refused or dark, and measured rates instead.

Whatever model answers at the seam, the rules here are the same for all. Level: arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Action, Bools, Draws, Floats, Links, Scene, State


def key_links(
    seam: Callable[..., Links], state: State, action: Action, scene: Scene, draws: Draws, prm: Scenario
) -> Links:
    """The links of a slot. A measured rate holds where nobody taps the link; one above the abort threshold is 0."""
    links = seam(state, action, scene, draws, prm)
    outages, count = draws.outages, len(scene.link)
    rate_bps = measured(links.key_rate_bps[:count], draws.measured_bps, outages.intercepted > 0)
    dark = aborted(links.qber[:count], draws.measured_bps, outages.intercepted, prm.keys.abort_qber)
    rate_bps = np.where(dark | ~outages.link_up, 0.0, rate_bps)
    return _told(links, rate_bps, outages.link_up)


def measured(rate_bps: Floats, measured_bps: Floats | None, tapped: Bools) -> Floats:
    """(L,) rates with what was measured in their place; NaN: not measured. Nobody measured them under attack."""
    if measured_bps is None:
        return rate_bps
    return np.where(np.isnan(measured_bps) | tapped, rate_bps, measured_bps)


def aborted(qber: Floats, measured_bps: Floats | None, intercepted: Floats, abort_qber: float | None) -> Bools:
    """(L,) whose keys are refused for their error rate; a rate that was measured had passed this test."""
    if abort_qber is None:
        return np.zeros(len(qber), dtype=bool)
    over: Bools = qber > abort_qber
    return over if measured_bps is None else over & (np.isnan(measured_bps) | (intercepted > 0))


def _told(links: Links, rate_bps: Floats, up: Bools) -> Links:
    """The same with these rates; the objective (22) sees them where it sums over all pairs."""
    count = len(rate_bps)
    if up.all() and np.array_equal(rate_bps, links.key_rate_bps[:count]):
        return links
    every = len(links.priced_bps) == len(links.key_rate_bps)
    rates = np.concatenate([rate_bps, links.key_rate_bps[count:]])
    qber = np.concatenate([np.where(up, links.qber[:count], np.nan), links.qber[count:]])
    return replace(links, key_rate_bps=rates, qber=qber, priced_bps=rates if every else links.priced_bps)
