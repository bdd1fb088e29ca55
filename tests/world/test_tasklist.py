"""Tasks of the user's own: what is read is what is met, and what breaks a rule is named by file, line and column."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest
from example import S, few, play, roaming, same, scenario_of, simulation_of, standing, trace_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.errors import ScenarioError
from qvecsim.kernel.simulation import Simulation
from qvecsim.runner import run
from qvecsim.world.world import build

CLASSES = {
    "a": {"input_bit": {"low": 1e6, "high": 2e6}, "cycles": 5e8, "deadline_s": {"low": 1.0, "high": 2.0}},
    "b": {"input_bit": {"low": 3e6, "high": 4e6}, "cycles": 7e8, "deadline_s": 3.0},
}


def listed(tmp_path, text, *, trace=None, name="tasks.csv", **changes):
    """The tasks of each slot of a world with this list."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    scenario = scenario_of(tasks__file=str(path), tasks__classes=CLASSES, **changes)
    world = build(scenario, trace=trace or standing(3, 5))
    parts, first = [], 0
    for slot in range(world.slots):
        parts.append(world.births(slot, world.fleet(slot), False, first))
        first += len(parts[-1])
    return world, parts


def refusal(tmp_path, text, **changes):
    with pytest.raises(ScenarioError) as caught:
        listed(tmp_path, text, **changes)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(str(tmp_path / "tasks.csv"))


def test_tasks_are_those_of_the_file_in_the_order_of_their_times_on_the_traces_clock(tmp_path):
    text = """vehicle,colour,time_s,kind,input_bit,cycles,result_bit,deadline_s
v2,red,103.5,b,1e6,2e9,8000,0.25
v0,red,100,a,7,8.4,9,1.5

"v1",blue,0:01:43.5,b,0,0,0,1e18
"""
    world, parts = listed(tmp_path, text, trace=standing(3, 5, begin_ns=100 * S))
    tasks = np.concatenate(parts)
    assert [len(part) for part in parts] == [1, 0, 0, 2, 0]
    assert tasks["task"].tolist() == [0, 1, 2]
    assert tasks["born_ns"].tolist() == [0, 3 * S + S // 2, 3 * S + S // 2]
    assert tasks["vehicle"].tolist() == [0, 2, 1]
    assert tasks["kind"].tolist() == [0, 1, 1]
    assert tasks["input_bit"].tolist() == [7, 10**6, 0]
    assert tasks["cycles"].tolist() == [8, 2 * 10**9, 0]
    assert tasks["result_bit"].tolist() == [9, 8000, 0]
    assert (tasks["due_ns"] - tasks["born_ns"]).tolist()[:2] == [S * 3 // 2, S // 4]
    assert world.tasks.outside == 0


def test_a_zipped_list_is_told_by_its_content_and_its_byte_order_mark_is_none(tmp_path):
    text = "time_s,vehicle\n1,v0\n"
    _, plain = listed(tmp_path, text)
    for data in (gzip.compress(text.encode()), b"\xef\xbb\xbf" + text.encode(), text.replace("\n", "\r\n").encode()):
        _, other = listed(tmp_path, data)
        assert same(np.concatenate(plain), np.concatenate(other))


@few
@given(st.sets(st.tuples(st.integers(0, 5), st.sampled_from(["kind", "input_bit", "cycles", "deadline_s"]))))
def test_what_is_told_moves_no_draw_of_what_is_not(tmp_path_factory, told):
    given_as = {"kind": "b", "input_bit": "5", "cycles": "6", "deadline_s": "7"}
    names = list(given_as)

    def text(cells):
        rows = [[given_as[name] if (row, name) in cells else "" for name in names] for row in range(6)]
        return "\n".join(
            [f"time_s,vehicle,{','.join(names)}", *(f"1.{r},v0,{','.join(row)}" for r, row in enumerate(rows))]
        )

    folder = tmp_path_factory.mktemp("lists")
    kinds = {(row, "kind") for row, name in told if name == "kind"}
    _, some = listed(folder, text(told))
    _, free = listed(folder, text(kinds))  # of the same classes, whose amounts are drawn
    some, free = np.concatenate(some), np.concatenate(free)
    for row in range(6):
        due_ns = some["due_ns"][row] - some["born_ns"][row]
        assert (row, "deadline_s") not in told or due_ns == 7 * S
        assert (row, "deadline_s") in told or some["due_ns"][row] == free["due_ns"][row]
        for name in ("input_bit", "cycles", "result_bit"):
            assert some[name][row] == (int(given_as[name]) if (row, name) in told else free[name][row])
    assert len(set(free["input_bit"].tolist())) == 6


def test_what_is_not_told_is_of_the_vehicles_class(tmp_path):
    rows = "".join(f"{k % 5}.5,v{k % 3}\n" for k in range(60))
    world, parts = listed(tmp_path, "time_s,vehicle\n" + rows)
    tasks = np.concatenate(parts)
    assert np.array_equal(tasks["kind"], world.scene.kind[tasks["vehicle"]])
    assert np.array_equal(tasks["cycles"], np.where(tasks["kind"] == 0, 5 * 10**8, 7 * 10**8))
    assert tasks["input_bit"].max() > tasks["input_bit"].min()


def test_what_lies_outside_the_run_is_cut_off_and_counted(tmp_path):
    text = "time_s,vehicle\n99.999,v0\n100,v0\n102.999999999,v1\n103,v0\n1000,nobody\n"
    world, parts = listed(tmp_path, text, trace=standing(3, 5, begin_ns=100 * S), slots=3)
    assert [len(part) for part in parts] == [1, 0, 1]
    assert world.tasks.outside == 3
    message = refusal(tmp_path, "time_s,vehicle\n1,v0\n", trace=standing(3, 5, begin_ns=100 * S))
    assert message.startswith(": must have tasks in the run, which lasts from 100 to 105 s (got none). Times are on")
    for nothing in ("time_s,vehicle\n", "time_s,vehicle\n\n", gzip.compress(b"time_s,vehicle")):
        assert refusal(tmp_path, nothing) == ": must have tasks (got none below its first line)."


def test_who_is_not_on_the_road_when_the_slot_begins_has_no_task(tmp_path):
    gap = trace_of(np.array([[True, not 2 <= step < 4] for step in range(6)]), [100.0, 900.0], 500.0)
    text = "time_s,vehicle\n5,v1\n3.9,v1\n1.9,v1\n2,v1\n3,v0\n"
    assert refusal(tmp_path, text, trace=gap).startswith(":3: 'vehicle' must be on the road then (not so in 2 rows). ")
    _, parts = listed(tmp_path, "time_s,vehicle\n5,v1\n1.9,v1\n4,v1\n", trace=gap)
    assert [len(part) for part in parts] == [0, 1, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": is empty."),
        ("\n\n", ": must begin with a line of column names (got no names)."),
        ("time_s;vehicle\n1;v0\n", ":1: must have a column 'time_s' (got 'time_s;vehicle')."),
        ("time_s,vehicle,time_s\n", ":1: a column must have a name of its own (got 'time_s' twice)."),
        ("time_s,vehicle\n1,v0,3\n", ":2: must have 2 cells, as its first line (got 3)."),
        ("time_s,vehicle\n1,v9\n", ":2: 'vehicle' must be one of the trace (got 'v9'). Known: v0, v1, v2."),
        ("time_s,vehicle,kind\n1,v0,a\n\n2,v0,bb\n", ":4: 'kind' must be one of tasks.classes (got 'bb')."),
        ("time_s,vehicle\nnan,v0\n", ":2: 'time_s' must be seconds or H:M:S, and not negative (got 'nan')."),
        ("time_s,vehicle\n-1,v0\n", ":2: 'time_s' must be seconds or H:M:S, and not negative (got '-1')."),
        ("time_s,vehicle\n1e400,v0\n", ":2: 'time_s' must be seconds or H:M:S, and not negative (got '1e400')."),
        ("time_s,vehicle,cycles\n1,v0,nan\n", ":2: 'cycles' must be a number from 0 to 1e18 (got 'nan')."),
        ("time_s,vehicle,cycles\n1,v0,-1\n", ":2: 'cycles' must be a number from 0 to 1e18 (got '-1')."),
        ("time_s,vehicle,input_bit\n1,v0,1e400\n", ":2: 'input_bit' must be a number from 0 to 1e18 (got '1e400')."),
        ("time_s,vehicle,result_bit\n1,v0,1_0\n", ":2: 'result_bit' must be a number from 0 to 1e18 (got '1_0')."),
        ("time_s,vehicle,deadline_s\n1,v0,0\n", ":2: 'deadline_s' must be a number above 0, to 1e18 (got '0')."),
        (
            "time_s,vehicle,deadline_s\n1,v0,\u0661\n",
            ":2: 'deadline_s' must be a number above 0, to 1e18 (got '\u0661').",
        ),
        ('time_s,vehicle\n1,"v0"x\n', ":2: is no CSV ("),
        (b"time_s,vehicle\n1,v\xff\n", ":2: must be text in UTF-8."),
        (gzip.compress(b"time_s,vehicle\n" + b"1,v0\n" * 9, mtime=0)[:-9], ": ends inside its gzip stream."),
    ],
)
def test_what_breaks_a_rule_is_named_by_file_line_and_column(tmp_path, text, message):
    assert refusal(tmp_path, text).startswith(message)


