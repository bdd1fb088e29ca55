"""Who of the validators is absent or Byzantine, from a scenario. Level: whole validators."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from qvecsim.consensus.verdict import Parties
from qvecsim.errors import ScenarioError, did_you_mean
from qvecsim.scenario.parameters import Validators
from qvecsim.streams import Streams
from qvecsim.types import Bools

BYZANTINE, ABSENT = "chain.validators.byzantine", "chain.validators.absent"


def parties(chosen: Validators, names: Sequence[str], streams: Streams) -> Parties:
    """The parties of the validators with these names; those of a share are drawn, once for all schemes."""
    byzantine = set(_listed(BYZANTINE, chosen.byzantine, names))
    absent = set(_listed(ABSENT, chosen.absent, names))
    if both := byzantine & absent:
        raise ScenarioError(f"'{ABSENT}' must not name a Byzantine validator (got '{names[min(both)]}').")
    order = streams.at("validators").permutation(len(names)).tolist()
    free = [validator for validator in order if validator not in byzantine | absent]
    byzantine |= set(_share(BYZANTINE, chosen.byzantine, free, len(names)))
    free = [validator for validator in free if validator not in byzantine]
    absent |= set(_share(ABSENT, chosen.absent, free, len(names)))
    return Parties(_mask(absent, len(names)), _mask(byzantine, len(names)), chosen.behaviour)


def beset(members: Parties, up: Bools, turned: Bools) -> Parties:
    """The parties while faults are there, (W,): who is not up is absent in any case, who has turned is Byzantine."""
    if up.all() and not turned.any():
        return members
    absent = members.absent | ~up
    return Parties(absent, (members.byzantine | turned) & ~absent, members.behaviour)


def _listed(key: str, chosen: float | Sequence[str], names: Sequence[str]) -> list[int]:
    """The validators that a list names, or numbers as #0."""
    members = [] if isinstance(chosen, float) else list(chosen)
    found = [_index(key, member, names) for member in members]
    for place, index in enumerate(found):
        if index in found[:place]:
            raise ScenarioError(f"'{key}' must name each validator once (got '{names[index]}' again).")
    return found


def _index(key: str, member: str, names: Sequence[str]) -> int:
    if member in names:
        return names.index(member)
    number = member[1:]
    if not member.startswith("#"):
        raise ScenarioError(f"'{key}' must name roadside units (got '{member}'). {did_you_mean(member, names)}")
    if not number.isdecimal() or int(number) >= len(names):
        raise ScenarioError(f"'{key}' must number roadside units, from 0 to {len(names) - 1} (got {number}).")
    return int(number)


def _share(key: str, chosen: float | Sequence[str], free: list[int], count: int) -> list[int]:
    """The fewest that hold at least this share, for all begin with the same stake."""
    if not isinstance(chosen, float):
        return []
    wanted = math.ceil(Fraction(repr(chosen)) * count)
    if wanted > len(free):
        raise ScenarioError(
            f"'{key}' must leave other validators as they are (got {chosen:g} of {count}, which is {wanted}, "
            f"and only {len(free)} are free)."
        )
    return free[:wanted]


def _mask(members: set[int], count: int) -> Bools:
    return np.isin(np.arange(count), sorted(members))
