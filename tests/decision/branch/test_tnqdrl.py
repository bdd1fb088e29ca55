"""TN-QDRL and its controls: they begin at the price rule, learn, and differ in nothing but their network."""

from __future__ import annotations

import numpy as np
import pytest

from qvecsim.decision.schemes import policy_class

from .city import driven, world

SLOTS = 60
LEARNS = {
    "tnqdrl": {"cores", "label", "angles", "head"},
    "tn-only": {"cores", "label", "head"},
    "vqc-random": {"angles", "head"},
    "qedrl": {"angles", "head"},
}


def made(scheme, slots=SLOTS):
    return policy_class(scheme)(world(slots).scenario, world(slots).streams)


@pytest.mark.parametrize("scheme", LEARNS)
def test_before_it_has_learned_it_decides_as_the_price_rule(scheme):
    policy = made(scheme)
    policy.frozen = True
    ours, rule = (driven(one, 25)[0] for one in (policy, made("price")))
    assert (ours["rsu"] >= 0).any()
    assert ours.tobytes() == rule.tobytes()


@pytest.mark.parametrize("scheme", LEARNS)
def test_what_learns_is_what_the_scheme_says(scheme):
    policy = made(scheme)
    begin = {name: np.array(array) for name, array in policy.parameters.items()}
    rows = np.random.default_rng(1)
    for _ in range(3):
        batch = {
            "inputs": rows.random((32, policy.net.network.chain.inputs if policy.net.network.chain else 48)),
            "prior": -rows.random((32, 4)),
            "choice": rows.integers(0, 4, 32),
            "reward": -rows.random(32),
        }
        policy._update(batch)
    changed = {name for name, array in begin.items() if not np.array_equal(array, policy.parameters[name])}
    assert changed == LEARNS[scheme]
    assert all(np.isfinite(array).all() for array in policy.parameters.values())


def test_the_rival_needs_six_qubits_for_what_the_chain_brings_to_four():
    assert made("tnqdrl").net.network.circuit.qubits == 4
    assert made("qedrl").net.network.circuit.qubits == 6
