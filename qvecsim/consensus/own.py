"""A consensus of the user's own, watched: what it elects is a validator, what it settles are stakes.

It is asked everything twice. Rules that keep a memory between blocks would give forks, checkpoints and replays other
blocks than the run that they came from.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qvecsim.errors import PluginError, ScenarioError
from qvecsim.plugin import own_code
from qvecsim.scenario.parameters import Chain
from qvecsim.types import Ints

KEY = "chain.consensus"


class Own:
    """Rules from outside; it asks them, and raises PluginError for an answer that no chain can go on from."""

    def __init__(self, reference: str, rules: Any) -> None:
        for function in ("elect", "settle"):
            if not callable(getattr(rules, function, None)):
                raise ScenarioError(f"'{KEY}' must have a function '{function}' (got '{reference}').")
        self._reference = reference
        self._rules = rules

    def elect(self, stake_bit: NDArray[Any], votes: Ints, head: bytes) -> int:
        """The validator that makes the next block."""
        first, second = (self._elected(stake_bit, votes, head) for _ in range(2))
        if first != second:
            raise self._refuse("elect", "the same for the same arguments", f"{first}, then {second}")
        return first

    def settle(self, stake_bit: NDArray[Any], producer: int, valid: bool, prm: Chain) -> NDArray[Any]:
        """The stakes after a block."""
        first, second = (self._settled(stake_bit, producer, valid, prm) for _ in range(2))
        if (first != second).any():
            raise self._refuse("settle", "the same for the same arguments", f"{first.tolist()}, then {second.tolist()}")
        return first

    def _elected(self, stake_bit: NDArray[Any], votes: Ints, head: bytes) -> int:
        with own_code(KEY, self._reference):
            producer = self._rules.elect(stake_bit.copy(), votes.copy(), head)
        if isinstance(producer, bool) or not isinstance(producer, int | np.integer):
            raise self._refuse("elect", "a validator's index, an integer", _kind(producer))
        if not 0 <= producer < len(stake_bit):
            raise self._refuse("elect", f"a validator's index, from 0 to {len(stake_bit) - 1}", producer)
        return int(producer)

    def _settled(self, stake_bit: NDArray[Any], producer: int, valid: bool, prm: Chain) -> NDArray[Any]:
        with own_code(KEY, self._reference):
            # A copy, for the stakes belong to a State, which is a checkpoint; the answer too, for it may be kept.
            stake = self._rules.settle(stake_bit.copy(), producer, valid, prm)
        if not isinstance(stake, np.ndarray) or stake.dtype.kind not in "if":
            kind = stake.dtype if isinstance(stake, np.ndarray) else _kind(stake)
            raise self._refuse("settle", "the stakes as a NumPy array of numbers", kind)
        if stake.shape != stake_bit.shape:
            raise self._refuse("settle", f"{len(stake_bit)} stakes, one for each validator", f"shape {stake.shape}")
        bad = ~((stake >= 0) & np.isfinite(stake))
        if bad.any():
            raise self._refuse("settle", "finite stakes from 0 on", f"{stake[bad][0]} at {np.flatnonzero(bad)[0]}")
        return stake.copy()

    def _refuse(self, function: str, rule: str, got: Any) -> PluginError:
        return PluginError(f"'{KEY}' {self._reference}, {function}, must return {rule} (got {got}).")


def _kind(value: Any) -> str:
    return f"{value!r}" if isinstance(value, float) or value is None else type(value).__name__
