"""The file: where it goes, that it is the same again, that its numbers are those of the tables, names text."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections import Counter

import pandas as pd
import pytest
from cli.town import exit_code, imported
from scipy import stats

import qvecsim
from qvecsim.audit import audit
from qvecsim.errors import OutputError, QvecsimError, ResultError
from qvecsim.reports import dots
from qvecsim.reports.page import MARK
from qvecsim.reports.report import report
from qvecsim.reports.thin import edges
from qvecsim.study.compare import compare

from .forging import HOSTILE
from .reading import PARTS, Page, expected, is_shown

FETCHED = ("src", "srcset", "href", "action", "poster", "data", "background", "formaction", "xlink:href")


@pytest.fixture
def page(here):
    return Page(report("run").read_text())


def test_by_default_it_lies_beside_the_folder_and_is_the_same_again(here):
    written = report("run")
    assert written == here / "run.html"
    first = written.read_bytes()
    assert first.startswith(MARK.encode())
    written.unlink()
    assert report(here / "run" / ".." / "run").read_bytes() == first
    assert report("run", "world.trace=town.fcd.xml", out="again/other.html").read_bytes() == first
    assert not audit("run").faults


def test_an_equal_run_has_an_equal_report(here, tmp_path):
    qvecsim.run(here / "town.yaml", "slots=20", out=tmp_path / "run")
    assert report(tmp_path / "run", f"world.trace={here / 'town.fcd.xml'}").read_bytes() == report("run").read_bytes()


def test_the_report_of_a_run_of_a_study_lies_beside_the_study(study):
    run_id = qvecsim.read(study).run_ids[0]
    assert report(study / run_id) == study.parent / f"study-{run_id}.html"
    assert qvecsim.read(study / run_id).runs is not None


def test_it_never_goes_into_what_is_sealed_nor_over_what_is_no_report(here, study, monkeypatch):
    for target in ("run/report.html", "run/deep/report.html", study / "report.html", "run"):
        with pytest.raises(OutputError, match="must"):
            report("run", out=target)
    with pytest.raises(OutputError, match="is no report"):
        report("run", out="town.yaml")
    monkeypatch.chdir("run")
    assert report(".") == here / "run.html"


def test_what_is_no_run_has_no_report(here, study):
    with pytest.raises(ResultError, match="no such folder"):
        report("nowhere")
    with pytest.raises(ResultError, match="Leave --set out"):
        report(study, "world.trace=town.fcd.xml")
    with pytest.raises(QvecsimError, match="Did you mean"):
        report("run", "world.tracee=town.fcd.xml")


def test_every_number_is_that_of_the_tables(here, page):
    run = qvecsim.read("run")
    assert len(page.numbers) > 100
    for value, origin, text in page.numbers:
        right = expected(run, origin)
        if right is None or right != right:
            assert value == "", origin
        elif isinstance(right, str):
            assert value == right
        else:
            assert float(value) == pytest.approx(float(right), rel=1e-12, abs=1e-15), origin
        assert is_shown(text, value), (text, value)


def test_headlines_are_those_of_the_summary(here, page):
    summary = qvecsim.read("run").manifest["summary"]
    told = {origin[1]: value for value, origin, _ in page.numbers if origin[0] == "runs"}
    for column in ("deadline_miss_rate", "mean_latency_s", "key_rate_bps", "mean_finality_s", "energy_j", "return"):
        assert float(told[column]) == summary[column]
    for column in ("tasks_generated", "tasks_done", "tasks_late", "tasks_dropped", "vehicles", "blocks"):
        assert int(told[column]) == summary[column]
    assert int(told["violations"]) == sum(summary["violations"].values())


def test_causes_add_up_to_the_latency(page):
    told = {tuple(origin[1:]): float(value) for value, origin, _ in page.numbers if origin[0] == "tasks" and value}
    assert sum(told[part, "mean of results"] for part in PARTS) == pytest.approx(told["latency_s", "mean"], rel=1e-9)


def test_lines_are_those_of_the_tables(here, page):
    run, checked = qvecsim.read("run"), 0
    slot_s = run.runs["slot_s"].iloc[0]
    for title, chart in page.charts.items():
        for line in chart["lines"]:
            table, column = line["of"].split(".", 1)
            if table == "slots" and column in run.slots and "low" not in line and "per second" in title:
                assert line["mean"] == pytest.approx((run.slots[column] / slot_s).tolist(), rel=1e-6)
            elif title.startswith("Time to finality"):
                assert line["mean"] == pytest.approx(run.blocks[column].tolist(), rel=1e-6)
            elif line["of"].startswith("links.stored_bit "):
                link = run.links[run.links["link"] == column.removeprefix("stored_bit ")]
                assert line["mean"] == link["stored_bit"].tolist()
            else:
                continue
            checked += 1
    assert checked > 4 + 4


def test_long_runs_are_thinned_to_bands(here, tmp_path):
    qvecsim.run("town.yaml", "slots=380", "slot_s=0.025", out=tmp_path / "run")
    run = qvecsim.read(tmp_path / "run")
    chart = next(
        chart for title, chart in Page(report(tmp_path / "run").read_text()).charts.items() if "in flight" in title
    )
    [line] = chart["lines"]
    values, bounds = run.slots["in_flight"].to_numpy(), edges(380)
    pieces = [values[begin:end] for begin, end in itertools.pairwise(bounds)]
    assert len(pieces) == 360 == len(line["mean"])
    assert line["mean"] == pytest.approx([piece.mean() for piece in pieces], rel=1e-6)
    assert line["low"] == [piece.min() for piece in pieces]
    assert line["high"] == [piece.max() for piece in pieces]


@pytest.mark.parametrize("change", ["tasks.rate_hz=0.001", "slots=1", "chain.interval_s=1000", "profile=field"])
def test_runs_with_little_in_them_have_reports(here, tmp_path, change):
    qvecsim.run("town.yaml", "slots=3", change, out=tmp_path / "run")
    page = Page(report(tmp_path / "run", "world.trace=town.fcd.xml").read_text())
    assert page.map["slot"]


def test_nothing_is_fetched_and_nothing_may_be(here, study, page):
    policy = "default-src 'none'; style-src 'sha256-"
    for found in (page, Page(report(study).read_text())):
        assert any(
            value.startswith(policy) for tag, key, value in found.attributes if (tag, key) == ("meta", "content")
        )
        links = {value for _, key, value in found.attributes if key in FETCHED}
        assert all(link.startswith("#") for link in links)
        assert not {"img", "link", "iframe", "object", "embed", "base", "form"} & set(found.tags)
        assert not any(key.startswith("on") or key == "style" for _, key, _ in found.attributes)


def test_everything_that_came_from_a_file_is_text(hostile, page):
    run, content = hostile
    found = Page(content)
    assert content.count("onerror=") > 100
    assert "<img" not in content
    assert "\x00" not in content
    # The same elements as ever: no name made or ended one.
    assert found.tags == page.tags + Counter({"p": 1})
    assert len(found.charts) == len(page.charts)
    assert all(name.startswith(HOSTILE) for name in found.map["rsu"] + found.map["link"])
    assert sum(HOSTILE.replace("\x00", "\ufffd") in word for word in found.words) > 50
    for value, origin, _ in found.numbers:
        right = expected(run, origin)
        assert value == "" or float(value) == pytest.approx(float(right), rel=1e-12, abs=1e-15)


def test_the_study_has_means_intervals_and_differences_of_compare(study):
    found = Page(report(study).read_text())
    runs = qvecsim.read(study).runs
    means = [(float(value), origin) for value, origin, _ in found.numbers if origin[0] == "study" and value]
    assert len(means) == 4 * 6
    for value, (_, metric, _, *where) in means:
        part = runs
        for axis, wanted in zip(where[::2], where[1::2], strict=True):
            part = part[part[axis] == wanted]
        assert len(part) == 2
        assert value == pytest.approx(part[metric].mean(), rel=1e-12)
    told = [float(value) for value, origin, _ in found.numbers if origin[0] == "compare" and value]
    right = [
        number
        for axis in ("scheme", "keys.missing")
        for one in compare(study, by=axis)
        for gap in one.differences
        for number in (gap.value, gap.baseline, gap.difference)
        if number == number
    ]
    assert told == pytest.approx(right, rel=1e-12)


def test_charts_of_means_end_where_a_metric_can_be_and_tables_do_not(study):
    content = report(study).read_text()
    assert "Student's interval may leave the range of a rate; look at the paired differences" in content.replace(
        "&#x27;", "'"
    )
    rows = [("one", 0.7, (-0.1434, 1.551)), ("other", 0.2, None)]
    drawn = {unit: dots.drawing("title", rows, unit, span) for unit, span in (("share", (0, 1)), ("s", (0, math.inf)))}
    assert ticks(drawn["share"]) == [0, 50, 100]
    assert ticks(drawn["s"]) == [0, 1, 2]
    assert ticks(dots.drawing("title", rows, "1"))[0] == -1
    whisker = re.search(r'<line x1="([\d.]+)" x2="([\d.]+)"[^>]*class="whisker"', drawn["share"])
    assert [float(end) for end in whisker.groups()] == [dots.LEFT, dots.WIDTH - 22]
    assert ticks(dots.drawing("title", [("one", 0.8, None)], "share", (0, 1)))[-1] == 100


def ticks(drawing):
    return [float(word) for word in re.findall(r'text-anchor="middle">([^<]+)<', drawing)]


def test_failed_runs_are_named(study, monkeypatch):
    opened = qvecsim.read(study)
    index = opened.index.copy()
    failed = str(index["run_id"].iloc[0])
    index.loc[0, ["status", "error"]] = ["failed", HOSTILE]
    from qvecsim.reports.study import study_page
    from qvecsim.results.study import Study

    content = study_page(Study(opened.path, opened.manifest, index))
    found = Page(content)
    assert "<img" not in content
    assert failed in found.words
    assert HOSTILE.replace("\x00", "\ufffd") in found.words
    assert any("7 of them whole, 1 failed" in word for word in found.words)


def test_the_curves_of_a_study_are_those_of_its_slots(study):
    opened, charts = qvecsim.read(study), Page(report(study).read_text()).charts
    line = next(line for line in charts["wait"]["lines"] if line["name"] == "ralc")
    slots = (
        opened.where(scheme="ralc", **{"keys.missing": "wait"}).slots.groupby("slot")[["done", "late", "dropped"]].sum()
    )
    rate = (slots["late"] + slots["dropped"]) / slots.sum(axis=1)
    right = [None if value != value else pytest.approx(value, rel=1e-6) for value in rate.tolist()]
    assert line["mean"] == right


def test_a_training_has_curves_by_episode_and_evaluations_with_intervals(tmp_path):
    folder = tmp_path / "policy"
    folder.mkdir()
    facts = {"format": "qvecsim policy", "scheme": HOSTILE, "scenario": "town", "episodes": 3}
    (folder / "policy.json").write_text(json.dumps(facts))
    training = pd.DataFrame(
        {"episode": [0, 1, 2], "return": [-3.0, -2.0, -1.5], "deadline_miss_rate": [0.5, 0.25, 0.2]}
    )
    training["mean_latency_s"] = training["loss"] = [0.5, 0.4, 0.3]
    training.to_parquet(folder / "training.parquet")
    evaluation = pd.DataFrame({"episodes": [0, 0, 0, 3, 3, 3], "replication": [-2, -4, -6] * 2})
    for metric in ("return", "deadline_miss_rate", "mean_latency_s"):
        evaluation[metric] = [1.0, 2.0, 4.0, 0.5, 0.75, 1.0]
    evaluation.to_parquet(folder / "evaluation.parquet")
    written = report(folder)
    assert written == tmp_path / "policy.html"
    content = written.read_text()
    charts = [json.loads(block) for block in re.findall(r'<script type="application/json">(.*?)</script>', content)]
    assert "<img" not in content
    assert charts[0]["x"] == [0, 1, 2]
    assert charts[0]["lines"][0]["mean"] == [-3, -2, -1.5]
    assert len(charts) == 4 + 3
    [line] = charts[4]["lines"]
    low, high = stats.t.interval(0.95, 2, 7 / 3, stats.sem([1, 2, 4]))
    assert (line["mean"][0], line["low"][0], line["high"][0]) == pytest.approx((7 / 3, low, high), rel=1e-6)
    with pytest.raises(OutputError, match="policy folder"):
        report(folder, out=folder / "report.html")
    training.drop(columns="return").to_parquet(folder / "training.parquet")
    with pytest.raises(ResultError, match="must have the columns"):
        report(folder)


def test_the_command_writes_it_and_says_where(here, capsys):
    assert exit_code("report", "run", "--out", "mine.html", "--set", "world.trace=town.fcd.xml") == 0
    assert capsys.readouterr().out == "mine.html\n"
    assert (here / "mine.html").read_bytes() == report("run").read_bytes()
    assert exit_code("report", "run", "--quiet", "--out", "mine.html") == 0
    assert capsys.readouterr().out == ""
    assert exit_code("report", "nowhere") == 2


def test_its_help_imports_nothing_heavy():
    assert imported("from qvecsim.cli import main; main(['report', '--help'])", "pandas", "numpy", "pyarrow") == set()


def test_a_browser_is_opened_when_asked(here, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert exit_code("report", "run", "--open", "--quiet") == 0
    assert opened == [(here / "run.html").as_uri()]
