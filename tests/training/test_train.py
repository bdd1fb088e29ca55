from __future__ import annotations

import json

import numpy as np
import pytest
from cli.town import everything, exit_code

import qvecsim
from qvecsim.decision.learned import sha256_of
from qvecsim.decision.learning.saved import read
from qvecsim.results.schema import LEARNING

KEEN = {"scheme": "keen:Keen", "episodes": 5, "worlds": 2, "evaluate": 2, "evaluations": 2}


def lasting(folder):
    """All that is the same in equal trainings."""
    return {name: content for name, content in everything(folder).items() if name != "timing.json"}


def trained(town, out="out", **more):
    return qvecsim.train(town, "slots=12", out=out, **KEEN | more)


@pytest.fixture(scope="module")
def whole(town, tmp_path_factory):
    """A training that was not broken off."""
    return trained(town, tmp_path_factory.mktemp("whole") / "out")


def broken_off(town, out, after, **more):
    """A training that is interrupted once so many slots are over."""

    def stop(done, total, note=""):
        if done >= after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        trained(town, out, progress=stop, **more)
    return caught.value.__notes__


def test_what_is_written(town, whole):
    done = whole
    assert set(everything(done.path)) == {
        "policy.npz",
        "policy.json",
        "training.parquet",
        "evaluation.parquet",
        "timing.json",
    }
    facts = json.loads((done.path / "policy.json").read_text())
    assert facts["sha256"] == sha256_of(done.path / "policy.npz") == done.summary["sha256"]
    assert (facts["scheme"], facts["mode"], facts["seed"], facts["episodes"]) == ("keen:Keen", "branch", 3, 5)
    assert facts["command"] == (
        f"qvecsim train {town} --scheme keen:Keen --episodes 5 --worlds 2 --evaluate 2 --evaluations 2 --set slots=12"
    )
    assert not any(array.dtype.hasobject for array in read(done.path / "policy.npz").values())
    for name, table in LEARNING.items():
        frame = getattr(done, name)
        assert tuple(frame.columns) == table.names
        assert frame.attrs["units"] == table.units


def test_the_table_has_a_row_an_episode(whole):
    rows = whole.training
    assert rows["episode"].tolist() == [0, 1, 2, 3, 4]
    assert rows["round"].tolist() == [0, 0, 1, 1, 2]
    assert rows["world"].tolist() == [0, 1, 0, 1, 0]
    assert rows["replication"].tolist() == [-1, -3, -5, -7, -9]
    assert (rows["slots"] == 12).all()
    assert (rows["tasks"] > 0).all()
    assert rows["decisions"].is_monotonic_increasing
    assert rows["updates"].iloc[-1] > 5
    assert np.isfinite(rows["loss"].iloc[-1])


def test_evaluations_are_on_the_same_worlds_which_nobody_trains_on_or_runs(whole):
    rows = whole.evaluation
    assert rows["episodes"].tolist() == [0, 0, 2, 2, 4, 4, 5, 5]
    assert rows["replication"].tolist() == [-2, -4] * 4
    assert not set(rows["replication"]) & set(whole.training["replication"])
    assert rows.groupby("replication")["slots"].nunique().tolist() == [1, 1]


def test_an_evaluation_changes_nothing_of_what_is_learned(town, whole):
    other = trained(town, evaluate=0)
    assert sha256_of(whole.path / "policy.npz") == sha256_of(other.path / "policy.npz")
    assert len(other.evaluation) == 0


def test_equal_trainings_are_equal_and_others_are_not(town, whole):
    assert lasting(trained(town).path) == lasting(whole.path)
    others = [trained(town, "seed", seed=4, episodes=2), trained(town, "worlds", worlds=1, episodes=2)]
    assert len({one.summary["sha256"] for one in (whole, *others)}) == 3


