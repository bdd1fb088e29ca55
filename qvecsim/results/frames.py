"""Metrics as tidy frames, of a run or of a study: by run, by scheme with intervals, by RSU, and over time.

Every frame has a row for each thing it tells apart, the columns that tell runs apart first, and ``attrs["units"]``.
What there is nothing to take a mean of is null. Tasks in flight when a run ended count in no rate and in no mean.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from qvecsim.errors import ResultError
from qvecsim.results.intervals import student
from qvecsim.results.schema import ALL_TABLES
from qvecsim.results.store import Run
from qvecsim.results.study import Study

if TYPE_CHECKING:
    import pandas as pd

    Each = Callable[[Run], pd.DataFrame]

DRAWN = ("replication", "seed")  # what a mean of a scheme is over
SUMMED_UP = (
    *("tasks_generated", "deadline_miss_rate", "mean_latency_s", "key_rate_bps"),
    *("mean_finality_s", "energy_j", "return"),
)
ENDS = ("done", "late", "dropped")
SHARES = ("server_busy", "band_used", "keys_used")
UNITS = {
    **ALL_TABLES["runs"].units,
    **dict.fromkeys(("tasks", *ENDS, *SHARES), "1"),
    **dict.fromkeys(("attached", "vehicles", "offloaded", "runs"), "1"),
    **dict.fromkeys(("time_s", "mean_uplink_s", "mean_queue_s", "mean_compute_s", "mean_backlog_s"), "s"),
    "reward": "1",
    "stored_bit": "bit",
}


def by_run(found: Run | Study) -> pd.DataFrame:
    """One row a run: the metrics of V-B, how many tasks, and the energy."""
    return _each(found, _whole)


def by_scheme(found: Run | Study) -> pd.DataFrame:
    """One row for each scheme (and setting) and metric: ``mean`` over replications, and Student's 95 % interval.

    ``low_95`` and ``high_95`` are null where there are fewer than two runs. Differences between schemes have narrower
    intervals than these, because all meet the same draws: ``qvecsim.compare`` tells them.
    """
    import pandas as pd

    runs = by_run(found)
    numbers = [*SUMMED_UP, *SHARES]
    settings = [name for name in runs.columns if name not in (*numbers, *DRAWN, "run_id")]
    rows = [
        dict(zip(settings, setting, strict=True)) | _mean(name, group[name].to_numpy(float))
        for setting, group in runs.groupby(settings, sort=False, dropna=False)
        for name in numbers
    ]
    frame = pd.DataFrame(rows)
    # The unit of a mean is told in its row.
    frame.attrs["units"] = dict.fromkeys(frame.columns, "") | {"runs": "1"}
    return frame


def by_rsu(found: Run | Study) -> pd.DataFrame:
    """One row a run and RSU; ``rsu`` is null in one row more, of the tasks that no server had."""
    return _each(found, _units)


def over_time(found: Run | Study, window_s: float = 10.0) -> pd.DataFrame:
    """One row a run and window; a task belongs to the window in which it was born, whatever became of it."""
    return _each(found, partial(_windows, window_s=window_s))


def _each(found: Run | Study, rows_of: Each) -> pd.DataFrame:
    """The rows of every run, one run after the other, behind what tells the runs apart."""
    import pandas as pd

    parts = [_keyed(rows_of(run), key) for run, key in _runs(found)]
    if not parts:
        raise ResultError(f"'{found.path}' has no run that is done.")
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs["units"] = {name: UNITS.get(name, "") for name in frame.columns}
    return frame


def _runs(found: Run | Study) -> list[tuple[Run, dict[Any, Any]]]:
    if isinstance(found, Run):
        return [(found, found.runs[["run_id", "scheme", *DRAWN]].iloc[0].to_dict())]
    keys = {row["run_id"]: row for row in found.index[["run_id", *found.axes]].to_dict("records")}
    return [(run, keys[run.run_id]) for run in found]


def _keyed(rows: pd.DataFrame, key: dict[Any, Any]) -> pd.DataFrame:
    for place, (name, value) in enumerate(key.items()):
        rows.insert(place, name, value)
    return rows


def _mean(name: str, values: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    values = values[~np.isnan(values)]
    low, high = student(values) or (np.nan, np.nan)
    mean = float(values.mean()) if len(values) else np.nan
    return {"metric": name, "unit": UNITS[name], "mean": mean, "low_95": low, "high_95": high, "runs": len(values)}


def _whole(run: Run) -> pd.DataFrame:
    from qvecsim.results.metrics import utilisation  # which offers what is here

    used = utilisation(run)
    return run.runs[list(SUMMED_UP)].assign(**{name: used[name] for name in SHARES})


def _units(run: Run) -> pd.DataFrame:
    servers = run.servers.groupby("rsu", observed=True, sort=False)
    told = _ends(run.tasks, run.tasks["rsu"].astype(object), [*servers.groups, None], "rsu")
    tasks = run.tasks.groupby(run.tasks["rsu"].astype(object), dropna=False)
    for name in ("uplink_s", "queue_s", "compute_s"):
        told[f"mean_{name}"] = tasks[name].mean()
    told["attached"], told["mean_backlog_s"] = servers["attached"].mean(), servers["backlog_s"].mean()
    told["server_busy"] = servers["busy_s"].mean() / _slot_s(run)
    told["band_used"] = (
        (run.servers["band_share"] * run.servers["sending_s"]).groupby(run.servers["rsu"], observed=True).mean()
    ) / _slot_s(run)
    return told.reset_index(drop=True)


def _windows(run: Run, window_s: float) -> pd.DataFrame:
    slot_s = _slot_s(run)
    if not window_s >= slot_s:
        raise ResultError(f"'window_s' must be at least the length of a slot, {slot_s:g} s (got {window_s}).")

    def window(time_s: pd.Series[float]) -> pd.Series[float]:
        """When the window of an instant begins; instants are multiples of a slot but for rounding."""
        return (time_s / window_s + 1e-9).floordiv(1.0) * window_s

    slots = run.slots.groupby(window(run.slots["time_s"]))
    told = _ends(run.tasks, window(run.tasks["born_s"]), list(slots.groups), "time_s")
    told["vehicles"], told["offloaded"] = slots["vehicles"].mean(), slots["offloaded"].sum()
    told["key_rate_bps"], told["reward"] = slots["key_rate_bps"].mean(), slots["reward"].sum()
    told["server_busy"] = run.servers.groupby(window(run.servers["time_s"]))["busy_s"].mean() / slot_s
    stored = run.links.groupby("slot")[["time_s", "stored_bit"]].agg({"time_s": "first", "stored_bit": "sum"})
    told["stored_bit"] = stored.groupby(window(stored["time_s"]))["stored_bit"].mean()
    return told.reset_index(drop=True)


def _ends(tasks: pd.DataFrame, key: pd.Series[Any], keys: list[Any], name: str) -> pd.DataFrame:
    """How the tasks of each of ``keys`` ended, and how long they took; ``name`` is the first column, of the keys."""
    groups = tasks.groupby(key, dropna=False)
    counts = {end: (tasks["outcome"] == end).groupby(key, dropna=False).sum() for end in ENDS}
    told = groups["task"].count().to_frame("tasks").assign(**counts).reindex(keys, fill_value=0)
    ended = told[list(ENDS)].sum(axis=1)
    told["deadline_miss_rate"] = (told["late"] + told["dropped"]) / ended.where(ended > 0)
    told["mean_latency_s"] = groups["latency_s"].mean()
    told.insert(0, name, told.index)
    return told


def _slot_s(run: Run) -> float:
    return float(run.runs["slot_s"].iloc[0])
