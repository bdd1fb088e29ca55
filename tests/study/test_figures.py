"""The figure behind a plan: its numbers, its files, and that nothing but the numbers decides them."""

from __future__ import annotations

import json
import math
import shutil
import sys

import numpy as np
import pytest
from cli.town import exit_code, found

import qvecsim
from qvecsim.errors import ResultError, ScenarioError
from qvecsim.results.intervals import student
from qvecsim.scenario.parts import Figure
from qvecsim.scenario.plan import load_plan
from qvecsim.study import figures, many
from qvecsim.study.batch import Tally, make
from qvecsim.study.frames import caption, read_table

FILES = {"figure.csv", "figure_draws.csv", "figure.json", "figure.png", "figure.svg"}
DRAWN = """\
scenarios: town.yaml
schemes: [greedy, ralc]
replications: 2
set: {slots: 3}
sweep:
  radio.bandwidth_hz: [4e6, 1e6]
  keys.missing: [wait, drop]
figure:
  title: Latency
  x: radio.bandwidth_hz
  x_label: band, MHz
  x_unit: 1e6
  y: [mean_latency_s, keys_used]
"""
TAUGHT = """\
scenarios: town.yaml
schemes: [linear, ralc]
set: {slots: 3}
train: {episodes: 2, worlds: 1, evaluate: 1, evaluations: 2}
sweep: {seed: [1, 2]}
figure: {title: Returns, x: episodes, y: [return]}
"""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory, _no_script):
    """A study with its figure, and the folder of its plan."""
    folder = tmp_path_factory.mktemp("drawn")
    found(folder)
    (folder / "plan.yaml").write_text(DRAWN)
    (folder / "taught.yaml").write_text(TAUGHT)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        list(qvecsim.batch("plan.yaml", out="study"))
    return folder


def content(study):
    """The files of a figure."""
    return {path.name: path.read_bytes() for path in study.iterdir() if path.name in FILES}


def test_the_frame_is_the_mean_over_replications_of_the_mean_over_settings(drawn):
    study = qvecsim.read(drawn / "study")
    rows = {(row["metric"], row["by"], row["x"]): row for row in read_table(drawn / "study/figure.csv")}
    assert [row[2] for row in rows][:2] == [1e6, 4e6]
    assert len(rows) == 2 * 2 * 2
    part = study.where(scheme="greedy", **{"radio.bandwidth_hz": 1e6})
    draws = part.runs.groupby("replication")["mean_latency_s"].mean().to_numpy()
    row = rows["mean_latency_s", "greedy", 1e6]
    assert row["mean"] == pytest.approx(draws.mean(), rel=1e-12)
    assert (row["low"], row["high"]) == pytest.approx(student(draws), rel=1e-12)
    assert row["n"] == 2
    assert math.isnan(rows["keys_used", "ralc", 1e6]["mean"]) or rows["keys_used", "ralc", 1e6]["mean"] == 0.0
    own = [one["value"] for one in read_table(drawn / "study/figure_draws.csv") if one["by"] == "greedy"]
    assert own[:2] == pytest.approx(draws, rel=1e-12)


def test_a_figure_is_made_again_to_the_byte_by_resuming(drawn, tmp_path, monkeypatch):
    monkeypatch.chdir(drawn)
    shutil.copytree(drawn / "study", tmp_path / "study")
    before = content(tmp_path / "study")
    assert before.keys() == FILES
    (tmp_path / "study/figure.svg").unlink()
    (tmp_path / "study/figure.csv").write_text("something else")
    list(qvecsim.batch("plan.yaml", out=tmp_path / "study", resume=True))
    assert content(tmp_path / "study") == before
    assert b"<dc:date>" not in before["figure.svg"]


