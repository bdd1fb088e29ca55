"""A policy drives a simulation, slot by slot: it sees, decides and learns; errors of its own code are told as such."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from qvecsim.decision.policy import Policy
from qvecsim.decision.schemes import policy as policy_of
from qvecsim.errors import PolicyError
from qvecsim.kernel.simulation import Simulation
from qvecsim.plugin import in_slot, own_code
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Action, Observation, Outcome, Step


def replay(simulation: Simulation, policy: Policy, note: Callable[[Outcome], None], scheme: str = "") -> None:
    """Drive a simulation to its end with a policy; ``scheme`` names it if it is the user's own.

    ``note`` is told of each slot when the policy has learned from it.
    """
    with blaming(scheme):
        policy.attach([simulation])
    while not simulation.finished:
        with in_slot(simulation.state.slot):
            seen = simulation.observe()
            with blaming(scheme):
                (action,) = decided(policy, [seen])
            outcome = simulation.step(action)
        with in_slot(outcome.slot["slot"]):
            following = None if simulation.finished else simulation.observe()
            with blaming(scheme):
                policy.learn([Step(seen, action, outcome.reward, outcome, following)])
        note(outcome)


def decided(policy: Policy, seen: list[Observation]) -> list[Action]:
    """What a policy does in each world."""
    actions = policy.act(seen)
    if not isinstance(actions, list) or len(actions) != len(seen):
        got = f"{len(actions)}" if isinstance(actions, list) else type(actions).__name__
        wanted = "one Action for one observation" if len(seen) == 1 else f"{len(seen)} Actions, one for each world"
        raise PolicyError(f"slot {seen[0].slot}: act must return a list of {wanted} (got {got}).")
    return actions


def made(scheme: str, scenario: Scenario, streams: Streams) -> Policy:
    """The policy that decides, of a scheme of ours or of the user's own."""
    with blaming(scheme):
        return policy_of(scheme, scenario, streams)


def blaming(scheme: str) -> AbstractContextManager[None]:
    """Exceptions are the user's where the scheme is; in one of ours they are ours, with their traceback."""
    return own_code("scheme", scheme) if ":" in scheme else nullcontext()


@contextmanager
def calm_collector() -> Iterator[None]:
    """Keep the garbage collector off what was there before: going through it again and again costs a fifth of a run."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
