"""Signatures beside a chain: it is the same with them, equal runs differ in them alone, and a false one is found."""

from __future__ import annotations

import json
import shutil
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

import qvecsim
from qvecsim.audit import audit
from qvecsim.audit.files import file_faults
from qvecsim.cli import main
from qvecsim.consensus.signing import Identity, unavailable
from qvecsim.errors import ResultError
from qvecsim.results import recorder
from qvecsim.runner import run
from qvecsim.streams import Streams

from .tampering import changed, copied, sign

pytestmark = pytest.mark.skipif(bool(unavailable("ml_dsa_44")), reason="cryptography with ML-DSA is not installed")
FAST = ("chain.interval_s=0.7", "chain.validators.byzantine=['#1']", "chain.validators.behaviour=invalid")


@pytest.fixture(scope="module")
def make(town, tmp_path_factory):
    """Runs the town, with rounds of every outcome."""
    return lambda name, *more: run(town, *FAST, *more, out=tmp_path_factory.mktemp("signed") / name).path


@pytest.fixture(scope="module")
def signed(make):
    """A run with real signatures, which no test changes."""
    return make("real", "chain.signing=real")


def differing(one, other):
    """Names of files that are not in both folders with the same bytes."""
    files = [
        {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()} for root in (one, other)
    ]
    return {
        name
        for name in files[0].keys() | files[1].keys()
        if not (name in files[0] and name in files[1]) or files[0][name].read_bytes() != files[1][name].read_bytes()
    }


def test_the_chain_is_the_same_with_and_without(make, signed):
    plain, real = qvecsim.read(make("model")), qvecsim.read(signed)
    assert plain.manifest["fingerprint"] == real.manifest["fingerprint"]
    for table in plain.tables:
        one, other = (getattr(found, table).drop(columns="run_id") for found in (plain, real))
        assert one.astype(str).equals(other.astype(str)), table
    assert "signatures" not in plain.tables
    with pytest.raises(ResultError, match="has no table 'signatures'"):
        _ = plain.signatures


def test_two_real_runs_differ_in_their_signatures_alone(make, signed):
    again = make("again", "chain.signing=real")
    assert differing(signed, again) == {"signatures/part-00000.parquet", "SHA256SUMS", "timing.json"}
    one, other = (qvecsim.read(folder).signatures for folder in (signed, again))
    assert (one["signature"] != other["signature"]).all()
    assert one.drop(columns="signature").equals(other.drop(columns="signature"))


def test_two_runs_with_ed25519_do_not_differ(make):
    folders = [make(name, "chain.signing=real", "chain.signature=ed25519") for name in "ab"]
    assert differing(*folders) == {"timing.json"}
    assert audit(folders[0]).summary()["signatures"]["verified"] > 0


def test_the_table_has_the_producer_and_the_signers_of_every_block(signed):
    found = qvecsim.read(signed)
    blocks = found.blocks[found.blocks["hash"] != ""]
    assert set(found.blocks["outcome"]) == {"final", "rejected", "undecided"}
    assert len(found.signatures) == (1 + blocks["signers"].map(len)).sum()
    assert set(found.signatures["round"]) == set(blocks["round"])
    bits = found.signatures.groupby("round")["signature"].apply(lambda column: column.str.len().sum() * 4)
    modelled = blocks.set_index("round")["signature_bit"] - blocks.set_index("round")["transactions"] * 2420 * 8
    assert (bits == modelled).all()
    keys = found.signatures.groupby("validator", observed=True)["public_key"].unique()
    units = list(dict.fromkeys(found.servers["rsu"]))
    for name, public in keys.items():
        assert list(public) == [Identity("ml_dsa_44", Streams(3), units.index(name)).public]


def test_many_parts_are_one_frame(make, monkeypatch, signed):
    monkeypatch.setitem(recorder.OWN_ROWS, "signatures", 5)
    folder = make("parts", "chain.signing=real")
    assert len(list((folder / "signatures").iterdir())) > 2
    assert len(qvecsim.read(folder).signatures) == len(qvecsim.read(signed).signatures)
    assert audit(folder).faults == []


