"""What one batch writes and keeps, whoever works and however often it is begun."""

from __future__ import annotations

import io
import itertools
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import time

import pytest
from cli.town import exit_code, imported, python

import qvecsim
from qvecsim.errors import BatchError, OutputError, QvecsimError, ScenarioError
from qvecsim.progress import bar
from qvecsim.results import leftover
from qvecsim.scenario.plan import load_plan
from qvecsim.study.batch import HERE, Order, Tally, make

from .example import PLAN, RUNS, lasting, times

DEADLY = """\
import os, pathlib, signal
import qvecsim

class Deadly(qvecsim.Policy):
    def decide(self, observation):
        deaths = len(list(pathlib.Path().glob("death-*")))
        if self.streams.replication == 1 and observation.slot == 3 and deaths < int(pathlib.Path("lives").read_text()):
            pathlib.Path(f"death-{deaths}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return observation.action()

class Raises(qvecsim.Policy):
    def decide(self, observation):
        if self.streams.replication == 1:
            raise ZeroDivisionError("in the middle")
        return observation.action()
"""


def made(*arguments, **options):
    """The ids of the runs that a batch yields."""
    return [result.summary["run_id"] for result in qvecsim.batch(*arguments, **options)]


@pytest.fixture
def copied(here, tmp_path):
    """A copy of the whole study, to be damaged."""
    shutil.copytree(here / "whole", tmp_path / "study")
    return tmp_path / "study"


@pytest.fixture
def deadly(here, tmp_path, monkeypatch):
    """A plan of three runs, of which the second kills its worker or raises."""
    for name in ("town.yaml", "town.fcd.xml"):
        shutil.copy(here / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deadly_policies.py").write_text(DEADLY)

    def plan(policy, lives=0):
        (tmp_path / "lives").write_text(str(lives))
        text = f"scenarios: town.yaml\nschemes: deadly_policies:{policy}\nreplications: 3\nset: {{slots: 6}}\n"
        (tmp_path / "plan.yaml").write_text(text)
        return "plan.yaml"

    return plan


@pytest.mark.parametrize("jobs", [2, 4])
def test_any_number_of_workers_gives_the_same_bytes(here, tmp_path, jobs):
    assert len(made("plan.yaml", out=tmp_path / "study", jobs=jobs)) == RUNS
    assert lasting(tmp_path / "study") == lasting(here / "whole")
    assert len(times(tmp_path / "study")) == RUNS + 1


def test_a_run_of_a_batch_is_the_run_that_the_run_command_makes(here, tmp_path):
    run = qvecsim.read("whole").where(scheme="ralc", replication=1, **{"keys.missing": "drop"})
    alone = qvecsim.run(
        "town.yaml", "slots=6", "keys.missing=drop", scheme="ralc", replication=1, out=tmp_path / "alone"
    )
    assert run.run_ids == [alone.summary["run_id"]]
    assert lasting(tmp_path / "alone") == lasting(here / "whole" / run.run_ids[0])


def test_the_study_has_one_folder_a_run_and_an_index_that_sums_it_up(here):
    study = qvecsim.read("whole")
    folders = {path.name for path in (here / "whole").iterdir() if path.is_dir()}
    assert folders == set(study.run_ids)
    assert len(folders) == RUNS
    axes = ["scenario", "trace", "scheme", "replication", "seed", "keys.missing"]
    assert study.axes == axes
    expected = itertools.product(["wait", "drop"], ["greedy", "ralc"], [0, 1])
    found = study.index[["keys.missing", "scheme", "replication"]].itertuples(index=False, name=None)
    assert list(found) == list(expected)
    assert set(study.index["status"]) == {"done"}


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum here")
def test_sha256sum_checks_the_index_and_through_it_every_run(here):
    command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=here / "whole", check=False).returncode == 0
    listed = (here / "whole" / "SHA256SUMS").read_text()
    assert listed.count("/SHA256SUMS\n") == RUNS
    assert all(name in listed for name in ("study.parquet", "study.json", "plan.yaml"))


def test_a_study_that_is_there_is_kept_only_when_asked_for(here, copied):
    before = {path: path.read_bytes() for path in times(copied)}
    with pytest.raises(OutputError, match="holds a study already") as refusal:
        made("plan.yaml", out=copied)
    assert str(refusal.value) == HERE.format(copied)
    assert len(made("plan.yaml", out=copied, resume=True)) == RUNS
    assert lasting(copied) == lasting(here / "whole")
    rewritten = [path for path in times(copied) if path.read_bytes() != before[path]]
    assert rewritten == [copied / "timing.json"]


