"""What each option of a task promises, given the load of those who decided before. Level: arrays, no decisions.

Differs from the shared queue of a textbook in what this simulator does: who may not start stays undecided, so waiting
for a key or for the transmitter is whole slots; interference is that of the slot in which an upload starts, for the
whole upload; keys leave their pool whole, when the upload begins.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qvecsim.decision.keyless import KEYLESS_S
from qvecsim.physics.queue import fcfs, unlimited
from qvecsim.rows import which
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Bools, Floats, Ints, Observation
from qvecsim.units import NS_PER_S, from_db, ns_array

LEAST_SINR = 1e-12  # keeps logarithms of a lost signal finite; it is refused long before


class Estimate(NamedTuple):
    """Of n tasks, from this boundary on, s; columns of (n, M) are the units."""

    local_s: Floats  # (n,) done in the vehicle
    offload_s: Floats  # (n, M) done at the unit; infinite where it may not be sent there
    arrival_s: Floats  # (n, M) the last bit has arrived
    upload_s: Floats  # (n, M) on the air
    key_s: Floats  # (n, M) waited for a key; infinite where none comes
    service_s: Floats  # (n, M) computed
    received_w: Floats  # (n, M)
    need_bit: Floats  # (n, M) key bits that an offload withdraws


class Booked:
    """The load of each unit in this slot as it grows: work, power, keys. Tasks see what was booked before.

    ``rows`` are those of all tasks that will be asked about, in their order; parts of it are named by slices. What
    does not depend on the load is computed once for all of them.
    """

    def __init__(self, observation: Observation, scenario: Scenario, rows: Ints) -> None:
        self.seen, self.rows = observation, rows
        self.threshold = from_db(scenario.radio.admission_db)
        self.bandwidth_hz = scenario.radio.bandwidth_hz * float(observation.action().bandwidth[0])
        self.keyless_s = KEYLESS_S[scenario.keys.missing]
        # Several processors count as one that is as fast as all, and a shared one as one that serves in turn: the work
        # ahead is the same, and no more of it is told.
        self.queue = unlimited if scenario.edge.queue == "unlimited" else fcfs
        self.servers = scenario.edge.servers
        self.heard_w = observation.heard_w.copy()
        # When what is on the air arrives is not told; as with ``greedy``, its work counts as there.
        self.work_s = observation.backlog_s + observation.arriving_cycles / (
            scenario.edge.servers * observation.edge_hz
        )
        self.key_bit = observation.key_bit.astype(np.float64)
        self.begun = np.zeros(len(self.key_bit), dtype=np.int64)  # (M,) offloads booked in this slot
        self.slope_s_w: Floats = np.zeros(len(self.key_bit))  # (M,) what a watt costs those who begin in this slot
        self._fix(scenario.edge.wired_s)

    def _fix(self, wired_s: float) -> None:
        """What no load changes, for all rows."""
        seen, rows, units = self.seen, self.rows, np.arange(len(self.key_bit))
        self.left_s = seen.left_s[rows]
        self.local_s = seen.local_backlog_s[rows] + seen.cycles[rows] / seen.local_hz[rows]
        self.received_w = seen.tx_power_w[rows, None] * seen.gain[rows]
        self.service_s = seen.cycles[rows, None] / seen.edge_hz
        self.handed_s = self.service_s + wired_s * (seen.nearest[rows, None] != units)
        self.band_s = seen.input_bit[rows, None] / self.bandwidth_hz  # on the air at one bit a second and hertz
        self.reachable = seen.reachable[rows]
        # Nothing where the vehicle's session key lasts for the task.
        resumed: Bools = seen.session_rsu[rows, None] == units
        self.need_bit = np.where(resumed, 0.0, seen.key_need_bit[rows, None].astype(np.float64))
        unstored_bit = np.maximum(self.need_bit - seen.store_bit[rows, None], 0.0)
        # No pool fills a vehicle's store; when it will be at a dock again nobody knows.
        stored_s = np.where(unstored_bit > 0, self.keyless_s(unstored_bit, np.zeros(unstored_bit.shape)), 0.0)
        self.ready_s = self._slots_s(seen.uplink_backlog_s[rows])[:, None] + stored_s
        self.most_bit = float(self.need_bit.max(initial=0.0))

    def estimate(self, part: slice) -> Estimate:
        """What the tasks of a part can expect."""
        received_w, service_s = self.received_w[part], self.service_s[part]
        sinr = received_w / (self.heard_w + self.seen.noise_w)
        upload_s = self.band_s[part] / np.log2(1.0 + np.maximum(sinr, LEAST_SINR))
        key_s = self._key_s(self.need_bit[part])
        arrival_s = self.ready_s[part] + key_s + upload_s
        offload_s = np.maximum(arrival_s, self.work_s) + self.handed_s[part]
        allowed = self.reachable[part] & (sinr >= self.threshold)
        return Estimate(
            self.local_s[part],
            np.where(allowed, offload_s, np.inf),
            arrival_s,
            upload_s,
            key_s,
            service_s,
            received_w,
            self.need_bit[part],
        )

    def take(self, part: slice, unit: Ints, told: Estimate) -> None:
        """Book the offloads of a part: ``unit`` (n,) of each task of ``told``, -1 where it stays in the vehicle."""
        sent = which(unit >= 0)
        # Who was to find no key, and goes where it does, is not on its way.
        sent = sent[np.isfinite(told.arrival_s[sent, unit[sent]])]
        if not len(sent):
            return
        sent = sent[np.lexsort((told.arrival_s[sent, unit[sent]], unit[sent]))]
        at, units = unit[sent], len(self.key_bit)
        arrival_ns, service_ns = ns_array(told.arrival_s[sent, at]), ns_array(told.service_s[sent, at] / self.servers)
        _, free_ns = self.queue(at, arrival_ns, service_ns, ns_array(self.work_s))
        self.work_s = free_ns / NS_PER_S
        power_w = told.received_w[sent, at]
        heard_w = self.heard_w + np.bincount(at, power_w, units)
        self.key_bit = self.key_bit - np.bincount(at, told.need_bit[sent, at], units)
        self.begun = self.begun + np.bincount(at, minlength=units)
        level_w = np.maximum(heard_w[at] - power_w, 0.0) + self.seen.noise_w
        slope = self.band_s[part][sent, 0] * slowing(power_w, level_w)
        self.slope_s_w = self.slope_s_w + np.bincount(at, slope, units)
        self.heard_w = heard_w

    def _key_s(self, need_bit: Floats) -> Floats:
        """(n, M) whole slots until the pool holds the key; as ``keys.missing`` says where it never does."""
        if self.key_bit.min(initial=np.inf) >= self.most_bit:
            return np.zeros(need_bit.shape)
        short_bit = np.maximum(need_bit - self.key_bit, 0.0)
        filled_s = self._slots_s(self.keyless_s(short_bit, self.seen.key_rate_bps))
        return np.where(short_bit > 0, filled_s, 0.0)

    def _slots_s(self, wait_s: Floats) -> Floats:
        """Who waits is asked again at the boundary after."""
        whole: Floats = np.ceil(wait_s / self.seen.slot_s - 1e-9) * self.seen.slot_s
        return whole


def slowing(received_w: Floats, level_w: Floats) -> Floats:
    """What one more watt adds to 1/log2(1 + received/level): how much longer a bit lasts, relative to the band, 1/W."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.log1p(received_w / level_w)
        slope = np.log(2.0) * received_w / (level_w * (level_w + received_w) * rate**2)
    return np.where(received_w > 0, slope, 0.0)
