"""A batch that is killed at random times is finished by ``--resume``, with the bytes of one that was not."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import qvecsim

from .example import RUNS, lasting

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no SIGKILL here")

JOBS = 2


def begun(out: Path) -> subprocess.Popen[bytes]:
    """``qvecsim batch`` as a process, in a process group of its own."""
    words = ["batch", "plan.yaml", "--out", str(out), "--jobs", str(JOBS), "--resume", "--quiet"]
    return subprocess.Popen([sys.executable, "-m", "qvecsim", *words], start_new_session=True)


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that it has started."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(word) for word in found.read_text().split()] if found.exists() else []


def runs(number: int) -> bool:
    """Whether there is a process of this number that is not a dead one's entry."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def killed(out: Path, after_s: float, *, group: bool) -> bool:
    """Begin a batch, kill it and see its workers go; whether it was still there to be killed."""
    process = begun(out)
    time.sleep(after_s)
    workers = children(process)
    was_there = process.poll() is None
    (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 10
    while any(map(runs, workers)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(runs, workers))
    return was_there


def finished(out: Path) -> None:
    assert begun(out).wait() == 0


def test_five_kills_of_one_batch_lose_nothing(here, tmp_path):
    draw = random.Random(5)
    began = time.monotonic()
    hits = [killed(tmp_path / "study", draw.uniform(0.4, 2.0), group=index % 2 == 1) for index in range(5)]
    finished(tmp_path / "study")
    assert lasting(tmp_path / "study") == lasting(here / "whole")
    assert len(qvecsim.read(tmp_path / "study")) == RUNS
    assert any(hits), f"none of five was killed in {time.monotonic() - began:.1f} s"


@pytest.mark.slow
def test_twenty_kills_at_random_times(here, tmp_path):
    began = time.monotonic()
    finished(tmp_path / "clock")
    unbroken_s = time.monotonic() - began
    draw = random.Random(20)
    hits, whole = 0, []
    for index in range(20):
        out = tmp_path / f"study-{index}"
        hits += killed(out, draw.uniform(0.0, unbroken_s), group=index % 2 == 1)
        whole.append(sum((path / "SHA256SUMS").is_file() for path in out.glob("[0-9a-f]*")))
        finished(out)
        assert lasting(out) == lasting(here / "whole"), index
    print(f"\n{hits} of 20 killed while they ran ({unbroken_s:.1f} s unbroken); runs that were whole then: {whole}")
    assert hits >= 15
