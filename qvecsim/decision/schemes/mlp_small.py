"""MLP-small, a control of size: one hidden layer with no more parameters than TN-QDRL has for the same inputs."""

from __future__ import annotations

import dataclasses

from qvecsim.decision.branch import networks
from qvecsim.decision.headed import Headed
from qvecsim.decision.macro.learner import Macro
from qvecsim.decision.schemes.tnqdrl import chained


class Small:
    """The network of both modes."""

    def network(self, ties: tuple[int, ...], outputs: int) -> networks.Network:
        """As many hyperbolic tangents as the parameters pay for, at least one."""
        paid = (chained(ties, outputs).size - outputs) // (len(ties) + 1 + outputs)
        return networks.Mlp(len(ties), outputs, max(1, paid))


class MlpSmall(Small, Headed):
    """Learns online from the first slot, on top of the price rule."""


class MlpSmallMacro(Small, Macro):
    """The same over macro actions; all blocks have one rate."""

    settings = dataclasses.replace(Macro.settings, rates={})
