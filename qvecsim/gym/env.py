"""One run as an episode: a step is a slot, the reward is the simulator's, and the end of the slots truncates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np

from qvecsim.errors import PolicyError, QvecsimError
from qvecsim.gym.modes import Mode
from qvecsim.gym.sight import Shown, Sight, checked, whole
from qvecsim.kernel.simulation import Simulation
from qvecsim.runner import Totals, summarise
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Action, Bools, Ints, Observation, Outcome, Step
from qvecsim.world.mobility.trace import Trace
from qvecsim.world.world import build

SHOWN = ("vehicles", "deciding", "offloaded", "done", "late", "dropped")
ALL = range(2**31)
TERMS = ("key_term", "latency_term", "block_term", "drop_term")
COUNTED = (
    *("slot", "time_s", "vehicles", "generated", "deciding", "offloaded", "local", "wait_uplink", "wait_key"),
    *("refused", "exposed", "done", "late", "dropped", "in_flight", "key_rate_bps", "keys_generated_bit"),
    *("keys_consumed_bit", "keys_relayed_bit", "pending_transactions", "guards", "violations"),
)


class Env(gymnasium.Env[Shown, Any]):
    """A scenario; each episode is one of its ``replications``.

    Attributes: ``simulation`` (the run under way), ``replication``, ``sight`` (what was shown last).
    """

    seen: Observation
    sight: Sight
    metadata = {"render_modes": ["ansi"], "render_fps": 10}  # noqa: RUF012  # as Gymnasium declares it

    def __init__(
        self, scenario: Scenario, mode: Mode, replications: Sequence[int] = ALL, render_mode: str | None = None
    ) -> None:
        _known(replications, render_mode, self.metadata["render_modes"])
        self.scenario, self.mode, self.replications, self.render_mode = scenario, mode, replications, render_mode
        shape, options = mode.spaces
        self.observation_space = gymnasium.spaces.Box(0.0, 1.0, shape, np.float32)
        self.action_space = (
            gymnasium.spaces.MultiDiscrete(options) if options.shape else gymnasium.spaces.Discrete(int(options))
        )
        self.simulation: Simulation | None = None
        self.outcome: Outcome | None = None
        self._trace: Trace | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Shown, dict[str, Any]]:
        """Begin the run that ``seed`` stands for, or one at random; ``options={"replication": 3}`` names it."""
        super().reset(seed=seed)
        self.replication = self._replication(seed, options or {})
        world = build(self.scenario, self.replication, self._trace)
        self._trace = world.trace  # the same for all of them
        self.simulation = Simulation(self.scenario, world=world)
        self.totals, self.outcome, self.reward = Totals(), None, 0.0
        self.mode.begin()
        self._look(self.simulation)
        return self.sight.shown.copy(), self._facts()

    def step(self, action: Any) -> tuple[Shown, float, bool, bool, dict[str, Any]]:
        """One slot."""
        simulation, sight = self._under_way(), self.sight
        choice = checked(action, self.mode.spaces.options)
        taken = self.mode.act(self.seen, sight, choice)
        self.outcome = simulation.step(taken)
        self.reward = float(self.outcome.reward)
        self.totals.add(self.outcome)
        self._learn(simulation, taken, self.outcome)
        info = counters(self.outcome) | self._facts() | {"invalid": invalid(choice, sight)}
        if simulation.finished:
            info["summary"] = self._summary(simulation)
        return self.sight.shown.copy(), self.reward, False, simulation.finished, info

    def action_masks(self) -> Bools:
        """(choices x options,) what may be chosen now, as sb3-contrib's MaskablePPO asks for it."""
        self._begun()
        return self.sight.valid.ravel().copy()

    def render(self) -> str | None:
        """The last slot as a line of text."""
        if self.render_mode is None:
            return None
        slots = self._begun().slots
        if self.outcome is None:
            return f"slot 0 of {slots}: {len(self.seen)} vehicles, replication {self.replication}"
        row = self.outcome.slot
        counts = ", ".join(f"{name} {row[name]}" for name in SHOWN)
        return f"slot {row['slot'] + 1} of {slots}: {counts}, reward {self.reward:.3f}"

    def _replication(self, seed: int | None, options: Mapping[str, Any]) -> int:
        for name in options:
            if name != "replication":
                raise QvecsimError(f"'options' may hold 'replication' alone (got '{name}').")
        if "replication" in options:
            return whole("replication", options["replication"], 0, 2**63 - 1)
        count = len(self.replications)
        place = self.np_random.integers(count) if seed is None else seed % count
        return int(self.replications[int(place)])

    def _learn(self, simulation: Simulation, taken: Action, outcome: Outcome) -> None:
        """What there is to be seen now, and what is known of the slot that is over."""
        before = self.seen
        self.seen = simulation.observe()
        self.mode.learn(Step(before, taken, outcome.reward, outcome, None if simulation.finished else self.seen))
        self.sight = self.mode.look(self.seen)

    def _look(self, simulation: Simulation) -> None:
        self.seen = simulation.observe()
        self.sight = self.mode.look(self.seen)

    def _facts(self) -> dict[str, Any]:
        """What ``info`` says of the boundary that is shown."""
        sight = self.sight
        counts = {"asked": sight.asked, "beyond": sight.beyond, "clipped": sight.clipped}
        return {"replication": self.replication, **counts, "rule": sight.rule.copy()}

    def _summary(self, simulation: Simulation) -> dict[str, Any]:
        """What ``qvecsim run`` says in the end."""
        self.totals.unfinished(simulation.in_flight())
        return summarise(simulation, self.totals)

    def _begun(self) -> Simulation:
        if self.simulation is None:
            raise PolicyError("'reset' must be called first: no episode has begun.")
        return self.simulation

    def _under_way(self) -> Simulation:
        if (simulation := self._begun()).finished:
            raise PolicyError("'reset' must be called before another 'step': the episode is over.")
        return simulation


def counters(outcome: Outcome) -> dict[str, Any]:
    """What a slot comes to: columns of table ``slots``, and the parts of the reward, which add up to it."""
    row = outcome.slot
    parts = {name.replace("term", "reward"): -float(row[name]) for name in TERMS}
    return {name: row[name] for name in COUNTED} | parts


def invalid(choice: Ints, sight: Sight) -> int:
    """How many choices named what was not there, and became option 0."""
    chosen, valid = np.atleast_1d(choice), np.atleast_2d(sight.valid)
    return int(np.count_nonzero(~valid[np.arange(len(chosen)), chosen]))


def _known(replications: Sequence[int], render_mode: str | None, modes: Sequence[str]) -> None:
    if not len(replications):
        raise QvecsimError("'replications' must name at least one run (got none).")
    if render_mode is not None and render_mode not in modes:
        raise QvecsimError(f"'render_mode' must be {' or '.join(modes)} (got '{render_mode}').")
