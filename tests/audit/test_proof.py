"""Proofs hold, also for a verifier that knows nothing of us, and no bit of them may change."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qvecsim.audit import audit, proofs
from qvecsim.cli import main
from qvecsim.consensus import merkle

from .tampering import changed, copied

PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"


@pytest.fixture(scope="module")
def books(sound):
    return audit(sound).books


@pytest.fixture(scope="module")
def holds():
    """The verifier of the page."""
    (code,) = re.findall(r"^```py\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert len([line for line in code.splitlines() if line.strip()]) <= 20
    names = {}
    exec(code, names)
    return names["holds"]


def tasks_in(books, pending):
    """Tasks that have a record in a pending transaction, or in a block."""
    waits = books.tables["transactions"]["height"][books.owner] < 0
    return np.unique(books.tables["records"]["subject"][(books.kind > 1) & (waits == pending)]).tolist()


@settings(max_examples=40, derandomize=True, deadline=None, database=None)
@given(count=st.integers(1, 40), data=st.data())
def test_a_path_leads_to_the_root(count, data):
    leaves = [merkle.leaf(bytes([number])) for number in range(count)]
    place = data.draw(st.integers(0, count - 1))
    path = merkle.path(leaves, place)
    assert merkle.climbed(leaves[place], path) == merkle.root(leaves)
    assert merkle.climbed(merkle.leaf(b"other"), path) != merkle.root(leaves)


def test_leaves_in_bulk_are_leaves_one_by_one():
    content = bytes(range(96))
    assert merkle.leaves(content, 48) == [merkle.leaf(content[:48]), merkle.leaf(content[48:])]
    assert merkle.leaves(b"", 48) == []


def test_every_record_in_a_block_is_proven_to_a_stranger(books, holds):
    roots = dict(zip(books.tables["blocks"]["height"].tolist(), books.tables["blocks"]["root"], strict=True))
    tasks = tasks_in(books, pending=False)
    assert len(tasks) > 5
    for task in tasks:
        proved = proofs(books, task)
        assert proved.state == "proven"
        for proof in proved.proofs:
            assert holds(proof.plain(), roots[proof.height])


def test_no_bit_of_a_proof_may_change(books, holds):
    proof = proofs(books, tasks_in(books, pending=False)[0]).proofs[0]
    for name in ("leaf", "transaction_leaf"):
        for bit in range(8 * len(getattr(proof, name))):
            content = bytearray(getattr(proof, name))
            content[bit // 8] ^= 1 << bit % 8
            false = replace(proof, **{name: bytes(content)})
            assert not false.sound
            assert not holds(false.plain(), proof.block_root)


def test_one_bit_of_a_leaf_is_found_and_its_proof_fails(sound, books, tmp_path, capsys):
    row = np.flatnonzero(books.kind == 6)[0].item()
    task, height = (int(x) for x in (books.tables["records"]["subject"][row], 0))
    height = int(books.tables["transactions"]["height"][books.owner[row]])
    folder = copied(sound, tmp_path / "run")
    changed(folder, "records", "key_bit", row, lambda bits: bits ^ 1)
    assert audit(folder).first_bad_height == height
    assert main(["audit", str(folder), "--prove", str(task)]) == 4
    assert "FAILS" in capsys.readouterr().out


def test_what_is_pending_or_never_recorded_says_so(sound, books, capsys):
    (pending, *_) = tasks_in(books, pending=True)
    assert main(["audit", str(sound), "--prove", str(pending)]) == 0
    assert f"Task {pending}: pending." in capsys.readouterr().out
    assert main(["audit", str(sound), "--prove", "999999", "--json"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "'--prove' must be the number of a task (got 999999)" in told.err
