"""One boundary of a run, tried with many actions; the simulator's own ``slot`` says what each costs.

The cost of a slot is (22) with the waiting terms of ``physics.slot``, and the price of the tasks that the slot itself
drops. Left out are the tasks that vehicles take along when they leave at its end: who leaves, no policy knows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qvecsim.kernel.simulation import Simulation
from qvecsim.physics.linking import key_links
from qvecsim.physics.moves import Granted, Start, Wanted
from qvecsim.physics.slot import next_block, opened, predict, slot
from qvecsim.physics.starting import decide
from qvecsim.rows import which
from qvecsim.types import DROPPED, UNDECIDED, Action, Bools, Finality, Floats, Ints, Latencies, Links
from qvecsim.units import NS_PER_S


@dataclass(frozen=True)
class Cost:
    """What a slot costs, by what it depends on."""

    key: float
    tasks: float  # latencies, waiting and drops
    block: float
    started: Bools  # (D,) who did; the others wait or are given up, though they could start in their vehicle

    @property
    def put_off(self) -> int:
        """How many did not start."""
        return len(self.started) - int(np.count_nonzero(self.started))

    @property
    def total(self) -> float:
        """The slot's cost."""
        return self.key + self.tasks + self.block


class Trial:
    """The slot that begins at a simulation's boundary; the simulation stays where it is."""

    def __init__(self, simulation: Simulation) -> None:
        self.seen = simulation.observe()
        self.inputs = simulation.inputs(self.seen.action())
        self.prm, self.profile, self.scene = self.inputs.prm, self.inputs.profile, self.inputs.scene
        self.row: Ints = which(self.inputs.head >= 0)  # (D,) of the fleet
        state, o = self.inputs.state, self.prm.objective
        self.undecided = int(np.count_nonzero(state.tasks["phase"] == UNDECIDED))
        self.slot_s = (self.inputs.end_ns - state.time_ns) / NS_PER_S
        self.drop_price = o.latency_weight * o.drop_s / o.reference_s
        self.evaluations = 0
        nothing, none = np.zeros(0), np.zeros(0, dtype=np.int64)
        # What the other parts are asked with: links that make 1 bit/s, and a block that costs no time.
        self._dark = Links(nothing, nothing, nothing, nothing, nothing, nothing, np.ones(1), none, none)
        self._free = Finality(0.0, 0.0, 0.0, 0.0, none, none)
        self.second_price = self._priced(waiting_s=1.0)

    def cost(self, action: Action) -> Cost:
        """What the slot costs with this action, by the simulator itself."""
        self.evaluations += 1
        done = slot(self.inputs._replace(action=action))
        dropped = int(np.count_nonzero(done.moves.tasks["outcome"] == DROPPED))
        terms, start = done.terms, done.start
        return Cost(terms.key, terms.latency + self.drop_price * dropped, terms.block, start.local | start.sent)

    def glance(self, action: Action) -> tuple[Start, Latencies]:
        """Who would start, and what each could expect at every unit, if keys were no matter."""
        self.evaluations += 1
        inputs = self.inputs._replace(action=action, grant=self._granted)
        moves = opened(inputs)
        start = decide(inputs, moves)
        return start, predict(inputs, moves, start)

    def task_cost(self, latencies: Latencies) -> Floats:
        """(D, M + 1) what each task adds to the slot's cost at every unit, and at last in its vehicle."""
        tasks, units = latencies.offload_s.shape
        row = np.repeat(np.arange(tasks), units + 1)
        choice = np.tile(np.eye(units + 1, units, dtype=np.int64), (tasks, 1))
        each = Latencies(
            choice,
            latencies.local_s[row],
            latencies.offload_s[row],
            latencies.deadline_s[row],
            latencies.charged_s[row],
            0.0,
        )
        terms = self.profile.problem(self._dark, each, self._free, self.prm)
        added_s = (terms.latency_s - each.charged_s).reshape(tasks, units + 1)
        return np.asarray(self.second_price * added_s)

    def links(self, action: Action) -> Links:
        """What the links make in the slot."""
        i = self.inputs
        return key_links(self.profile.qkd, i.state, action, i.scene, i.draws, i.prm)

    def key_cost(self, links: Links) -> float:
        """The part of the cost that the key rates make."""
        return float(self.profile.problem(links, _nobody(len(self.scene.rsu)), self._free, self.prm).key)

    def block_cost(self, action: Action) -> float:
        """The part of the cost that the next block makes."""
        finality = next_block(self.inputs._replace(action=action))
        return float(self.profile.problem(self._dark, _nobody(len(self.scene.rsu)), finality, self.prm).block)

    def failed(self) -> int:
        """Tasks that failures take along in this slot, whatever is decided."""
        return int(np.count_nonzero(opened(self.inputs).tasks["outcome"] == DROPPED))

    def _priced(self, waiting_s: float) -> float:
        """What so many seconds of waiting cost."""
        nobody = replace(_nobody(len(self.scene.rsu)), waiting_s=waiting_s)
        return float(self.profile.problem(self._dark, nobody, self._free, self.prm).latency)

    def _granted(self, wanted: Wanted) -> Granted:
        """Every key, at no pool's cost."""
        state, asked = self.inputs.state, len(wanted.rsu)
        no, none = np.zeros(asked, dtype=bool), np.zeros(asked, dtype=np.int64)
        unpaid = np.zeros_like(state.key_bit)
        return Granted(~no, none, no, none - 1, no, unpaid, unpaid, state.store_bit)


def _nobody(units: int) -> Latencies:
    return Latencies(np.zeros((0, units), np.int64), *_columns(units), 0.0)


def _columns(units: int) -> tuple[Floats, Floats, Floats, Floats]:
    return np.zeros(0), np.zeros((0, units)), np.zeros(0), np.zeros(0)
