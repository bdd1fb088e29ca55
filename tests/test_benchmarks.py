"""Every benchmark runs, at its smallest: a figure whose command has broken is no longer evidence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SMALLEST = {
    "audit": "--transactions 500 --rounds 1",
    "circuits": "--rounds 1 --only grover",
    "claims": "",
    "decision": "--rounds 1 --sizes 20:2",
    "gym": "--steps 10 --rounds 1 --envs 2",
    "kernel": "--vehicles 30 --slots 10 --rounds 1",
    "keys": "--seconds 1 --rounds 1",
    "optimum": "--seeds 1 --limit 1 --slots 20",
    "reader": "--mb 0.5 --rounds 1",
    "scale": "--seeds 41 --slots 10 --episodes 1",
    "schemes": "scenarios/urban.yaml --slots 10 --seeds 1 --schemes price mlp --train 2",
    "tune_price": "--slots 10 --draws 2 --seeds 1",
}
LONG = ("optimum", "scale")
NEEDS = {"gym": "gymnasium", "scale": "sumolib"}
BY_TESTS_OF_ITS_OWN = ("bench",)


def scripts():
    """Files that can be run, not what they are made of."""
    return [path.stem for path in sorted((ROOT / "benchmarks").glob("*.py")) if "__main__" in path.read_text()]


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in SMALLEST])
def test_it_runs(name):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    command = [sys.executable, f"benchmarks/{name}.py", *SMALLEST[name].split()]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."})
    assert told.returncode == 0, told.stderr[-1000:]
    assert re.search(r"\d", told.stdout)


def test_none_is_left_out():
    assert sorted([*SMALLEST, *BY_TESTS_OF_ITS_OWN]) == scripts()
