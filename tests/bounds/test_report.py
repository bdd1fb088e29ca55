from __future__ import annotations

import hashlib
import json
import math

import pytest
from cli.town import exit_code, found, imported

import qvecsim
from qvecsim.bounds.report import bounds, render
from qvecsim.bounds.status import OPTIMAL
from qvecsim.errors import ResultError


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of a small town, and where its trace is."""
    folder = tmp_path_factory.mktemp("bounds")
    scenario = found(folder / "town")
    path = qvecsim.run(scenario, out=folder / "run").path
    return path, f"world.trace={folder / 'town' / 'town.fcd.xml'}"


def test_slots_are_those_of_the_run(run):
    path, trace = run
    report, slots = bounds(path, trace, slots=5), qvecsim.read(path).slots.set_index("slot")
    assert len(report.slots) == 5
    for one in report.slots:
        row = slots.loc[one["slot"]]
        assert one["deciding"] == row["deciding"] > 0
        assert one["key"] == row["key_term"]
        assert one["block"] == row["block_term"]
        assert one["tasks"] >= row["latency_term"]
        assert one["cost"] == pytest.approx(one["key"] + one["tasks"] + one["block"], rel=1e-12)
        assert one["lower"] <= one["upper"] <= one["cost"]
        assert one["alike_lower"] <= one["alike_upper"] <= one["cost"]
        assert one["gap"] == pytest.approx(one["cost"] / one["lower"] - 1, rel=1e-9)


def test_the_whole_is_that_of_the_run(run):
    path, trace = run
    whole, tables = bounds(path, trace, slots=0).trace, qvecsim.read(path)
    tasks = tables.tasks
    assert whole["tasks"] == len(tasks)
    end_s = len(tables.slots) * 0.5
    ages = tasks["latency_s"].fillna(tasks["end_s"].fillna(end_s) - tasks["born_s"])
    assert whole["cost_s"] == pytest.approx(ages.sum() + 10.0 * (tasks["outcome"] == "dropped").sum(), rel=1e-9)
    overdue = (tasks["outcome"] == "in_flight") & (tasks["due_s"] < end_s)
    assert whole["misses"] == (tasks["outcome"].isin(["late", "dropped"]) | overdue).sum()
    assert whole["cost_lower_s"] <= whole["cost_s"]


def test_equal_seeds_draw_equal_slots_and_others_do_not(run):
    path, trace = run
    drawn = [[one["slot"] for one in bounds(path, trace, slots=4, seed=seed).slots] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0] == sorted(set(drawn[0]))


def test_more_slots_than_there_are_is_all_of_them(run):
    path, trace = run
    deciding = (qvecsim.read(path).slots["deciding"] > 0).sum()
    assert len(bounds(path, trace, slots=10_000).slots) == deciding


def test_another_run_is_refused_in_one_line(run):
    path, trace = run
    with pytest.raises(ResultError, match=r"must be what its scenario gives here \(got run id \w{12}, here \w{12}\)"):
        bounds(path, trace, "radio.bandwidth_hz=30e6")


def test_a_run_that_comes_out_otherwise_is_refused(run, tmp_path):
    """Its id is right, but not what it wrote, as after a change of the code."""
    path, trace = run
    manifest = path / "run.json"
    before = manifest.read_bytes()
    facts = json.loads(before)
    sums = path / "SHA256SUMS"
    listed = sums.read_text()
    try:
        manifest.write_text(json.dumps(facts | {"fingerprint": "0" * 64}))
        old, new = (hashlib.sha256(text).hexdigest() for text in (before, manifest.read_bytes()))
        sums.write_text(listed.replace(old, new))
        with pytest.raises(ResultError, match=r"got fingerprint 000000000000, here \w{12}"):
            bounds(path, trace, slots=0)
    finally:
        manifest.write_bytes(before)
        sums.write_text(listed)


def test_what_is_printed_warns_of_myopia_and_calls_only_the_proven_optimal(run):
    path, trace = run
    report = bounds(path, trace, slots=5)
    text = render(report)
    assert "the optimum of a slot is myopic" in text
    assert f"{sum(one['status'] == OPTIMAL for one in report.slots)} optimal" in text
    assert "lower bound" in text
    for one in report.slots:
        assert (one["status"] == OPTIMAL) == math.isclose(one["lower"], one["upper"], rel_tol=1e-8)


def test_the_command_prints_one_object(run, capfd):
    path, trace = run
    assert exit_code("bound", path, "--slots", 3, "--set", trace, "--json") == 0
    told = json.loads(capfd.readouterr().out)
    assert told["slots"] == len(told["sampled"]) == 3
    assert told["trace"]["cost_lower_s"] <= told["trace"]["cost_s"]


def test_compare_tells_the_bounds_of_runs_too(run, capfd):
    path, trace = run
    assert exit_code("compare", path, "--bound", "--slots", 1, "--set", trace, "--json") == 0
    told = json.loads(capfd.readouterr().out)
    assert told["comparisons"] == []
    assert [one["slots"] for one in told["bounds"]] == [1]


def test_the_command_refuses_what_is_no_run(tmp_path, capsys):
    assert exit_code("bound", tmp_path) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_nothing_else_loads_scipy():
    assert imported("import qvecsim.cli; qvecsim.cli.main(['show', 'schemes'])", "scipy") == set()
    assert imported("import qvecsim.bounds.report", "scipy") == set()
