"""A folder of training on disk: what to go on from until it is over, then what was learned.

::

    policy.npz          what decides
    policy.json         for whom it is and how it was learned; there when the training is over
    training.parquet    one row an episode
    evaluation.parquet  one row a world of an evaluation
    timing.json         wall and CPU times, host, command: what differs between equal trainings
    state.npz           all that is needed to go on; goes at the end, unless it is to be kept
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qvecsim.decision import learned
from qvecsim.decision.learning import saved
from qvecsim.decision.policy import Learner
from qvecsim.errors import OutputError, ResultError
from qvecsim.results.disk import saving, write_file
from qvecsim.results.files import as_json, mapping_of, sealed
from qvecsim.results.parquet import packed, part_of
from qvecsim.results.schema import LEARNING
from qvecsim.scenario.parameters import LEARNED
from qvecsim.training.diary import Diary

STATE, TIMING = "state.npz", "timing.json"
OTHER = "Choose another --out."
HERE = "'{}' holds a training already. Add --resume to go on with it, or choose another --out."


class Folder:
    """Where a training is kept; ``name`` is its identity."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name

    def begin(self, *, resume: bool) -> None:
        """Make it, or see that what is there may be gone on with."""
        if self.path.exists() and not self.path.is_dir():
            raise OutputError(f"'{self.path}' is a file. {OTHER}")
        there = self._there()
        if there is not None and there != self.name:
            raise OutputError(f"'{self.path}' holds another training ({there}, not {self.name}). {OTHER}")
        if there is not None and not resume:
            raise OutputError(HERE.format(self.path))
        if there is None and self.path.is_dir() and any(self.path.iterdir()):
            raise OutputError(f"'{self.path}' is not empty and holds no training. {OTHER}")
        with saving(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        for partial in self.path.glob(f".{STATE}.partial-*"):  # of a process that was killed
            partial.unlink(missing_ok=True)

    def _there(self) -> str | None:
        """The identity of the training that is there, if there is one."""
        if (self.path / learned.FACTS).is_file():
            return str(self.facts().get("training_id"))
        return str(self._state()["training_id"]) if (self.path / STATE).is_file() else None

    @property
    def is_finished(self) -> bool:
        """Whether all of it is there."""
        return (self.path / learned.FACTS).is_file()

    def facts(self) -> dict[str, Any]:
        """What ``policy.json`` says."""
        return mapping_of(self.path / learned.FACTS)

    def keep(self, learner: Learner, diary: Diary, spent: Sequence[Mapping[str, Any]]) -> None:
        """Write what to go on from, whole or not at all, and what can be looked at by now."""
        groups: dict[str, Mapping[str, NDArray[Any]]] = {"learner": learner.state(), "diary": diary.arrays()}
        arrays = {f"{group}:{name}": array for group, own in groups.items() for name, array in own.items()}
        with saving(self.path / STATE):
            saved.save(self.path / STATE, arrays | {"training_id": np.array(self.name)})
        self._tell(diary)
        timing = {"rounds": list(spent), "platform": platform.platform(), "machine": platform.machine()}
        write_file(self.path / TIMING, sealed({**timing, "command": sys.argv}))

    def kept(self, learner: Learner) -> tuple[Diary, list[dict[str, Any]]]:
        """Give the learner back what it knew; the rows so far, and the times, if they can still be read."""
        if not (self.path / STATE).is_file():
            return Diary(), []
        state = self._state()
        learner.resume(_group(state, "learner"))
        spent: list[dict[str, Any]] = []
        with suppress(ResultError):
            spent = list(mapping_of(self.path / TIMING).get("rounds", []))
        diary = Diary.of(_group(state, "diary"))
        return diary, [one for one in spent if one["last"] < diary.done]

    def finish(self, learner: Learner, diary: Diary, facts: Mapping[str, Any], *, keep_state: bool) -> dict[str, Any]:
        """Write what was learned; ``policy.json`` last, because it says that all is there."""
        self._tell(diary)
        with saving(self.path / LEARNED):
            learner.save(self.path / LEARNED)
            sha256 = learned.sha256_of(self.path / LEARNED)
        head = {"format": learned.FORMAT, "schema": learned.SCHEMA_VERSION, "training_id": self.name}
        told = {**head, **facts, "sha256": sha256}
        write_file(self.path / learned.FACTS, as_json(told))
        if not keep_state:
            with saving(self.path / STATE):
                (self.path / STATE).unlink()
        return told

    def table(self, name: str) -> Any:
        """``training`` or ``evaluation`` as a frame."""
        frame = part_of(self.path, name, f"{name}.parquet").to_pandas()
        frame.attrs["units"] = LEARNING[name].units
        return frame

    def _tell(self, diary: Diary) -> None:
        for name, table in LEARNING.items():
            write_file(self.path / f"{name}.parquet", packed(table, self.name, diary.rows[name]))

    def _state(self) -> dict[str, NDArray[Any]]:
        state = saved.read(self.path / STATE)
        if "training_id" not in state:
            raise ResultError(f"'{self.path / STATE}' must be the state of a training (it is not). {OTHER}")
        return state


def _group(state: Mapping[str, NDArray[Any]], group: str) -> dict[str, NDArray[Any]]:
    head = f"{group}:"
    return {name.removeprefix(head): array for name, array in state.items() if name.startswith(head)}
