from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qvecsim.errors import QvecsimError, ResultError
from qvecsim.results import leftover
from qvecsim.results.schema import SCHEMA_VERSION, TABLES, columns
from qvecsim.results.store import read
from qvecsim.results.writing import writing


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def reseal(folder, name="run.json"):
    """Make SHA256SUMS agree with a file that was changed."""
    sums = folder / "SHA256SUMS"
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    sums.write_text(re.sub(rf"^\w+  {re.escape(name)}$", f"{digest}  {name}", sums.read_text(), flags=re.MULTILINE))


def edit(folder, change):
    manifest = json.loads((folder / "run.json").read_bytes())
    change(manifest)
    (folder / "run.json").write_text(json.dumps(manifest))
    reseal(folder)


def load_all(path):
    run = read(path)
    return [getattr(run, table) for table in TABLES]


def test_a_run_comes_back_whole(run):
    assert run.run_id == "abc"
    assert run.scenario == "name: café\n"
    assert run.timing == {}
    assert run.manifest["x"] == 1.5
    assert run.manifest["schema"] == SCHEMA_VERSION
    for table in TABLES:
        frame = getattr(run, table)
        assert isinstance(frame, pd.DataFrame)
        assert list(frame.columns) == list(TABLES[table].names)
        assert frame.attrs["units"] == TABLES[table].units
        assert (frame["run_id"] == "abc").all()
    assert run.slots is run.slots
    assert "slots 3" in repr(run)


def test_many_parts_are_one_frame(tmp_path, make):
    one, many = read(make(tmp_path / "one")), read(make(tmp_path / "many", limit=2))
    assert len(many.manifest["tables"]["links"]["parts"]) == 3
    pd.testing.assert_frame_equal(one.links, many.links)
    pd.testing.assert_frame_equal(one.tasks, many.tasks, check_categorical=False)


def test_the_folder_explains_itself(tmp_path, make):
    folder = make(tmp_path / "run")
    assert json.loads((folder / "columns.json").read_bytes()) == columns()


