"""What is sound passes; whatever is changed is found, even when every digest was made anew."""

from __future__ import annotations

import json
import random
import shutil

import pytest
from example import PLANNERS

from qvecsim.audit import audit
from qvecsim.audit.files import file_faults
from qvecsim.cli import main
from qvecsim.decision.schemes import SCHEMES
from qvecsim.errors import ResultError
from qvecsim.results.schema import TABLES
from qvecsim.runner import run

from .tampering import changed, copied, sign

FLIP = "0123456789abcdef"


def other_hex(text):
    """The same with one bit of its first digit flipped."""
    return FLIP[int(text[0], 16) ^ 1] + text[1:]


def more(value):
    return value + 1


# Each with a file or table that must be named, and whether the fault lies in the chain.
TAMPERED = [
    ("records", "key_bit", 0, more, "transactions", True),
    ("records", "cycles", 3, more, "transactions", True),
    ("records", "kind", 0, lambda kind: "result", "transactions", True),
    ("records", "kind", 0, lambda kind: "gossip", "records", True),
    ("records", "subject", 5, more, "transactions", True),
    ("records", "time_ns", 1, more, "transactions", True),
    ("records", "place", 1, more, "records", True),
    ("transactions", "root", 0, other_hex, "transactions", True),
    ("transactions", "root", 0, lambda root: "no hex", "transactions", True),
    ("transactions", "records", 0, more, "records", False),
    ("transactions", "time_ns", 0, more, "transactions", True),
    ("transactions", "rsu", 0, lambda rsu: "nowhere", "transactions", True),
    ("transactions", "height", 0, more, "transactions", True),
    ("transactions", "place", 0, more, "transactions", True),
    ("transactions", "height", -1, lambda height: 1, "transactions", False),
    ("blocks", "hash", 1, other_hex, "blocks", True),
    ("blocks", "parent", 1, other_hex, "blocks", True),
    ("blocks", "root", 1, other_hex, "blocks", True),
    ("blocks", "height", 1, more, "blocks", True),
    ("blocks", "time_ns", 0, more, "blocks", True),
    ("blocks", "producer", 0, lambda name: "nowhere", "blocks", True),
    ("blocks", "final", 0, lambda final: not final, "blocks", True),
    ("blocks", "signers", 0, lambda signers: signers[:1], "blocks", True),
    ("blocks", "weight", 0, lambda weight: weight / 2, "blocks", True),
    ("blocks", "stake_bit", 0, lambda stake: [stake[0] + 1, *stake[1:]], "blocks", True),
    ("blocks", "stake_hex", 0, other_hex, "blocks", True),
    ("blocks", "stake_type", 0, lambda kind: "float64", "blocks", True),
    ("blocks", "minted_bit", 0, more, "blocks", True),
    ("blocks", "limit_bit", 0, lambda bits: 0, "blocks", True),
    ("blocks", "size_bit", 0, more, "blocks", True),
    ("blocks", "transactions", 0, more, "blocks", True),
    ("links", "stored_bit", 2, lambda bits: -1, "links", False),
    ("links", "stored_bit", 2, lambda bits: 10**9, "links", False),
    ("links", "consumed_bit", 4, more, "links", False),
    ("links", "generated_bit", 4, more, "links", False),
    ("tasks", "key_bit", 0, more, "records", False),
    ("tasks", "energy_j", 0, more, "run.json", False),
    ("slots", "keys_generated_bit", 0, more, "slots", False),
    ("slots", "pending_transactions", 3, more, "slots", False),
    ("slots", "reward", 3, more, "run.json", False),
    ("servers", "time_s", 3, more, "servers", False),
    ("runs", "tasks_done", 0, more, "runs", False),
    ("runs", "fingerprint", 0, other_hex, "runs", False),
]


# The same for a run in which something fails, and vehicles carry keys.
TROUBLED = [
    ("faults", "failed", 0, more, "slots", False),
    ("faults", "starved", 0, more, "slots", False),
    ("faults", "subject", 0, lambda unit: "r0", "faults", False),
    ("tasks", "pool_bit", 0, more, "slots", False),
    ("links", "relayed_bit", 0, more, "links", False),
    ("docks", "loaded_bit", 0, more, "slots", False),
    ("slots", "stores_bit", 1, more, "slots", False),
]


def test_a_sound_run_is_sound(sound, capsys):
    report = audit(sound)
    assert report.faults == []
    assert report.summary()["blocks"] > 1
    assert report.summary()["pending"] > 0
    assert main(["audit", str(sound)]) == 0
    assert report.summary()["head"] in capsys.readouterr().out


@pytest.mark.parametrize("queue", ["fcfs", "ps"])
def test_a_run_whose_servers_lend_to_their_blocks_is_sound(town, tmp_path, queue):
    making = ("chain.clock_share=0.5", "chain.cycles_per_bit=5e4", "chain.interval_s=[1, 2]", f"edge.queue={queue}")
    path = run(town, *making, out=tmp_path / "run").path
    assert audit(path).faults == []


@pytest.mark.parametrize("scheme", [name for name in SCHEMES if name not in PLANNERS])
def test_the_runs_of_all_schemes_are_sound(town, tmp_path, scheme):
    assert audit(run(town, scheme=scheme, out=tmp_path / "run").path).faults == []


