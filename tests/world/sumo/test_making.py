from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from qvecsim.cli import main
from qvecsim.errors import ScenarioError
from qvecsim.world.mobility.reader import read_trace
from qvecsim.world.sumo.making import Town, _packed, _park, make
from qvecsim.world.sumo.network import read_network
from qvecsim.world.sumo.program import Sumo

COMMENT = b"<?xml version='1.0'?>\n<!-- generated on 2026-01-02 by -->\n\n"
SMALL = Town(grid=2, length_m=100.0, vehicles_per_hour=1200.0, seconds=40.0, warmup_s=10.0, step_s=0.5, parking=0.25)


def test_what_is_packed_has_no_date_and_no_path(tmp_path):
    raw = tmp_path / "raw.xml"
    raw.write_bytes(COMMENT + b"<a>" + b"x" * (2 << 20) + b"</a>")
    packed = _packed(raw, tmp_path / "out.xml.gz").read_bytes()
    assert gzip.decompress(packed) == raw.read_bytes().replace(COMMENT[22:], b"")
    assert (packed[3], packed[4:8]) == (0, b"\0\0\0\0")  # no name, no time
    assert _packed(raw, tmp_path / "out.xml").read_bytes() == gzip.decompress(packed)


@pytest.mark.parametrize(("share", "parked"), [(0.0, []), (1.0, [0, 1, 2, 3]), (0.5, [0, 2]), (0.3, [0, 3])])
def test_a_share_of_the_vehicles_parks_half_way(tmp_path, share, parked):
    path = tmp_path / "r.xml"
    vehicles = "".join(f'<vehicle id="{name}"><route edges="a b{name} c"/></vehicle>' for name in range(4))
    path.write_text(f"<routes>{vehicles}</routes>")
    _park(path, Town(parking=share))
    stops = [vehicle.find("stop") for vehicle in ElementTree.parse(path).iterfind("vehicle")]
    assert [index for index, stop in enumerate(stops) if stop is not None] == parked
    assert [stop.get("lane") for stop in stops if stop is not None] == [f"b{index}_0" for index in parked]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("out.txt", r"must end in .xml.gz, .xml, .csv.gz, .csv, .parquet \(got '.*out.txt'\)"),
        ("no/out.xml", r"the folder of the file to write must be there"),
        ("there.xml", r"there.xml' must not be there already. Add --force to replace it."),
        (".xml", r"must end in"),
    ],
)
def test_files_that_cannot_be_made_are_refused_before_sumo_runs(tmp_path, name, told):
    (tmp_path / "there.xml").write_text("precious")
    with pytest.raises(ScenarioError, match=told):
        make(SMALL, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["there.xml"]


@pytest.mark.parametrize("option", ["--grid=0", "--grid=2.5", "--parking=1.1", "--seconds=nan", "--step=x"])
def test_options_out_of_their_limits(capsys, option):
    with pytest.raises(SystemExit) as left:
        main(["trace", "make", "out.xml", option])
    assert left.value.code == 2
    assert "number from" in capsys.readouterr().err


@pytest.fixture
def _sumo():
    pytest.importorskip("sumo", reason="SUMO is not installed: pip install 'qvecsim[sumo]'")


@pytest.mark.sumo
@pytest.mark.usefixtures("_sumo")
@pytest.mark.parametrize("ending", [".xml.gz", ".parquet"])
def test_the_same_seed_makes_the_same_bytes(tmp_path, ending):
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        out, net = tmp_path / name / f"t{ending}", tmp_path / name / "t.net.xml.gz"
        facts = make(SMALL, out, net)
        assert sorted(path.name for path in out.parent.iterdir()) == sorted([out.name, net.name])
        made.append((out.read_bytes(), net.read_bytes()))
    assert made[0] == made[1]
    trace = read_trace(out)
    assert (facts["records"], facts["steps"], facts["begin_s"]) == (trace.records, 80, 10.0)
    assert facts["parked"] > 0
    assert len(read_network(net).lights.id) == 4
    assert make(Town(**{**vars(SMALL), "seed": 2}), out, force=True)["sha256"] != facts["sha256"]


@pytest.mark.sumo
@pytest.mark.usefixtures("_sumo")
def test_the_command_tells_what_it_made_and_leaves_nothing_when_it_fails(tmp_path, capsys, monkeypatch):
    out = tmp_path / "t.xml"
    assert main(["trace", "make", str(out), "--grid", "1", "--seconds", "20", "--warmup", "0"]) == 0
    assert "vehicles" in capsys.readouterr().out
    assert "<!--" not in out.read_text()
    monkeypatch.setattr(Sumo, "tool", lambda *_: Path("no-such-tool.py"))
    assert main(["trace", "make", str(tmp_path / "u.xml"), "--grid", "1"]) == 2
    assert "SUMO's randomTrips.py must end well (got " in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["t.xml"]


@pytest.mark.sumo
@pytest.mark.usefixtures("_sumo")
def test_an_interrupt_leaves_nothing(tmp_path):
    code = (
        "import signal, sys; from qvecsim.world.sumo import making; from qvecsim.cli import main;"
        "making._drive = lambda *_: signal.raise_signal(signal.SIGINT);"
        f"sys.exit(main(['trace', 'make', {str(tmp_path / 't.xml')!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert [*tmp_path.iterdir()] == []