@pytest.mark.parametrize("after", [1, 24, 30, 55])
def test_a_training_that_was_broken_off_goes_on_as_if_it_had_not_been(town, whole, after):
    notes = broken_off(town, "out", after)
    assert notes == [f"{(after - 1) // 24 * 2} of 5 episodes are kept; add --resume to go on."]
    again = trained(town, resume=True)
    assert lasting(again.path) == lasting(whole.path)


def test_what_is_broken_off_in_its_first_round_has_no_policy_to_run_with(town):
    broken_off(town, "out", 1)
    with pytest.raises(qvecsim.ScenarioError, match=r"decision\.policy"):
        qvecsim.run(town, scheme="keen:Keen", policy="out")


def test_a_learner_of_ones_own_is_trained_and_resumed_alike(town):
    own = {"scheme": "coin:Coin", "evaluate": 0}
    whole = trained(town, "whole", **own)
    broken_off(town, "out", 30, **own)
    assert lasting(trained(town, resume=True, **own).path) == lasting(whole.path)
    assert float(read(whole.path / "policy.npz")["share"]) == 1 / (1 + 5 * 12)
    assert np.isnan(whole.training["loss"]).all()


def test_a_state_that_is_kept_stays_and_what_is_over_is_not_done_again(town):
    done = trained(town, keep_state=True, episodes=2)
    assert (done.path / "state.npz").is_file()
    again = trained(town, resume=True, keep_state=True, episodes=2)
    assert {**again.summary, "wall_s": 0} == {**done.summary, "wall_s": 0}


def test_the_command_prints_what_came_of_it(town, capsys):
    words = ["train", town, "--scheme", "mlp", "--episodes", "2", "--worlds", "2", "--set", "slots=6", "--out", "out"]
    assert exit_code(*words, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["episodes"], facts["slots"], facts["path"]) == (2, 12, "out")
    assert exit_code(*words, "--resume") == 0
    assert "training_id" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--scheme", "greedy"], "'scheme' must be one that learns (got 'greedy'). Known: linear, mlp, "),
        (["--scheme", "mpl"], "Did you mean 'mlp'?"),
        (["--out", "full"], "'full' is not empty and holds no training. Choose another --out."),
        (["--out", "full/file"], "'full/file' is a file. Choose another --out."),
        (["--out", "begun"], "'begun' holds a training already. Add --resume to go on with it, or choose another"),
        (["--out", "begun", "--resume", "--seed", "9"], "'begun' holds another training ("),
        (["--set", "nothing=1"], "nothing"),
    ],
)
def test_what_cannot_be_meant_is_one_line(town, here, capsys, words, told):
    full = here / "full"
    full.mkdir()
    (full / "file").write_text("mine")
    qvecsim.train(town, "slots=6", scheme="mlp", episodes=1, out="begun")
    arguments = ["--scheme", "mlp", "--episodes", "1", "--set", "slots=6", "--out", "out", *words]
    assert exit_code("train", town, *arguments) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1
    assert (full / "file").read_text() == "mine"


@pytest.mark.parametrize(
    "wrong", [{"episodes": 0}, {"worlds": 0}, {"episodes": True}, {"evaluate": -1}, {"evaluations": 0}]
)
def test_numbers_have_limits(town, wrong):
    with pytest.raises(qvecsim.QvecsimError, match="must be a whole number from"):
        trained(town, **wrong)


def test_a_damaged_state_is_told(town, here):
    broken_off(town, "out", 30)
    state = here / "out" / "state.npz"
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(qvecsim.ResultError):
        trained(town, resume=True)


def test_a_loaded_scenario_takes_no_overrides(town):
    with pytest.raises(qvecsim.ScenarioError, match=r"must go to qvecsim\.load"):
        qvecsim.train(qvecsim.load(town), "slots=6", episodes=1, out="out")
    done = qvecsim.train(qvecsim.load(town, "slots=6"), scheme="mlp", episodes=1, out="out")
    assert json.loads((done.path / "policy.json").read_text())["command"] is None
