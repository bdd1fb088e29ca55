"""Signals, and streams that are closed or full: one line, the exit code of the README, and no mess."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from qvecsim import cli

from .town import everything, exit_code

SLOW = """\
import pathlib, time, qvecsim


class Slow(qvecsim.Policy):
    def decide(self, observation):
        pathlib.Path("begun").touch()
        time.sleep(0.03)
        return observation.action()
"""
FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")


def shell(line: str, cwd) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command line, in which PY is our Python."""
    done = subprocess.run(
        ["/bin/sh", "-c", line.replace("PY", f"{sys.executable} -m qvecsim")],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def begun(here, *before: str) -> subprocess.Popen[str]:
    """A run that has begun and takes its time."""
    (here / "slow.py").write_text(SLOW)
    process = subprocess.Popen(
        [*before, sys.executable, "-m", "qvecsim", "run", "../town/town.yaml", "--scheme", "slow:Slow", "--out", "out"],
        cwd=here,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(400):
        if (here / "begun").exists():
            return process
        time.sleep(0.025)
    raise AssertionError("the run did not begin")


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_a_run_that_leaves_nothing(town, tmp_path, name, code):
    here = tmp_path / "here"
    process = begun(here)
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (code, "", f"stopped by {name}; nothing was left behind.\n")
    assert set(everything(here)) == {"slow.py", "begun"}


def test_a_run_under_nohup_outlives_its_terminal(town, tmp_path):
    process = begun(tmp_path / "here", "nohup")
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert (tmp_path / "here" / "out" / "SHA256SUMS").is_file()


def test_what_a_killed_run_left_is_cleared_by_the_next(town, tmp_path):
    here = tmp_path / "here"
    process = begun(here)
    process.kill()
    process.communicate(timeout=30)
    assert any(".partial-" in name for name in everything(here))
    assert exit_code("run", town, "--quiet", "--out", here / "other") == 0
    assert {path.name for path in here.iterdir()} - {"__pycache__"} == {"slow.py", "begun", "other"}


def test_the_handlers_are_those_of_the_caller_again(town, capsys):
    before = signal.getsignal(signal.SIGTERM)
    assert exit_code("validate", town) == 0
    assert signal.getsignal(signal.SIGTERM) is before


@FULL
@pytest.mark.parametrize("command", ["run ../town/town.yaml --out out", "show parameters", "--help"])
def test_a_full_standard_output_is_one_line(town, tmp_path, command):
    code, _, err = shell(f"PY {command} > /dev/full", tmp_path / "here")
    assert code == 2
    assert "(No space left on device)" in err
    assert err.count("\n") == 1


@FULL
def test_a_full_standard_error_changes_no_exit_code(town, tmp_path):
    assert shell("PY run ../town/town.yaml --scheme neerest 2> /dev/full", tmp_path / "here") == (2, "", "")


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_matter(town, tmp_path, closed):
    assert shell(f"PY run ../town/town.yaml --out out {closed}", tmp_path / "here")[::2] == (0, "")
    assert shell("cd out && sha256sum --quiet -c SHA256SUMS", tmp_path / "here")[0] == 0


def test_an_error_never_goes_to_standard_output(town, tmp_path):
    assert shell("PY run ../town/town.yaml --scheme neerest 2>&-", tmp_path / "here") == (2, "", "")


def test_a_file_that_cannot_be_read_in_the_middle_is_one_line(monkeypatch, capsys):
    def broken(arguments):
        raise OSError(5, "Input/output error", "town.yaml")

    monkeypatch.setattr(cli, "_main", broken)
    assert exit_code() == 2
    assert capsys.readouterr().err == "'town.yaml' cannot be read or written (Input/output error).\n"
