from __future__ import annotations

import json
from pathlib import Path

import pytest

import qvecsim
from qvecsim import arrays
from qvecsim.cli import main
from qvecsim.decision.schemes import SCHEMES

from .town import SCENARIO, exit_code, imported, python, trace

URBAN = Path(__file__).parents[2] / "scenarios" / "urban.yaml"
HEAVY = ("pandas", "scipy", "qiskit", "cupy")


def test_without_arguments_the_help_is_named(capsys):
    assert exit_code() == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["qvecsim: the following arguments are required: COMMAND. Try qvecsim --help."]


def test_options_have_whole_names(capsys):
    assert exit_code("batch", "plan.yaml", "--resum") == 2
    assert capsys.readouterr().err.startswith("qvecsim: unrecognized arguments: --resum.")


def test_the_version_is_printed(capsys):
    assert exit_code("--version") == 0
    assert capsys.readouterr().out == f"qvecsim {qvecsim.__version__}\n"


def test_help_names_every_command(capsys):
    assert exit_code("--help") == 0
    out = capsys.readouterr().out
    assert all(f"\n    {command} " in out for command in ("run", "validate", "trace", "show"))


@pytest.mark.parametrize("command", ["run", "validate", "trace", "trace info", "show"])
def test_every_command_has_help(capsys, command):
    assert exit_code(*command.split(), "--help") == 0
    assert capsys.readouterr().out.startswith(f"usage: qvecsim {command}")


@pytest.mark.parametrize("arguments", [["fly"], ["show", "nothing"], ["trace"], ["trace", "melt"], ["validate"]])
def test_an_unknown_command_is_told_in_a_line(capsys, arguments):
    assert exit_code(*arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("qvecsim")
    assert line.endswith("--help.")


def test_a_valid_scenario_is_told_so(town, capsys):
    assert exit_code("validate", town) == 0
    assert capsys.readouterr() == (f"{town}: valid (town, profile amended, scheme greedy).\n", "")


def test_an_invalid_scenario_gets_all_its_errors(town, capsys):
    town.write_text(SCENARIO.replace("seed: 3", "seed: 3.5").replace("cycles:", "cycels:"))
    assert exit_code("validate", town) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.rpartition(f"{town}:")[2].split(":")[0] for line in err.splitlines()] == ["4", "17"]
    assert "Did you mean 'tasks.classes.driving.cycles'?" in err


def test_an_override_is_validated_with_the_file(town, capsys):
    assert exit_code("validate", town, "--set", "radio.bandwidth_hz=20e6", "--seed", 5) == 0
    assert exit_code("validate", town, "--set", "radio.bandwith_hz=20e6") == 2
    assert "Did you mean 'radio.bandwidth_hz'?" in capsys.readouterr().err


@pytest.mark.parametrize("scheme", ["neerest", "no_such_module:Policy"])
@pytest.mark.parametrize("command", ["validate", "run"])
def test_a_scheme_that_is_unknown_is_told_with_its_line(town, capsys, command, scheme):
    assert exit_code(command, town, "--set", f"scheme={scheme}") == 2
    assert capsys.readouterr().err.startswith("--set scheme: 'scheme' must")
    town.write_text(SCENARIO.replace("scheme: greedy", f"scheme: {scheme}"))
    assert exit_code(command, town) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{town}:3: 'scheme' must")


def test_schemes_are_listed_by_a_command_that_errors_name(town, capsys):
    for scheme in ("random", "quasar"):
        assert exit_code("validate", town, "--set", f"scheme={scheme}") == 2
        assert capsys.readouterr().err.endswith("'qvecsim show schemes' lists them.\n")


@pytest.mark.parametrize("file", ["mypolicy.py", "deep/mypolicy.py"])
def test_the_file_of_a_policy_is_told_to_be_given_with_its_class(town, monkeypatch, capsys, file):
    monkeypatch.chdir(town.parent)
    path = town.parent / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("    class Mine:\n")
    fix = "ive it as mypolicy:CLASS.\n" if "/" not in file else "and write mypolicy:CLASS.\n"
    for command in (["validate", file], ["validate", file.removesuffix(".py")], ["run", town, "--scheme", file]):
        assert exit_code(*command) == 2
        (line,) = capsys.readouterr().err.splitlines(keepends=True)
        assert line.endswith(fix)
        assert "Known" not in line


