"""The branch mode deciding by outcomes of circuits."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from qvecsim import arrays
from qvecsim.decision.branch.learner import Settings
from qvecsim.decision.schemes.tnqdrl import Tnqdrl

from .city import driven, world

SLOTS = 60


class Spread(Tnqdrl):
    """Values that are far from zero from the beginning, so that shots can change decisions; learns early."""

    settings = dataclasses.replace(Settings(), prior=False, warmup=50, batch=32, epsilon=(0.2, 0.2))


def decided(slots=SLOTS, learner=Spread, frozen=False, **how):
    """A run's tasks and its policy."""
    scenario = world(slots).scenario
    own = scenario.model_copy(update={"decision": scenario.decision.model_copy(update=how)})
    policy = learner(own, world(slots).streams)
    policy.frozen = frozen
    return driven(policy, slots)[0], policy


def test_many_shots_decide_as_exact_values_do_and_few_do_not():
    exact, _ = decided(20, frozen=True)
    many, _ = decided(20, frozen=True, backend="shots", shots=10**14)
    few, _ = decided(20, frozen=True, backend="shots", shots=5)
    assert many.tobytes() == exact.tobytes()
    assert few.tobytes() != exact.tobytes()


def test_shots_are_drawn_from_the_seed_and_learning_goes_on_by_exact_values():
    (one, first), (again, second) = (decided(backend="shots", shots=20) for _ in range(2))
    assert one.tobytes() == again.tobytes()
    assert first.updates > 0
    for name, array in first.parameters.items():
        assert np.isfinite(array).all()
        assert np.array_equal(array, second.parameters[name])


def test_a_few_slots_by_aer_with_noise():
    from qvecsim.scenario.parameters import Noise

    how = {"backend": "aer", "shots": 50, "noise": Noise(readout=0.02, depolarizing_2q=0.01)}
    (one, policy), (again, _) = (decided(3, **how) for _ in range(2))
    assert policy.spent().decisions > 0
    assert one.tobytes() == again.tobytes()


def test_every_decision_and_update_is_counted():
    ended, policy = decided()
    spent, s = policy.spent(), policy.settings
    assert policy.updates > 0
    assert spent.examples == policy.updates * s.batch
    assert spent.training.circuits == spent.examples * (1 + 2 * 4 + 2 * 15)
    # Each decision measured its values, and its register once.
    assert spent.deciding.circuits == 2 * spent.decisions
    assert spent.deciding.oracle_calls == spent.decisions
    assert spent.decisions >= len(ended)


def test_what_is_frozen_searches_for_nothing():
    _, policy = decided(20, frozen=True)
    spent = policy.spent()
    assert spent.deciding.circuits == spent.decisions > 0
    assert spent.deciding.oracle_calls == spent.training.circuits == 0


@pytest.mark.skipif(bool(arrays._why_not()), reason=f"no CUDA: {arrays._why_not()}")
@pytest.mark.parametrize("how", [{}, {"backend": "shots", "shots": 100}])
def test_a_device_takes_the_decisions_of_the_processor(how):
    ours, theirs = (decided(device=device, **how)[0] for device in ("cpu", "cuda"))
    assert ours.tobytes() == theirs.tobytes()