@pytest.mark.parametrize(
    "overrides",
    [
        ("chain.consensus=poqks_printed", "chain.interval_s=0.7"),
        ("chain.consensus=pos", "chain.interval_s=0.7"),
        ("chain.consensus=round_robin", "chain.block_bit=4000"),
        ("chain.validators.byzantine=['#0']", "chain.interval_s=0.7"),
        ("chain.validators.byzantine=['#0', '#1']", "chain.interval_s=0.7"),
        ("chain.validators.byzantine=['#1']", "chain.validators.behaviour=invalid", "chain.interval_s=0.7"),
        ("chain.validators.absent=['#2']", "chain.interval_s=0.7"),
        ("chain.interval_s=1000",),
        ("keys.rekey=interval", "keys.rekey_s=1"),
        ("keys.expiry_s=1",),
        ("keys.encryption=otp", "keys.capacity_bit=10000000"),
        ("profile=paper",),
        ("keys.centre=q1",),
        ("keys.store.capacity_bit=5000", "keys.store.initial_bit=2000"),
        ("keys.ways=3", "world.fibre.access=2", "keys.centre=q0", "keys.routing=cheapest"),
        ("faults=[{kind: rsu_down, rate_hz: 0.3, lasts_s: 1}, {kind: byzantine, where: r0, begin_s: 2}]",),
        ("faults=[{kind: fibre_cut, rate_hz: 0.2, lasts_s: 2}]", "world.fibre.access=2"),
        ("faults=[{kind: eavesdropper, where: q0-r1, begin_s: 1, lasts_s: 3}]",),
    ],
    ids=" ".join,
)
def test_runs_of_all_kinds_are_sound(town, tmp_path, overrides):
    report = audit(run(town, *overrides, out=tmp_path / "run").path)
    assert [str(fault) for fault in report.faults] == []


@pytest.mark.parametrize(("table", "column", "row", "change", "named", "chained"), TAMPERED)
def test_a_tampered_table_is_found_though_everything_is_signed_anew(
    sound, tmp_path, table, column, row, change, named, chained
):
    folder = copied(sound, tmp_path / "run")
    changed(folder, table, column, row, change)
    report = audit(folder)
    assert [*file_faults(folder)] == []
    assert named in {fault.where for fault in report.faults}
    if chained:
        assert report.first_bad_height == (row + 1 if table == "blocks" else 1)
    assert main(["audit", str(folder)]) == 4


@pytest.mark.parametrize(("table", "column", "row", "change", "named", "chained"), TROUBLED)
def test_what_failed_and_what_was_carried_is_held_against_the_rest(
    troubled, tmp_path, table, column, row, change, named, chained
):
    folder = copied(troubled, tmp_path / "run")
    assert audit(folder).faults == []
    changed(folder, table, column, row, change)
    assert named in {fault.where for fault in audit(folder).faults}
    assert main(["audit", str(folder)]) == 4


def test_every_random_byte_is_found(sound, tmp_path):
    folder, draw = copied(sound, tmp_path / "run"), random.Random(1)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert list(file_faults(folder)) == []
    for _ in range(2000):
        path = draw.choice(files)
        content = bytearray(before := path.read_bytes())
        content[draw.randrange(len(content))] ^= draw.randrange(1, 256)
        path.write_bytes(content)
        assert next(file_faults(folder), None) is not None, path
        path.write_bytes(before)


def test_damage_of_any_kind_ends_in_lines(sound, tmp_path, capsys):
    draw = random.Random(2)
    files = sorted(path.relative_to(sound) for path in sound.rglob("*") if path.is_file())
    kinds = [name for name in files if name.parts[0] not in ("slots", "servers", "runs")]
    for number, name in enumerate(kinds * 4):
        folder = copied(sound, tmp_path / str(number))
        content = bytearray((folder / name).read_bytes())
        match number // len(kinds):
            case 0:
                content[draw.randrange(len(content))] ^= 0x10
            case 1:
                del content[len(content) // 2 :]
            case 2:
                content[:] = b"[]"
            case 3:
                content = None
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(content)
        if number % 2 and number >= len(kinds) and name.name != "SHA256SUMS":
            sign_if_possible(folder)
        assert main(["audit", str(folder)]) == 4, (number, name)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        shutil.rmtree(folder)


def sign_if_possible(folder):
    """An attacker's best, where there is still something to sign."""
    try:
        sign(folder)
    except (OSError, ValueError, TypeError, KeyError):
        return


def test_foreign_files_and_no_folder_are_told(sound, tmp_path, capsys):
    folder = copied(sound, tmp_path / "run")
    (folder / "notes").mkdir()
    (folder / "slots" / "part-00009.parquet").write_bytes(b"")
    assert main(["audit", str(folder)]) == 4
    out = capsys.readouterr().out
    assert "notes" in out
    assert "slots/part-00009.parquet: must be of the run" in out
    with pytest.raises(ResultError, match="no such folder"):
        audit(tmp_path / "nothing")
    assert main(["audit", str(tmp_path / "nothing")]) == 2


def test_a_wrong_schema_is_told(sound, tmp_path):
    folder = copied(sound, tmp_path / "run")
    shutil.copy(folder / "slots" / "part-00000.parquet", folder / "blocks" / "part-00000.parquet")
    sign(folder)
    (fault,) = [fault for fault in audit(folder).faults if fault.where == "blocks"]
    assert "must have the columns of 'blocks'" in str(fault)


def test_json_tells_the_same(sound, tmp_path, capsys):
    folder = copied(sound, tmp_path / "run")
    changed(folder, "records", "key_bit", 0, more)
    assert main(["audit", str(folder), "--json"]) == 4
    told = json.loads(capsys.readouterr().out)
    assert told["first_bad_height"] == 1
    assert told["faults"][0].keys() == {"where", "place", "rule", "found", "expected", "height"}


def test_every_table_is_tampered_with_once():
    assert {row[0] for row in TAMPERED + TROUBLED} == set(TABLES)
