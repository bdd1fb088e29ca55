"""The part of an action that is not about tasks: detectors, producer, block size, bands. Level: enumeration.

What is proven here, for the profiles of ours (``known``), of the cost of one slot:

- It is the sum of a part of the keys, which depends on the efficiencies alone (keys made in a slot can be withdrawn
  from the next one on), a part of the block, which depends on producer and block size alone (the band that a vote
  travels over is that of the action before), and a part of the tasks, which depends on bands and targets.
- In ``amended`` and ``field`` a link's key rate depends on the efficiency of its own node alone, and the part of the
  keys falls with the sum of the rates, or is a sum over links, so each node has its best level by itself. In ``paper``
  (4) adds up all detectors: all combinations are tried, if they are few.
- (18)-(20) rise with the number of transactions, so the best block is empty; all producers are tried.
- Rates rise with the vehicles' share of the band, and every latency falls with the rates, so the best share is the
  largest; who is admitted or gets a key does not depend on it.

All of that is myopic: an empty block leaves its transactions to the next, and a band without votes delays it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from qvecsim.bounds.trial import Trial
from qvecsim.decision.check import LEAST_SHARE
from qvecsim.physics.profile import PROFILES, Profile
from qvecsim.types import Action, Floats

COMBINATIONS = 1000  # of efficiencies that are tried one by one, where nodes cannot be taken alone


@dataclass(frozen=True)
class Best:
    """The best settings: what they cost at least and, as they are in ``action``, exactly."""

    action: Action
    key: float
    key_lower: float
    block: float
    held: tuple[str, ...]  # settings about which nothing is proven: as the scheme had them


def known(profile: Profile) -> dict[str, str]:
    """The seams that a model of ours answers at, and its name; a model of the user's own is not among them."""
    ours = ((seam, name, model) for name, models in PROFILES.items() for seam, model in models._asdict().items())
    return {seam: name for seam, name, model in ours if getattr(profile, seam) is model}


def best(trial: Trial, own: Action, names: dict[str, str]) -> Best:
    """The best settings for the slot; ``own`` is what the scheme did, whose settings are always among those tried."""
    if not {"problem", "vec"} <= names.keys():  # the parts may not even add up
        return Best(own, *_as_they_are(trial, own), ("efficiency", "producer", "block_bit", "bandwidth"))
    units = len(trial.scene.rsu)
    action = replace(own, bandwidth=np.full(units, 1.0 - LEAST_SHARE))
    held: tuple[str, ...] = ()
    key = lower = trial.key_cost(trial.links(own))
    if "qkd" in names:
        efficiency, lower = _efficiency(trial, own, names["qkd"])
        action = replace(action, efficiency=efficiency)
        key = trial.key_cost(trial.links(action))
    else:
        held += ("efficiency",)
    block = trial.block_cost(own)
    if "chain" in names:
        candidates = [replace(action, producer=unit, block_bit=0) for unit in range(-1, units)]
        action, block = min(((each, trial.block_cost(each)) for each in candidates), key=lambda one: one[1])
    else:
        held += ("producer", "block_bit")
    return Best(action, key, min(lower, key), block, held)


def _as_they_are(trial: Trial, own: Action) -> tuple[float, float, float]:
    key = trial.key_cost(trial.links(own))
    return key, key, trial.block_cost(own)


def levels(trial: Trial, own: Action) -> list[Floats]:
    """(Q,) efficiencies with all nodes at the same level of the scenario, and what the scheme has set."""
    return [np.full(len(own.efficiency), level) for level in trial.prm.qkd.efficiencies] + [own.efficiency]


def _efficiency(trial: Trial, own: Action, model: str) -> tuple[Floats, float]:
    """The best efficiencies, and what they cost at least."""
    if model == "paper":
        return _combined(trial, own)
    tried = levels(trial, own)
    made = [trial.links(replace(own, efficiency=each)) for each in tried]
    base, rates = made[-1], [links.priced_bps for links in made]
    chosen = own.efficiency.copy()
    for node in range(len(chosen)):
        mine = trial.scene.link_node == node
        mixed = [replace(base, priced_bps=np.where(mine, rate, base.priced_bps)) for rate in rates]
        chosen[node] = tried[int(np.argmin([trial.key_cost(links) for links in mixed]))][node]
    return chosen, trial.key_cost(trial.links(replace(own, efficiency=chosen)))


def _combined(trial: Trial, own: Action) -> tuple[Floats, float]:
    """The best of all combinations; where they are too many the scheme's, and that the part is never negative."""
    nodes, steps = len(own.efficiency), trial.prm.qkd.efficiencies
    if len(steps) ** nodes > COMBINATIONS:
        return own.efficiency, 0.0
    every = [np.array(each) for each in itertools.product(steps, repeat=nodes)] + [own.efficiency]
    costs = [trial.key_cost(trial.links(replace(own, efficiency=each))) for each in every]
    return every[int(np.argmin(costs))], min(costs)
