"""A scenario over another: what merges, what replaces, who is blamed, and whose files are found where."""

from __future__ import annotations

import pytest
from example import few
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.errors import ScenarioError
from qvecsim.scenario import dump, load
from qvecsim.scenario.parameters import Range
from qvecsim.scenario.yaml import write

BASE = """\
name: base
seed: 4
slots: 9
world:
  trace: town.xml
  place: {at: grid, count: 3}
  fibre:
    nodes: [{x_m: 1, y_m: 1, name: q0}]
tasks:
  classes:
    driving: {share: 2, cycles: {low: 1e8, high: 2e8}, input_bit: [1e5, 2e5]}
    parking: {share: 1}
edge: {clock_hz: {low: 1e9, high: 2e9}}
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Writes files into the current folder; the first is to be loaded."""
    monkeypatch.chdir(tmp_path)

    def write(child: str, **others: str) -> str:
        for name, text in {"child": child, "base": BASE, **others}.items():
            path = tmp_path / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return "child.yaml"

    return write


def refusal(path: str, *overrides: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load(path, *overrides)
    return caught.value.problems


def test_groups_merge_and_anything_else_replaces(files):
    child = """\
extends: base.yaml
seed: 5
slots: null
tasks:
  classes:
    driving: {cycles: [3e8], input_bit: {low: 0, high: 1}}
    charging: {}
edge: {clock_hz: {high: 3e9}}
"""
    scenario = load(files(child))
    assert (scenario.name, scenario.seed, scenario.slots) == ("base", 5, None)
    assert scenario.world.place.count == 3
    assert list(scenario.tasks.classes) == ["driving", "parking", "charging"]
    driving = scenario.tasks.classes["driving"]
    assert (driving.share, driving.cycles, driving.input_bit) == (2, (3e8,), Range(low=0, high=1))
    assert scenario.edge.clock_hz == Range(low=1e9, high=3e9)
    assert "extends" not in dump(scenario)


def test_overrides_come_last(files):
    path = files("extends: middle.yaml\nseed: 6\n", middle="extends: base.yaml\nseed: 5\nname: middle\n")
    assert [load(path, *more).seed for more in ((), ("seed=7",))] == [6, 7]
    assert load(path).name == "middle"


def test_a_problem_is_told_where_it_was_written(files):
    path = files("extends: base.yaml\nradio: {noise: x}\n", base=BASE + "keys: {missing: y}\nqkd: {zzz: 1}\n")
    assert [line.partition(" ")[0] for line in refusal(path, "chain.fee=-1")] == [
        "base.yaml:14:",
        "base.yaml:15:",
        "child.yaml:2:",
        "--set",
    ]


def test_what_a_child_replaces_is_no_longer_wrong(files):
    assert load(files("extends: base.yaml\nseed: 1\n", base=BASE.replace("seed: 4", "seed: -4"))).seed == 1


def test_what_a_base_lacks_is_told_of_the_child(files):
    assert refusal(files("extends: base.yaml\nworld: {range_m: 5}\n", base="seed: 1\n")) == [
        "child.yaml:2: 'world.trace' must be given, or 'sumocfg' instead, and not both (got null)."
    ]


def test_broken_bases_are_told_once_each(files):
    assert refusal(files("extends: base.yaml\n", base="world: [")) == [
        "base.yaml:1: the file must close the [ that opens here with ], with commas between what it holds."
    ]
    assert refusal(files("seed: 1\nextends: none.yaml\n")) == [
        "child.yaml:2: 'extends' must name a scenario file beside this one (got 'none.yaml', which is no such file)."
    ]


def test_later_words_put_away_what_they_replace(files):
    listed = load(files("extends: base.yaml\nworld: {rsus: [{x_m: 1, y_m: 2}]}\n"))
    assert len(listed.world.rsus) == 1
    assert listed.world.place.count == 8
    assert load("child.yaml", "world.place.count=2").world.rsus == ()
    assert load("child.yaml", "world.sumocfg=t.sumocfg").world.trace is None
    assert load("child.yaml", "world.fibre.file=q.gml").world.fibre.nodes == ()
    assert load("child.yaml", "world.sumocfg=null").world.trace == "town.xml"


def test_what_is_written_together_does_not_put_each_other_away(files):
    places = "{rsus: [{x_m: 1, y_m: 2}], place: {at: grid}}"
    assert refusal(files(f"extends: base.yaml\nworld: {places}\n"))[0] == (
        "child.yaml:2: 'world.place.at' must be left out where 'rsus' is given (got 'grid')."
    )
    files("extends: base.yaml\n")
    assert refusal("child.yaml", "world.rsus=[{x_m: 1, y_m: 2}]", "world.place.count=2") == [
        "--set world.place.count: 'world.place.count' must be left out where 'rsus' is given (got 2)."
    ]


def test_files_are_looked_for_beside_the_file_that_names_them(files, tmp_path):
    path = files("extends: sub/base.yaml\nrate: {file: rates.csv}\n", sub__base="world: {trace: town.xml}\n")
    for name in ("sub/town.xml", "rates.csv"):
        (tmp_path / name).touch()
    found = load(path).files()
    assert {key: str(path) for key, path in found.items()} == {"world.trace": "sub/town.xml", "rate.file": "rates.csv"}


@few
@given(st.dictionaries(st.sampled_from("abcd"), st.recursive(st.integers(), lambda inner: st.dictionaries(
    st.sampled_from("xyz"), inner, max_size=3) | st.lists(inner, max_size=2), max_leaves=6)))  # fmt: skip
def test_merging_a_tree_with_itself_or_nothing_changes_nothing(tree):
    from qvecsim.scenario.draft import _merged

    assert _merged(tree, tree) == _merged({}, tree) == _merged(tree, {}) == tree
    assert write(_merged(tree, tree)) == write(tree)
