from __future__ import annotations

import json
import sys

import pytest
from pydantic import BaseModel

from qvecsim import keyrate
from qvecsim.errors import ScenarioError
from qvecsim.scenario import defaults

from .town import exit_code, imported

GYS = ("--set", "qkd.attenuation_db_per_km=0.21")


def rows(capsys, *arguments):
    assert exit_code("keyrate", *arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)["rows"]


def test_the_table_has_distance_loss_errors_and_secret_bits(capsys):
    assert exit_code("keyrate", "--km", "0,50", *GYS, "--set", "qkd.field.mu=0.48") == 0
    out, err = capsys.readouterr()
    title, empty, heads, first, second = out.splitlines()
    assert (title, empty, err) == ("decoy-state BB84, infinite decoys, 1e+09 Hz", "", "")
    assert heads.split() == ["km", "dB", "QBER", "%", "bit/pulse", "bit/s", "mu"]
    assert first.split() == ["0", "0", "3.30372", "0.00255458", "2.55458e+06", "0.48"]
    assert second.split() == ["50", "10.5", "3.34124", "0.000222595", "222595", "0.48"]


def test_json_has_the_same_and_more(capsys):
    (row,) = rows(capsys, "--km", "50", *GYS, "--set", "qkd.field.mu=0.48")
    assert row["bit_per_pulse"] == pytest.approx(2.22595e-4, rel=1e-5)
    assert row["key_rate_bps"] == pytest.approx(2.22595e5, rel=1e-5)
    assert row["plob_bit_per_pulse"] > row["sifted_bit_per_pulse"] > row["bit_per_pulse"]
    assert row["block_s"] is None
    (finite,) = rows(capsys, "--protocol", "finite", "--km", "50")
    assert finite["block_s"] == pytest.approx(1e7 / (1e9 * finite["sifted_bit_per_pulse"]))
    assert {"mu", "weak", "key_basis", "signal_share", "weak_share"} <= finite.keys()


@pytest.mark.parametrize("protocol", ["decoy", "finite", "bbm92"])
def test_every_protocol_makes_a_key_that_falls_with_distance(capsys, protocol):
    rates = [row["bit_per_pulse"] for row in rows(capsys, "--protocol", protocol, "--km", "0:100:20")]
    assert len(rates) == 6
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] > 0.0


@pytest.mark.parametrize(
    ("text", "km"),
    [
        ("12.5", [12.5]),
        ("5,0,5e1", [5.0, 0.0, 50.0]),
        ("0:10:5", [0.0, 5.0, 10.0]),
        ("0:0.3:0.1", [0.0, 0.1, 0.2, 0.3]),
        ("1:2:5", [1.0]),
        (" 3 : 4 : 1 ", [3.0, 4.0]),
    ],
)
def test_ways_to_say_where(capsys, text, km):
    assert [row["km"] for row in rows(capsys, "--km", text)] == pytest.approx(km)


def test_without_a_word_it_is_every_five_kilometres(capsys):
    found = rows(capsys)
    assert [row["km"] for row in found] == [5.0 * step for step in range(41)]


def test_losses_instead_of_lengths(capsys):
    (row,) = rows(capsys, "--db", "10.5", "--set", "qkd.field.mu=0.48")
    assert "km" not in row
    assert row["bit_per_pulse"] == pytest.approx(2.22595e-4, rel=1e-5)


def test_insertion_loss_counts_with_lengths(capsys):
    (row,) = rows(capsys, "--km", "50", *GYS, "--set", "world.fibre.insertion_db=1.5")
    assert row["loss_db"] == pytest.approx(12.0)


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            ("--km", text)
            for text in ("", "x", "-3", "nan", "inf", "1:2", "1:2:3:4", "5:0:1", "0:5:0", "0:5:-1", "1,,2")
        ),
        *(("--km", text) for text in ("0:1e4:1e-9", "1e5", "0:1e9:1e8", "1_0", "0x10", "٣")),
        ("--db", "2000"),
        ("--km", "3", "--db", "3"),
        ("--protocol", "b92"),
        ("--set", "qkd.field.mew=1"),
        ("--set", "qkd.field.mu=0"),
        ("--set", "qkd.field.mu=0.1", "--set", "qkd.field.weak=0.2"),
        ("--set", "physics"),
        ("--km", "3", "--plot", "keys.doc"),
        ("--km", "3", "--plot", "no/such/folder/keys.png"),
    ],
)
def test_what_cannot_be_is_one_line_and_two(town, capsys, arguments):
    assert exit_code("keyrate", *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_a_picture(town, capsys, suffix):
    pytest.importorskip("matplotlib")
    for where in ("--km", "--db"):
        assert exit_code("keyrate", where, "0:60:2", "--plot", f"keys.{suffix}") == 0
        assert (town.parents[1] / "here" / f"keys.{suffix}").stat().st_size > 5_000
    assert capsys.readouterr().err == ""


def test_without_matplotlib_there_is_a_line_about_it(town, capsys, monkeypatch):
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    assert exit_code("keyrate", "--km", "3", "--plot", "keys.png") == 2
    assert capsys.readouterr().err == (
        "'--plot' needs matplotlib, which is not installed: pip install 'qvecsim[plot]'.\n"
    )


def test_it_imports_nothing_heavy():
    code = "from qvecsim.cli import main; assert main(['keyrate', '--km', '3']) == 0"
    assert imported(code, "pandas", "scipy", "matplotlib", "pyarrow", "networkx", "simpy") == set()


class Watched:
    """A scenario that notes which of its keys are looked at."""

    def __init__(self, node, above, seen):
        self.__dict__.update(node=node, above=above, seen=seen)

    def __getattr__(self, name):
        value, key = getattr(self.node, name), f"{self.above}.{name}".lstrip(".")
        if isinstance(value, BaseModel):
            return Watched(value, key, self.seen)
        self.seen.add(key)
        return value


def test_the_keys_that_are_read_are_those_that_may_be_set():
    seen, field = set(), "qkd.field"
    for one in ("decoy", "finite", "bbm92"):
        for other in ("decoys=vacuum_weak", "finite_decoys=one", "secrecy_per_bit=1e-15"):
            scenario = defaults(f"{field}.{other}", protocol=one)
            found = keyrate.table(keyrate.places("50", None), Watched(scenario, "", seen))
            assert keyrate.render(found)
            assert keyrate.plain(found)
    inside = {f"{field}.{name}" for name in type(scenario.qkd.field).model_fields}
    assert seen == {*keyrate.READ, *inside} - {field, *keyrate.UNREAD}


@pytest.mark.parametrize(
    ("override", "name"),
    [
        ("seed=4", "seed"),
        ("qkd.source_rate_hz=1e6", "qkd.source_rate_hz"),
        ("qkd.field.misalignment_drift_rad=0.1", "qkd.field.misalignment_drift_rad"),
        ("qkd={sifting: 0.4, field: {mu: 0.4}, noise_floor_hz: 1}", "qkd.noise_floor_hz"),
    ],
)
def test_a_key_that_is_not_read_is_refused(capsys, override, name):
    assert exit_code("keyrate", "--km", "50", "--set", override) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"--set {name}: 'qvecsim keyrate' does not read it. It reads keys.abort_qber, ")
    assert err.count("\n") == 1


def test_a_group_of_keys_that_are_read_is_taken():
    keyrate.check_read("qkd={sifting: 0.4, field: {mu: 0.4}}", "world.fibre.insertion_db=1", "qkd.field.weak=null")
    with pytest.raises(ScenarioError, match="does not read it"):
        keyrate.check_read("name=x")
