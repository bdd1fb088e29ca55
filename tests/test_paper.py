"""The page on the paper's claims: that it is made from the tables, and that its rules judge as they say."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from qvecsim.scenario.plan import variants
from qvecsim.scenario.plans import load_plans

ROOT = Path(__file__).parents[1]
ALL = ROOT / "scenarios/paper/all.yaml"


@pytest.fixture
def benchmark(monkeypatch):
    """Loads a module of ``benchmarks``."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield importlib.import_module
    own = ("claims", "claimed", "findings", "benched")
    for name in [name for name in sys.modules if name.split(".")[0] in own]:
        del sys.modules[name]


@pytest.fixture
def tables(benchmark, tmp_path):
    """Writes draws of lines a, b, c: ``told`` maps a line to its values, places by draws."""
    findings = benchmark("findings")

    def write(**told):
        lines = ["x,by,metric,draw,value"]
        for line, places in told.items():
            lines += [f"{x},{line},m,1/{d},{v}" for x, draws in enumerate(places) for d, v in enumerate(draws)]
        (tmp_path / "f_draws.csv").write_text("\n".join(lines) + "\n")
        return findings.Tables(tmp_path)

    return findings, write


def test_the_page_is_what_the_command_prints(benchmark):
    claims, findings = benchmark("claims"), benchmark("findings")
    page = claims.page(findings.Tables(ROOT / "results/paper"))
    assert (ROOT / "docs/paper.md").read_text(encoding="utf-8") == page.rstrip() + "\n"


def test_without_tables_nothing_is_said_to_be_measured(benchmark, tmp_path):
    claimed, findings = benchmark("claimed"), benchmark("findings")
    found = [claim.rule(findings.Tables(tmp_path)) for claim in claimed.CLAIMS]
    waiting = [one for one in found if "[" in one.measured and "(n =" in one.measured]
    assert waiting == []
    assert sum(one.verdict == findings.UNMEASURED for one in found) > 30


def test_a_difference_holds_on_its_side_and_is_open_around_zero(tables):
    findings, write = tables
    here = write(a=[[1, 2, 3.1]] * 2, b=[[2, 3, 4]] * 2, c=[[0, 3, 4]] * 2)
    below = findings.beside("f", "m", "a", ("b",), -1)(here)
    assert (below.verdict, below.measured[:12]) == (findings.HOLDS, "a less b: -0")
    assert findings.beside("f", "m", "a", ("b",), 1)(here).verdict == findings.NOT
    assert findings.beside("f", "m", "a", ("c",), -1)(here).verdict == findings.OPEN
    assert findings.beside("f", "m", "a", ("b", "c"), -1)(here).verdict == findings.OPEN
    assert findings.beside("f", "m", "a", ("d",), -1)(here).verdict == findings.UNMEASURED


def test_lines_within_a_hundredth_are_the_same(tables):
    findings, write = tables
    here = write(a=[[100.0, 101.0, 99.0]], b=[[100.1, 100.9, 99.0]])
    found = findings.beside("f", "m", "a", ("b",), 1)(here)
    assert (found.verdict, found.why) == (findings.NOT, "the same as b")


def test_one_draw_decides_nothing(tables):
    findings, write = tables
    assert findings.beside("f", "m", "a", ("b",), -1)(write(a=[[1]], b=[[2]])).verdict == findings.OPEN


def test_trends_and_ranges_are_paired_by_draw(tables):
    findings, write = tables
    here = write(a=[[1, 5, 9], [1.9, 6, 10.1]], b=[[1, 5, 9], [1, 5, 9]])
    assert findings.trend("f", "m", ("a",), 1)(here).verdict == findings.HOLDS
    assert findings.trend("f", "m", ("b",), 1)(here) == findings.Finding(
        "b, last less first: +0 [+0, +0] (n = 3)", findings.NOT, "flat: b"
    )
    assert findings.spread("f", "m", "b", ("a",), -1)(here).verdict == findings.HOLDS


def test_a_speed_holds_where_all_of_its_interval_is_above_what_was_published(benchmark, monkeypatch, tmp_path):
    findings = benchmark("findings")
    speeds = {"a": (0.7, (0.65, 0.8)), "b": (0.6, (0.5, 0.7)), "c": (0.2, (-0.1, 0.4))}

    def speedup(folder, rival, level, axis):
        if rival not in speeds:
            return None
        saved, interval = speeds[rival]
        return findings.Speedup(saved, interval, 2.0, (1.0, 3.0), 1.0), 20

    monkeypatch.setattr(findings.benched, "speedup", speedup)
    here = findings.Tables(tmp_path)
    assert findings.sooner(("a",), 0.75, "slots", 0.6211)(here).verdict == findings.HOLDS
    assert findings.sooner(("a", "b"), 0.75, "slots", 0.6211)(here) == findings.Finding(
        "against a: +70 % [+65, +80] (n = 20); against b: +60 % [+50, +70] (n = 20)", findings.OPEN, "against b"
    )
    assert findings.sooner(("c",), 0.75, "slots", 0.6211)(here).verdict == findings.NOT
    assert (
        findings.sooner(("c",), 0.75, "slots", ratio=True)(here).measured == "against c: +200 % [+100, +300] (n = 20)"
    )
    assert findings.sooner(("d",), 0.75, "slots")(here).verdict == findings.UNMEASURED


def test_costs_are_those_of_the_page_on_circuits(benchmark):
    cost = benchmark("claimed.cost")
    assert [one.cx_shots for one in (cost.OURS, cost.AS_47, cost.AS_7)] == [23_984, 141_984, 984]
    assert cost.saved(cost.OURS, cost.AS_47) == pytest.approx(83.1, abs=0.05)
    assert pytest.approx(10.5, abs=0.05) == cost.ONE_SHOT


@pytest.mark.parametrize("small", [True, False])
def test_the_plans_of_the_paper_load_in_both_settings(small):
    name, plans = load_plans(ALL, small=small)
    assert name == "paper"
    assert [plan.title for plan in plans] == [*(f"fig{n}" for n in range(4, 11)), "ablation", "shots", "noise"]
    for plan in plans:
        draws = len(plan.replications) * len(plan.sweep.get("seed", (1,)))
        assert draws >= (2 if small else 5 if "nomavec" in str(plan.scenarios) else 20)
        assert variants(plan)
