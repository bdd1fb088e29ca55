"""Where a run's files are found again, and what the map shows of them."""

from __future__ import annotations

import base64
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from example import roaming, standing
from hypothesis import given
from hypothesis import strategies as st

import qvecsim
from qvecsim.errors import QvecsimError
from qvecsim.reports import frames, roads
from qvecsim.reports.places import bounds, places
from qvecsim.reports.report import report
from qvecsim.reports.sketch import WIDTH, paper
from qvecsim.units import NS_PER_S

from .reading import Page

LISTED = "  rsus: [{name: east, x_m: 800, y_m: 500}, {x_m: 200, y_m: 500}]\n"


def test_the_trace_is_found_where_the_scenario_says_or_where_it_is_told(here):
    run = qvecsim.read("run")
    assert places(run).trace is not None
    assert places(run, ["world.trace=town.fcd.xml"]).trace is not None


def test_the_trace_is_found_where_the_command_found_it(here, tmp_path, monkeypatch):
    shutil.copytree("run", tmp_path / "results" / "run")
    (tmp_path / "towns").mkdir()
    shutil.copy("town.fcd.xml", tmp_path / "towns")
    timing = tmp_path / "results" / "run" / "timing.json"
    timing.write_text(json.dumps(json.loads(timing.read_text()) | {"command": ["qvecsim", "run", "towns/town.yaml"]}))
    monkeypatch.chdir(tmp_path)
    assert places(qvecsim.read("results/run")).trace is not None
    monkeypatch.chdir(tmp_path / "results")
    assert isinstance(places(qvecsim.read("run")), str)


def test_a_command_that_leads_elsewhere_is_not_followed(here, tmp_path, monkeypatch):
    shutil.copytree("run", tmp_path / "run")
    timing = tmp_path / "run" / "timing.json"
    timing.write_text(json.dumps(json.loads(timing.read_text()) | {"command": [str(here / "town.yaml")]}))
    monkeypatch.chdir(tmp_path)
    assert "There is no map" in places(qvecsim.read("run"))


def test_another_trace_is_not_shown(here, tmp_path):
    (tmp_path / "other.fcd.xml").write_text((here / "town.fcd.xml").read_text().replace('x="', 'x="1'))
    with pytest.raises(QvecsimError, match="must be the trace of the run"):
        places(qvecsim.read("run"), [f"world.trace={tmp_path / 'other.fcd.xml'}"])
    with pytest.raises(QvecsimError, match="a file that exists"):
        places(qvecsim.read("run"), ["world.trace=nowhere.xml"])


def test_without_the_trace_listed_sites_are_shown_and_the_fix_is_told(here, tmp_path, monkeypatch):
    scenario = tmp_path / "town.yaml"
    scenario.write_text((here / "town.yaml").read_text().replace("  place: {at: grid, count: 3}\n", LISTED))
    shutil.copy("town.fcd.xml", tmp_path)
    qvecsim.run(scenario, "slots=4", out=tmp_path / "out" / "run")
    run = qvecsim.read(tmp_path / "out" / "run")
    whole = places(run)
    (tmp_path / "town.fcd.xml").unlink()
    monkeypatch.chdir(tmp_path)
    found = places(run)
    assert found.trace is None
    assert "--set world.trace=" in found.missing
    assert found.rsu.name == whole.rsu.name == ("east", "r1")
    assert found.link == whole.link
    assert [found.end(row) for row in range(3)] == [whole.end(row) for row in range(3)]
    page = Page(report(tmp_path / "out" / "run").read_text())
    assert any("--set world.trace=" in word for word in page.words)
    assert page.map["offset"] == [0]
    assert page.map["points"] == ""


