from __future__ import annotations

import hashlib
import json
import math
import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from cli.town import everything, found
from example import PLANNERS

import qvecsim
from qvecsim.decision.schemes import SCHEMES
from qvecsim.errors import ScenarioError
from qvecsim.plugin import source_sha256
from qvecsim.results.metrics import from_tables
from qvecsim.scenario import run_id
from qvecsim.world.world import build

TRIED = sorted(name for name in SCHEMES if name not in PLANNERS)

COMMON = ("tasks_generated", "vehicles", "slots", "keys_generated_bit")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The scenario of a small town."""
    return found(tmp_path_factory.mktemp("runner"))


@pytest.fixture(scope="module")
def runs(town):
    """The town under every scheme: summary and tables."""
    results = {scheme: qvecsim.run(town, scheme=scheme, out=town.parent / scheme) for scheme in TRIED}
    return {scheme: (result.summary, qvecsim.read(result.path)) for scheme, result in results.items()}


@pytest.fixture(params=TRIED)
def run(request, runs):
    """Summary and tables of one scheme's run."""
    return runs[request.param]


def sums(folder) -> str:
    return (folder / "SHA256SUMS").read_text()


def apart(town, out, hash_seed: str) -> None:
    """The town run by a process of its own."""
    subprocess.run(
        [sys.executable, "-m", "qvecsim", "run", town, "--quiet", "--out", out],
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        timeout=60,
        check=True,
    )


def test_the_same_run_has_the_same_bytes_in_one_process_and_in_another_with_other_hashes(town, tmp_path):
    for name in ("first", "second"):
        qvecsim.run(town, out=tmp_path / name)
    apart(town, tmp_path / "third", "77" if os.environ.get("PYTHONHASHSEED") != "77" else "78")
    assert sums(tmp_path / "first") == sums(tmp_path / "second") == sums(tmp_path / "third")


def test_timing_alone_differs_between_equal_runs(town, tmp_path):
    first, second = (everything(qvecsim.run(town, out=tmp_path / name).path) for name in ("first", "second"))
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] != second[name]} == {"timing.json"}
    assert json.loads(first["timing.json"])["simulation_s"] > 0


def test_another_seed_has_other_bytes(town, tmp_path):
    for name, more in (("a", {}), ("b", {"seed": 4}), ("c", {"replication": 1})):
        qvecsim.run(town, out=tmp_path / name, **more)
    tables = [
        hashlib.sha256((tmp_path / name / "tasks" / "part-00000.parquet").read_bytes()).digest() for name in "abc"
    ]
    assert len(set(tables)) == 3


def test_a_loaded_scenario_runs_as_its_file_does(town, tmp_path):
    first = qvecsim.run(town, "tasks.rate_hz=0.5", seed=9, scheme="nearest", out=tmp_path / "first")
    loaded = qvecsim.load(town, "tasks.rate_hz=0.5", seed=9, scheme="nearest")
    second = qvecsim.run(loaded, out=tmp_path / "second")
    assert sums(first.path) == sums(second.path)