def test_a_sound_run_is_sound_and_its_signatures_are_counted(signed, capsys):
    rows = len(qvecsim.read(signed).signatures)
    assert main(["audit", str(signed)]) == 0
    assert f"signatures {rows}, verified {rows}." in capsys.readouterr().out
    assert main(["audit", str(signed), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["signatures"] == {"rows": rows, "verified": rows, "unchecked": None}


@pytest.mark.parametrize("row", [0, 5, -1])
@pytest.mark.parametrize("place", [0, 2419])
def test_one_flipped_byte_is_found_though_everything_is_signed_anew(signed, tmp_path, row, place):
    def flip(text):
        content = bytearray.fromhex(text)
        content[place] ^= 0x10
        return content.hex()

    folder = copied(signed, tmp_path / "run")
    changed(folder, "signatures", "signature", row, flip)
    assert [*file_faults(folder)] == []
    report, whole = audit(folder), qvecsim.read(signed).signatures
    assert [fault.where for fault in report.faults] == ["signatures"]
    assert report.first_bad_height == whole["height"].iloc[row]
    assert (report.signed.rows, report.signed.verified) == (len(whole), len(whole) - 1)
    assert main(["audit", str(folder)]) == 4


@pytest.mark.parametrize(
    ("column", "change", "rule"),
    [
        ("public_key", lambda key: ("0" if key[0] != "0" else "1") + key[1:], "must be the validator's, by the seed"),
        ("public_key", lambda key: "no key", "must be the validator's, by the seed"),
        ("role", lambda role: {"producer": "voter", "voter": "producer"}[role], "must have the signature"),
        ("validator", lambda name: "nobody", "must have the signature"),
        ("algorithm", lambda name: "ed25519", "must have the signature"),
        ("algorithm", lambda name: "none", "must have the signature"),
        ("height", lambda height: height + 1, "must have the signature"),
        ("round", lambda number: -1, "must have the signature"),
        ("signature", lambda text: "", "must be that of"),
    ],
)
def test_every_other_column_is_checked(signed, tmp_path, column, change, rule):
    folder = copied(signed, tmp_path / "run")
    changed(folder, "signatures", column, 6, change)
    report = audit(folder)
    assert report.first_bad_height == qvecsim.read(signed).signatures["height"].iloc[6]
    assert any(rule in str(fault) for fault in report.faults)


def test_a_signature_of_a_stranger_is_found(signed, tmp_path):
    """Who has another seed can sign, but not as the validators of this one."""
    folder, stranger = copied(signed, tmp_path / "run"), Identity("ml_dsa_44", Streams(4), 0)
    block = qvecsim.read(signed).blocks.iloc[0]
    changed(folder, "signatures", "public_key", 0, lambda key: stranger.public)
    changed(
        folder,
        "signatures",
        "signature",
        0,
        lambda text: stranger.sign(b"qvecsim block" + bytes.fromhex(block["hash"])),
    )
    assert [fault.height for fault in audit(folder).faults] == [1, 1]


def test_rows_that_are_missing_or_twice_are_found(signed, tmp_path):
    folder = copied(signed, tmp_path / "run")
    path = folder / "signatures" / "part-00000.parquet"
    whole = pq.ParquetFile(path).read()
    pq.write_table(whole.take(np.r_[0, 0, 2 : whole.num_rows]), path, write_page_checksum=True)
    sign(folder)
    report = audit(folder)
    assert {fault.rule for fault in report.faults} == {
        "must have the signature",
        "must be of the producer or a signer of a block, once",
    }
    assert report.first_bad_height == 1


def test_a_table_that_is_gone_or_too_much_is_found(make, signed, tmp_path):
    gone = copied(signed, tmp_path / "gone")
    shutil.rmtree(gone / "signatures")
    manifest = json.loads((gone / "run.json").read_bytes())
    entry = manifest["tables"].pop("signatures")
    (gone / "run.json").write_text(json.dumps(manifest))
    sign(gone)
    assert "must fit chain.signing: real" in "\n".join(map(str, audit(gone).faults))
    more = copied(make("plain"), tmp_path / "more")
    shutil.copytree(signed / "signatures", more / "signatures")
    manifest = json.loads((more / "run.json").read_bytes())
    manifest["tables"]["signatures"] = entry
    (more / "run.json").write_text(json.dumps(manifest))
    sign(more)
    assert "must fit chain.signing: model" in "\n".join(map(str, audit(more).faults))


def test_without_the_package_an_audit_says_that_it_did_not_look(signed, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    assert main(["audit", str(signed)]) == 0
    out = capsys.readouterr().out
    assert "NOT CHECKED (" in out
    assert "Install qvecsim[crypto]" in out
    assert out.endswith("sound, its signatures not checked.\n")
    report = audit(signed)
    assert report.faults == []
    assert report.summary()["signatures"]["verified"] == 0


def test_a_damaged_part_is_found_when_it_is_read(signed, tmp_path):
    folder = copied(signed, tmp_path / "run")
    path = folder / "signatures" / "part-00000.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ResultError, match="is not what was written"):
        _ = qvecsim.read(folder).signatures
    assert main(["audit", str(folder)]) == 4