def test_equal_runs_are_equal_bytes(tmp_path, make):
    assert tree(make(tmp_path / "a")) == tree(make(tmp_path / "b"))


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum here")
def test_sha256sum_checks_the_folder_without_us(tmp_path, make):
    folder = make(tmp_path / "run")
    command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=folder, check=False).returncode == 0
    listed = {line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    assert listed == set(tree(folder)) - {"SHA256SUMS", "timing.json"}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_of_a_run_that_failed(tmp_path, error):
    def fail():
        with writing(tmp_path / "run", "abc") as folder:
            (folder.path / "slots").mkdir()
            raise error

    with pytest.raises(error):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_an_unfinished_folder_is_no_run(tmp_path):
    with pytest.raises(RuntimeError, match="finish"), writing(tmp_path / "run", "abc"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_failed_run_leaves_the_old_one_in_place(tmp_path, make):
    before = tree(make(tmp_path / "run"))
    with pytest.raises(RuntimeError), writing(tmp_path / "run", "abc"):
        raise RuntimeError
    assert tree(tmp_path / "run") == before


def test_the_old_run_comes_back_when_the_new_one_cannot_be_moved(tmp_path, make, monkeypatch):
    before = tree(make(tmp_path / "run"))
    replace = os.replace

    def fail(source, target):
        if source.is_dir() and "partial" in source.name:
            raise OSError("no")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no"):
        make(tmp_path / "run")
    assert tree(tmp_path / "run") == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_the_same_run_is_replaced(tmp_path, make):
    folder = make(tmp_path / "run", limit=1)
    before = set(tree(folder))
    assert set(tree(make(folder))) < before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("name", ["notes.txt", "slots/part-00009.parquet", "figures/a.png", "run.json.bak"])
def test_what_the_run_did_not_write_is_never_deleted(tmp_path, make, name):
    folder = make(tmp_path / "run")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"mine")
    before = tree(folder)
    with pytest.raises(QvecsimError, match=r"holds what the run did not write \('.*'.*\)\. Choose another --out\."):
        make(folder)
    assert tree(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_an_empty_folder_is_taken_and_parents_are_made(tmp_path, make):
    (tmp_path / "empty").mkdir()
    assert read(make(tmp_path / "empty")).run_id == "abc"
    assert read(make(tmp_path / "a" / "b")).run_id == "abc"


@pytest.mark.parametrize("manifest", [None, "{", "[]", "{}", '{"run_id": "abc"}'])
def test_a_foreign_folder_is_refused_and_left_alone(tmp_path, make, manifest):
    (tmp_path / "thesis.tex").write_text("dear")
    if manifest is not None:
        (tmp_path / "run.json").write_text(manifest)
    before = tree(tmp_path)
    with pytest.raises(QvecsimError, match=r"is not empty and holds no run\. Choose another --out\.") as caught:
        make(tmp_path)
    assert caught.value.exit_code == 2
    assert tree(tmp_path) == before


def test_another_run_and_a_file_are_refused(tmp_path, make):
    make(tmp_path / "run")
    with pytest.raises(QvecsimError, match=r"holds another run \(abc, not def\)"):
        make(tmp_path / "run", run_id="def")
    (tmp_path / "file").write_text("")
    with pytest.raises(QvecsimError, match="is a file"):
        make(tmp_path / "file")
    with pytest.raises(QvecsimError, match="Choose another --out"):
        make(tmp_path / "file" / "below")
    with pytest.raises(QvecsimError, match="cannot be replaced"):
        make("/")


def test_a_name_that_no_disk_takes_is_refused(tmp_path, make):
    with pytest.raises(QvecsimError, match="Choose another --out"):
        make(tmp_path / ("x" * 300))


def test_a_missing_folder_and_a_foreign_one_are_told(tmp_path):
    with pytest.raises(ResultError, match="there is no such folder") as caught:
        read(tmp_path / "no")
    assert caught.value.exit_code == 2
    with pytest.raises(ResultError, match=r"it has neither run\.json nor study\.json") as caught:
        read(tmp_path)
    assert caught.value.exit_code == 2
    (tmp_path / "SHA256SUMS").touch()
    with pytest.raises(ResultError, match=r"it has no run\.json") as caught:
        read(tmp_path)
    assert caught.value.exit_code == 4


def test_every_flipped_byte_is_found(tmp_path, make):
    folder = make(tmp_path / "run")
    rng = np.random.Generator(np.random.PCG64(1))
    for name, data in tree(folder).items():
        if name in ("timing.json", "SHA256SUMS"):  # nothing vouches for these
            continue
        for place in rng.integers(0, len(data), 4):
            bad = bytearray(data)
            bad[place] ^= 1 << int(rng.integers(8))
            (folder / name).write_bytes(bad)
            with pytest.raises(ResultError):
                load_all(folder)
        (folder / name).write_bytes(data)
    assert len(load_all(folder)) == len(TABLES)


def test_a_truncated_and_a_missing_part_are_told(tmp_path, make):
    folder = make(tmp_path / "run")
    part = folder / "slots" / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[:-9])
    with pytest.raises(ResultError, match="SHA-256 differs"):
        _ = read(folder).slots
    part.unlink()
    with pytest.raises(ResultError, match="cannot be read"):
        _ = read(folder).slots
    assert len(read(folder).links) == 6


def test_a_part_that_is_no_table_of_ours_is_told(tmp_path, make):
    folder = make(tmp_path / "run")
    name = "slots/part-00000.parquet"

    def put(manifest):
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        manifest["tables"]["slots"]["parts"][name] = digest

    (folder / name).write_bytes(b"PAR1")
    edit(folder, put)
    with pytest.raises(ResultError, match="cannot be read"):
        _ = read(folder).slots
    pq.write_table(pa.table({"a": [1]}), folder / name)
    edit(folder, put)
    with pytest.raises(ResultError, match="must have the columns of 'slots'"):
        _ = read(folder).slots


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda m: m.update(format="other"), "not written by qvecsim"),
        (lambda m: m.update(schema=99), r"must have schema version 4 \(got 99\)"),
        (lambda m: m.pop("tables"), "must list rows and parts"),
        (lambda m: m["tables"].pop("slots"), "must list rows and parts"),
        (lambda m: m["tables"].update(slots=3), "must list rows and parts"),
        (lambda m: m["tables"]["slots"].update(parts={}), "must list rows and parts"),
        (lambda m: m["tables"]["slots"].update(parts={"../../secret.parquet": ""}), "must list rows and parts"),
        (lambda m: m["tables"]["slots"].update(rows=7), r"must have 7 rows \(got 3\)"),
    ],
)
def test_a_manifest_that_lies_is_told(tmp_path, make, change, rule):
    folder = make(tmp_path / "run")
    edit(folder, change)
    with pytest.raises(ResultError, match=rule):
        load_all(folder)


@pytest.mark.parametrize("text", [b"{", b"\xff", b"[]", b"[" * 100_000])
def test_json_that_is_none_is_told(tmp_path, make, text):
    folder = make(tmp_path / "run")
    (folder / "run.json").write_bytes(text)
    reseal(folder)
    with pytest.raises(ResultError):
        read(folder)


def test_what_json_cannot_say_is_said_plainly(tmp_path, make):
    odd = {"nan": float("nan"), "array": np.arange(2), "hash": b"\x01", "path": tmp_path, 3: (np.int64(4), np.inf)}
    with writing(tmp_path / "run", "abc") as folder:
        folder.finish(scenario="", tables={}, timing=odd)
    timing = json.loads((tmp_path / "run" / "timing.json").read_bytes())
    assert len(timing.pop("sha256")) == 64
    assert timing == {"nan": None, "array": [0, 1], "hash": "01", "path": str(tmp_path), "3": [4, None]}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
def test_what_a_dead_process_left_is_swept_before_anybody_has_asked_for_its_end(tmp_path):
    process = subprocess.Popen(["sleep", "60"])
    left = tmp_path / f".abc.{leftover.PARTIAL}-{leftover.HOST}-{process.pid}"
    left.mkdir()
    leftover.sweep(tmp_path)
    assert left.exists()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    os.kill(process.pid, 0)  # which is why a signal does not tell
    leftover.sweep(tmp_path)
    assert not left.exists()
    process.wait()
