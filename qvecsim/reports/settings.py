"""The settings of a study: which axes tell them apart, what their values are called, and the runs of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from qvecsim.reports.wording import digits
from qvecsim.results.study import DONE, Study

DRAWS = ("replication", "seed")  # what an interval is over

Cell = tuple[Any, ...]  # values on the axes that are no draw


def axes_of(study: Study) -> dict[str, list[Any]]:
    """Every axis with its values."""
    return {axis: study.index[axis].unique().tolist() for axis in study.axes}


def varied(study: Study) -> list[str]:
    """The axes that tell settings apart, but those of the draws; one that says no more than those before it is none."""
    kept: list[str] = []
    for axis in study.axes:
        if axis not in DRAWS and _settings(study, [*kept, axis]) > _settings(study, kept):
            kept.append(axis)
    return kept


def _settings(study: Study, axes: Sequence[str]) -> int:
    return len(study.index[list(axes)].drop_duplicates()) if axes else 1


def told(value: Any) -> str:
    """A value on an axis; of a file its name alone."""
    if isinstance(value, str):
        name = PurePath(value).name if "/" in value and not value.startswith(("[", "{")) else value
        return name.removesuffix(".yaml")
    return digits(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def cells(study: Study) -> dict[Cell, Any]:
    """The summaries of the replications of each setting, in the order of the plan."""
    runs = study.index[study.index["status"] == DONE][["run_id", *varied(study)]].to_dict("records")
    summaries = study.runs.set_index("run_id")
    chosen: dict[Cell, list[str]] = {}
    for run in runs:
        chosen.setdefault(tuple(run[axis] for axis in varied(study)), []).append(str(run["run_id"]))
    return {cell: summaries.loc[ids] for cell, ids in chosen.items()}
