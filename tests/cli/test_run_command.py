from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time

import pytest

import qvecsim
from qvecsim.results.schema import TABLES

from .town import SCENARIO, everything, exit_code, python, trace

KEYS = {
    *(
        "learned",
        "run_id",
        "path",
        "fingerprint",
        "scheme",
        "seed",
        "slots",
        "vehicles",
        "tasks_generated",
        "tasks_done",
    ),
    *("tasks_late", "tasks_dropped", "tasks_in_flight", "mean_latency_s", "deadline_miss_rate", "key_rate_bps"),
    *("keys_relayed_bit", "faults", "rerouted_tasks", "starved_offloads", "failed_tasks"),
    *("keys_generated_bit", "keys_consumed_bit", "exposed_tasks", "rounds", "blocks", "pending_transactions"),
    *("conflicts", "finality", "honest_weight", "byzantine_weight", "slashed_bit"),
    *("mean_finality_s", "energy_j", "return", "guards", "violations", "wall_s"),
    *("over_targets", "over_capacity", "over_keys"),
}

POLICIES = """\
import pathlib

import qvecsim


class Local(qvecsim.Policy):
    def decide(self, observation):
        return observation.action()


class Fails(Local):
    def learn(self, steps):
        if steps[0].observation.slot == 5:
            raise ZeroDivisionError("in the middle")


class Interrupted(Local):
    def decide(self, observation):
        if observation.slot == 5 and not pathlib.Path("calm").exists():
            raise KeyboardInterrupt
        return observation.action()


class Nothing(qvecsim.Policy):
    def decide(self, observation):
        return None


class Nobody(qvecsim.Policy):
    def act(self, observations):
        return []
"""


@pytest.fixture
def policies(town, tmp_path):
    """A scenario, and in the current folder the module ``cli_policies``."""
    (tmp_path / "here" / "cli_policies.py").write_text(POLICIES)
    yield town
    sys.modules.pop("cli_policies", None)


