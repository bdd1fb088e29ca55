"""Plans: what they make of scenarios, and what is told of those that break a rule, with its line."""

from __future__ import annotations

import pytest

from qvecsim.errors import ScenarioError
from qvecsim.scenario.plan import RUNS, load_plan, variants

TOWN = "name: town\nscheme: ralc\nworld: {trace: town.fcd.xml}\n"


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Writes a plan into a folder that is not the current one, beside a scenario and two traces."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    folder = tmp_path / "there"
    (folder / "traces").mkdir(parents=True)
    (folder / "town.yaml").write_text(TOWN)
    for name in ("b.fcd.xml", "a.csv.gz", ".hidden.xml", "a.net.xml", "a.rou.xml.gz", "b.fcd.xml.qvc", "notes.txt"):
        (folder / "traces" / name).touch()

    def write(text):
        (folder / "p.yaml").write_text(text)
        return folder / "p.yaml"

    return write


def problems(path):
    """What is told of a plan, without its folder."""
    with pytest.raises(ScenarioError) as refusal:
        variants(load_plan(path))
    assert len(refusal.value.problems) == str(refusal.value).count("\n") + 1
    return [line.replace(f"{path.parent}/", "") for line in refusal.value.problems]


def test_every_list_is_an_axis_and_the_last_turns_fastest(plan):
    path = plan(
        "scenarios: [town.yaml]\nschemes: [greedy, ralc]\nreplications: [3, 5]\ntraces: traces\nset: {slots: 9}\n"
        "sweep:\n  radio.bandwidth_hz: [1e6, 2e6]\n  keys.missing: [wait, drop]\n"
    )
    found = load_plan(path)
    assert (found.schemes, found.replications, found.title) == (("greedy", "ralc"), (3, 5), "p")
    made = variants(found)
    keys = [(one.key["trace"], one.key["radio.bandwidth_hz"], one.key["keys.missing"]) for one in made]
    assert keys == [
        (trace, band, missing)
        for trace in ("traces/a.csv.gz", "traces/b.fcd.xml")
        for band in (1e6, 2e6)
        for missing in ("wait", "drop")
    ]
    for one, (trace, band, missing) in zip(made, keys, strict=True):
        s = one.scenario
        assert (s.world.trace, s.radio.bandwidth_hz, s.keys.missing, s.slots) == (trace, band, missing, 9)
        assert s.file("world.trace") == path.parent / trace
    assert found.axes == ("scenario", "trace", "scheme", "replication", "seed", "radio.bandwidth_hz", "keys.missing")


def test_the_shortest_plan_is_one_run(plan):
    found = load_plan(plan("scenarios: town.yaml"))
    assert (found.replications, found.schemes) == ((0,), None)
    [one] = variants(found)
    assert one.key == {"scenario": "town.yaml", "trace": "town.fcd.xml"}
    assert one.scenario.scheme == "ralc"


def test_a_number_of_replications_counts_from_0(plan):
    assert load_plan(plan("scenarios: town.yaml\nreplications: 3")).replications == (0, 1, 2)
    assert load_plan(plan("scenarios: town.yaml\nreplications: 1e1")).replications == tuple(range(10))


def test_overrides_and_seed_come_last(plan):
    path = plan("scenarios: town.yaml\nset: {slots: 9, seed: 2}\nsweep: {keys.missing: [wait, drop]}")
    made = variants(load_plan(path), "slots=4", seed=8)
    assert [(one.scenario.slots, one.scenario.seed) for one in made] == [(4, 8), (4, 8)]


def test_a_swept_seed_is_an_axis(plan):
    found = load_plan(plan("scenarios: town.yaml\nsweep: {seed: [4, 5]}"))
    assert [one.scenario.seed for one in variants(found)] == [4, 5]
    assert found.axes == ("scenario", "trace", "scheme", "replication", "seed")


def test_traces_are_files_folders_and_patterns(plan):
    def traces(text):
        return [one.key["trace"] for one in variants(load_plan(plan(f"scenarios: town.yaml\ntraces: {text}")))]

    assert traces("traces/*.xml") == ["traces/a.net.xml", "traces/b.fcd.xml"]
    assert traces("traces/b*") == ["traces/b.fcd.xml"]
    assert traces("[traces/b.fcd.xml, traces]") == ["traces/b.fcd.xml", "traces/a.csv.gz"]


def test_everything_that_is_wrong_is_told_with_its_line(plan):
    assert problems(plan("scenarios: town.yaml\nshemes: [greedy]\nreplications: 0\nsweep:\n  keys.missing: []\n")) == [
        "p.yaml:2: 'shemes' is no key of a plan. Did you mean 'schemes'?",
        "p.yaml:3: 'replications' must be from 1 to 100,000, or a list of replications (got 0).",
        "p.yaml:5: 'sweep.keys.missing' must not be empty (got []).",
    ]


