"""RARL-joint: RARL with a value for each macro action by itself, as a table without parts has them."""

from __future__ import annotations

from qvecsim.decision.schemes.rarl import Rarl


class RarlJoint(Rarl):
    """64 values a state with six qubits, instead of 14."""

    joint = True
