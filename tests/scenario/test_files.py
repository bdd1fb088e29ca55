"""Which file a key means, from where it is allowed, and that copies of a scenario know it too."""

from __future__ import annotations

import copy
import pickle

import pytest

from qvecsim.errors import ScenarioError
from qvecsim.scenario import Scenario, load
from qvecsim.validation import check_scenario

KEY = "world.trace"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A scenario in ``a/``, traces beside it, above it and elsewhere; the current folder is ``here/``."""
    for name in ("a", "here", "elsewhere"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.xml").touch()
    (tmp_path / "above.xml").touch()
    monkeypatch.chdir(tmp_path / "here")

    def write(trace: str) -> str:
        (tmp_path / "a" / "s.yaml").write_text(f"seed: 1\nworld: {{trace: {trace}}}\n")
        return "../a/s.yaml"

    return write


def refusal(scenario) -> str:
    with pytest.raises(ScenarioError) as caught:
        scenario.file(KEY)
    with pytest.raises(ScenarioError) as again:
        check_scenario(scenario)
    assert caught.value.problems == again.value.problems
    return str(caught.value)


def test_beside_the_scenario_then_in_the_current_folder(place, tmp_path):
    assert str(load(place("a.xml")).file(KEY)) == "../a/a.xml"
    assert str(load(place("here.xml")).file(KEY)) == "here.xml"
    (tmp_path / "a" / "here.xml").touch()
    assert str(load(place("here.xml")).file(KEY)) == "../a/here.xml"


def test_by_any_path_below_these(place, tmp_path):
    for path in ("here", "a"):
        absolute = tmp_path / path / f"{path}.xml"
        assert load(place(str(absolute))).file(KEY) == absolute
    assert str(load(place("../a/a.xml")).file(KEY)) == "../a/../a/a.xml"


def test_not_from_elsewhere_unless_the_user_says_so(place, tmp_path):
    text = "'world.trace' must name a file below the scenario's folder or the current one (got '{}')."
    hint = " Copy it there, or start in a folder above it; --set world.trace=PATH says that you trust it."
    for name in ("../above.xml", str(tmp_path / "elsewhere" / "elsewhere.xml"), "../../none.xml"):
        scenario = load(place(name))
        assert (
            refusal(scenario) == "../a/s.yaml:2: " + text.format(name if len(name) < 80 else name[:77] + "...") + hint
        )
    trusted = str(tmp_path / "elsewhere" / "elsewhere.xml")
    assert str(load(place("a.xml"), f"{KEY}={trusted}").file(KEY)) == trusted
    assert str(load(place("a.xml"), f"{KEY}=../above.xml").file(KEY)) == "../a/../above.xml"


def test_trusting_one_key_trusts_no_other(place, tmp_path):
    elsewhere = tmp_path / "elsewhere" / "elsewhere.xml"
    scenario = load(place(f"a.xml, network: {elsewhere}"), f"{KEY}={elsewhere}")
    assert scenario.file(KEY) == elsewhere
    with pytest.raises(ScenarioError, match=r"s\.yaml:2: 'world\.network' must name"):
        scenario.files()


def test_a_missing_file_is_told_with_its_key_and_both_places(place):
    rest = "must name a file that exists (got 'b.xml', looked for as '../a/b.xml' and 'b.xml')."
    rest += " If it can be done without: --set world.trace=null."
    assert refusal(load(place("b.xml"))) == f"../a/s.yaml:2: 'world.trace' {rest}"
    assert refusal(load(place("a.xml"), f"{KEY}=b.xml")) == f"--set world.trace: 'world.trace' {rest}"


def test_all_files_are_told_at_once(place):
    scenario = load(place("b.xml, network: ../above.xml"), "tasks.file=.")
    with pytest.raises(ScenarioError) as caught:
        scenario.files()
    assert [line.split("'")[1] for line in caught.value.problems] == [KEY, "world.network", "tasks.file"]


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda each: pickle.loads(pickle.dumps(each))])
def test_copies_know_it_too(place, copied):
    scenario = copied(load(place("../above.xml"), "tasks.file=../above.xml"))
    assert scenario.folder == load("../a/s.yaml").folder
    assert str(scenario.file("tasks.file")) == "../a/../above.xml"
    assert "--set world.trace=PATH" in refusal(scenario)


def test_python_code_may_name_anything_that_is_a_file(place, tmp_path):
    scenario = Scenario.model_validate({"world": {"trace": str(tmp_path / "above.xml"), "network": "/dev/zero"}})
    assert scenario.file(KEY) == tmp_path / "above.xml"
    with pytest.raises(ScenarioError, match=r"^'world\.network' must name an ordinary file .*a device"):
        scenario.files()


def test_python_code_may_hand_over_a_trace_that_is_no_file(place):
    scenario = Scenario.model_validate({"world": {"trace": "made-up"}})
    assert [str(path) for path in scenario.files().values()] == ["made-up"]
    with pytest.raises(ScenarioError, match=r"^'world\.trace' must name a file that exists"):
        scenario.file(KEY)