def test_what_is_no_study_is_left_alone(here, tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(OutputError, match="is not empty and holds no study"):
        made("plan.yaml", out=tmp_path, resume=True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_shard_of_another_study_is_refused(here, copied):
    (here / "other.yaml").write_text("scenarios: town.yaml\nset: {slots: 6}\n")
    before = lasting(copied)
    with pytest.raises(OutputError, match=r"holds another study\. Add --resume to change it"):
        made("other.yaml", out=copied, shard=(1, 2))
    assert lasting(copied) == before


@pytest.mark.skipif(os.name != "posix", reason="there is no harmless signal to ask with")
def test_a_batch_that_was_killed_before_it_wrote_anything_can_be_resumed(here, tmp_path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    (tmp_path / f".study.json.partial-{leftover.HOST}-{gone.pid}").mkdir()
    Order(load_plan("plan.yaml"), out=tmp_path).check()
    assert list(tmp_path.iterdir()) == []


def test_resume_makes_again_what_is_missing_cut_or_changed(here, copied):
    gone, cut, flipped, timeless, sumless, whole, *_ = qvecsim.read(copied).run_ids
    shutil.rmtree(copied / gone)
    part = copied / cut / "tasks" / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[:-9])
    part = copied / flipped / "links" / "part-00000.parquet"
    part.write_bytes(bytes([part.read_bytes()[0] ^ 1]) + part.read_bytes()[1:])
    (copied / timeless / "timing.json").write_text("{}")
    (copied / sumless / "SHA256SUMS").write_text("")
    (copied / "study.parquet").unlink()
    before = (copied / whole / "timing.json").read_bytes()
    result = exit_code("batch", "plan.yaml", "--out", copied, "--resume", "--quiet")
    assert result == 0
    assert lasting(copied) == lasting(here / "whole")
    assert (copied / whole / "timing.json").read_bytes() == before
    timing = json.loads((copied / "timing.json").read_bytes())
    assert (timing["done"], timing["kept"]) == (5, RUNS - 5)


def test_a_file_of_yours_in_a_damaged_run_is_not_deleted(here, copied, capsys):
    run_id = qvecsim.read(copied).run_ids[0]
    (copied / run_id / "run.json").unlink()
    (copied / run_id / "notes.txt").write_text("mine")
    assert exit_code("batch", "plan.yaml", "--out", copied, "--resume", "--json") == 3
    out, err = capsys.readouterr()
    assert json.loads(out)["failed"] == 1
    assert f"({run_id}) failed: " in err
    assert (copied / run_id / "notes.txt").read_text() == "mine"


def test_shards_make_the_whole_together(here, tmp_path):
    parts = [made("plan.yaml", out=tmp_path / "study", shard=(part, 2)) for part in (1, 2)]
    assert sorted(map(len, parts)) == [4, 4]
    assert len({*parts[0], *parts[1]}) == RUNS
    with pytest.raises(qvecsim.ResultError, match=r"is not finished\. Finish it with: qvecsim batch PLAN"):
        qvecsim.read(tmp_path / "study")
    assert len(made("plan.yaml", out=tmp_path / "study", resume=True)) == RUNS
    assert lasting(tmp_path / "study") == lasting(here / "whole")


def test_a_longer_plan_keeps_the_runs_of_the_shorter(here, copied):
    (copied.parent / "town.yaml").write_text((here / "town.yaml").read_text())
    (copied.parent / "town.fcd.xml").write_text((here / "town.fcd.xml").read_text())
    (copied.parent / "longer.yaml").write_text(PLAN.replace("replications: 2", "replications: 3"))
    list(qvecsim.batch(copied.parent / "longer.yaml", out=copied, resume=True))
    timing = json.loads((copied / "timing.json").read_bytes())
    assert (timing["done"], timing["kept"]) == (RUNS // 2, RUNS)
    assert len(qvecsim.read(copied)) == RUNS + RUNS // 2


def test_a_dead_worker_costs_one_run_a_try(deadly, tmp_path, capsys):
    assert len(made(deadly("Deadly", lives=1), out="once")) == 3
    assert len(list(tmp_path.glob("death-*"))) == 1
    deadly("Deadly", lives=9)
    assert exit_code("batch", "plan.yaml", "--out", "study") == 3
    assert len(list(tmp_path.glob("death-*"))) == 1 + 3
    out, err = capsys.readouterr()
    assert "failed  1" in out
    assert err.startswith("town.yaml deadly_policies:Deadly replication 1, trace town.fcd.xml, seed 3 (")
    assert err.endswith(") failed: its worker died 3 times; was there enough memory?\n")
    study = qvecsim.read("study")
    assert len(study) == 2
    assert list(study.index["status"]) == ["done", "failed", "done"]
    assert set(study.tasks["replication"]) == {0, 2}
    deadly("Deadly")
    assert exit_code("batch", "plan.yaml", "--out", "study", "--resume", "--quiet") == 0
    assert lasting(tmp_path / "study") == lasting(tmp_path / "once")


def test_a_policy_that_raises_fails_its_runs_only(deadly):
    found = []
    with pytest.raises(BatchError) as failure:
        found.extend(qvecsim.batch(deadly("Raises"), out="study"))
    assert len(found) == 2
    assert len(failure.value.problems) == 1
    assert "replication 1" in failure.value.problems[0]
    assert "ZeroDivisionError: in the middle" in failure.value.problems[0]
    assert list(qvecsim.read("study").index["status"]) == ["done", "failed", "done"]


def test_a_batch_that_is_no_longer_wanted_ends_its_workers(here, tmp_path):
    runs = qvecsim.batch("plan.yaml", out=tmp_path / "study")
    first = next(runs)
    runs.close()
    assert multiprocessing.active_children() == []
    names = {path.name for path in (tmp_path / "study").iterdir()}
    assert {first.path.name, "plan.yaml", "study.json"} <= names
    assert not [name for name in names if name.startswith(".") or name == "study.parquet"]


def test_all_that_is_wrong_with_runs_is_told_at_once(here, tmp_path):
    text = PLAN.replace("[greedy, ralc]", "[gredy, mine:Mine]").replace("keys.missing", "keys.mising")
    plan = here / "wrong.yaml"
    plan.write_text(f"traces: none.xml\n{text}")
    with pytest.raises(ScenarioError) as refusal:
        made(plan, out=tmp_path / "out")
    told = [line.removeprefix(f"{plan}:").split("'")[:2] for line in refusal.value.problems]
    assert told == [["1: ", "traces.0"], ["7: ", "keys.mising"], ["3: ", "scheme"], ["3: ", "scheme"]]
    plan.write_text(PLAN.replace("[greedy, ralc]", "[gredy]"))
    with pytest.raises(ScenarioError, match=r"^[^ ]*:2: 'scheme' must be known .* Did you mean 'greedy'\?"):
        made(plan, out=tmp_path / "out")


def test_every_trace_of_a_folder_is_replayed(here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "traces").mkdir()
    text = (here / "town.fcd.xml").read_text()
    for index in (1, 2):
        (tmp_path / "traces" / f"t{index}.fcd.xml").write_text(text.replace('y="500', f'y="50{index}'))
    (tmp_path / "traces" / "t.net.xml").write_text("<net/>")
    shutil.copy(here / "town.yaml", tmp_path)
    (tmp_path / "plan.yaml").write_text("scenarios: town.yaml\ntraces: traces\nset: {slots: 3}\n")
    assert len(made("plan.yaml", out="study")) == 2
    study = qvecsim.read("study")
    assert list(study.index["trace"]) == ["traces/t1.fcd.xml", "traces/t2.fcd.xml"]
    assert study.runs["fingerprint"].nunique() == 2
    (tmp_path / "traces" / "t3.fcd.xml").write_text(text.replace('y="500', 'y="501'))
    with pytest.raises(ScenarioError, match=r"plan.yaml:1: two runs are the same: .*t1.*t3"):
        made("plan.yaml", out="other")
    (tmp_path / "traces" / "t3.fcd.xml").write_text("<fcd-export>")
    with pytest.raises(ScenarioError, match=r"t3\.fcd\.xml"):
        made("plan.yaml", out="other")
    assert not (tmp_path / "other").exists()


@pytest.mark.slow
def test_a_script_without_its_guard_is_told_so(here, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import qvecsim\nlist(qvecsim.batch('plan.yaml', out='unguarded'))\n")
    done = python(str(script), cwd=here)
    assert done.returncode == 1
    assert "QvecsimError: Workers cannot be started." in done.stderr
    Order(load_plan("plan.yaml"), out=here / "unguarded").check()  # once it is mended, it need not say resume


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"jobs": 0}, "'jobs' must be at least 1 (got 0)."),
        ({"shard": (3, 2)}, "'shard' must be i/n with 1 <= i <= n (got 3/2)."),
    ],
)
def test_what_cannot_be_meant_is_refused(here, tmp_path, options, told):
    with pytest.raises(QvecsimError) as refusal:
        made("plan.yaml", out=tmp_path / "study", **options)
    assert str(refusal.value) == told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "a/b", "1/2/3"])
