"""A study as one set of frames, in pandas and in DuckDB, lazily and never unchecked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

import qvecsim
from qvecsim.errors import ResultError
from qvecsim.results.schema import TABLES
from qvecsim.results.study import Study, _column

from .example import RUNS

AXES = ["scenario", "trace", "scheme", "replication", "seed", "keys.missing"]


@pytest.fixture
def copied(here, tmp_path):
    shutil.copytree(here / "whole", tmp_path / "study")
    return tmp_path / "study"


def test_every_table_is_that_of_the_runs_with_the_axes_before_it(here):
    study = qvecsim.read("whole")
    assert isinstance(study, qvecsim.Study)
    assert len(study) == RUNS
    for name, table in TABLES.items():
        frame = getattr(study, name)
        own = [axis for axis in AXES if axis not in table.names]
        assert list(frame.columns) == ["run_id", *own, *table.names[1:]]
        assert len(frame) == sum(len(getattr(run, name)) for run in study)
        assert frame.attrs["units"]["run_id"] == ""
    tasks = study.tasks
    assert tasks is study.tasks
    assert tasks.attrs["units"]["latency_s"] == "s"
    for run in study:
        ours = tasks[tasks["run_id"] == run.run_id]
        place = study.index.set_index("run_id").loc[run.run_id]
        assert all((ours[axis] == place[axis]).all() for axis in AXES)
        assert ours["latency_s"].sum() == pytest.approx(run.tasks["latency_s"].sum())


def test_a_part_of_a_study_reads_that_part_only(copied):
    study = qvecsim.read(copied)
    part = study.where(scheme="ralc", replication=[1])
    others = set(study.run_ids) - set(part.run_ids)
    for run_id in others:
        shutil.rmtree(copied / run_id)
    assert len(part) == 2
    assert set(part.tasks["scheme"]) == {"ralc"}
    with pytest.raises(ResultError):
        _ = study.tasks


def test_a_study_shows_what_it_is_and_what_it_has(here):
    study = qvecsim.read("whole")
    assert repr(study) == f"<Study plan at whole ({RUNS} runs)>"
    assert {"tasks", "index", "where"} <= set(dir(study))
    with pytest.raises(AttributeError, match=r"A study has no 'taks'\. Did you mean 'tasks'\?"):
        _ = study.taks
    with pytest.raises(ResultError, match=r"'schemes' is no axis of the study\. Did you mean 'scheme'\?"):
        study.where(schemes="ralc")
    with pytest.raises(ResultError, match="has no run with a table 'signatures'"):
        _ = study.signatures
    with pytest.raises(ResultError, match="'abc' is no finished run"):
        study.run("abc")


def test_files_are_found_by_the_end_of_their_path():
    traces = ["../../traces/urban.fcd.xml.gz", "../../traces/jam.fcd.xml.gz", "jam.fcd.xml.gz"]
    study = Study(
        Path(), {}, pd.DataFrame({"run_id": list("abc"), "trace": traces, "seed": [1, 2, 3], "status": "done"})
    )
    for value, found in {
        "traces/urban.fcd.xml.gz": "a",
        "urban.fcd.xml.gz": "a",
        Path("./traces/jam.fcd.xml.gz"): "b",
        "../../traces/jam.fcd.xml.gz": "b",
        "jam.fcd.xml.gz": "c",
    }.items():
        assert study.where(trace=value).run_ids == [found]
    for value in ("an.fcd.xml.gz", "", "traces"):
        with pytest.raises(ResultError, match=f"^No run has trace '{value}'"):
            study.where(trace=value)


def test_a_value_that_no_run_has_is_told(here):
    study = qvecsim.read("whole")
    for axis, value, told in (
        ("scheme", "gredy", "No run has scheme 'gredy'. Did you mean 'greedy'?"),
        ("scheme", ["greedy", "mlp"], "No run has scheme 'mlp'. Known: greedy, ralc."),
        ("replication", 7, "No run has replication 7. Known: 0, 1."),
    ):
        with pytest.raises(ResultError) as refusal:
            study.where(**{axis: value})
        assert str(refusal.value) == told
    assert len(study.where(status="failed").index) == 0
    many = Study(Path(), {}, pd.DataFrame({"run_id": range(12), "seed": range(12), "status": "done"}))
    with pytest.raises(ResultError, match=r"Known: 0, .*, 9, \.\.\.\.$"):
        many.where(seed=99)


@pytest.mark.parametrize("name", ["study.json", "study.parquet", "plan.yaml"])
def test_a_damaged_index_is_told(copied, name):
    content = (copied / name).read_bytes()
    (copied / name).write_bytes(content.replace(b"plan", b"plam").replace(b"town", b"tawn"))
    with pytest.raises(ResultError, match=f"{name}' is not what was written"):
        qvecsim.read(copied)


def test_a_run_that_was_replaced_is_told(copied):
    run_id, other, *_ = qvecsim.read(copied).run_ids
    shutil.rmtree(copied / run_id)
    shutil.copytree(copied / other, copied / run_id)
    with pytest.raises(ResultError, match="is not what was written"):
        _ = qvecsim.read(copied).tasks


def test_another_version_of_the_index_is_refused(copied):
    text = (copied / "study.json").read_text()
    (copied / "study.json").write_text(text.replace('"schema": 1', '"schema": 9'))
    with pytest.raises(ResultError, match="must have schema version 1"):
        qvecsim.read(copied)
    (copied / "study.json").write_text(text.replace("qvecsim study", "other"))
    with pytest.raises(ResultError, match="was not written by qvecsim"):
        qvecsim.read(copied)


def test_duckdb_opens_a_study_with_the_documented_line(here):
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    page = (Path(__file__).parents[2] / "docs" / "batch.md").read_text(encoding="utf-8")
    [line] = [line for line in page.splitlines() if line.startswith("SELECT ")]
    found = dict(duckdb.sql(line.replace("results/study_small", "whole")).fetchall())
    expected = qvecsim.read("whole").tasks.groupby("scheme", observed=True)["latency_s"].mean()
    assert found == pytest.approx(dict(expected))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], [1, 2]),
        ([1, 2.5], [1.0, 2.5]),
        ([True, False], [True, False]),
        (["a", "b"], ["a", "b"]),
        (["a", None], ['"a"', "null"]),
        ([[1, 2], {"low": 1}], ["[1, 2]", '{"low": 1}']),
    ],
)
def test_columns_of_the_index_keep_numbers_and_texts(values, expected):
    assert _column(values).to_pylist() == expected
