"""A training that is killed at random times is finished by ``--resume``, with the bytes of one that was not."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from cli.town import everything

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no SIGKILL here")

KILLS = 10


def begun(town, out):
    """``qvecsim train`` as a process."""
    words = ["train", town, "--scheme", "keen:Keen", "--episodes", "24", "--worlds", "2", "--evaluate", "4"]
    words += ["--set", "slots=16", "--out", out, "--resume", "--quiet"]
    return subprocess.Popen([sys.executable, "-m", "qvecsim", *map(str, words)])


def lasting(folder):
    """All that is the same in equal trainings; nothing else may be left there."""
    return {name: content for name, content in everything(folder).items() if name != "timing.json"}


@pytest.mark.slow
def test_kills_at_random_times_change_nothing(town, here):
    assert begun(town, here / "whole").wait() == 0
    draw, kills = random.Random(7), 0
    for index in range(40):  # other work on the machine may let a training end before it is killed
        out = here / f"out-{index}"
        process = begun(town, out)
        while not (out / "state.npz").exists() and process.poll() is None:
            time.sleep(0.005)
        time.sleep(draw.uniform(0.0, 1.5))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
        assert begun(town, out).wait() == 0
        assert lasting(out) == lasting(here / "whole"), index
        if kills == KILLS:
            break
    assert kills == KILLS
