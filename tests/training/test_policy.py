"""What was learned decides runs, studies and bounds, and is part of who they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cli.town import exit_code

import qvecsim
from qvecsim.bounds.report import bounds

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "scenarios" / "policies" / "urban-tnqdrl"


@pytest.fixture(scope="module")
def learned(town, tmp_path_factory):
    """A folder of what ``keen:Keen`` has learned in the town."""
    out = tmp_path_factory.mktemp("learned") / "out"
    return qvecsim.train(town, "slots=12", scheme="keen:Keen", episodes=2, worlds=2, out=out).path


@pytest.fixture
def own_town(town, tmp_path):
    """A copy to write in."""
    shutil.copytree(town.parent, tmp_path / "town")
    return tmp_path / "town" / town.name


def ran(town, *overrides, **more):
    return qvecsim.run(town, "slots=8", *overrides, **more).summary


def test_a_run_says_where_what_it_knows_is_from(town, learned, capsys):
    assert ran(town)["learned"] == "none"
    assert ran(town, scheme="keen:Keen")["learned"] == "online"
    taught = ran(town, scheme="keen:Keen", policy=learned)
    assert taught["learned"] == "trained"
    assert taught["policy_sha256"] == json.loads((learned / "policy.json").read_text())["sha256"]
    row = qvecsim.read(taught["path"]).runs.iloc[0]
    assert (row["learned"], row["policy_sha256"]) == ("trained", taught["policy_sha256"])
    words = ["run", town, "--scheme", "keen:Keen", "--set", "slots=8"]
    assert exit_code(*words) == 0
    assert "learned               online, from its first slot on\n" in capsys.readouterr().out
    assert exit_code(*words, "--policy", learned) == 0
    assert "learned               before, and only decides\n" in capsys.readouterr().out


def test_the_content_of_a_policy_is_part_of_the_run_id_and_its_place_is_not(town, learned, here):
    moved = here / "moved"
    shutil.copytree(learned, moved)
    other = qvecsim.train(town, "slots=12", scheme="keen:Keen", episodes=2, worlds=2, seed=8, out="other").path
    ids = [ran(town, scheme="keen:Keen", policy=folder, out=f"run-{folder.name}") for folder in (learned, moved, other)]
    assert ids[0]["run_id"] == ids[1]["run_id"] != ids[2]["run_id"]
    assert ids[0]["fingerprint"] == ids[1]["fingerprint"]
    assert ran(town, scheme="keen:Keen")["run_id"] not in {one["run_id"] for one in ids}


def test_another_scheme_does_not_use_it(town, learned):
    plain, set_ = ran(town), ran(town, f"decision.policy={learned}")
    assert plain["run_id"] == set_["run_id"]
    assert set_["learned"] == "none"
    assert "policy: null" in qvecsim.read(set_["path"]).scenario


def test_a_policy_beside_the_scenario_is_found_there(own_town, learned):
    town = own_town
    shutil.copytree(learned, town.parent / "beside")
    text = town.read_text().replace("scheme: greedy", "scheme: keen:Keen")
    town.write_text(f"{text}decision: {{policy: beside}}\n")
    assert ran(town)["learned"] == "trained"
    assert exit_code("validate", town) == 0


def test_equal_runs_with_a_world_that_is_handed_over(town, learned):
    from qvecsim.world.world import build

    scenario = qvecsim.load(town, "slots=8", scheme="keen:Keen", policy=learned)
    one = qvecsim.run(scenario, world=build(scenario), out="one").summary
    greedy = qvecsim.run(scenario, scheme="greedy", world=build(scenario), out="two").summary
    assert one["run_id"] == ran(town, scheme="keen:Keen", policy=learned)["run_id"]
    assert greedy["run_id"] == ran(town)["run_id"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (
            ["--scheme", "mlp"],
            2,
            "'decision.policy' must have been learned for scheme 'mlp' (got one for 'keen:Keen').",
        ),
        (["--set", "decision.mode=macro"], 2, "'decision.policy' must have been learned in mode 'macro' (got mode"),
        (["--policy", "nowhere"], 2, "'decision.policy' must name a file that exists (got 'nowhere/policy.npz'"),
        (["--policy", "unfinished"], 2, "'decision.policy' must name a folder that is finished (got no"),
        (["--policy", "strange"], 2, "'decision.policy' must name a folder of this version's qvecsim train"),
        (["--policy", "unread"], 2, "'decision.policy' must name a folder that qvecsim train wrote"),
        (["--policy", "shrunk"], 2, "'decision.policy' must name a folder whose 'policy.json' is whole"),
        (["--policy", "damaged"], 4, "must have the SHA-256 that 'policy.json' names"),
        (["--policy", "other"], 2, "must hold the parameters of this network"),
    ],
)
def test_what_does_not_fit_is_one_line(town, learned, capsys, words, code, told):
    for name in ("unfinished", "strange", "unread", "shrunk", "damaged"):
        shutil.copytree(learned, name)
    Path("unfinished/policy.json").unlink()
    Path("strange/policy.json").write_text("{}")
    Path("unread/policy.json").write_text("no")
    facts = json.loads((learned / "policy.json").read_text())
    Path("shrunk/policy.json").write_text(json.dumps({name: facts[name] for name in ("format", "schema")}))
    Path("damaged/policy.npz").write_bytes((learned / "policy.npz").read_bytes()[:-9])
    linear = qvecsim.train(town, "slots=6", scheme="linear", episodes=1, out="other").path
    (linear / "policy.json").write_text(json.dumps({**facts, "sha256": sha(linear)}))
    assert exit_code("run", town, "--scheme", "keen:Keen", "--policy", learned, "--set", "slots=8", *words) == code
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1


def sha(folder):
    from qvecsim.decision.learned import sha256_of

    return sha256_of(folder / "policy.npz")


def test_bounds_and_audit_know_what_a_run_decided_by(town, learned, capsys):
    done = qvecsim.run(town, "slots=8", scheme="keen:Keen", policy=learned, out="run")
    report = bounds(done.path, f"world.trace={town.parent / 'town.fcd.xml'}", f"decision.policy={learned}", slots=2)
    assert report.run_id == done.summary["run_id"]
    assert exit_code("audit", "run") == 0
    assert "sound" in capsys.readouterr().out


def test_a_plan_names_policies_by_scheme(own_town, learned):
    town = own_town
    shutil.copytree(learned, town.parent / "beside")
    text = "scenarios: town.yaml\nschemes: [greedy, 'keen:Keen']\npolicies: {'keen:Keen': beside}\nset: {slots: 8}\n"
    plan = town.parent / "plan.yaml"
    plan.write_text(text)
    done = {result.summary["scheme"]: result.summary for result in qvecsim.batch(plan, out="study")}
    assert done["greedy"]["run_id"] == ran(town)["run_id"]
    assert done["keen:Keen"]["run_id"] == ran(town, scheme="keen:Keen", policy=learned)["run_id"]
    assert {name: one["learned"] for name, one in done.items()} == {"greedy": "none", "keen:Keen": "trained"}
    plan.write_text(text.replace("{'keen:Keen': beside}", "{mlp: beside}"))
    with pytest.raises(qvecsim.ScenarioError, match=r"plan\.yaml:3: .*mlp.* must be one of 'schemes'"):
        list(qvecsim.batch(plan, out="study2"))


def test_the_shipped_policy_is_small_and_is_what_urban_decides_by(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    facts = json.loads((SHIPPED / "policy.json").read_text())
    assert facts["command"].startswith("qvecsim train scenarios/urban.yaml --scheme tnqdrl ")
    assert f"--seed {facts['seed']} " in facts["command"]
    assert facts["sha256"] == sha(SHIPPED)
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 2**20
    urban = ROOT / "scenarios" / "urban.yaml"
    taught = qvecsim.run(urban, "slots=100", out=tmp_path / "taught").summary
    greedy = qvecsim.run(urban, "slots=100", scheme="greedy", out=tmp_path / "greedy").summary
    assert (taught["scheme"], taught["learned"], greedy["learned"]) == ("tnqdrl", "trained", "none")
    assert taught["deadline_miss_rate"] < 0.8 * greedy["deadline_miss_rate"]
