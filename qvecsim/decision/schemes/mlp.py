"""MLP: one hidden layer; the classical control of about the size of the quantum networks."""

from __future__ import annotations

import dataclasses

from qvecsim.decision.branch import networks
from qvecsim.decision.headed import Headed
from qvecsim.decision.macro.learner import Macro


class Hidden:
    """The network of both modes."""

    def network(self, ties: tuple[int, ...], outputs: int) -> networks.Network:
        """36 hyperbolic tangents."""
        return networks.Mlp(len(ties), outputs)


class Mlp(Hidden, Headed):
    """Learns online from the first slot, on top of the price rule."""


class MlpMacro(Hidden, Macro):
    """The same over macro actions; all blocks have one rate."""

    settings = dataclasses.replace(Macro.settings, rates={})
