"""What a training notes: the rows of ``training`` and ``evaluation``, kept as arrays on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qvecsim.decision.policy import Learner
from qvecsim.results.schema import LEARNING

COUNTED = ("decisions", "updates", "epsilon", "loss")
SMOOTHED = 10  # episodes


@dataclass
class Diary:
    """Rows by table; ``done`` episodes are over."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in LEARNING})

    @property
    def done(self) -> int:
        """Episodes that are over."""
        return len(self.rows["training"])

    def episodes(self, episodes: range, worlds: int, told: list[dict[str, Any]], learner: Learner) -> None:
        """Note a round."""
        counted = learner.progress()
        own = {name: float(counted.get(name, math.nan)) for name in COUNTED}
        for world, (episode, one) in enumerate(zip(episodes, told, strict=True)):
            place = {"episode": episode, "round": episode // worlds, "world": world, "replication": -(2 * episode + 1)}
            self.rows["training"].append({**place, **one, **own})

    def evaluation(self, told: list[dict[str, Any]]) -> None:
        """Note an evaluation after the episodes so far."""
        for index, one in enumerate(told):
            self.rows["evaluation"].append({"episodes": self.done, "replication": -(2 * index + 2), **one})

    def smoothed(self, name: str) -> float:
        """Mean of a column over the last episodes."""
        last = [row[name] for row in self.rows["training"][-SMOOTHED:]]
        return float(np.mean(last)) if last else math.nan

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Its rows as one array a column."""
        return {
            f"{table}/{column.name}": np.array([row[column.name] for row in self.rows[table]], dtype=column.type)
            for table in LEARNING
            for column in LEARNING[table].columns[1:]
        }

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Diary:
        """What ``arrays`` gave."""
        own = cls()
        for table in LEARNING:
            names = LEARNING[table].names[1:]
            columns = [arrays[f"{table}/{name}"].tolist() for name in names]
            own.rows[table] = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        return own
