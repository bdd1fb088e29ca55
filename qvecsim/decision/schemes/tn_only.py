"""TN-only, a control of TN-QDRL: the same chain and head, and a circuit without layers."""

from __future__ import annotations

from qvecsim.decision.schemes.tnqdrl import Tnqdrl


class TnOnly(Tnqdrl):
    """What it learns, the chain has learned: no angle is left."""

    layers = 0
