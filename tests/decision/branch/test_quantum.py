"""The learner with a quantum network: any network with values and gradients will do."""

from __future__ import annotations

import dataclasses

import numpy as np

from qvecsim.decision.branch.features import ties as of_branch
from qvecsim.decision.branch.learner import Branch, Settings
from qvecsim.decision.branch.networks import Traced
from qvecsim.decision.quantum.mps import Mps
from qvecsim.decision.quantum.network import Network
from qvecsim.decision.quantum.vqc import Circuit

from .city import driven, world

SLOTS = 60


class Chained(Branch):
    """A chain with cores tied by feature type, a circuit of four qubits."""

    settings = dataclasses.replace(Settings(), warmup=50, batch=32)

    def network(self, ties, outputs):
        assert ties == of_branch(3)
        return Traced(Network(Mps(ties), Circuit(qubits=4, layers=1), outputs))


def test_a_quantum_network_decides_and_learns():
    policy = Chained(world(SLOTS).scenario, world(SLOTS).streams)
    begin = {name: array.copy() for name, array in policy.parameters.items()}
    ended, _ = driven(policy, SLOTS)
    assert policy.updates > 0
    assert (ended["rsu"] >= 0).any()
    assert set(begin) == {"cores", "label", "angles", "head"}
    assert all(np.isfinite(array).all() for array in policy.parameters.values())
    assert any(not np.array_equal(array, policy.parameters[name]) for name, array in begin.items())
    assert sum(array.size for array in begin.values()) < 1912
