"""A batch that is killed at random times is finished by ``--resume``, with the bytes of one that was not."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

import qvecsim

from .example import RUNS, lasting

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no SIGKILL here")


class Moment(NamedTuple):
    """When to kill: so many runs are there, and so long after that."""

    runs: int
    after_s: float


def begun(out: Path, jobs: int = 2, stderr: int | None = None) -> subprocess.Popen[bytes]:
    """``qvecsim batch`` as a process, in a process group of its own."""
    words = ["batch", "plan.yaml", "--out", str(out), "--jobs", str(jobs), "--resume", "--quiet"]
    return subprocess.Popen([sys.executable, "-m", "qvecsim", *words], start_new_session=True, stderr=stderr)


def whole(out: Path) -> int:
    """How many runs are there."""
    return len(list(out.glob("[0-9a-f]*")))


def partial(out: Path) -> int:
    """How many runs were cut short."""
    return len(list(out.glob(".*.partial-*")))


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


def killed(out: Path, moment: Moment, *, group: bool, jobs: int = 2) -> bool:
    """Begin a batch, kill it (and its workers with it) and see them go; False where it was over before."""
    process = begun(out, jobs)
    while whole(out) < moment.runs and process.poll() is None:
        time.sleep(0.005)
    time.sleep(moment.after_s)
    workers = children(process)
    if process.poll() is not None:
        return False
    (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 10
    while any(map(runs, workers)) and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not any(map(runs, workers))
    return True


def test_five_kills_of_one_batch_lose_nothing(here, tmp_path):
    draw, out = random.Random(5), tmp_path / "study"
    moments = [Moment(0, draw.uniform(0.0, 1.0)), *(Moment(least, draw.uniform(0.0, 0.2)) for least in (1, 2, 4, 5))]
    for index, moment in enumerate(moments):
        assert killed(out, moment, group=index % 2 == 1, jobs=1 + index // 4)
    left = whole(out)
    assert begun(out).wait() == 0
    assert lasting(out) == lasting(here / "whole")
    assert 5 <= left <= len(qvecsim.read(out)) == RUNS


def test_a_batch_that_is_stopped_says_how_to_go_on_and_leaves_whole_runs_only(here, tmp_path):
    process = begun(tmp_path / "study", jobs=1, stderr=subprocess.PIPE)
    while not whole(tmp_path / "study") and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert re.fullmatch(rb"stopped by SIGTERM; \d of 8 runs are whole; add --resume to go on\.\n", told)
    assert not [path for path in (tmp_path / "study").iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_twenty_kills_at_random_times(here, tmp_path):
    draw = random.Random(20)
    found: list[tuple[int, int]] = []
    for index in range(60):  # other work on the machine may let a batch end before it is killed
        out = tmp_path / f"study-{index}"
        moment = Moment(draw.randrange(RUNS), draw.uniform(0.0, 1.0 if index % 4 == 0 else 0.3))
        if not killed(out, moment, group=index % 2 == 1):
            continue
        found.append((whole(out), partial(out)))
        assert begun(out).wait() == 0
        assert lasting(out) == lasting(here / "whole"), index
        if len(found) == 20:
            break
    print(f"\nkilled {len(found)} times; runs that were whole and cut then: {found}")  # noqa: T201
    assert len(found) == 20
