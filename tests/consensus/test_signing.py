"""Identities replay from the seed, signatures hold for what was signed alone, and without the package words come."""

from __future__ import annotations

import sys

import pytest
from cli.town import found, imported

from qvecsim.cli import main
from qvecsim.consensus.signing import (
    PRODUCER,
    REAL,
    VOTER,
    Identity,
    Notary,
    message,
    unavailable,
    verified,
)
from qvecsim.physics.signatures import COSTS
from qvecsim.streams import Streams

needed = pytest.mark.skipif(bool(unavailable("ml_dsa_44")), reason="cryptography with ML-DSA is not installed")
BLOCK = {"round": 4, "height": 3, "producer": "b", "hash": "ab" * 32, "signers": [0, 1]}


@needed
@pytest.mark.parametrize("algorithm", REAL)
def test_identities_replay_from_the_seed(algorithm):
    def public(seed, replication, validator):
        return Identity(algorithm, Streams(seed, replication), validator).public

    keys = [public(*place) for place in ((1, 0, 0), (1, 0, 1), (1, 1, 0), (2, 0, 0))]
    assert len(set(keys)) == 4
    assert public(1, 0, 0) == keys[0]


def test_a_seed_is_the_digest_of_its_name():
    # printf '7/1/-1/signing/2' | sha256sum
    assert Streams(7, 1).secret("signing/2").hex() == (
        "9287f54ed4138ebb57f0072d3a460789f55b9a4d956bfdfd9ecb7eb06af236be"
    )


@needed
@pytest.mark.parametrize("algorithm", REAL)
def test_a_signature_holds_for_its_message_and_key_alone(algorithm):
    mine, other = (Identity(algorithm, Streams(1), validator) for validator in (0, 1))
    signature = mine.sign(b"content")
    assert verified(algorithm, mine.public, signature, b"content")
    assert not verified(algorithm, mine.public, signature, b"context")
    assert not verified(algorithm, other.public, signature, b"content")
    for place in (0, len(signature) // 2, len(signature) - 1):
        flipped = f"{int(signature[place], 16) ^ 1:x}"
        assert not verified(algorithm, mine.public, signature[:place] + flipped + signature[place + 1 :], b"content")
    for broken in ("", "no hex", signature[2:], signature + "00"):
        assert not verified(algorithm, mine.public, broken, b"content")
    assert not verified(algorithm, "00", signature, b"content")


@needed
def test_ml_dsa_is_hedged_and_both_signatures_hold():
    identity = Identity("ml_dsa_44", Streams(1), 0)
    first, second = identity.sign(b"x"), identity.sign(b"x")
    assert first != second
    assert all(verified("ml_dsa_44", identity.public, one, b"x") for one in (first, second))


@needed
def test_the_producer_signs_the_block_and_each_voter_its_vote():
    rows = Notary("ed25519", Streams(1), ["a", "b"]).signed(BLOCK)
    assert list(zip(rows["validator"], rows["role"], strict=True)) == [("b", PRODUCER), ("a", VOTER), ("b", VOTER)]
    for role, public, signature in zip(rows["role"], rows["public_key"], rows["signature"], strict=True):
        content = b"qvecsim block" if role == PRODUCER else b"qvecsim vote" + bytes(7) + b"\3" + bytes(7) + b"\4"
        assert verified("ed25519", public, signature, content + bytes.fromhex(BLOCK["hash"]))


@needed
def test_nobody_signs_what_was_not_made():
    rows = Notary("ed25519", Streams(1), ["a", "b"]).signed(BLOCK | {"hash": "", "signers": []})
    assert (rows["validator"], rows["signature"]) == ([], [])


def test_no_message_passes_for_another():
    messages = [message(role, *place, bytes(32)) for role in (PRODUCER, VOTER) for place in ((1, 2), (2, 1))]
    assert len(set(messages)) == 3  # a producer's does not tell the round: its hash does


@pytest.mark.parametrize("command", ["run", "validate"])
def test_without_the_package_the_fix_is_told_in_one_line(command, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    scenario = found(tmp_path / "town")
    assert main([command, str(scenario), "--set", "chain.signing=real"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("'chain.signing' must be 'model' where ml_dsa_44 cannot be made (got 'real': ")
    assert line.endswith("Install qvecsim[crypto], or set chain.signing: model.")
    assert not (tmp_path / "results").exists()


@needed
def test_an_openssl_without_ml_dsa_is_told_alike(monkeypatch):
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import mldsa

    class Old:
        @staticmethod
        def from_seed_bytes(seed):
            raise UnsupportedAlgorithm("ML-DSA is not supported by this version of OpenSSL.")

    monkeypatch.setattr(mldsa, "MLDSA44PrivateKey", Old)
    assert unavailable("ml_dsa_44") == "ML-DSA is not supported by this version of OpenSSL."
    assert not unavailable("ed25519")


@pytest.mark.parametrize("algorithm", sorted(set(COSTS) - set(REAL)))
def test_what_cannot_be_real_is_refused(algorithm, tmp_path, capsys):
    scenario = found(tmp_path / "town")
    assert (
        main(["validate", str(scenario), "--set", "chain.signing=real", "--set", f"chain.signature={algorithm}"]) == 2
    )
    (line,) = capsys.readouterr().err.splitlines()
    assert f"'chain.signing' must be 'model' with 'signature' '{algorithm}'" in line


def test_a_modelled_run_does_not_import_the_package(tmp_path):
    scenario = found(tmp_path / "town")
    code = f"import qvecsim; qvecsim.run({str(scenario)!r}, out={str(tmp_path / 'out')!r})"
    assert imported(code, "cryptography", "simpy") == {"simpy"}
