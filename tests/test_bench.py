"""The benchmark of learners: that its scenario leaves much to learn, and that its harness does what it says."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import qvecsim
from qvecsim.decision.macro.menu import Menu
from qvecsim.decision.schemes import fresh
from qvecsim.streams import Streams

ROOT = Path(__file__).parent.parent
SCENARIO = ROOT / "scenarios" / "paper" / "bench.yaml"
LIVELY = (("highest", "stake"), ("need", "stake"))  # the others make less key
TINY = {"episodes": 4, "every": 4, "evaluations": 1, "tuned": 4, "tunings": 1, "samples": 1}


@pytest.fixture(scope="module")
def bench():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("bench", ROOT / "benchmarks" / "bench.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench"] = module
    spec.loader.exec_module(module)
    yield module
    for name in ("bench", "benched"):
        del sys.modules[name]


@pytest.fixture(scope="module")
def scenario():
    """The bench."""
    return qvecsim.load(SCENARIO)


def test_the_trace_is_what_its_script_writes():
    script = ROOT / "traces" / "make_bench.py"
    made = subprocess.run([sys.executable, str(script)], capture_output=True, check=True)
    assert made.stdout == (ROOT / "traces" / "bench.csv").read_bytes()


def test_it_has_twelve_vehicles_three_servers_forty_slots(scenario):
    world = qvecsim.Simulation(scenario).world
    assert (len(world.trace.ids), len(world.scene.rsu), world.slots) == (12, 3, 40)
    assert len(Menu(scenario)) == 64


def test_the_best_static_policy_is_below_half_of_the_gap_between_chance_and_a_rule(bench, scenario):
    worlds = bench.worlds(scenario, bench.SELECTION_SEED, 2)

    def value(policy):
        return bench.mean(bench.played(policy, worlds))["return"]

    menu, streams = Menu(scenario), worlds[0].streams
    tried = [index for index in range(len(menu)) if menu.macro(index)[1:3] in LIVELY]
    best = max(value(bench.Static(scenario, streams, index)) for index in tried)
    chance = np.mean([value(bench.Mixed(scenario, Streams(seed), 0)) for seed in range(4)])
    rule = value(fresh("rested", scenario, streams))
    assert rule > best
    assert (best - chance) / (rule - chance) < 0.5


def test_equal_trainings_have_equal_curves_and_other_seeds_do_not(bench, monkeypatch):
    monkeypatch.chdir(ROOT)
    size = bench.Size(**TINY)
    rows = [bench.trained("mlp", 0.01, seed, 4, size) for seed in (1, 1, 2)]
    first, again, other = ([{**row, "cpu_s": 0, "seed": 0} for row in each] for each in rows)
    assert first == again != other
    assert [row["slots"] for row in first] == [0, 160]
    assert set(first[0]) == set(bench.HEAD)
    for row in first:
        assert row["return"] == pytest.approx(row["key"] + row["latency"] + row["block"])


def test_the_verdict_is_made_from_the_tables_alone(bench, tmp_path):
    out = tmp_path / "work"
    for name, value in (("mixed", -9.0), ("static-3", -10.0), ("rested", -2.0), ("clairvoyant-40", -1.0)):
        row = {"scheme": name, "world": 0, "return": value, "key": 0.0, "latency": value, "block": 0.0}
        bench.write(out / f"references/{name}.csv", [{**row, "missed": 1, "tasks": 4}])
    bench.write(out / "static/03.csv", [{"index": 3, "return": -10.0}])
    for scheme, reached in (("tnqdrl", 8), ("rarl", 16)):
        for seed in (1, 2, 3):
            rows = [
                {
                    "scheme": scheme,
                    "seed": seed,
                    "episode": e,
                    "samples": 64 * e,
                    "cpu_s": e / 10,
                    "missed": 1,
                    "tasks": 2,
                }
                | {"return": -2.0 if e >= reached else -10.0}
                for e in range(0, 33, 4)
            ]
            bench.write(out / f"curves/{scheme}-{seed}.csv", rows)
    bench.gather(out, tmp_path, bench.FULL)
    benched = sys.modules["benched"]
    page = benched.page(tmp_path)
    assert "0 at `static-3` (-10.0)" in page
    assert "1 at `rested` (-2.0)" in page  # not at who knows the future
    assert "From `mixed` (0) to it (1) the best single macro action is at -0.14." in page
    found, seeds = benched.speedup(tmp_path, "rarl", 0.75)
    assert (found.saved, seeds) == (pytest.approx(1 / 3), 3)  # means of three evaluations: after 16 and 24 episodes
    assert found.saved_interval == pytest.approx((1 / 3, 1 / 3))
    assert benched.speedup(tmp_path, "mlp", 0.75) is None
    assert benched.bench(tmp_path / "work") is None


def test_the_page_of_the_verdict_is_what_the_command_prints(bench):
    page = sys.modules["benched"].page(ROOT / "results/paper")
    assert (ROOT / "docs/verdict.md").read_text(encoding="utf-8") == page + "\n"


def test_it_is_evaluated_often_at_first(bench):
    due = [done for done in range(1, 241) if bench.FULL.is_due(done)]
    assert due[:8] == [4, 8, 12, 16, 20, 24, 28, 32]
    assert due[8:16] == [40, 48, 56, 64, 72, 80, 88, 96]
    assert due[16:] == [112, 128, 144, 160, 176, 192, 208, 224, 240]


def test_work_that_is_there_is_not_done_again(bench, tmp_path, capsys):
    done = tmp_path / "done.csv"
    bench.write(done, [{"scheme": "mlp", "rate": 0.01, "return": -3.0}])
    bench.do({done: None}, 1)
    assert "1 of 1 are there" in capsys.readouterr().out
    assert bench.read(tmp_path) == [{"scheme": "mlp", "rate": 0.01, "return": -3.0}]


def test_whose_best_rate_is_at_the_edge_gets_another(bench):
    assert bench.beyond({0.01: -3.0, 0.03: -2.0, 0.1: -2.5}) is None
    assert bench.beyond({0.01: -3.0, 0.03: -2.0, 0.1: -1.0}) == 0.3
    assert bench.beyond({0.003: -1.0, 0.01: -3.0}) == 0.001
    assert bench.beyond({0.3: -3.0, 1.0: -2.0}) is None


def test_the_rate_is_that_of_the_best_tuning(bench, tmp_path):
    assert bench.rate_of(tmp_path, "mlp") == 0.01
    for rate, value in ((0.003, -9.0), (0.03, -5.0)):
        bench.write(tmp_path / f"tuning/mlp-{rate}.csv", [{"scheme": "mlp", "rate": rate, "return": value}])
    assert bench.rate_of(tmp_path, "mlp") == 0.03
