"""Schemes that set parameters of their scenario, alone and over any other."""

from __future__ import annotations

from pathlib import Path

import pytest
from example import roaming

import qvecsim
from qvecsim.cli import main
from qvecsim.decision.schemes import policy_class, settled, with_overrides
from qvecsim.errors import PolicyError, ScenarioError
from qvecsim.runner import run
from qvecsim.scenario import dump, load, with_values
from qvecsim.world.world import build

SCENARIOS = Path(__file__).parents[2] / "scenarios"
URBAN = SCENARIOS / "urban.yaml"
TRACE = SCENARIOS.parent / "traces" / "urban.fcd.xml.gz"
OWN = """
from qvecsim.decision.schemes.nearest import Nearest

class Narrow(Nearest):
    overrides = {"radio.bandwidth_hz": 10e6}

class Wrong(Nearest):
    overrides = {"radio.bandwith_hz": 10e6}
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("narrow.py").write_text(OWN, encoding="utf-8")
    return tmp_path


def small(*overrides):
    more = ("slots=20", "slot_s=1", "tasks.rate_hz=0.9", "decision.policy=null", *overrides)
    return load(URBAN, *more)


def ran(scheme, tmp_path, scenario=None):
    own = settled(scenario or small(), scheme)
    return run(own, scheme=scheme, out=tmp_path / scheme, world=build(own, 0, roaming(vehicles=12, steps=30)))


def test_without_qkd_nothing_is_encrypted_and_all_that_is_sent_is_exposed(tmp_path):
    result = ran("ranqkd+greedy", tmp_path)
    with_keys = ran("greedy", tmp_path)
    assert load(result.path / "scenario.yaml").keys.encryption == "none"
    assert result.summary["keys_consumed_bit"] == 0
    assert result.summary["exposed_tasks"] > 0
    assert with_keys.summary["exposed_tasks"] == 0
    assert with_keys.summary["keys_consumed_bit"] > 0
    tasks = qvecsim.read(result.path).tasks
    sent = tasks[tasks["rsu"].notna()]
    assert result.summary["exposed_tasks"] == sent["exposed"].sum() > 0


def test_a_fixed_block_has_no_register():
    scenario = small("decision.mode=macro", "decision.macro_qubits=10")
    one, two = (with_overrides(scenario, scheme) for scheme in ("rafbz+tnqdrl", "tnqdrl"))
    assert one.decision.blocks == "fixed"
    assert two == scenario
    assert one.chain.block_bit == scenario.chain.block_bit


def test_alone_they_are_tnqdrl():
    for mode in ("branch", "macro"):
        tnqdrl = policy_class("tnqdrl", mode=mode)
        for scheme in ("ranqkd", "rafbz"):
            assert issubclass(policy_class(scheme, mode=mode), tnqdrl)
            assert policy_class(f"{scheme}+tnqdrl", mode=mode) is tnqdrl


def test_several_can_be_put_before_one():
    own = with_overrides(small(), "ranqkd+rafbz+mlp")
    assert (own.keys.encryption, own.decision.blocks) == ("none", "fixed")


def test_what_a_scheme_sets_is_part_of_the_run_and_running_that_again_is_the_same(tmp_path):
    first = ran("ranqkd+nearest", tmp_path)
    assert first.summary["run_id"] != ran("nearest", tmp_path).summary["run_id"]
    again = load(first.path / "scenario.yaml")
    assert settled(again, "ranqkd+nearest") == again


def test_the_folder_of_a_run_has_the_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = ["--set", "slots=2", "--set", f"world.trace={TRACE}"]
    assert main(["run", str(URBAN), *settings, "--scheme", "ranqkd+nearest", "--quiet"]) == 0
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.name.startswith("urban-ranqkd-nearest-")


def test_a_class_of_ones_own_may_set_parameters(own):
    scenario = small()
    assert with_overrides(scenario, "narrow:Narrow").radio.bandwidth_hz == 10e6
    assert with_overrides(scenario, "narrow:Narrow+greedy").radio.bandwidth_hz == 10e6
    assert with_overrides(scenario, "ranqkd+narrow:Narrow").keys.encryption == "none"
    with pytest.raises(
        ScenarioError, match=r"'radio.bandwith_hz' is no parameter .* Did you mean 'radio.bandwidth_hz'"
    ):
        with_overrides(scenario, "narrow:Wrong")


def test_only_a_scheme_that_sets_something_stands_before_another():
    with pytest.raises(PolicyError, match=r"must have one that sets parameters before '\+' \(got 'greedy'\)") as caught:
        policy_class("greedy+price")
    assert "rafbz, ranqkd" in str(caught.value)
    with pytest.raises(PolicyError, match="Did you mean 'ranqkd'"):
        policy_class("ranqd+price")
    with pytest.raises(PolicyError, match="got ''"):
        policy_class("ranqkd+")


def test_a_plan_takes_the_names(tmp_path, capsys):
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        f"scenarios: {URBAN.name}\nschemes: [nearest, ranqkd+nearest]\nset: {{slots: 2}}\n", encoding="utf-8"
    )
    (tmp_path / URBAN.name).write_text(dump(load(URBAN, "decision.policy=null")), encoding="utf-8")
    text = (tmp_path / URBAN.name).read_text(encoding="utf-8")
    (tmp_path / URBAN.name).write_text(text.replace("../traces/urban.fcd.xml.gz", str(TRACE)), encoding="utf-8")
    assert main(["batch", str(plan), "--out", str(tmp_path / "study"), "--quiet"]) == 0
    runs = qvecsim.read(tmp_path / "study").runs
    assert sorted(runs["scheme"]) == ["nearest", "ranqkd+nearest"]
    assert runs["run_id"].nunique() == 2


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_changed_by_its_keys(path):
    scenario = load(path)
    assert with_values(scenario, {"seed": scenario.seed}) == scenario
    assert with_values(scenario, {"seed": 77}).folder == scenario.folder
