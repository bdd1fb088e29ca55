"""Table ``quantum`` and the totals of a summary: what the circuits of a run took."""

from __future__ import annotations

import json

import pytest
from cli.town import found

import qvecsim
from qvecsim.audit import audit
from qvecsim.decision.quantum import gatecounts
from qvecsim.decision.quantum.vqc import Circuit
from qvecsim.errors import ResultError
from qvecsim.results import metrics
from qvecsim.results.schema import CIRCUITS

SHOTS = 250


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The scenario of a small town."""
    return found(tmp_path_factory.mktemp("quantum"))


@pytest.fixture(scope="module")
def result(town):
    """A run whose decisions are estimated."""
    how = (f"decision.shots={SHOTS}", "decision.backend=shots")
    return qvecsim.run(town, *how, scheme="tnqdrl", out=town.parent / "tnqdrl")


def test_every_slot_has_a_row_of_decisions_and_one_of_training(result):
    run = qvecsim.read(result.path)
    rows = run.quantum
    assert "quantum" in run.tables
    assert rows["slot"].tolist() == [slot for slot in run.slots["slot"] for _ in range(2)]
    assert rows["part"].tolist() == ["decision", "training"] * len(run.slots)
    decisions = rows[rows["part"] == "decision"]
    assert decisions["samples"].tolist() == run.slots["deciding"].tolist()
    assert rows.attrs["units"]["volume"] == "1"


def test_a_row_is_what_its_circuits_take(result):
    rows = qvecsim.read(result.path).quantum
    row = rows[rows["part"] == "decision"].max(numeric_only=True)
    values, search = gatecounts.evaluation(Circuit(4)), gatecounts.search(2, 1, phased=True)
    assert row["samples"] > 0
    assert row["circuits"] == 2 * row["samples"]
    assert row["shots"] == row["samples"] * (SHOTS + 1)
    assert row["cx"] == row["samples"] * (values.cx + search.cx)
    assert row["one_qubit"] == row["samples"] * (values.one_qubit + search.one_qubit)
    assert row["depth"] == row["samples"] * (values.depth + search.depth)
    assert row["cx_shots"] == row["samples"] * (values.cx * SHOTS + search.cx)
    assert row["volume"] == row["samples"] * (4 * values.depth * SHOTS + 2 * search.depth)


def test_the_summary_has_the_sums_and_other_schemes_have_none(result, town):
    told = metrics.from_tables(qvecsim.read(result.path))
    names = [column.name for column in CIRCUITS]
    assert {name: told[name] for name in names} == {name: result.summary[name] for name in names}
    assert result.summary["quantum_qubits"] == 4
    assert result.summary["quantum_volume"] > 0
    other = qvecsim.run(town, scheme="mlp", out=town.parent / "mlp")
    run = qvecsim.read(other.path)
    assert not set(names) & set(other.summary)
    assert "quantum" not in run.tables
    assert run.runs[names].isna().all(axis=None)
    with pytest.raises(ResultError, match=r"has no table 'quantum'\. Runs of schemes with quantum circuits have one"):
        _ = run.quantum


def test_the_run_is_sound_and_a_changed_row_is_found(result):
    manifest = json.loads((result.path / "run.json").read_text())
    parts = manifest["tables"]["quantum"]["parts"]
    assert all(len(digest) == 64 for digest in parts.values())  # equal runs have equal rows
    assert not audit(result.path).faults
    name = next(iter(parts))
    whole = (result.path / name).read_bytes()
    try:
        (result.path / name).write_bytes(whole[:-1] + b"x")
        assert audit(result.path).faults
    finally:
        (result.path / name).write_bytes(whole)


def test_equal_runs_have_equal_sums_and_the_backend_is_in_the_run_id(result, town):
    how = (f"decision.shots={SHOTS}", "decision.backend=shots")
    again = qvecsim.run(town, *how, scheme="tnqdrl", out=town.parent / "again")
    assert (again.path / "SHA256SUMS").read_bytes() == (result.path / "SHA256SUMS").read_bytes()
    exact = qvecsim.run(town, how[0], scheme="tnqdrl", out=town.parent / "exact")
    assert exact.summary["run_id"] != result.summary["run_id"]
    assert "qiskit" not in json.loads((exact.path / "run.json").read_text())["packages"]


def test_a_run_by_aer_names_the_packages_that_it_needs(town):
    how = ("decision.backend=aer", "decision.shots=20", "decision.noise.readout=0.01", "slots=2")
    ran = qvecsim.run(town, *how, scheme="qedrl", out=town.parent / "aer")
    assert {"qiskit", "qiskit-aer"} <= json.loads((ran.path / "run.json").read_text())["packages"].keys()
    assert ran.summary["quantum_qubits"] == 6