def test_faults_are_found_beyond_the_first_block_with_their_own_line(tmp_path):
    rows = ["1,v0,"] * 9000
    rows[8500] = "1,v0,x"
    assert refusal(tmp_path, "\n".join(["time_s,vehicle,cycles", *rows])).startswith(":8502: 'cycles'")


def test_a_run_is_replayed_from_its_own_table_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trace = roaming(3, 16, 20, begin_ns=25_200 * S + S // 4)
    world = build(scenario_of(seed=3), trace=trace)
    first = run(world.scenario, world=world, out="results/first")
    page = (Path(__file__).parents[2] / "docs" / "inputs.md").read_text(encoding="utf-8")
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1], {})

    original = play(simulation_of(trace, seed=3))
    for seed in (3, 4):
        replay = play(simulation_of(trace, seed=seed, tasks__file="tasks.csv", tasks__rate_hz=0.0))
        assert len(replay.tasks) == len(original.tasks) > 100
        one, other = (np.sort(story.tasks, order="task") for story in (replay, original))
        for name in ("task", "vehicle", "kind", "born_ns", "due_ns", "input_bit", "result_bit", "cycles"):
            assert np.array_equal(one[name], other[name])
        assert (replay.states[-1].fingerprint.hex() == first.summary["fingerprint"]) == (seed == 3)


def test_forks_share_the_list(tmp_path):
    text = "time_s,vehicle\n" + "".join(f"{k % 5}.25,v{k % 3}\n" for k in range(30))
    world, _ = listed(tmp_path, text)
    simulation = Simulation(world.scenario, world=world)
    assert simulation.fork().world.tasks is world.tasks
    assert same(
        play(simulation.fork(), "nearest").states[-1].fingerprint, play(simulation, "nearest").states[-1].fingerprint
    )
