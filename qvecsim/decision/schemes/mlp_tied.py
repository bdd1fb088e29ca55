"""MLP-tied, a control of the tied chain: one hidden layer whose weights are shared by the features of a type."""

from __future__ import annotations

import dataclasses

from qvecsim.decision.branch import networks
from qvecsim.decision.headed import Headed
from qvecsim.decision.macro.learner import Macro


class Tied:
    """The network of both modes."""

    def network(self, ties: tuple[int, ...], outputs: int) -> networks.Network:
        """36 hyperbolic tangents of the mean feature of each type."""
        return networks.Tied(ties, outputs)


class MlpTied(Tied, Headed):
    """Learns online from the first slot, on top of the price rule."""


class MlpTiedMacro(Tied, Macro):
    """The same over macro actions; all blocks have one rate."""

    settings = dataclasses.replace(Macro.settings, rates={})
