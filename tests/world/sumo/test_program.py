from __future__ import annotations

import gzip
import re
import stat
import subprocess
from pathlib import Path

import numpy as np
import pytest
from example import scenario_of

from qvecsim.errors import QvecsimError, ScenarioError
from qvecsim.world.sumo import program as sumo
from qvecsim.world.sumo.network import read_network
from qvecsim.world.sumo.program import complaint, installed, trace_of
from qvecsim.world.world import build

CONFIG = """<configuration>
    <input><net-file value="town.net.xml"/><r value="a.rou.xml, b.rou.xml"/></input>
    <output><fcd-output.geo value="true"/><output-prefix value="TIME_"/></output>
    <time><end value="30"/></time>
</configuration>"""
NODES = "".join(f'<node id="{name}" x="{x}" y="{y}"/>' for name, x, y in (("a", 13.6, 52.3), ("b", 13.62, 52.31)))
EDGES = '<edge id="-1#2" from="a" to="b"/>'


def routes(*ids):
    vehicles = "".join(f'<vehicle id="{name}" depart="0"><route edges="-1#2"/></vehicle>' for name in ids)
    return f"<routes>{vehicles}</routes>"


def test_errors_of_sumo_become_one_line():
    printed = (
        "Warning: x\nError: unexpected end of input\n In file 'd.rou.xml'\n At line/column 2/0.\nQuitting (on error)."
    )
    assert complaint(printed, 1) == "unexpected end of input In file 'd.rou.xml' At line/column 2/0"
    assert complaint("Traceback\nValueError: no edge.\n", 1) == "no edge"
    assert complaint("", -9) == "exit code -9 and no error"
    assert len(complaint("Error: " + "x" * 9999, 1)) == 300


@pytest.fixture
def town(tmp_path, monkeypatch):
    """A configuration with its inputs, and a program that plays SUMO: it writes its arguments down, and a trace."""
    for name, text in {
        "city.sumocfg": CONFIG,
        "town.net.xml": "<net/>",
        "a.rou.xml": "<routes/>",
        "b.rou.xml": "<routes/>",
        "calls": "",
    }.items():
        (tmp_path / name).write_text(text)
    program = tmp_path / "home" / "bin" / "sumo"
    program.parent.mkdir(parents=True)
    program.write_text(
        f"""#!/bin/sh
[ "$1" = --version ] && cat '{tmp_path}/version' && exit
echo "$@" >>'{tmp_path}/calls'
[ -e '{tmp_path}/broken' ] && echo 'Error: No such road.' >&2 && echo '<fcd-ex' >"$4" && exit 1
echo '<fcd-export><timestep time="0.00"><vehicle id="v" x="1" y="2"/></timestep></fcd-export>' >"$4"
"""
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "version").write_text("Eclipse SUMO sumo 9.9\nmore\n")
    monkeypatch.setattr(sumo.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("SUMO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("QVECSIM_CACHE", raising=False)
    return tmp_path


def calls(town):
    return len((town / "calls").read_text().splitlines())


def traced(town):
    with trace_of(town / "city.sumocfg") as path:
        return path, path.read_text()


def test_a_trace_is_kept_until_something_that_it_depends_on_changes(town):
    path, text = traced(town)
    assert text.startswith("<fcd-export>")
    assert path.parent == town / "city.sumocfg.qvc"
    assert traced(town) == (path, text)
    assert calls(town) == 1
    for expected, name in enumerate(("town.net.xml", "a.rou.xml", "b.rou.xml", "city.sumocfg", "version"), 2):
        with (town / name).open("a") as file:
            file.write("\n" if name != "version" else "")
        if name == "version":
            (town / name).write_text("Eclipse SUMO sumo 9.10\n")
        again, _ = traced(town)
        assert (calls(town), [*path.parent.iterdir()]) == (expected, [again])  # and the stale one is gone


def test_nothing_is_left_of_a_simulation_that_failed(town):
    (town / "broken").touch()
    told = r"^'world.sumocfg' must name a configuration that SUMO can run: .*city.sumocfg \(got No such road\).$"
    with pytest.raises(ScenarioError, match=told):
        traced(town)
    assert [*(town / "city.sumocfg.qvc").iterdir()] == []
    (town / "broken").unlink()
    assert traced(town)[1].startswith("<fcd-export>")


@pytest.mark.parametrize("off", [True, False])
def test_where_nothing_may_be_kept_the_trace_lives_as_long_as_its_reader(town, monkeypatch, off):
    if off:
        monkeypatch.setenv("QVECSIM_CACHE", "off")
    else:
        town.chmod(0o555)
    try:
        path, _ = traced(town)
    finally:
        town.chmod(0o755)
    assert not path.exists()
    assert not (town / "city.sumocfg.qvc").exists()


def test_a_run_replays_what_the_configuration_makes(town, monkeypatch):
    monkeypatch.chdir(town)
    scenario = scenario_of(world__trace=None, world__sumocfg="city.sumocfg")
    world = build(scenario)
    assert (world.trace.ids, world.trace.x_m.tolist(), world.trace.y_m.tolist()) == (("v",), [1.0], [2.0])
    assert "--fcd-output.attributes x,y,speed" in (town / "calls").read_text()


def test_without_sumo_the_error_says_how_to_get_it(town, monkeypatch):
    monkeypatch.delenv("SUMO_HOME")
    monkeypatch.setenv("PATH", str(town))
    with pytest.raises(ScenarioError, match=r"SUMO must be installed .*pip install 'qvecsim\[sumo\]'"):
        traced(town)
    monkeypatch.setenv("PATH", str(town / "home" / "bin"))
    assert traced(town)[0].exists()
    with pytest.raises(ScenarioError, match=r"SUMO must come with its tools \(got no '.*randomTrips.py'"):
        installed().tool("randomTrips.py")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<net/>", "is a SUMO network, not a SUMO configuration. Give the .sumocfg file that SUMO runs."),
        ("<configuration>", "ends too early"),
        ("<configuration>" + "<a>" * 11 + "</a>" * 11 + "</configuration>", "elements are nested deeper than 10"),
    ],
)
def test_what_is_no_configuration_is_refused_before_sumo_runs(town, text, told):
    (town / "city.sumocfg").write_text(text)
    with pytest.raises(QvecsimError, match=re.escape(told)):
        traced(town)
    assert calls(town) == 0