def test_a_shard_is_i_of_n(here, capsys, shard):
    assert exit_code("batch", "plan.yaml", "--shard", shard) == 2
    assert "i/n with 1 <= i <= n" in capsys.readouterr().err


def test_planning_and_comparing_import_no_dask():
    code = "from qvecsim.cli import main; main(['batch', '--help'])"
    assert imported(code, "pandas", "numpy", "distributed", "dask") == set()
    assert imported("import qvecsim.study.batch", "pandas", "distributed", "dask") == set()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_tells_the_time_left_on_a_terminal():
    stream = Terminal()
    with bar(stream, shown=True, unit="run") as tell:
        for done in range(5):
            tell(done, 8)
            time.sleep(0.12)
    told = stream.getvalue()
    assert "0/8" in told
    assert re.search(r"4/8 \[\d\d:\d\d<\d\d:\d\d, .*run/s\]", told), told


def test_progress_is_told_of_every_run_that_is_made(here, tmp_path):
    told = []
    order = Order(load_plan("plan.yaml"), out=tmp_path / "study", shard=(1, 4))
    list(make(order, Tally(order.folder), running=lambda done, total: told.append((done, total))))
    assert told == [(0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize("shown", [True, False])
def test_nothing_is_told_where_nobody_sees_it(shown):
    with bar(io.StringIO() if shown else Terminal(), shown=shown) as tell:
        assert tell is None
