"""TN-only, a control of TN-QDRL: the same chain and head, and a circuit without layers."""

from __future__ import annotations

from qvecsim.decision.schemes.tnqdrl import Tnqdrl, TnqdrlMacro


class TnOnly(Tnqdrl):
    """What it learns, the chain has learned: no angle is left."""

    layers = 0


class TnOnlyMacro(TnqdrlMacro):
    """The same over macro actions."""

    layers = 0