def test_a_missing_file_and_an_unknown_scheme_and_model_are_told_at_once(town, capsys):
    text = SCENARIO.replace("scheme: greedy", "scheme: gredy").replace("town.fcd.xml", "gone.xml")
    town.write_text(text)
    assert exit_code("validate", town, "--set", "world.channel=clear") == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("'")[1] for line in lines] == ["world.trace", "scheme", "world.channel"]
    assert "Did you mean 'greedy'?" in lines[1]


def test_a_file_that_is_not_yaml_is_told(town, capsys):
    town.write_bytes(b"\x00\xff[")
    assert exit_code("validate", town) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"{town}:")
    assert "Traceback" not in err


@pytest.mark.parametrize("scheme", SCHEMES.values())
def test_every_scheme_of_ours_is_a_valid_policy(capsys, scheme):
    assert exit_code("validate", scheme) == 0
    assert capsys.readouterr().out.startswith(f"{scheme}: valid")


def test_trace_info_as_text(town, capsys):
    assert exit_code("trace", "info", town.parent / "town.fcd.xml") == 0
    lines = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["vehicles"].strip() == "6"
    assert lines["records"].strip() == str(6 * 12 - 1 - 6)
    assert lines["step_s"].strip() == "1.0"


def test_trace_info_as_json(town, capsys):
    assert exit_code("trace", "info", town.parent / "town.fcd.xml", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert list(facts) == [
        *("records", "vehicles", "at_once_max", "steps", "step_s", "begin_s", "end_s", "x_m", "y_m"),
        *("projected", "reentries", "jumps", "parked", "persons", "sha256"),
    ]
    assert facts["records"] == 65
    assert facts["at_once_max"] == 6
    assert (facts["steps"], facts["step_s"], facts["begin_s"], facts["end_s"]) == (12, 1.0, 0.0, 11.0)
    assert 200 <= facts["x_m"][0] < facts["x_m"][1] <= 800
    assert (facts["reentries"], facts["parked"]) == (0, 0.0)
    assert len(facts["sha256"]) == 64


def test_trace_info_refuses_in_one_line(tmp_path, capsys):
    path = tmp_path / "t.xml"
    path.write_text(trace().replace('x="', 'x="a', 1))
    for file, what in ((path, ":"), (tmp_path / "no.xml", ": does not exist."), (tmp_path, ": is a folder")):
        assert exit_code("trace", "info", file) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"{file}{what}")
        assert err.count("\n") == 1


def test_the_module_is_the_command():
    done = python("-m", "qvecsim", "--version")
    assert (done.returncode, done.stdout) == (0, f"qvecsim {qvecsim.__version__}\n")


def test_importing_the_package_imports_nothing_heavy():
    assert imported("import qvecsim", *HEAVY, "numpy", "pydantic", "yaml", "pyarrow", "networkx", "simpy") == set()


def test_the_quantum_and_learning_rooms_import_nothing_heavy():
    rooms = {"quantum": "network, select, cost", "learning": "adam, bellman, replay, saved, targets"}
    code = "; ".join(f"from qvecsim.decision.{room} import {names}" for room, names in rooms.items())
    assert imported(code, *HEAVY, "qiskit_aer", "pydantic", "yaml", "pyarrow", "networkx", "simpy") == set()


def test_help_imports_nothing_at_all():
    code = "from qvecsim.cli import main; main(['--help'])"
    assert imported(code, *HEAVY, "numpy", "pydantic", "yaml", "pyarrow", "networkx", "simpy", "tqdm") == set()


def test_validating_a_scenario_imports_nothing_heavy():
    code = f"from qvecsim.cli import main; assert main(['validate', {str(URBAN)!r}]) == 0"
    assert imported(code, *HEAVY, "pyarrow", "tqdm") == set()


def test_validating_a_policy_imports_nothing_heavy():
    code = "from qvecsim.cli import main; assert main(['validate', 'qvecsim.decision.schemes.ralc:Ralc']) == 0"
    assert imported(code, *HEAVY) == set()


