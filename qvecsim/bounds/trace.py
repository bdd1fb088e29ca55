"""What a whole run has cost, and what no policy could have gone below on its world."""

from __future__ import annotations

from typing import Any

import numpy as np

from qvecsim.bounds import generated
from qvecsim.bounds.choices import Chooser
from qvecsim.bounds.lives import life
from qvecsim.bounds.settings import known
from qvecsim.bounds.status import BOUND, NONE
from qvecsim.bounds.whole import least_cost_s, least_misses
from qvecsim.bounds.witness import Witness
from qvecsim.types import DONE, DROPPED, LATE, Records
from qvecsim.units import NS_PER_S
from qvecsim.world.world import World

RADIOS = ("paper", "amended")  # in which the rate of the boundary holds for the whole upload
QUEUES = ("fcfs", "unlimited")
TIME_LIMIT_S = 120.0  # of each linear programme


def whole(witness: Witness) -> dict[str, Any]:
    """What the whole run has cost, and what no policy could have gone below."""
    world, tasks = witness.world, witness.tasks
    facts: dict[str, Any] = {"tasks": len(tasks), "cost_s": cost_s(world, tasks), "misses": misses(world, tasks)}
    model, queue = known(witness.profile).get("vec"), world.scenario.edge.queue
    if model not in RADIOS or queue not in QUEUES:
        return facts | {"status": NONE, "why": "nothing is proven about this radio or queue"}
    lives = life(world, tasks)
    choices = Chooser(witness, tasks, lives).choices()
    pools = generated.pools(witness, witness.rates_bps)
    cost = least_cost_s(lives, choices, pools, TIME_LIMIT_S)
    missed = least_misses(lives, choices, pools, TIME_LIMIT_S)
    return facts | {
        "status": BOUND,
        "cost_lower_s": cost.value,
        "cost_gap": (facts["cost_s"] - cost.value) / cost.value if cost.value > 0 else None,
        "cost_keys": cost.keys,
        "misses_lower": int(missed.value),
        "misses_keys": missed.keys,
        "valid_for": generated.valid_for(witness),
    }


def cost_s(world: World, tasks: Records) -> float:
    """Sum over all tasks, s: latency; of a dropped one its age and ``objective.drop_s``, of one in flight its age."""
    finished = (tasks["outcome"] == DONE) | (tasks["outcome"] == LATE)
    dropped = tasks["outcome"] == DROPPED
    until_ns = np.where(finished | dropped, tasks["end_ns"], world.slots * world.slot_ns)
    return float((until_ns - tasks["born_ns"]).sum() / NS_PER_S + dropped.sum() * world.scenario.objective.drop_s)


def misses(world: World, tasks: Records) -> int:
    """Tasks late or dropped, and those in flight whose deadline is past."""
    ended = (tasks["outcome"] == LATE) | (tasks["outcome"] == DROPPED)
    overdue = (tasks["outcome"] != DONE) & (tasks["due_ns"] < world.slots * world.slot_ns)
    return int(np.count_nonzero(ended | overdue))
