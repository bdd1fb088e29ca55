"""A run as an object: observe, decide outside, step. SimPy's clock counts integer nanoseconds."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import simpy

from qvecsim.consensus.rules import council
from qvecsim.consensus.validators import beset
from qvecsim.decision.check import shapes
from qvecsim.errors import PhysicsError, PolicyError, ScenarioError
from qvecsim.kernel import ledger
from qvecsim.kernel.boundary import close
from qvecsim.kernel.genesis import BLOCK, genesis
from qvecsim.kernel.observe import observe
from qvecsim.keys.delivery import Delivery
from qvecsim.keys.network import KeyNetwork
from qvecsim.physics import profile as profiles
from qvecsim.physics.guards import GUARDS, clamp
from qvecsim.physics.moves import Inputs, on_air
from qvecsim.physics.paper.problem import CONSTRAINTS
from qvecsim.physics.serving import sent_j
from qvecsim.physics.slot import slot
from qvecsim.physics.starting import heads
from qvecsim.rows import joined, taken
from qvecsim.scenario.parameters import Qkd, Scenario
from qvecsim.streams import Streams
from qvecsim.types import Action, Draws, Event, Fleet, Floats, Ints, Loan, Observation, Outcome, Records, Scene, State
from qvecsim.units import from_db
from qvecsim.world.channels.fading import fading
from qvecsim.world.channels.surroundings import surroundings
from qvecsim.world.world import World, build

TABLED = ("pair_rate", "visibility", "qber")


class View(NamedTuple):
    """What the current boundary looks like: drawn once, seen by the policy, used by the slot."""

    draws: Draws
    head: Ints  # (V,) row of each vehicle's first undecided task
    observation: Observation


class Simulation:
    """One run, from boundary to boundary; ``state`` is the whole truth and a checkpoint.

    Attributes: ``world`` (shared by forks, never changed), ``state``, ``slots`` (how many there are), and since this
    object began ``guards`` and ``violations`` (totals by name) and ``met`` (vehicles that were on the road).
    """

    def __init__(
        self, scenario: Scenario, *, world: World | None = None, state: State | None = None, replication: int = 0
    ) -> None:
        self.world = world or build(scenario, replication)
        self.slots = self.world.slots
        self.profile = profiles.profile(scenario)
        self.guards: Ints = np.zeros(len(GUARDS), dtype=np.int64)
        self.violations: Ints = np.zeros(len(CONSTRAINTS), dtype=np.int64)
        self._scenario = scenario
        self._keys = KeyNetwork(self.world.scene, scenario)
        self._council = council(scenario, self.world.scene.rsu, self.world.streams)
        self._view: View | None = None
        self._blocks: list[Mapping[str, Any]] = []
        self._loans: tuple[Loan, ...] = ()  # of the rounds of the slot
        self.state = state or genesis(self.world, self.profile, self._keys, self._draws(0, self.world.fleet(0)))
        self.met = set(self.state.fleet.vehicle.tolist())
        self._env = simpy.Environment(initial_time=self.state.time_ns)
        for event in self.state.agenda:
            self._env.process(self._live(event))

    @property
    def finished(self) -> bool:
        """Whether the last slot is over."""
        return self.state.slot >= self.slots

    def observe(self) -> Observation:
        """What a policy sees at this boundary; asking twice gives the same."""
        return self._look().observation

    def step(self, action: Action) -> Outcome:
        """Eq. (27): the next state from this one and an action; runs to the next boundary."""
        if self.finished:
            raise PolicyError(f"'step' must not be called after the last slot (got slot {self.state.slot}).")
        inputs, before = self.inputs(action), self.state
        draws, end_ns = inputs.draws, inputs.end_ns
        moved = slot(inputs)
        action = inputs.action
        self._blocks, self._loans = [], ()
        self.state = replace(
            before,
            producer=action.producer,
            bandwidth=action.bandwidth,
            block_bit=action.block_bit,
            efficiency=action.efficiency,
            links=moved.links,
        )
        self._hasten()
        self._env.run(until=end_ns)  # SimPy stops before the events at end_ns
        if self._loans:  # what was decided stays; the servers had less for their tasks
            moved = slot(inputs._replace(loans=inputs.loans + self._loans))
        self.state, outcome = close(self.world, self._keys, self.state, moved, draws, end_ns, self._blocks)
        self._view = None
        if outcome.slot["arrivals"]:
            self.met.update(self.state.fleet.vehicle.tolist())
        self._count(outcome)
        return outcome

    def inputs(self, action: Action) -> Inputs:
        """What the slot of this boundary is computed from if the policy does so; nothing happens yet."""
        view, before = self._look(), self.state
        check(action, view.observation)
        return Inputs(
            before,
            view.head,
            own(action),
            view.draws,
            self.world.scene,
            self.profile,
            self._scenario,
            partial(self._keys.grant, before, view.draws.outages),
            before.time_ns + self.world.slot_ns,
            self._lent(before.time_ns),
        )

    def _lent(self, begin_ns: int) -> tuple[Loan, ...]:
        """What the producer of the last block lends it from now on."""
        state = self.state
        lends = self._scenario.chain.clock_share is not None and state.made_ns > begin_ns
        return (Loan(state.maker, begin_ns, state.made_ns),) if lends else ()

    def draws(self, slot: int) -> Draws:
        """What chance decides in any slot of the run, whoever decides."""
        return self._draws(slot, self.world.fleet(slot))

    def in_flight(self) -> Records:
        """The tasks without an end, with what their uploads have radiated so far."""
        tasks = joined(self.state.tasks)
        air = on_air(tasks, self.state.time_ns)
        tasks["energy_j"][air] += sent_j(taken(tasks, air), self.state.time_ns)
        return tasks

    def delivery(self) -> Delivery:
        """Key delivery by ETSI GS QKD 014 from copies of this boundary's pools; what it hands out the run keeps."""
        outages = self.world.faults.at(self.state.slot)
        return self._keys.delivery(self.state, outages, self.world.streams)

    def fork(self, streams: Streams | None = None) -> Simulation:
        """An independent run that continues from this boundary exactly as this one does.

        With ``streams``, what chance decides from here on comes from them, so that a planner need not know the future.
        The channel of this boundary stays, for it has been seen; so do places, vehicles, validators and faults.
        """
        if streams is None:
            return Simulation(self._scenario, world=self.world, state=self.state)
        other = Simulation(self._scenario, world=replace(self.world, streams=streams), state=self.state)
        other._council, other._view = self._council, self._look()
        return other

    def _look(self) -> View:
        if self._view is None:
            draws = self._draws(self.state.slot, self.state.fleet)
            noise_w = self.profile.vec.noise(self._scenario)
            head, waiting = heads(self.state.tasks, self.state.fleet)
            offer = self._keys.offer(self.state)
            seen = observe(self.state, self.world, draws, offer, noise_w, head, waiting)
            self._view = View(draws, head, seen)
        return self._view

    def _draws(self, slot: int, fleet: Fleet) -> Draws:
        """What chance decides in a slot."""
        scene, streams, radio = self.world.scene, self.world.streams, self._scenario.radio
        distance_m = distances(fleet, scene)
        nearest = distance_m.argmin(axis=1)
        faded = fading(streams, slot, distance_m.shape, radio)
        around = surroundings(fleet, scene, slot, self.world.slot_ns, streams, faded.scattered)
        raw = np.asarray(self.world.channel(distance_m, faded.gain, radio, around))
        gain, clipped = clamp(raw, from_db(radio.gain_min_db), from_db(radio.gain_max_db))
        if raw.shape != distance_m.shape or (clipped and np.isnan(raw).any()):
            raise ScenarioError(
                f"'world.channel' must return numbers of shape {distance_m.shape} (got {raw.shape}"
                f"{', with NaN' if np.isnan(raw).any() else ''}) in slot {slot}."
            )
        too_strong = int(np.count_nonzero(gain == from_db(radio.gain_max_db))) if clipped else 0
        nodes, pairs = len(scene.node), len(scene.link) + len(scene.node) * (len(fleet) + len(scene.rsu))
        drift = drifts(self._scenario.qkd, streams, slot, nodes)
        sources = self._scenario.sources
        table = {name: streams.at(name, slot).random(pairs) for name in TABLED if getattr(sources, name) == "table"}
        measured_bps, outages = self.world.measured_bps(slot), self.world.faults.at(slot)
        return Draws(distance_m, nearest, gain, clipped, too_strong, drift, table, outages, measured_bps)

    def _live(self, event: Event) -> Generator[simpy.Event, None, None]:
        """A process: wait for a row of the agenda, apply its function to the State, write the next row."""
        yield self._env.timeout(event.time_ns - self._env.now)
        if event in self.state.agenda:  # else it has been brought forward, and another process has seen to it
            self._follow(event, HANDLERS[event.kind](self, event))

    def _follow(self, event: Event, following: Event) -> None:
        """Puts a row of the agenda in the place of another."""
        agenda = tuple(row for row in self.state.agenda if row != event)
        self.state = replace(self.state, agenda=(*agenda, following))
        self._env.process(self._live(following))

    def _hasten(self) -> None:
        """A block that is full at this boundary does not wait for its timer."""
        due_ns = ledger.full_ns(self.state, self._scenario.chain)
        for event in self.state.agenda:
            if event.kind == BLOCK and due_ns < event.time_ns:
                self._follow(event, replace(event, time_ns=due_ns))

    def _produce(self, event: Event) -> Event:
        """The next block is due; who is down or has turned is so for the whole slot."""
        outages = self.world.faults.at(self.state.slot)
        council = self._council._replace(parties=beset(self._council.parties, outages.server_up, outages.byzantine))
        self.state, block, generation_s = ledger.produce(
            self.state,
            event,
            self.world.scene,
            self.profile,
            council,
            self.world.streams,
            self._scenario,
        )
        self._blocks.append(block)
        self._loans += self._lent(event.time_ns)
        return Event(ledger.next_due_ns(self.state, event.time_ns, generation_s), BLOCK, event.subject + 1)

    def _count(self, outcome: Outcome) -> None:
        self.guards = self.guards + outcome.guards
        self.violations = self.violations + outcome.violations
        if self._scenario.strict and outcome.guards.any():
            fired = [name for name, hits in zip(GUARDS, outcome.guards, strict=True) if hits]
            raise PhysicsError(
                f"'strict' must see no guard fire (got {', '.join(fired)} in slot {self.state.slot - 1}). "
                "Set strict: false to count them instead."
            )