def test_vehicles_are_where_the_trace_has_them(here):
    run = qvecsim.read("run")
    told = Page(report("run", out=here / "vehicles.html").read_text()).map
    sheet = paper(*bounds(places(run)))
    numbers = np.frombuffer(base64.b64decode(told["points"]), "<u2").reshape(-1, 3)
    trace = places(run).trace
    assert told["slot"] == run.slots["slot"].tolist()
    assert told["vehicles"] == run.slots["vehicles"].tolist() == np.diff(told["offset"]).tolist()
    for row, slot in enumerate(told["slot"]):
        fleet = trace.at(trace.begin_ns + slot * NS_PER_S // 2)
        drawn = numbers[told["offset"][row] : told["offset"][row + 1]]
        assert np.abs(drawn[:, 0] / 60 - sheet.x(fleet.x_m)).max() < 0.02
        assert np.abs(drawn[:, 1] / 60 - sheet.y(fleet.y_m)).max() < 0.02


def test_pools_and_servers_are_those_of_the_tables(here):
    run = qvecsim.read("run")
    told = Page(report("run", out=here / "pools.html").read_text()).map
    for row, slot in enumerate(told["slot"]):
        links = run.links[run.links["slot"] == slot].set_index("link").loc[told["link"]]
        servers = run.servers[run.servers["slot"] == slot].set_index("rsu").loc[told["rsu"]]
        assert told["stored"][row] == links["stored_bit"].tolist()
        assert [told["states"][int(code)] for code in told["state"][row]] == links["state"].tolist()
        assert told["attached"][row] == servers["attached"].tolist()
        assert told["backlog"][row] == pytest.approx(servers["backlog_s"].tolist(), rel=1e-6)


def test_activity_is_that_of_the_tasks_one_by_one(here):
    run = qvecsim.read("run")
    names, units = sorted(set(run.tasks["vehicle"])), ["r0", "r1", "r2"]
    times = np.arange(0.0, 10.0, 0.13)
    doing, target = frames.activity(run.tasks, times, names, units)
    expected, sends = np.zeros(doing.shape, int), np.full(doing.shape, -1)
    for task in run.tasks.itertuples():
        for row, now in enumerate(times):
            if not task.born_s <= now or now >= (np.inf if pd.isna(task.end_s) else task.end_s):
                continue
            decided = not pd.isna(task.decided_s) and now >= task.decided_s
            sending = decided and isinstance(task.rsu, str) and not now >= task.decided_s + task.uplink_s
            column = names.index(task.vehicle)
            state = frames.SENDING if sending else frames.COMPUTED if decided else frames.WAITING
            expected[row, column] = max(expected[row, column], state)
            if sending:
                sends[row, column] = units.index(task.rsu)
    assert (doing == expected).all()
    assert (target == sends).all()
    assert {frames.IDLE, frames.WAITING, frames.COMPUTED} <= set(doing.ravel())


def test_a_broken_or_aborted_link_is_told_before_its_pool():
    rows = [(0, "a", "ready", True, False), (0, "b", "empty", True, True), (0, "c", "ready", False, True)]
    links = pd.DataFrame(rows, columns=["slot", "link", "state", "up", "aborted"])
    codes = frames.pool_states(links, ["a", "b", "c"], np.array([0]))
    assert [frames.STATES[code] for code in codes[0]] == ["ready", "aborted", "down"]


@given(st.integers(1, 10**6), st.integers(0, 500))
def test_instants_are_bounded_and_reach_from_end_to_end(slots, width):
    found = frames.instants(slots, width)
    assert found[0] == 0
    assert found[-1] == slots - 1 or len(found) == 1
    assert len(found) <= frames.FRAMES
    assert len(found) * width <= max(frames.CELLS, 2 * width)


def test_of_many_vehicles_the_same_ones_are_shown_throughout(monkeypatch, here):
    monkeypatch.setattr(frames, "VEHICLES", 100)
    trace = standing(1000, 8)
    moving, share = frames.frames(qvecsim.read("run"), trace, np.arange(4), ["r0"])
    assert share == 0.1
    assert 60 < len(moving[0].x_m) < 140
    assert all((one.x_m == moving[0].x_m).all() for one in moving)


def test_ways_join_places_that_vehicles_drove_between():
    trace = roaming(3, 40, 60)
    found = roads.driven(trace, 1000.0)
    assert len(found.x0) > 100
    assert min(found.x0.min(), found.x1.min()) >= trace.x_m.min()
    assert max(found.y0.max(), found.y1.max()) <= trace.y_m.max()
    lengths = np.hypot(found.x1 - found.x0, found.y1 - found.y0)
    assert lengths.max() < roads.LONGEST * 1000 + 2 * 2**0.5 * 1000 / roads.CELLS


def test_ways_are_bounded_and_nobody_moving_makes_none(monkeypatch):
    monkeypatch.setattr(roads, "SEGMENTS", 50)
    assert 10 < len(roads.driven(roaming(3, 40, 60), 1000.0).x0) <= 50
    assert len(roads.driven(standing(3, 5), 1000.0).x0) == 0
    assert len(roads.driven(standing(3, 1), 1000.0).x0) == 0


@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(1, 1e5), st.floats(1, 1e5))
def test_everything_fits_on_the_paper_in_one_scale(left, low, width, height):
    sheet = paper(left, left + width, low, low + height)
    x = np.array([sheet.x(left), sheet.x(left + width)])
    y = np.array([sheet.y(low + height), sheet.y(low)])
    assert x.min() >= -1e-3
    assert x.max() <= WIDTH + 1e-3
    assert y.min() >= -1e-3
    assert y.max() <= sheet.height + 1e-3
    assert np.ptp(x) / width == pytest.approx(np.ptp(y) / height, rel=1e-6)
