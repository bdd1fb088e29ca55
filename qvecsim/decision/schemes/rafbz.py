"""RAFBZ (V-A, scheme 5): resource allocation with a fixed block size, where macro actions could choose it.

The size stays ``chain.block_bit``, 2 KB in Table II. Only macro mode of 9 or 10 qubits has a choice to lose, between
1, 2, 4 and 8 KB. As a name of its own it is TN-QDRL so; ``rafbz+mlp`` is ``mlp`` so.
"""

from __future__ import annotations

from qvecsim.decision.schemes.tnqdrl import Tnqdrl, TnqdrlMacro

OVERRIDES = {"decision.blocks": "fixed"}


class Rafbz(Tnqdrl):
    """TN-QDRL in branch mode."""

    overrides = OVERRIDES


class RafbzMacro(TnqdrlMacro):
    """TN-QDRL in macro mode."""

    overrides = OVERRIDES