def test_overrides_must_come_when_a_scenario_is_loaded(town, tmp_path):
    scenario = qvecsim.load(town)
    with pytest.raises(ScenarioError, match=r"qvecsim\.load"):
        qvecsim.run(scenario, "slots=3", out=tmp_path / "out")
    with pytest.raises(ScenarioError, match=r"qvecsim\.load"):
        qvecsim.run(scenario, seed=3, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_scenario_can_be_replayed_from_its_run_folder(town, tmp_path):
    first = qvecsim.run(town, out=tmp_path / "first")
    again = qvecsim.run(
        first.path / "scenario.yaml", f"world.trace={town.parent / 'town.fcd.xml'}", out=tmp_path / "second"
    )
    assert again.summary["run_id"] == first.summary["run_id"]
    assert again.summary["fingerprint"] == first.summary["fingerprint"]


def test_a_world_can_be_shared_between_runs(town, tmp_path):
    scenario = qvecsim.load(town)
    world = build(scenario)
    shared = qvecsim.run(scenario, world=world, out=tmp_path / "shared")
    assert sums(shared.path) == sums(qvecsim.run(scenario, out=tmp_path / "own").path)


def test_progress_is_told_slot_by_slot(town, tmp_path):
    told = []
    qvecsim.run(town, "slots=7", out=tmp_path / "out", progress=lambda done, total: told.append((done, total)))
    assert told == [(slot, 7) for slot in range(1, 8)]


def test_a_result_shows_what_and_where(town, tmp_path):
    result = qvecsim.run(town, "slots=2", out=tmp_path / "out")
    assert repr(result) == f"<Result {result.summary['run_id']} (greedy) at {tmp_path / 'out'}>"


def test_the_run_lasts_as_long_as_the_trace_unless_slots_says_less(runs, town, tmp_path):
    assert runs["greedy"][0]["slots"] == 24
    assert qvecsim.run(town, "slots=1000", out=tmp_path / "out").summary["slots"] == 24


def test_the_summary_is_that_of_the_tables(run):
    summary, tables = run
    for name, value in from_tables(tables).items():
        told = sum(summary[name].values()) if name in ("guards", "violations") else summary[name]
        if isinstance(value, float):
            assert told == pytest.approx(value, rel=1e-9, nan_ok=True), name
        else:
            assert told == value, name


def test_the_manifest_and_the_one_row_of_runs_repeat_the_summary(run):
    summary, tables = run
    assert len(tables.runs) == 1
    row = tables.runs.iloc[0]
    for name, value in tables.manifest["summary"].items():
        assert summary[name] == value or (value is None and math.isnan(summary[name]))
        assert row[name] == (sum(value.values()) if isinstance(value, dict) else value)


def test_the_manifest_says_what_decided_the_result(run, town):
    summary, tables = run
    manifest = tables.manifest
    assert manifest["qvecsim"] == qvecsim.__version__
    assert manifest["packages"]["numpy"] == np.__version__
    assert (manifest["seed"], manifest["replication"], manifest["scheme"]) == (3, 0, summary["scheme"])
    assert set(manifest) >= {"scenario_sha256", "trace_sha256", "fingerprint", "python", "run_id"}
    assert {name: table["rows"] for name, table in manifest["tables"].items()} == {
        name: len(getattr(tables, name)) for name in manifest["tables"]
    }


def test_tasks_are_conserved(run):
    summary, tables = run
    outcome = tables.tasks["outcome"].value_counts()
    assert summary["tasks_generated"] == len(tables.tasks) == tables.slots["generated"].sum() > 0
    for name in ("done", "late", "dropped", "in_flight"):
        assert summary[f"tasks_{name}"] == outcome.get(name, 0)
    for name in ("done", "late", "dropped"):
        assert summary[f"tasks_{name}"] == tables.slots[name].sum()
    ended = tables.slots[["done", "late", "dropped"]].sum(axis=1)
    assert (tables.slots["in_flight"] == (tables.slots["generated"] - ended).cumsum()).all()
    assert sorted(tables.tasks["task"]) == list(range(len(tables.tasks)))


def test_keys_are_conserved_link_by_link(run):
    summary, tables = run
    total = 0
    for _, link in tables.links.groupby("link"):
        flow = link[["consumed_bit", "overflow_bit", "expired_bit"]].sum(axis=1)
        assert (link["stored_bit"] == 1000 + (link["generated_bit"] - flow).cumsum()).all()
        assert (link["stored_bit"] >= 0).all()
        total += int(link["consumed_bit"].sum())
    assert total == tables.tasks["key_bit"].sum() == summary["keys_consumed_bit"]
    assert set(tables.tasks["key_bit"]) <= {0, 256}


def test_blocks_are_linked_without_a_gap(run):
    blocks = run[1].blocks
    assert list(blocks["height"]) == list(range(1, len(blocks) + 1))
    assert len(blocks) > 2
    assert (blocks["parent"].iloc[1:].to_numpy() == blocks["hash"].iloc[:-1].to_numpy()).all()
    assert blocks["hash"].is_unique
    assert blocks["time_s"].is_monotonic_increasing


def test_transactions_are_conserved(run):
    summary, tables = run
    made = tables.blocks["transactions"].sum() + summary["pending_transactions"]
    assert made == summary["slots"] * 3


def test_the_parts_of_a_latency_add_up_to_it(run):
    tasks = run[1].tasks
    ended = tasks[tasks["outcome"].isin(["done", "late"])]
    parts = ended[["wait_s", "key_wait_s", "uplink_s", "queue_s", "compute_s", "return_s"]]
    assert (parts >= -1e-9).all(axis=None)
    np.testing.assert_allclose(parts.sum(axis=1), ended["latency_s"], atol=2e-9)
    np.testing.assert_allclose(ended["end_s"] - ended["born_s"], ended["latency_s"], atol=2e-9)
    assert ((ended["outcome"] == "done") == (ended["latency_s"] <= ended["deadline_s"] + 1e-9)).all()


def test_every_scheme_meets_the_same_world(runs):
    worlds = []
    for summary, tables in runs.values():
        born = tables.tasks.sort_values("task")[["vehicle", "kind", "born_s", "input_bit", "cycles", "deadline_s"]]
        worlds.append((summary["vehicles"], born.astype({"vehicle": str, "kind": str}).to_csv(index=False)))
    assert len(set(worlds)) == 1


def test_every_run_id_is_in_every_table(run):
    summary, tables = run
    for name in tables.manifest["tables"]:
        found = set(getattr(tables, name)["run_id"])
        assert found == ({summary["run_id"]} if name not in ("faults", "docks") else set())


LEARNER = """\
import qvecsim


class Learner(qvecsim.Policy):
    steps = []

    def decide(self, observation):
        return observation.action(observation.reachable.any(axis=1), observation.distance_m.argmin(axis=1))

    def learn(self, steps):
        Learner.steps += steps
"""


@pytest.fixture
def learner(tmp_path, monkeypatch):
    """The class of a policy that keeps what it was told."""
    (tmp_path / "runner_learner.py").write_text(LEARNER)
    monkeypatch.chdir(tmp_path)
    yield lambda: sys.modules["runner_learner"].Learner
    del sys.modules["runner_learner"]


def test_a_learner_is_told_every_slot_and_when_it_is_over(town, tmp_path, learner):
    result = qvecsim.run(town, "slots=12", scheme="runner_learner:Learner", out=tmp_path / "out")
    steps, slots = learner().steps, qvecsim.read(result.path).slots
    assert all(isinstance(step, qvecsim.Step) for step in steps)
    assert [step.observation.slot for step in steps] == list(range(12))
    assert [step.reward for step in steps] == slots["reward"].tolist()
    assert [step.outcome.slot["generated"] for step in steps] == slots["generated"].tolist()
    assert steps[-1].next_observation is None
    assert all(a.next_observation is b.observation for a, b in pairwise(steps))
    assert result.summary["return"] == pytest.approx(sum(step.reward for step in steps))


def test_a_learner_sees_the_action_it_took(town, tmp_path, learner):
    qvecsim.run(town, "slots=6", scheme="runner_learner:Learner", out=tmp_path / "out")
    for step in learner().steps:
        assert isinstance(step.action, qvecsim.Action)
        assert len(step.action.offload) == len(step.observation)


EXTREMES = """\
import dataclasses

import numpy as np
import qvecsim


class Extreme(qvecsim.Policy):
    band, efficiency, block_bit = 0.999, 1.0, 0

    def decide(self, observation):
        action = observation.action(np.ones(len(observation), dtype=bool), observation.distance_m.argmin(axis=1))
        return dataclasses.replace(
            action,
            bandwidth=np.full(len(observation.edge_hz), self.band),
            efficiency=np.full(len(observation.temperature_k), self.efficiency),
            block_bit=self.block_bit,
            producer=len(observation.edge_hz) - 1,
        )


class NoBand(Extreme):
    band = 1e-6


class Blind(Extreme):
    efficiency = 0.0
    block_bit = 2**40
"""


@pytest.mark.parametrize("policy", ["Extreme", "NoBand", "Blind"])
@pytest.mark.parametrize("profile", ["amended", "paper"])
def test_the_corners_of_what_an_action_may_be_run_without_a_warning(town, tmp_path, monkeypatch, policy, profile):
    (tmp_path / "runner_extremes.py").write_text(EXTREMES)
    monkeypatch.chdir(tmp_path)
    scheme = f"runner_extremes:{policy}"
    result = qvecsim.run(town, f"profile={profile}", "slots=12", scheme=scheme, out=tmp_path / "out")
    assert result.summary["slots"] == 12
    assert not math.isnan(result.summary["return"])


@pytest.mark.parametrize("missing", ["wait", "local", "drop", "expose"])
def test_a_task_without_a_key_is_handled_as_the_scenario_says(town, tmp_path, missing):
    overrides = ("qkd.source_rate_hz=1", "keys.initial_bit=300", f"keys.missing={missing}")
    result = qvecsim.run(town, *overrides, scheme="nearest", out=tmp_path / "out")
    tables = qvecsim.read(result.path)
    assert (result.summary["exposed_tasks"] > 0) == (missing == "expose")
    assert ((tables.tasks["reason"] == "no_key").any()) == (missing == "drop")
    assert (tables.slots["local"].sum() > 0) == (missing == "local")
    if missing == "wait":
        assert tables.tasks["key_wait_s"].sum() > 0
        assert tables.slots["wait_key"].sum() > 0


def test_a_task_that_may_go_without_a_key_never_waits_for_one(town, tmp_path):
    overrides = ("qkd.source_rate_hz=1", "keys.initial_bit=300", "keys.missing=expose")
    result = qvecsim.run(town, *overrides, scheme="nearest", out=tmp_path / "out")
    assert qvecsim.read(result.path).tasks["key_wait_s"].sum() == 0


@pytest.mark.parametrize("missing", ["local", "drop", "expose"])
def test_an_offload_is_put_off_for_a_key_only_where_tasks_wait_for_keys(town, tmp_path, missing):
    overrides = ("qkd.source_rate_hz=1", "keys.initial_bit=300", f"keys.missing={missing}")
    result = qvecsim.run(town, *overrides, scheme="nearest", out=tmp_path / "out")
    assert qvecsim.read(result.path).slots["wait_key"].sum() == 0


def test_the_file_of_a_policy_is_part_of_the_run_id(town, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = []
    for number, text in enumerate(["", "# a remark\n"]):
        name = f"runner_versions_{number}"
        (tmp_path / f"{name}.py").write_text(f"{text}from qvecsim.decision.schemes.ralc import Ralc\n")
        ids.append(source_sha256(f"{name}:Ralc"))
    assert ids[0] != ids[1]
    result = qvecsim.run(town, "slots=2", scheme="runner_versions_0:Ralc", out=tmp_path / "out")
    scenario = qvecsim.load(town, "slots=2")
    world = build(scenario)
    plain = run_id(scenario, "runner_versions_0:Ralc", 0, world.trace.sha256)
    full = run_id(scenario, "runner_versions_0:Ralc", 0, world.trace.sha256, None, {"runner_versions_0:Ralc": ids[0]})
    assert result.summary["run_id"] == full != plain


def test_a_world_of_another_run_is_refused(town, tmp_path):
    scenario = qvecsim.load(town, "slots=2")
    world = build(scenario, 1)
    with pytest.raises(ScenarioError, match="'world' must be built from the same scenario, seed and replication"):
        qvecsim.run(scenario, world=world, out=tmp_path / "out")
    assert qvecsim.run(scenario, world=world, replication=1, out=tmp_path / "out").summary["slots"] == 2


@pytest.mark.parametrize("replication", [-1, 2**63, 1.5, True, "0", None])
def test_a_replication_that_no_table_holds_is_refused(town, tmp_path, replication):
    with pytest.raises(ScenarioError, match=r"^'replication' must be a whole number from 0 to 9223372036854775807 "):
        qvecsim.run(town, "slots=2", replication=replication, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_highest_replication_is_in_the_tables(town, tmp_path):
    result = qvecsim.run(town, "slots=1", replication=2**63 - 1, out=tmp_path / "out")
    assert qvecsim.read(result.path).runs["replication"].tolist() == [2**63 - 1]


def test_a_step_tells_where_each_vehicle_is_next(town, tmp_path, learner):
    qvecsim.run(town, scheme="runner_learner:Learner", out=tmp_path / "out")
    changes = 0
    for step in learner().steps:
        before = step.observation.vehicle.tolist()
        after = [] if step.next_observation is None else step.next_observation.vehicle.tolist()
        assert step.next_row.tolist() == [after.index(vehicle) if vehicle in after else -1 for vehicle in before]
        assert step.next_row.dtype == np.int64
        changes += before != after
    assert changes > 2  # one comes, one leaves, and at last the run is over