def refused(capsys, *arguments: object, code: int = 2) -> str:
    """The one line that a refused command prints."""
    assert exit_code(*arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert err.endswith("\n")
    assert err.count("\n") == 1, err
    return err[:-1]


def ran(capsys, *arguments: object) -> dict[str, object]:
    """The object that ``run --json`` prints."""
    assert exit_code("run", *arguments, "--json") == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def test_a_run_prints_its_summary_and_leaves_a_whole_folder(town, tmp_path, capsys):
    out = tmp_path / "out"
    assert exit_code("run", town, "--out", out) == 0
    text, err = capsys.readouterr()
    assert err == ""
    assert re.search(r"^tasks generated +\d+$", text, re.MULTILINE)
    assert str(out) in text
    assert {path.name for path in out.iterdir()} == {
        *TABLES,
        *("scenario.yaml", "run.json", "timing.json", "columns.json", "SHA256SUMS"),
    }
    assert all(list((out / table).glob("*.parquet")) for table in TABLES)


def test_sha256sum_checks_a_run_without_us(town, tmp_path):
    assert exit_code("run", town, "--quiet", "--out", tmp_path / "out") == 0
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path / "out", capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    listed = {line.split("  ")[1] for line in (tmp_path / "out" / "SHA256SUMS").read_text().splitlines()}
    files = {name for name, content in everything(tmp_path / "out").items() if content is not None}
    assert listed == files - {"SHA256SUMS", "timing.json"}


def test_json_is_one_object_with_the_promised_keys(town, tmp_path, capsys):
    assert exit_code("run", town, "--json", "--out", tmp_path / "out") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    summary = json.loads(out)
    assert set(summary) == KEYS
    assert summary["path"] == str(tmp_path / "out")
    assert summary["vehicles"] == 6
    assert summary["slots"] == 24
    assert isinstance(summary["guards"], dict)
    assert isinstance(summary["violations"], dict)
    assert summary["wall_s"] > 0


def test_json_says_null_where_there_is_no_number(town, capsys):
    summary = ran(capsys, town, "--set", "tasks.rate_hz=0", "--set", "slots=2")
    assert summary["tasks_generated"] == 0
    assert summary["mean_latency_s"] is None
    assert summary["deadline_miss_rate"] is None


def test_quiet_prints_nothing(town, tmp_path, capsys):
    assert exit_code("run", town, "--quiet", "--out", tmp_path / "out") == 0
    assert capsys.readouterr() == ("", "")


def test_a_run_that_nobody_placed_is_below_results_and_named_by_its_content(town, tmp_path, capsys):
    summary = ran(capsys, town)
    folder = tmp_path / "here" / "results" / f"town-greedy-{summary['run_id']}"
    assert (folder / "run.json").is_file()
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["results"]
    assert [path.name for path in (tmp_path / "here" / "results").iterdir()] == [folder.name]


def test_a_repeated_run_replaces_its_folder(town, tmp_path, capsys):
    first, second = ran(capsys, town), ran(capsys, town)
    assert first["path"] == second["path"]
    assert {**first, "wall_s": 0} == {**second, "wall_s": 0}
    assert len(list((tmp_path / "here" / "results").iterdir())) == 1


def test_a_foreign_folder_is_refused_and_left_alone(town, tmp_path, capsys):
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter1.tex").write_text("years of work")
    before = everything(tmp_path)
    line = refused(capsys, "run", town, "--out", out)
    assert "is not empty and holds no run" in line
    assert "--out" in line
    assert everything(tmp_path) == before


def test_the_folder_of_another_run_is_refused_and_left_alone(town, tmp_path, capsys):
    ran(capsys, town, "--out", tmp_path / "out")
    before = everything(tmp_path)
    assert "holds another run" in refused(capsys, "run", town, "--seed", 4, "--out", tmp_path / "out")
    assert everything(tmp_path) == before


def test_an_empty_folder_is_filled(town, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    assert ran(capsys, town, "--out", tmp_path / "out")["path"] == str(tmp_path / "out")


@pytest.mark.parametrize(
    "change",
    [
        ["--seed", "4"],
        ["--replication", "1"],
        ["--scheme", "nearest"],
        ["--set", "tasks.rate_hz=0.7"],
        ["--set", "slots=5"],
    ],
)
def test_what_decides_the_result_changes_the_run_id(town, capsys, change):
    first, second = ran(capsys, town), ran(capsys, town, *change)
    assert first["run_id"] != second["run_id"]
    assert first["fingerprint"] != second["fingerprint"]


def test_where_the_trace_lies_does_not_change_the_run_id(town, tmp_path, capsys):
    (tmp_path / "here" / "elsewhere.xml").write_text((town.parent / "town.fcd.xml").read_text())
    first, second = ran(capsys, town), ran(capsys, town, "--set", "world.trace=elsewhere.xml")
    assert first["run_id"] == second["run_id"]


def test_a_trace_that_is_set_is_looked_for_in_the_current_folder(town, tmp_path, capsys):
    (tmp_path / "here" / "fewer.xml").write_text(trace(vehicles=3))
    assert ran(capsys, town, "--set", "world.trace=fewer.xml")["vehicles"] == 3


def test_a_replication_is_another_draw_of_the_same_seed(town, capsys):
    first, second = ran(capsys, town), ran(capsys, town, "--replication", 1)
    assert first["seed"] == second["seed"]
    assert first["vehicles"] == second["vehicles"]


@pytest.mark.parametrize(
    ("scheme", "hint"), [("neerest", "Did you mean 'nearest'?"), ("quasar", "Known: clairvoyant, ")]
)
def test_an_unknown_scheme_is_told_with_a_hint(town, tmp_path, capsys, scheme, hint):
    assert hint in refused(capsys, "run", town, "--scheme", scheme)
    assert everything(tmp_path / "here") == {}


def test_a_bad_scenario_gets_all_its_errors_at_once(town, tmp_path, capsys):
    wrong = SCENARIO.replace("slot_s", "slot_z").replace("rate_hz: 0.8", "rate_hz: -1").replace("ring", "rnig")
    town.write_text(wrong)
    before = everything(tmp_path)
    assert exit_code("run", town) == 2
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert [line.split(" ")[0] for line in lines] == [f"{town}:5:", f"{town}:9:", f"{town}:13:"]
    assert "Did you mean 'slot_s'?" in lines[0]
    assert "(got 'rnig')" in lines[1]
    assert "(got -1)" in lines[2]
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    "arguments", [["--replication", "-1"], ["--replication", "x"], ["--seed", "x"], ["--what"], ["--set"]]
)
def test_a_wrong_option_is_told_in_a_line(town, tmp_path, capsys, arguments):
    assert exit_code("run", town, *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.endswith("--help.\n")
    assert everything(tmp_path / "here") == {}


@pytest.mark.parametrize("seed", ["-1", str(2**63)])
def test_a_seed_out_of_range_is_refused(town, capsys, seed):
    assert refused(capsys, "run", town, "--seed", seed).startswith("--seed: 'seed' must be")


def test_a_scenario_that_is_missing_is_told(town, capsys):
    assert "no such file" in refused(capsys, "run", "nowhere.yaml")
    assert "a folder" in refused(capsys, "run", town.parent)


CAR = '<vehicle id="v" x="1" y="2" speed="3"/>'
STEPS = f'<fcd-export>\n<timestep time="1">{CAR}</timestep>\n'
TRACES = {
    "truncated": (STEPS + '<timestep time="2">', ":3: ends too early", "SUMO still running or killed?"),
    "empty": ("", "is empty.", "SUMO still running or killed?"),
    "doctype": (
        f'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "b">]>\n{STEPS}</fcd-export>',
        ":2: must not have a DOCTYPE or entities.",
        "delete the declaration",
    ),
    "not a number": (
        STEPS + '<timestep time="2">\n<vehicle id="v" x="nan" y="2" speed="3"/></timestep></fcd-export>',
        ":4: 'x' must be a finite number (got 'nan') (step time 2 s, vehicle 'v').",
        "",
    ),
    "backwards": (
        STEPS + f'<timestep time="0">{CAR}</timestep></fcd-export>',
        ":3: time backwards ('0' after 1 s).",
        "Are these two traces in one file?",
    ),
    "a network": ("<net></net>", ":1: is a SUMO network", "--fcd-output"),
}


@pytest.mark.parametrize("kind", TRACES)
def test_a_trace_that_cannot_be_replayed_is_one_line_and_leaves_nothing(town, tmp_path, capsys, kind):
    text, what, hint = TRACES[kind]
    (town.parent / "town.fcd.xml").write_text(text)
    before = everything(tmp_path)
    line = refused(capsys, "run", town)
    assert line.startswith(f"{town.parent / 'town.fcd.xml'}:")
    assert what in line
    assert hint in line
    assert everything(tmp_path) == before


def test_a_trace_that_is_missing_is_one_line_and_leaves_nothing(town, tmp_path, capsys):
    (town.parent / "town.fcd.xml").unlink()
    before = everything(tmp_path)
    line = refused(capsys, "run", town, "--out", tmp_path / "out" / "deep")
    assert "'world.trace' must name a file" in line
    assert str(town.parent / "town.fcd.xml") in line
    assert everything(tmp_path) == before


def test_a_coordinate_that_is_no_number_comes_with_a_hint(town, capsys):
    (town.parent / "town.fcd.xml").write_text(TRACES["not a number"][0])
    assert not refused(capsys, "run", town).endswith("vehicle 'v').")


def test_a_truncated_trace_tells_the_last_step_time(town, capsys):
    (town.parent / "town.fcd.xml").write_text(TRACES["truncated"][0])
    assert "2 s" in refused(capsys, "run", town)


def test_a_policy_that_fails_half_way_leaves_nothing(policies, tmp_path, capsys):
    before = everything(tmp_path)
    line = refused(capsys, "run", policies, "--scheme", "cli_policies:Fails", "--out", tmp_path / "out", code=1)
    place = f"{tmp_path / 'here' / 'cli_policies.py'}:14"
    assert line == f"slot 5: 'scheme' cli_policies:Fails raised ZeroDivisionError: in the middle ({place})."
    assert everything(tmp_path) == before


def test_the_traceback_is_there_for_who_asks_for_it(policies, tmp_path):
    arguments = ("run", str(policies), "--scheme", "cli_policies:Fails", "--out", str(tmp_path / "out"))
    done = python("-m", "qvecsim", *arguments, cwd=tmp_path / "here", QVECSIM_TRACEBACK="1")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")
    assert "\nZeroDivisionError: in the middle\n" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("slot 5: 'scheme' cli_policies:Fails raised")


@pytest.mark.parametrize("seed", ["1.5", "0x7", "1_000", "9" * 5000])
def test_a_seed_that_is_no_whole_number_is_told_plainly(town, capsys, seed):
    assert exit_code("run", town, "--seed", seed) == 2
    assert f"argument --seed: must be a whole number (got '{seed}')" in capsys.readouterr().err


def test_quiet_leaves_json_alone(town, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert exit_code("run", town, "--json", "--quiet", "--out", tmp_path / "out") == 0
    out, err = capsys.readouterr()
    assert set(json.loads(out)) == KEYS
    assert err == ""


def test_what_the_user_put_into_a_run_folder_is_never_deleted(town, tmp_path, capsys):
    ran(capsys, town, "--out", tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("what I saw")
    (tmp_path / "out" / "figures").mkdir()
    before = everything(tmp_path)
    line = refused(capsys, "run", town, "--out", tmp_path / "out")
    assert line.endswith("holds what the run did not write ('figures' and 1 more). Choose another --out.")
    assert everything(tmp_path) == before


def test_an_interrupted_run_leaves_nothing(policies, tmp_path, capsys):
    before = everything(tmp_path)
    arguments = ("run", policies, "--scheme", "cli_policies:Interrupted", "--out", tmp_path / "out")
    assert "interrupted" in refused(capsys, *arguments, code=130)
    assert everything(tmp_path) == before


def test_an_interrupted_run_leaves_no_folder_that_it_made_for_others(policies, tmp_path, capsys):
    before = everything(tmp_path)
    refused(capsys, "run", policies, "--scheme", "cli_policies:Interrupted", code=130)
    assert everything(tmp_path) == before


def test_an_interrupted_run_leaves_the_one_before(policies, tmp_path, capsys):
    arguments = ("run", policies, "--scheme", "cli_policies:Interrupted", "--out", tmp_path / "out")
    calm = tmp_path / "here" / "calm"
    calm.touch()
    assert exit_code(*arguments, "--quiet") == 0
    calm.unlink()
    before = everything(tmp_path)
    refused(capsys, *arguments, code=130)
    assert everything(tmp_path) == before


def test_what_is_no_action_is_refused_in_one_line(policies, tmp_path, capsys):
    before = everything(tmp_path)
    line = refused(capsys, "run", policies, "--scheme", "cli_policies:Nothing", "--out", tmp_path / "out")
    assert "slot 0" in line
    assert "must return a qvecsim.Action (got NoneType)" in line
    assert everything(tmp_path) == before


def test_an_act_that_returns_too_few_is_refused_in_one_line(policies, tmp_path, capsys):
    refused(capsys, "run", policies, "--scheme", "cli_policies:Nobody", "--out", tmp_path / "out")


def test_a_strict_run_ends_at_the_first_guard(town, tmp_path, capsys):
    arguments = ("run", town, "--set", "profile=paper", "--set", "strict=true", "--out", tmp_path / "out")
    before = everything(tmp_path)
    line = refused(capsys, *arguments, code=1)
    assert line.startswith("'strict' must see no guard fire (got ")
    assert "slot 0" in line
    assert everything(tmp_path) == before


def test_a_policy_is_found_in_the_current_folder(policies, capsys):
    summary = ran(capsys, policies, "--scheme", "cli_policies:Local", "--set", "slots=3")
    assert summary["scheme"] == "cli_policies:Local"
    assert "cli_policies-Local" in summary["path"]
    assert ":" not in summary["path"]


def test_a_policy_is_found_beside_the_scenario(town, capsys):
    (town.parent / "cli_beside.py").write_text(POLICIES)
    town.write_text(SCENARIO.replace("greedy", "cli_beside:Local"))
    assert ran(capsys, town, "--set", "slots=3")["scheme"] == "cli_beside:Local"


def test_looking_for_a_policy_leaves_the_path_as_it_was(policies, capsys):
    before = list(sys.path)
    ran(capsys, policies, "--scheme", "cli_policies:Local", "--set", "slots=2")
    assert sys.path == before


def gone(*arguments: str, cwd=None) -> tuple[int, str]:
    """Exit code and stderr of a command whose reader went away before it wrote."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        [sys.executable, "-m", "qvecsim", *arguments],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    with process.stderr:
        return process.wait(timeout=60), process.stderr.read()


def test_a_reader_that_went_away_is_no_failure(town, tmp_path):
    assert gone("--help") == (0, "")
    assert gone("run", str(town), "--out", str(tmp_path / "out")) == (0, "")
    assert (tmp_path / "out" / "SHA256SUMS").is_file()


def test_an_interrupt_from_outside_leaves_nothing(town, tmp_path):
    (tmp_path / "here" / "slow.py").write_text(
        "import pathlib, time, qvecsim\n"
        "class Slow(qvecsim.Policy):\n"
        "    def decide(self, observation):\n"
        "        pathlib.Path('begun').touch()\n"
        "        time.sleep(0.1)\n"
        "        return observation.action()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "qvecsim", "run", str(town), "--scheme", "slow:Slow", "--out", "out"],
        cwd=tmp_path / "here",
        stderr=subprocess.PIPE,
        text=True,
    )
    with process.stderr:
        for _ in range(200):
            if (tmp_path / "here" / "begun").exists():
                break
            time.sleep(0.05)
        process.send_signal(2)
        assert process.wait(timeout=30) == 130
        assert process.stderr.read() == "interrupted; nothing was left behind.\n"
    assert set(everything(tmp_path / "here")) == {"slow.py", "begun"}


def test_a_run_draws_a_bar_on_a_terminal_only(town, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert exit_code("run", town, "--out", tmp_path / "out") == 0
    assert "slot" in capsys.readouterr().err
    assert exit_code("run", town, "--quiet", "--out", tmp_path / "out") == 0
    assert capsys.readouterr().err == ""


def test_the_summary_on_screen_is_that_of_the_tables(town, tmp_path, capsys):
    summary = ran(capsys, town, "--out", tmp_path / "out")
    assert len(qvecsim.read(tmp_path / "out").tasks) == summary["tasks_generated"]