def test_what_scenarios_refuse_is_told_where_the_plan_says_it(plan):
    text = "scenarios: [town.yaml]\nset:\n  slot_s: fast\nsweep:\n  radio.bandwith_hz: [1e6]\n  keys.missing:\n"
    assert problems(plan(f"{text}    - wait\n    - drob\n")) == [
        "p.yaml:3: 'slot_s' must be a number (got 'fast').",
        "p.yaml:5: 'radio.bandwith_hz' is no parameter of 'radio'. Did you mean 'radio.bandwidth_hz'?",
        "p.yaml:8: 'keys.missing' must be one of wait, local, drop, expose (got 'drob'). Did you mean 'drop'?",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: x", "p.yaml:1: 'scenarios' must be given."),
        ("scenarios: town.yaml\nseed: 1", "p.yaml:2: 'seed' is no key of a plan. Put it under 'set' or 'sweep'."),
        ("scenarios: town.yaml\nscheme: a", "p.yaml:2: 'scheme' is no key of a plan. Did you mean 'schemes'?"),
        ("- a", "p.yaml:1: the file must be a group of keys (got [a])."),
        ("scenarios: town.yaml\nschemes: [a, a]", "p.yaml:2: 'schemes' must name each once (got [a, a])."),
        ("scenarios: town.yaml\nschemes: []", "p.yaml:2: 'schemes' must not be empty (got [])."),
        ("scenarios: town.yaml\nreplications: [1, -1]", "p.yaml:2: 'replications.1' must be at least 0 (got -1)."),
        (
            "scenarios: town.yaml\nsweep: {keys.missing: wait}",
            "p.yaml:2: 'sweep.keys.missing' must be a list (got 'wait').",
        ),
        (
            "scenarios: town.yaml\nsweep: {scheme: [a]}",
            "p.yaml:2: 'sweep.scheme' must be 'schemes', a key of the plan itself, and not stand under 'sweep'.",
        ),
        (
            "scenarios: town.yaml\nset: {a..b: 1}",
            "p.yaml:2: 'set.a..b' must be the key of a parameter, such as radio.bandwidth_hz.",
        ),
        (
            "scenarios: town.yaml\nset: {slots: 1}\nsweep: {slots: [1]}",
            "p.yaml:3: 'sweep.slots' must be set or swept, not both.",
        ),
        (
            "scenarios:\n- town.yaml\n- none.yaml",
            "p.yaml:3: 'scenarios.1' must name a scenario file beside the plan or here "
            "(got 'none.yaml', which is no such file).",
        ),
        (
            "scenarios: ../../x.yaml",
            "p.yaml:1: 'scenarios.0' must name a file below the plan's folder or the current one, or be copied there "
            "(got '../../x.yaml').",
        ),
        (
            "scenarios: town.yaml\ntraces: [none/*.xml]",
            "p.yaml:2: 'traces.0' must name a trace, or a folder or pattern of traces, that exists (got 'none/*.xml').",
        ),
        (
            f"scenarios: town.yaml\nreplications: {RUNS}\nschemes: [a, b]",
            "p.yaml:1: the plan must make at most 100,000 runs (makes 200,000).",
        ),
        ("scenarios: &a town.yaml", "p.yaml:1: 'scenarios' must have no anchor (got &a)."),
        ("scenarios: town.yaml\nname: ../x", None),
    ],
)
def test_each_rule_is_told_in_one_line(plan, text, told):
    found = problems(plan(text))
    assert len(found) == 1
    if told:
        assert found == [told]


def test_scenarios_traces_and_values_are_told_at_once(plan):
    text = "scenarios:\n- town.yaml\n- none.yaml\ntraces: [none.xml]\nsweep: {radio.bandwith_hz: [1e6]}\n"
    found = problems(plan(text))
    assert [line.split(" must")[0].split(" is no parameter")[0] for line in found] == [
        "p.yaml:4: 'traces.0'",
        "p.yaml:3: 'scenarios.1'",
        "p.yaml:5: 'radio.bandwith_hz'",
    ]


def test_traces_that_are_missing_give_no_second_problem(plan, tmp_path):
    path = plan("scenarios: bare.yaml\ntraces: [none.xml]")
    (tmp_path / "there" / "bare.yaml").write_text("name: bare\n")
    assert len(problems(path)) == 1


def test_a_plan_must_be_an_ordinary_file(tmp_path):
    with pytest.raises(ScenarioError, match=r"must be a plan file \(got no such file\)\.$"):
        load_plan(tmp_path / "none.yaml")
    with pytest.raises(ScenarioError, match=r"must be a plan file \(got a folder\)\.$"):
        load_plan(tmp_path)
