"""TN-QDRL-eps, a control of TN-QDRL: explores as often, and is told so by draws instead of registers.

Branch mode has one turn with matched phases, which is epsilon-greedy to the letter, so that only macro mode differs.
"""

from __future__ import annotations

import dataclasses

from qvecsim.decision.schemes.tnqdrl import Tnqdrl, TnqdrlMacro


class TnqdrlEps(Tnqdrl):
    """The same in all that it does."""


class TnqdrlEpsMacro(TnqdrlMacro):
    """Epsilon-greedy in each part, with the epsilon that the turns of its register amount to."""

    settings = dataclasses.replace(TnqdrlMacro.settings, explore="epsilon")