def test_trace_info_of_a_scenario(town, capsys):
    assert exit_code("trace", "info", town, "--set", "world.end_s=3", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["steps"], facts["end_s"]) == (4, 3.0)


@pytest.mark.parametrize("command", [["audit"], ["audit", "--prove", "0"], ["bound"], ["compare", "."]])
def test_a_folder_that_is_not_there_is_no_damage(tmp_path, capsys, command):
    gone = tmp_path / "gone"
    command = ["compare", str(gone)] if command[0] == "compare" else command
    assert exit_code(*command, gone) == 2
    kind = "a run folder" if command[0] == "audit" else "a run folder or a study"
    assert capsys.readouterr() == ("", f"'{gone}' must be {kind} (there is no such folder).\n")


@pytest.mark.parametrize("command", ["report", "compare"])
def test_a_folder_that_is_no_result_is_no_damage(town, tmp_path, capsys, command):
    empty, results = tmp_path / "empty", tmp_path / "results"
    empty.mkdir()
    assert exit_code("run", town, "--out", results / "some_run", "--quiet") == 0
    rule = "must be a run folder or a study"
    neither = "it has neither run.json nor study.json"
    for folder, told in {
        empty: f"({neither}).",
        results: f"({neither}). Name one that is in it, such as '{results / 'some_run'}'.",
        results / "some_rum": f"(there is no such folder). Did you mean '{results / 'some_run'}'?",
    }.items():
        assert exit_code(command, folder) == 2
        assert capsys.readouterr() == ("", f"'{folder}' {rule} {told}\n")
    (results / "some_run" / "run.json").unlink()
    assert exit_code(command, results / "some_run") == 4


def test_a_task_that_no_task_is_proves_nothing(town, tmp_path, capsys):
    assert exit_code("run", town, "--out", tmp_path / "run", "--quiet") == 0
    tasks = len(qvecsim.read(tmp_path / "run").tasks)
    for more in ([], ["--json"]):
        assert exit_code("audit", tmp_path / "run", "--prove", tasks, *more) == 2
        rule = f"'--prove' must be the number of a task (got {tasks}). The run has tasks 0 to {tasks - 1}."
        assert capsys.readouterr() == ("", f"{rule}\n")
    assert exit_code("audit", tmp_path / "run", "--prove", tasks - 1) == 0


@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_plan_is_no_scenario(tmp_path, capsys, command):
    plan = tmp_path / "plan.yaml"
    plan.write_text("scenarios: [town.yaml]\nreplications: 2\nsweep:\n  keys.missing: [wait, drop]\n")
    assert exit_code(command, plan) == 2
    rule = f"'{plan}' must be a scenario file (got a plan). Run it with: qvecsim batch {plan}"
    assert capsys.readouterr() == ("", f"{rule}\n")


def test_keys_that_a_scheme_does_not_read_are_noted(town, capsys):
    how = ("--set", "decision.backend=shots", "--set", "decision.device=cuda")
    assert main(["validate", str(town), *how]) == 0
    said = capsys.readouterr()
    assert "valid" in said.out
    assert said.err.splitlines() == [
        f"'decision.{key}' is not read by scheme greedy, which has no quantum circuit." for key in ("backend", "device")
    ]
    assert main(["validate", str(town), *how[:2], "--set", "scheme=tnqdrl"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not arrays._why_not(), reason="a CUDA device is there")
@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_device_that_is_not_there_is_told_in_a_line(town, capsys, command):
    how = ("--set", "decision.device=cuda", "--set", "scheme=tnqdrl")
    assert main([command, str(town), *how]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "'decision.device' must be auto or cpu on this machine (got 'cuda')" in said[0]


def test_noise_is_aer_s_alone(town, capsys):
    assert main(["validate", str(town), "--set", "decision.noise.readout=0.1"]) == 2
    assert "'decision.noise' must be left out unless 'backend' is aer" in capsys.readouterr().err
    assert main(["validate", str(town), "--set", "decision.backend=aer", "--set", "decision.noise.readout=1.1"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
