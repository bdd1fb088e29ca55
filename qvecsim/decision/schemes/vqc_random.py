"""VQC-random, a control of TN-QDRL: its chain stays as it was drawn, so that circuit and head learn alone."""

from __future__ import annotations

from qvecsim.decision.schemes.tnqdrl import Tnqdrl, TnqdrlMacro

CHAIN = ("cores", "label")


class VqcRandom(Tnqdrl):
    """A fixed random projection in the place of a chain that is trained."""

    trains_chain = False

    def rates(self) -> dict[str, float]:
        """None for the chain."""
        return {name: rate for name, rate in super().rates().items() if name not in CHAIN}


class VqcRandomMacro(TnqdrlMacro):
    """The same over macro actions."""

    trains_chain = False

    def rates(self) -> dict[str, float]:
        """None for the chain."""
        return {name: rate for name, rate in super().rates().items() if name not in CHAIN}
