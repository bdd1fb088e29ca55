"""RANQKD (V-A, scheme 4): resource allocation without QKD; nothing is encrypted, so that no task waits for a key.

Compare it by latency and deadlines only: the objective (22) has a term for keys, which decide nothing here, and what
the others pay for their security it saves. All that it sends is exposed (``exposed_tasks``). As a name of its own it
is TN-QDRL so; ``ranqkd+greedy`` is ``greedy`` so.
"""

from __future__ import annotations

from qvecsim.decision.schemes.tnqdrl import Tnqdrl, TnqdrlMacro

OVERRIDES = {"keys.encryption": "none"}


class Ranqkd(Tnqdrl):
    """TN-QDRL in branch mode."""

    overrides = OVERRIDES


class RanqkdMacro(TnqdrlMacro):
    """TN-QDRL in macro mode."""

    overrides = OVERRIDES