def distances(fleet: Fleet, scene: Scene) -> Floats:
    """(V, M) by straight line; in place, for at this size a fresh array costs more than the sum in it."""
    east, north = fleet.x_m[:, None] - scene.rsu_x_m, fleet.y_m[:, None] - scene.rsu_y_m
    np.square(east, out=east)
    east += np.square(north, out=north)
    return np.sqrt(east, out=east)


def drifts(q: Qkd, streams: Streams, slot: int, nodes: int) -> Floats:
    """(2, Q) what moves temperatures and noise phases in a slot; nothing where the scenario lets nothing drift."""
    if q.temperature_drift_k == 0 and q.noise_phase_drift_rad == 0:
        return np.zeros((2, nodes))
    return streams.at("climate", slot).standard_normal((2, nodes))


HANDLERS: dict[str, Callable[[Simulation, Event], Event]] = {BLOCK: Simulation._produce}


def own(action: Action) -> Action:
    """A copy in the types that the models compute with, which the policy cannot reach any more."""
    return Action(
        action.efficiency.astype(np.float64),
        action.offload.copy(),
        action.rsu.astype(np.int64),
        int(action.producer),
        action.bandwidth.astype(np.float64),
        int(action.block_bit),
    )


def check(action: Action, seen: Observation) -> None:
    """Refuse what is no action for this observation."""
    problems = list(shapes(action, seen))
    if problems:
        raise PolicyError(f"slot {seen.slot}: the action is refused. {' '.join(problems)}")