def test_without_matplotlib_the_tables_are_there_and_a_line_tells_of_the_picture(drawn, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(drawn)
    shutil.copytree(drawn / "study", tmp_path / "study")
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.transforms"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "qvecsim.study.picture", raising=False)
    monkeypatch.delattr("qvecsim.study.picture", raising=False)
    assert exit_code("batch", "plan.yaml", "--out", str(tmp_path / "study"), "--resume", "--quiet") == 0
    assert content(tmp_path / "study").keys() == FILES - {"figure.png", "figure.svg"}
    assert capsys.readouterr().err == f"{figures.WITHOUT}\n"


def test_the_words_say_profile_and_draws(drawn):
    words = json.loads((drawn / "study/figure.json").read_text())
    assert (words["profiles"], words["seeds"], words["replications"], words["n"]) == (
        ["amended"],
        [3],
        [0, 1],
        [2, 2],
    )
    assert caption(words).startswith("town: profile amended; seed 3; replications 0-1; n = 2; 3 slots; 95 % intervals")


def test_a_metric_that_runs_do_not_have_is_told_before_the_first_run(drawn, tmp_path, monkeypatch):
    monkeypatch.chdir(drawn)
    (drawn / "wrong.yaml").write_text(DRAWN.replace("keys_used", "mean_latency"))
    with pytest.raises(ScenarioError, match=r"wrong.yaml:13: 'figure.y.1' must be a metric .* 'mean_latency_s'"):
        list(qvecsim.batch("wrong.yaml", out=tmp_path / "study"))
    assert not (tmp_path / "study").exists()


def test_a_study_with_failures_has_no_figure(drawn, tmp_path, monkeypatch):
    monkeypatch.chdir(drawn)
    (drawn / "raising.py").write_text(
        "import qvecsim\n\nclass Raises(qvecsim.Policy):\n    def decide(self, seen):\n        raise ValueError\n"
    )
    (drawn / "failing.yaml").write_text(DRAWN.replace("ralc", "raising:Raises"))
    shutil.copytree(drawn / "study", tmp_path / "study")
    with pytest.raises(qvecsim.errors.BatchError):
        list(qvecsim.batch("failing.yaml", out=tmp_path / "study", resume=True))
    assert content(tmp_path / "study") == {}


def test_trainings_are_runs_and_schemes_that_learn_nothing_are_evaluated_beside_them(drawn, tmp_path, monkeypatch):
    monkeypatch.chdir(drawn)
    done = list(qvecsim.batch("taught.yaml", out=tmp_path / "study"))
    assert len(done) == 4
    study = qvecsim.read(tmp_path / "study")
    told = study.evaluation
    assert sorted(told["episodes"].unique()) == [0, 1, 2]
    assert len(told) == 4 * 3 * 2
    still = told[told["scheme"] == "ralc"].groupby(["seed", "replication"], observed=True)["return"].nunique()
    assert (still == 1).all()
    assert set(study.training["scheme"]) == {"linear"}
    rows = read_table(tmp_path / "study/figure.csv")
    assert {(row["by"], row["x"], row["n"]) for row in rows} == {
        (s, e, 2) for s in ("linear", "ralc") for e in range(3)
    }
    with pytest.raises(ResultError, match="holds trainings, which are no runs"):
        next(iter(study))
    with pytest.raises(AttributeError, match="has no 'tasks'"):
        _ = study.tasks


def test_a_training_of_a_study_is_that_of_the_train_command_and_is_kept_if_whole(drawn, tmp_path, monkeypatch):
    monkeypatch.chdir(drawn)
    list(qvecsim.batch("taught.yaml", out=tmp_path / "study"))
    study = qvecsim.read(tmp_path / "study").where(scheme="linear", seed=2)
    [name] = study.run_ids
    alone = qvecsim.train(
        "town.yaml",
        "slots=3",
        scheme="linear",
        seed=2,
        episodes=2,
        worlds=1,
        evaluate=1,
        evaluations=2,
        out=tmp_path / "a",
    )
    assert alone.summary["training_id"] == name
    assert (tmp_path / "study" / name / "policy.npz").read_bytes() == (tmp_path / "a/policy.npz").read_bytes()
    (tmp_path / "study" / name / "evaluation.parquet").write_bytes(b"damaged")
    order = many.orders("taught.yaml", out=tmp_path / "study", resume=True)[0]
    tally = Tally(order.folder)
    list(make(order, tally))
    assert (tally.kept, tally.done) == (3, 1)
    assert (tmp_path / "study" / name / "policy.npz").read_bytes() == (tmp_path / "a/policy.npz").read_bytes()


def test_plans_of_plans_share_runs_and_gather_their_figures(drawn, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(drawn)
    small = "small: {replications: 1, sweep: {keys.missing: wait}}\n"
    (drawn / "one.yaml").write_text(DRAWN + small.replace(": wait", ": [wait]"))
    (drawn / "two.yaml").write_text(
        DRAWN.replace("mean_latency_s, keys_used", "key_rate_bps") + small.replace(": wait", ": [wait]")
    )
    (drawn / "both.yaml").write_text("plans: [one.yaml, two.yaml]\n")
    out = tmp_path / "both"
    assert exit_code("batch", "both.yaml", "--small", "--out", str(out), "--json") == 0
    one, two = map(json.loads, capsys.readouterr().out.splitlines())
    assert (one["runs"], one["done"], two["kept"], two["done"]) == (4, 4, 4, 0)
    for name in ("one", "two"):
        assert (out / f"{name}.csv").read_bytes() == (out / name / "figure.csv").read_bytes()
        assert {f"{name}.png", f"{name}.svg", f"{name}.json"} <= {path.name for path in out.iterdir()}
    assert json.loads((out / "two.json").read_text())["small"] is True
    assert qvecsim.read(out / "two").run_ids == qvecsim.read(out / "one").run_ids


def test_a_mean_of_nothing_is_no_number_and_is_empty_in_the_file(tmp_path):
    draws = [figures.Draw(1, "a", "m", "1/0", math.nan), figures.Draw(1, "a", "m", "1/1", 2.0)]
    [point] = figures.frame(draws)
    assert (point.mean, point.n) == (2.0, 1)
    assert np.isnan([point.low, point.high]).all()
    (tmp_path / "t.csv").write_bytes(figures.as_csv(figures.Point._fields, [point]))
    assert (tmp_path / "t.csv").read_text() == "x,by,metric,mean,low,high,n\n1,a,m,2.0,,,1\n"


def test_many_points_are_a_band_and_words_are_places(tmp_path):
    picture = pytest.importorskip("qvecsim.study.picture")
    figure = Figure(title="t", x="episodes", y=("m",), by="scheme")
    points = [figures.Point(x, by, "m", x + 0.5, x - 1.0, x + 1.0, 3) for by in ("a", "b") for x in range(20)]
    first, second = (picture.rendered(figures.Drawn(figure, points, "caption", {"m": "s"})) for _ in range(2))
    assert first == second
    assert first[0].startswith(b"\x89PNG")
    named = [figures.Point(x, "a", "m", 1.0, math.nan, math.nan, 1) for x in ("here", "there")]
    assert picture.rendered(figures.Drawn(figure, named, "caption", {"m": "s"}))[1].startswith(b"<?xml")


def test_the_plan_says_what_is_drawn(drawn):
    plan = load_plan(drawn / "plan.yaml")
    figures.check(plan)
    assert plan.figure.y == ("mean_latency_s", "keys_used")
