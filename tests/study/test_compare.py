"""Pairs, their means and intervals, against numbers by hand and by pandas and SciPy."""

from __future__ import annotations

import json

import numpy as np
import pytest
from cli.town import exit_code
from scipy import stats

import qvecsim
from qvecsim.errors import QvecsimError
from qvecsim.study import compare as comparing
from qvecsim.study.compare import Case, _against, compare
from qvecsim.study.wording import render


def by_pandas(study, metric, **where):
    """Gaps between ralc and greedy, one a replication, means over ``keys.missing``."""
    runs = study.where(**where).runs
    table = runs.pivot_table(index="replication", columns="scheme", values=metric, aggfunc="mean", observed=True)
    return (table["ralc"] - table["greedy"]).to_numpy()


def case(scheme, replication, latency_s, miss=0.5, **facts):
    """A made-up run."""
    summary = dict.fromkeys(comparing.METRICS, 1.0) | {"mean_latency_s": latency_s, "deadline_miss_rate": miss}
    told = {name: json.dumps(value) for name, value in {"scheme": scheme, **facts}.items()}
    return Case((1, replication), told, summary)


def latency(found):
    return next(one for one in found.differences if one.metric == "mean_latency_s")


def test_means_and_intervals_are_those_of_pandas_and_scipy(here):
    [found] = compare("whole")
    assert (found.by, found.contestant, found.baseline, found.settings) == ("scheme", "ralc", "greedy", 2)
    study = qvecsim.read("whole")
    assert {one.metric for one in found.differences} == set(comparing.METRICS)
    for one in found.differences:
        gaps = by_pandas(study, one.metric)
        assert one.replications == len(gaps) == 2
        assert one.difference == pytest.approx(gaps.mean(), abs=1e-12)
        assert one.value - one.baseline == pytest.approx(one.difference, abs=1e-12)
        if np.ptp(gaps) > 0:
            expected = stats.t.interval(0.95, 1, gaps.mean(), stats.sem(gaps))
            assert one.student == pytest.approx(expected, rel=1e-9)
            assert gaps.min() <= one.bootstrap[0] <= one.bootstrap[1] <= gaps.max()


def test_each_setting_can_be_told_by_itself(here):
    found = compare("whole", each=True, baseline="ralc")
    assert [dict(one.setting) for one in found] == [{"keys.missing": "wait"}, {"keys.missing": "drop"}]
    for one in found:
        gaps = -by_pandas(qvecsim.read("whole"), "mean_latency_s", **{"keys.missing": one.setting["keys.missing"]})
        assert latency(one).difference == pytest.approx(gaps.mean(), abs=1e-12)


def test_a_swept_parameter_can_be_compared(here):
    [found] = compare("whole", by="keys.missing", baseline="drop")
    assert (found.contestant, found.baseline, found.replications, found.settings) == ("wait", "drop", 2, 2)


def test_single_runs_are_compared_as_those_of_a_study(here):
    study = qvecsim.read("whole").where(replication=0, **{"keys.missing": "wait"})
    [found] = compare(*(here / "whole" / run_id for run_id in study.run_ids))
    assert (found.contestant, found.baseline, found.replications) == ("ralc", "greedy", 1)
    assert latency(found).student is None
    assert latency(found).bootstrap is None
    assert "One replication: there is no interval." in render([found])


def test_profiles_are_compared_in_common_replications(here, tmp_path):
    paths = [tmp_path / f"{profile}-{draw}" for profile, draw in (("amended", 0), ("amended", 1), ("paper", 1))]
    for path in paths:
        profile, draw = path.name.split("-")
        qvecsim.run("town.yaml", f"profile={profile}", "slots=4", replication=int(draw), out=path)
    [found] = compare(*paths)
    assert (found.by, found.contestant, found.baseline, found.replications) == ("profile", "paper", "amended", 1)


def test_only_what_both_have_is_compared():
    cases = [case("a", 0, 1.0), case("a", 1, 2.0), case("a", 2, 9.0), case("b", 0, 1.5), case("b", 1, 3.5)]
    [found] = _against(cases, "scheme", '"b"', '"a"', each=False)
    assert latency(found).replications == 2
    assert latency(found).difference == pytest.approx((0.5 + 1.5) / 2)
    assert latency(found).baseline == pytest.approx(1.5)