@pytest.fixture
def real():
    pytest.importorskip("sumo", reason="SUMO is not installed: pip install 'qvecsim[sumo]'")
    return installed()


def run(real, folder: Path, *command):
    subprocess.run([real.home / "bin" / command[0], *command[1:]], cwd=folder, check=True, capture_output=True)


def georeferenced(real, folder, *projection, nodes=NODES):
    (folder / "n.nod.xml").write_text(f"<nodes>{nodes}</nodes>")
    (folder / "e.edg.xml").write_text(f"<edges>{EDGES}</edges>")
    run(real, folder, "netconvert", "-n", "n.nod.xml", "-e", "e.edg.xml", *projection, "-o", "town.net.xml")


@pytest.mark.sumo
def test_sumo_itself_makes_the_trace_of_a_configuration(real, tmp_path, monkeypatch):
    monkeypatch.delenv("QVECSIM_CACHE", raising=False)
    georeferenced(real, tmp_path, "--proj.utm")
    for name, text in (("city.sumocfg", CONFIG), ("a.rou.xml", routes("v")), ("b.rou.xml", routes("w"))):
        (tmp_path / name).write_text(text)
    with trace_of(tmp_path / "city.sumocfg") as path:
        text = gzip.decompress(path.read_bytes()).decode()
    # Metres, although the configuration asks for degrees, and one file, although it sets a prefix.
    assert re.search(r'<vehicle id="v" x="-?\d+\.\d\d" y="-?\d+\.\d\d" speed="\d', text)
    assert text.count("<timestep") == 30
    assert [*path.parent.iterdir()] == [path]
    (tmp_path / "b.rou.xml").write_text("<routes>")
    with pytest.raises(ScenarioError, match=r"\(got .*In file '.*b.rou.xml'.*\)"):
        traced(tmp_path)


@pytest.mark.sumo
@pytest.mark.parametrize(
    ("lon", "lat", "projection"),
    [
        (13.6, 52.3, ["--proj.utm"]),
        (11.99, 44.49, ["--proj.utm"]),  # at the edge of its zone
        (-43.2, -22.9, ["--proj.utm"]),
        (151.2, -33.87, ["--proj", "+proj=tmerc +lat_0=-33 +lon_0=151 +k=0.9999 +x_0=1000 +y_0=2000 +ellps=WGS84"]),
    ],
)
def test_our_planes_are_those_of_sumo_to_the_millimetre(real, tmp_path, lon, lat, projection):
    nodes = f'<node id="a" x="{lon}" y="{lat}"/><node id="b" x="{lon + 0.02}" y="{lat + 0.01}"/>'
    georeferenced(real, tmp_path, *projection, nodes=nodes)
    (tmp_path / "a.rou.xml").write_text(routes("v"))
    places = []
    for geo in ("false", "true"):
        options = ["--fcd-output.geo", geo, "--precision", "4", "--precision.geo", "10", "--end", "60"]
        run(real, tmp_path, "sumo", "-n", "town.net.xml", "-r", "a.rou.xml", "--fcd-output", "o.xml", *options)
        found = re.findall(r' x="([-\d.]+)" y="([-\d.]+)"', (tmp_path / "o.xml").read_text())
        places.append(np.array(found, float))
    (x_m, y_m), (lons, lats) = places[0].T, places[1].T
    assert len(x_m) > 50
    x, y = read_network(tmp_path / "town.net.xml").plane.metres(lons, lats)
    assert np.hypot(x - x_m, y - y_m).max() < 1e-3
