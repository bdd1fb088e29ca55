"""Section III-E as a problem that can be solved: terms without unit, and what really limits a plan. Level: terms.

Instead of (22)-(23). ``targets``, ``capacity`` and ``keys`` are the constraints of a whole plan; in a run they hold by
the types of an action, by the queue, and because pools give whole keys only.
"""

from __future__ import annotations

import numpy as np

from qvecsim.physics.amended import problem
from qvecsim.physics.amended.vec import latency_s
from qvecsim.physics.tally import Tally
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Finality, Floats, Ints, Latencies, Links, Terms


def starvation(key_rate_bps: Floats, reference_bps: float) -> Floats:
    """(L,) cost of each link's keys, from 1 where none is made down to 0: K0 / (K0 + rate), which (22) is far above K0.

    Ours: unlike 1 / rate it is finite at 0, and one rich link does not hide a starved one.
    """
    return reference_bps / (reference_bps + key_rate_bps)


def objective(
    key_rate_bps: Floats,
    latency_s: Floats,
    block_s: float,
    latency_weight: float,
    reference_bps: float,
    reference_s: float,
    reference_block_s: float,
    slot_s: float,
) -> tuple[float, float, float]:
    """The terms of keys, latency and blocks, each a pure number and to be reported apart.

    Keys and finality cost as long as they last, as in ``amended``.
    """
    lasts = slot_s / reference_s
    key = (1.0 - latency_weight) * float(starvation(key_rate_bps, reference_bps).sum()) * lasts
    latency = latency_weight * float(np.sum(latency_s)) / reference_s
    return key, latency, latency_weight * block_s / reference_block_s * lasts


def targets(indicator: Ints) -> int:
    """Tasks (D, M) that have more than one server; none is local computing."""
    return problem.failures(indicator.sum(axis=1) <= 1)


def capacity(share_hz: Floats, indicator: Ints, edge_hz: Floats) -> int:
    """Servers (M,) that give their tasks (D,) more than their clock, but for rounding."""
    given_hz = (share_hz[:, None] * indicator).sum(axis=0)
    return problem.failures(given_hz <= edge_hz * (1.0 + 1e-9))


def keys(need_bit: Ints, indicator: Ints, rsu_link: Ints, key_bit: Ints) -> int:
    """Pools (L,) that a plan takes more from than they hold: sum over x of k_x y_xm <= K_m, the coupling of (23)."""
    taken_bit = np.zeros_like(key_bit)
    np.add.at(taken_bit, rsu_link, (need_bit[:, None] * indicator).sum(axis=0))
    return problem.failures(taken_bit <= key_bit)


def terms(links: Links, latencies: Latencies, finality: Finality, prm: Scenario) -> Terms:
    """The cost of one slot; the latency of each task is that of the one place where it is computed."""
    tally, o = Tally(), prm.objective
    latency = latency_s(latencies.indicator > 0, latencies.local_s, latencies.offload_s)
    charged_s = float((latency - latencies.charged_s).sum()) + latencies.waiting_s
    references = (o.latency_weight, o.reference_bps, o.reference_s, o.reference_block_s)
    key, late, block = objective(links.priced_bps, np.asarray(charged_s), finality.finality_s, *references, prm.slot_s)
    tally.broken("C5", problem.c5(latency, latencies.deadline_s))
    tally.broken("C10", targets(latencies.indicator))
    return Terms(key, late, block, latency, tally.guards, tally.violations)
