"""A disk that fails at any one of its calls: one line, nothing half-written, and the old run as it was."""

from __future__ import annotations

import errno
import os
import platform
import re
import shutil
import subprocess
import sys

import pytest

from qvecsim.errors import OutputError, QvecsimError
from qvecsim.results import disk, leftover


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Disk:
    """Counts the calls that a run makes of the system, and fails from one of them on, once or for good."""

    def __init__(self, monkeypatch, fails=0, *, code=errno.ENOSPC, lasting=False):
        self.calls, self.fails, self.code, self.lasting = 0, fails, code, lasting
        for module, name in ((disk, "open"), (os, "mkdir"), (os, "fsync"), (os, "replace")):
            real = getattr(module, name, open)
            monkeypatch.setattr(module, name, self.counted(real), raising=False)

    def counted(self, real):
        def call(*arguments, **more):
            self.calls += 1
            if self.fails and (self.calls == self.fails or (self.lasting and self.calls > self.fails)):
                raise OSError(self.code, os.strerror(self.code))
            return real(*arguments, **more)

        return call


def calls_of(make, path) -> int:
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch)
        make(path)
    return disk.calls


@pytest.mark.parametrize(("code", "there"), [(errno.ENOSPC, False), (errno.ENOSPC, True), (errno.EIO, True)])
def test_whichever_call_fails_nothing_half_written_stays(tmp_path, make, code, there):
    calls = calls_of(make, tmp_path / "run")
    old = tree(tmp_path / "run")
    if not there:
        make(tmp_path / "run")
        shutil.rmtree(tmp_path / "run")
        old = {}
    assert calls > 30
    for number in range(1, calls + 1):
        with pytest.MonkeyPatch.context() as patch:
            Disk(patch, number, code=code)
            with pytest.raises(QvecsimError) as caught:
                make(tmp_path / "run")
        assert caught.value.exit_code == 2
        assert os.strerror(code) in str(caught.value)
        assert "\n" not in str(caught.value)
        assert [path.name for path in tmp_path.iterdir()] == (["run"] if there else []), number
        assert tree(tmp_path) == {f"run/{name}": data for name, data in old.items()}


def test_a_disk_that_stays_full_leaves_the_old_run_in_place(tmp_path, make):
    calls = calls_of(make, tmp_path / "run")
    old = tree(tmp_path / "run")
    for number in range(1, calls - 3, 2):  # the last calls move folders, which a full disk lets one do
        with pytest.MonkeyPatch.context() as patch:
            Disk(patch, number, lasting=True)
            with pytest.raises(QvecsimError):
                make(tmp_path / "run")
        assert tree(tmp_path / "run") == old
        assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_part_that_does_not_fit_is_told_by_name(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    told = rf"^'{re.escape(str(tmp_path / 'part'))}' cannot be written \(No space left on device\)\. Make room"
    with pytest.raises(OutputError, match=told) as caught:
        disk.write_file(tmp_path / "part", b"x")
    assert isinstance(caught.value, OSError)
    assert not (tmp_path / "part").exists()


def dead() -> int:
    """The number of a process that is over."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def left(parent, name, kind, pid, host=leftover.HOST):
    folder = parent / f".{name}.{kind}-{host}-{pid}"
    folder.mkdir()
    (folder / "file").write_text(kind)
    return folder


def test_partial_folders_of_dead_processes_are_swept(tmp_path, make):
    gone = left(tmp_path, "a.b", "partial", dead())
    make(tmp_path / "run")
    assert not gone.exists()


@pytest.mark.parametrize(
    ("name", "pid", "host"),
    [
        ("run2", os.getppid(), leftover.HOST),  # alive
        pytest.param("run2", os.getpid(), leftover.HOST, id="ours"),  # in another thread
        ("run2", 999_999_999, "elsewhere"),  # another host, on the same network drive
        ("run2", "12x", leftover.HOST),
    ],
)
def test_what_may_be_in_use_is_not_swept(tmp_path, make, name, pid, host):
    kept = left(tmp_path, name, "partial", pid, host)
    make(tmp_path / "run")
    assert (kept / "file").read_text() == "partial"


def test_a_file_or_a_link_of_such_a_name_is_not_swept(tmp_path, make):
    (tmp_path / "mine").mkdir()
    names = [f".{name}.partial-{leftover.HOST}-{dead()}" for name in ("file", "link")]
    (tmp_path / names[0]).write_text("")
    (tmp_path / names[1]).symlink_to(tmp_path / "mine")
    make(tmp_path / "run")
    assert {path.name for path in tmp_path.iterdir()} == {"mine", "run", *names}


def test_a_run_that_was_being_replaced_when_the_process_was_killed_comes_back(tmp_path, make):
    pid = dead()
    left(tmp_path, "lost", "old", pid)
    left(tmp_path, "lost", "partial", pid)
    (tmp_path / "there").mkdir()
    left(tmp_path, "there", "old", pid)
    make(tmp_path / "run")
    assert (tmp_path / "lost" / "file").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"lost", "there", "run"}


def test_the_host_in_a_name_is_this_one():
    assert leftover.HOST == "here" or platform.node().startswith(leftover.HOST[:1])
    assert re.fullmatch("[A-Za-z0-9]{1,24}", leftover.HOST)
