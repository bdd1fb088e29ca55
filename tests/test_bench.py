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
    del sys.modules["bench"]


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


def test_work_that_is_there_is_not_done_again(bench, tmp_path, capsys):
    done = tmp_path / "done.csv"
    bench.write(done, [{"scheme": "mlp", "rate": 0.01, "return": -3.0}])
    bench.do({done: None}, 1)
    assert "1 of 1 are there" in capsys.readouterr().out
    assert bench.read(tmp_path) == [{"scheme": "mlp", "rate": 0.01, "return": -3.0}]


def test_the_rate_is_that_of_the_best_tuning(bench, tmp_path):
    assert bench.rate_of(tmp_path, "mlp") == 0.01
    for rate, value in ((0.003, -9.0), (0.03, -5.0)):
        bench.write(tmp_path / f"tuning/mlp-{rate}.csv", [{"scheme": "mlp", "rate": rate, "return": value}])
    assert bench.rate_of(tmp_path, "mlp") == 0.03
