"""The frames against plain loops over the rows of the tables."""

from __future__ import annotations

import math

import numpy as np
import pytest
from cli.town import found
from scipy import stats

import qvecsim
from qvecsim.results import metrics
from qvecsim.results.study import begin, finish

SCHEMES, REPLICATIONS = ("greedy", "nearest"), (0, 1, 2)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Six runs in a study, made without workers."""
    folder = tmp_path_factory.mktemp("frames")
    scenario = qvecsim.load(found(folder), "tasks.rate_hz=2.5", "vehicles.local_hz=0.3e9")
    out, rows = folder / "study", []
    begin(out, b"", {"name": "frames"}, replace=False)
    for scheme in SCHEMES:
        for replication in REPLICATIONS:
            made = qvecsim.run(scenario, scheme=scheme, replication=replication, out=folder / "run")
            name = made.summary["run_id"]
            made.path.rename(out / name)
            key = {"run_id": name, "scheme": scheme, "replication": replication, "seed": scenario.seed}
            rows.append({**key, "status": "done", "error": None})
    finish(out, rows, {})
    return qvecsim.read(out)


def missed(rows):
    ended = [row for row in rows if row.outcome != "in_flight"]
    return sum(row.outcome != "done" for row in ended) / len(ended) if ended else math.nan


def latency_s(rows):
    known = [row.latency_s for row in rows if row.outcome in ("done", "late")]
    return sum(known) / len(known) if known else math.nan


def same(one, other):
    return one == pytest.approx(other, rel=1e-12, nan_ok=True)


def test_by_run_is_the_summary_of_each(study):
    frame = metrics.by_run(study)
    assert frame["run_id"].tolist() == study.run_ids
    for row, run in zip(frame.to_dict("records"), study, strict=True):
        told = metrics.from_tables(run) | metrics.utilisation(run)
        assert all(same(row[name], told[name]) for name in told if name in row and name != "run_id")
        assert {"deadline_miss_rate", "mean_latency_s", "return", "server_busy"} <= row.keys() & told.keys()


def test_by_scheme_is_the_mean_of_runs_with_student_s_interval(study):
    frame, runs = metrics.by_scheme(study), metrics.by_run(study)
    assert frame.columns.tolist() == ["scheme", "metric", "unit", "mean", "low_95", "high_95", "runs"]
    assert not frame.duplicated(["scheme", "metric"]).any()
    for row in frame.itertuples():
        values = runs[row.metric][runs["scheme"] == row.scheme].dropna()
        assert row.runs == len(values)
        assert same(row.mean, values.mean() if len(values) else math.nan)
        if len(values) > 1 and values.std() > 0:
            low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
            assert (row.low_95, row.high_95) == (pytest.approx(low), pytest.approx(high))
    units = dict(zip(frame["metric"], frame["unit"], strict=True))
    assert (units["mean_latency_s"], units["energy_j"], units["deadline_miss_rate"]) == ("s", "J", "1")


def test_by_rsu_counts_each_task_once_and_measures_each_server(study):
    frame = metrics.by_rsu(study)
    for run in study:
        mine = frame[frame["run_id"] == run.run_id].set_index("rsu")
        tasks, servers = list(run.tasks.itertuples()), list(run.servers.itertuples())
        assert mine["tasks"].sum() == len(tasks)
        assert mine.index.isna().sum() == 1
        for name, row in mine.iterrows():
            own = [task for task in tasks if (task.rsu == name or (name != name and task.rsu != task.rsu))]
            assert row["tasks"] == len(own)
            assert same(row["deadline_miss_rate"], missed(own))
            assert same(row["mean_latency_s"], latency_s(own))
            if isinstance(name, str):
                here = [server for server in servers if server.rsu == name]
                assert same(row["server_busy"], sum(server.busy_s for server in here) / (0.5 * len(here)))
                band = sum(server.band_share * server.sending_s for server in here) / (0.5 * len(here))
                assert same(row["band_used"], band)
                assert same(row["attached"], np.mean([server.attached for server in here]))
    units = mine["server_busy"].dropna()
    assert same(units.mean(), metrics.utilisation(run)["server_busy"])


@pytest.mark.parametrize("window_s", [0.5, 2.0, 2.3, 100.0])
def test_over_time_has_every_task_and_every_slot_in_one_window(study, window_s):
    frame = metrics.over_time(study, window_s)
    for run in study:
        mine = frame[frame["run_id"] == run.run_id]
        assert mine["time_s"].is_monotonic_increasing
        assert mine["tasks"].sum() == len(run.tasks)
        assert same(mine["reward"].sum(), metrics.returns(run.slots))
        for row in mine.itertuples():
            inside = [
                task for task in run.tasks.itertuples() if row.time_s <= task.born_s < row.time_s + window_s - 1e-9
            ]
            slots = [
                slot for slot in run.slots.itertuples() if row.time_s <= slot.time_s < row.time_s + window_s - 1e-9
            ]
            assert row.tasks == len(inside)
            assert same(row.deadline_miss_rate, missed(inside))
            assert same(row.mean_latency_s, latency_s(inside))
            assert same(row.vehicles, np.mean([slot.vehicles for slot in slots]))
            assert same(row.key_rate_bps, np.mean([slot.key_rate_bps for slot in slots]))
    assert frame["tasks"].dtype == int


def test_slots_of_a_tenth_fall_into_their_windows(study):
    """0.3 // 0.1 is 2 in floating point."""
    run = next(iter(study))
    run.slots["time_s"] = 0.1 * np.arange(len(run.slots))
    run.runs.loc[:, "slot_s"] = 0.1
    frame = metrics.over_time(run, 0.1)
    assert len(frame) == len(run.slots)


def test_a_run_alone_has_frames_too_and_no_interval(study):
    run = next(iter(study))
    assert metrics.by_rsu(run).columns[:5].tolist() == ["run_id", "scheme", "replication", "seed", "rsu"]
    frame = metrics.by_scheme(run)
    assert frame["scheme"].unique().tolist() == ["greedy"]
    assert frame["low_95"].isna().all()


def test_every_column_has_a_unit_that_its_name_agrees_with(study):
    ending = {"_s": "s", "_bps": "bit/s", "_bit": "bit", "_j": "J"}
    for frame in (metrics.by_run(study), metrics.by_rsu(study), metrics.over_time(study)):
        assert list(frame.attrs["units"]) == list(frame.columns)
        for name, unit in frame.attrs["units"].items():
            for suffix, wanted in ending.items():
                assert not name.endswith(suffix) or unit == wanted, name
        numbers = frame.select_dtypes("number").columns.difference(["replication", "seed"])
        assert all(frame.attrs["units"][name] for name in numbers)


def test_a_window_shorter_than_a_slot_is_refused(study):
    with pytest.raises(
        qvecsim.ResultError, match=r"^'window_s' must be at least the length of a slot, 0\.5 s \(got 0\.1"
    ):
        metrics.over_time(study, 0.1)
    with pytest.raises(qvecsim.ResultError, match="'window_s'"):
        metrics.over_time(study, math.nan)


def test_of_no_run_there_is_no_frame(study):
    with pytest.raises(qvecsim.ResultError, match="No run has scheme 'ralc'"):
        metrics.by_rsu(study.where(scheme="ralc"))