def test_a_replication_without_all_settings_is_left_out():
    cases = [case(scheme, draw, 1.0 + draw, x=x) for scheme in "ab" for draw in (0, 1) for x in (1, 2)]
    [found] = _against(cases[:-1], "scheme", '"b"', '"a"', each=False)
    assert (found.settings, found.replications) == (2, 1)


def test_a_latency_of_nobody_is_left_out_and_the_miss_rate_stays():
    cases = [case("a", 0, 1.0), case("a", 1, None), case("b", 0, 2.0), case("b", 1, 3.0)]
    [found] = _against(cases, "scheme", '"b"', '"a"', each=False)
    assert latency(found).replications == 1
    assert found.differences[0].replications == 2
    nobody = next(_against([case("a", 0, None), case("b", 0, None)], "scheme", '"b"', '"a"', each=False))
    assert np.isnan(latency(nobody).difference)
    assert " - " in render([nobody])


def test_the_latency_stands_beside_the_miss_rate(here, capsys):
    assert exit_code("compare", "whole", "--baseline", "greedy") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "scheme: ralc against greedy, 2 replications of 2 settings"
    assert [line.split("  ")[0] for line in lines[2:4]] == ["deadline miss rate", "mean latency, s"]
    assert any("Student's t, and percentile bootstrap" in line for line in lines)


def test_json_has_every_number(here, capsys):
    assert exit_code("compare", "whole", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["left_out"] == 0
    metrics = {one["metric"]: one for one in found["comparisons"][0]["metrics"]}
    assert metrics["mean_latency_s"]["student_95"] == list(latency(compare("whole")[0]).student)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"baseline": "gredy"}, "'baseline' must be a 'scheme' of the runs (got 'gredy'). Did you mean 'greedy'?"),
        ({"by": "keys.mising"}, "'by' must be a key of the runs' scenarios (got 'keys.mising')."),
        (
            {"by": "tracee"},
            "'by' must be a key of the runs' scenarios (got 'tracee'). Did you mean 'trace'?",
        ),
        (
            {"by": "xyz"},
            "'by' must be a key of the runs' scenarios (got 'xyz'). They differ in: scheme, keys.missing. "
            "All keys are in docs/parameters.md.",
        ),
        ({"by": "trace"}, "All runs have 'world.trace' town.fcd.xml, "),
        ({"by": "profile"}, "All runs have 'profile' amended. They differ in: scheme, keys.missing."),
    ],
)
def test_what_cannot_be_compared_is_told(here, options, told):
    with pytest.raises(QvecsimError) as refusal:
        compare("whole", **options)
    assert str(refusal.value).startswith(told)


def test_traces_are_compared_by_the_name_of_their_axis(monkeypatch):
    made = [
        case("greedy", k, 1.0 + k + far, **{"world.trace": trace}) for k in (0, 1) for far, trace in enumerate("ab")
    ]
    monkeypatch.setattr(comparing, "cases", lambda paths: made)
    [found] = compare("made up", by="trace")
    assert (found.by, found.contestant, latency(found).difference) == ("world.trace", "b", 1.0)


def test_runs_must_differ_in_one_thing(here):
    study = qvecsim.read("whole").where(scheme="greedy", **{"keys.missing": "wait"})
    with pytest.raises(QvecsimError, match=r"^The runs must differ in what is compared"):
        compare(*(here / "whole" / run_id for run_id in study.run_ids))
    with pytest.raises(QvecsimError, match=r"^At least two runs must be given to compare \(got 1\)\.$"):
        compare(here / "whole" / study.run_ids[0])


def test_runs_that_differ_in_more_than_one_thing_are_no_pair(here):
    study = qvecsim.read("whole").where(replication=0)
    greedy = study.where(scheme="greedy", **{"keys.missing": "wait"}).run_ids
    ralc = study.where(scheme="ralc", **{"keys.missing": "drop"}).run_ids
    with pytest.raises(
        QvecsimError, match=r"^No two runs differ in 'scheme' alone\. They also differ in: keys\.missing\.$"
    ):
        compare(*(here / "whole" / run_id for run_id in greedy + ralc))
