from __future__ import annotations

import re
from pathlib import Path

import pytest

import qvecsim
from qvecsim.cli import main
from qvecsim.scenario.plan import load_plan, variants

FOLDER = Path(__file__).parents[1] / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))
PROFILES = {"urban": "amended", "paper": "paper"}


@pytest.fixture(params=FILES, ids=[file.stem for file in FILES])
def file(request):
    """A shipped scenario."""
    return request.param


def test_there_are_scenarios():
    assert "urban" in {file.stem for file in FILES}


def test_it_validates(file, capsys):
    assert main(["validate", str(file)]) == 0
    assert capsys.readouterr().out.startswith(f"{file}: valid ({file.stem}, profile ")


def test_it_is_named_as_its_file_and_has_the_profile_that_it_promises(file):
    scenario = qvecsim.load(file)
    assert scenario.name == file.stem
    assert scenario.profile == PROFILES.get(file.stem, scenario.profile)
    assert scenario.slots is None or scenario.slots > 20


def test_it_begins_with_the_editors_line_and_what_it_is_for(file):
    assert re.match(r"# yaml-language-server: \$schema=schema\.json\n# [A-Z].*[^ ]\n", file.read_text())


def test_its_trace_is_shipped(file):
    scenario = qvecsim.load(file)
    assert (file.parent / scenario.world.trace).is_file()


def test_it_runs(file, tmp_path):
    result = qvecsim.run(file, "slots=20", out=tmp_path / "out")
    tables = qvecsim.read(result.path)
    assert len(tables.slots) == 20
    assert result.summary["vehicles"] > 0
    assert len(tables.tasks) == result.summary["tasks_generated"]


@pytest.mark.parametrize("file", sorted(FOLDER.glob("plans/*.yaml")), ids=lambda file: file.stem)
def test_a_shipped_plan_is_named_as_its_file_and_its_scenarios_load(file):
    plan = load_plan(file)
    assert plan.title == file.stem
    made = variants(plan)
    assert len(made) * len(plan.schemes) * len(plan.replications) == 24
    for variant in made:
        assert variant.scenario.slots == 300
        assert variant.scenario.file("world.trace").is_file()
