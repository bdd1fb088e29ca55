from __future__ import annotations

import copy
import pickle
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from cli.town import found
from gymnasium.utils.env_checker import check_env

import qvecsim
import qvecsim.gym
from qvecsim.gym.env import TERMS

MODES = ({"rows": 4}, {"mode": "macro"})
SIX = {"overrides": ("slots=6",)}


def played(env, seed, *, actions=None):
    """An episode: copies of all that was shown, rewards, infos, and the actions that were drawn."""
    shown, info = env.reset(seed=seed)
    story, drawn, over = [(shown.copy(), 0.0, info)], [], False
    env.action_space.seed(seed)
    while not over:
        drawn.append(env.action_space.sample() if actions is None else actions[len(drawn)])
        shown, reward, terminated, over, info = env.step(drawn[-1])
        assert not terminated
        story.append((shown.copy(), reward, info))
    return story, drawn


def alike(one, other):
    return len(one) == len(other) and all(
        np.array_equal(a[0], b[0])
        and a[1] == b[1]
        and a[2].get("summary", {}).get("fingerprint") == b[2].get("summary", {}).get("fingerprint")
        and facts(a[2]) == facts(b[2])
        for a, b in zip(one, other, strict=True)
    )


def facts(info):
    return {name: value for name, value in info.items() if name not in ("rule", "summary")}


# What it cannot try with an environment that was not made by ``gymnasium.make`` it says in a warning.
unregistered = pytest.mark.filterwarnings("ignore:.*Not able to test alternative render modes")


@unregistered
@pytest.mark.parametrize("settings", [{}, {"rows": 3, "candidates": 1}, {"rows": 40, "candidates": 5}])
def test_gymnasium_s_checker_has_nothing_to_say(settings):
    env = gymnasium.make("qvecsim/Urban-v0", **SIX, **settings)
    check_env(env.unwrapped)


@unregistered
def test_gymnasium_s_checker_has_nothing_to_say_of_macro_actions(town):
    check_env(qvecsim.gym.make(town, mode="macro"))


def test_the_id_is_urban_and_a_step_is_a_slot():
    env = gymnasium.make("qvecsim/Urban-v0", **SIX, render_mode="ansi")
    assert env.unwrapped.scenario.name == "urban"
    story, drawn = played(env, 1)
    assert len(drawn) == 6
    assert [info["slot"] for _, _, info in story[1:]] == list(range(6))
    assert env.render().startswith("slot 6 of 6: ")
    assert env.observation_space.shape == (24, 50)
    assert env.action_space.nvec.tolist() == [4] * 24


@pytest.mark.parametrize("settings", MODES, ids=str)
def test_equal_seeds_and_actions_give_equal_episodes(town, settings):
    one, other = (qvecsim.gym.make(town, **settings) for _ in range(2))
    story, drawn = played(one, 5)
    assert alike(story, played(other, 5, actions=drawn)[0])
    assert alike(story, played(one, 5, actions=drawn)[0]), "the second episode of an environment"
    assert not alike(story, played(one, 6, actions=drawn)[0])


@pytest.mark.parametrize("settings", MODES, ids=str)
def test_what_was_shown_is_a_copy_that_no_later_step_reaches(town, settings):
    env = qvecsim.gym.make(town, **settings)
    shown, _ = env.reset(seed=2)
    kept = [(shown, pickle.dumps(shown))]
    for _ in range(8):
        shown = env.step(env.action_space.sample())[0]
        kept.append((shown, pickle.dumps(shown)))
    assert all(pickle.dumps(array) == text for array, text in kept)
    assert not any(np.shares_memory(a, b) for index, (a, _) in enumerate(kept) for b, _ in kept[:index])


def test_writing_into_what_was_shown_changes_nothing(town):
    one, other = (qvecsim.gym.make(town, rows=4) for _ in range(2))
    story, drawn = played(one, 3)
    shown, info = other.reset(seed=3)
    for action, (after, reward, _) in zip(drawn, story[1:], strict=True):
        shown[:] = 7.0
        info["rule"][:] = 0
        shown, got, _, _, info = other.step(copy.copy(action))
        assert np.array_equal(shown, after)
        assert got == reward


def test_environments_do_not_know_of_each_other(town):
    one, other = (qvecsim.gym.make(town, rows=4) for _ in range(2))
    alone = {seed: played(qvecsim.gym.make(town, rows=4), seed) for seed in (1, 2)}
    one.reset(seed=1)
    other.reset(seed=2)
    for index in range(len(alone[1][1])):
        for env, seed in ((one, 1), (other, 2)):
            story, drawn = alone[seed]
            shown, reward, *_ = env.step(drawn[index])
            assert np.array_equal(shown, story[index + 1][0])
            assert reward == story[index + 1][1]


def test_a_seed_is_a_replication_and_none_goes_on_from_the_last(town):
    env = qvecsim.gym.make(town, replications=range(100, 110))
    assert env.reset(seed=3)[1]["replication"] == 103
    drawn = [env.reset()[1]["replication"] for _ in range(5)]
    assert set(drawn) <= set(range(100, 110))
    assert len(set(drawn)) > 1
    env.reset(seed=3)
    assert [env.reset()[1]["replication"] for _ in range(5)] == drawn
    assert env.reset(seed=14)[1]["replication"] == 104
    assert env.reset(options={"replication": 7})[1]["replication"] == 7
    assert qvecsim.gym.make(town).reset(seed=41)[1]["replication"] == 41


def test_the_rule_s_choice_is_scheme_price_to_the_last_bit(town, tmp_path):
    for scenario, rows in ((town, 1), (town, 30), (qvecsim.load("scenarios/urban.yaml", "slots=25"), 7)):
        env = qvecsim.gym.make(scenario, rows=rows)
        _, info = env.reset(seed=2)
        over = False
        while not over:
            *_, over, info = env.step(info["rule"])
        run = qvecsim.run(scenario, scheme="price", replication=2, out=tmp_path / f"{scenario.name}{rows}")
        assert info["summary"]["fingerprint"] == run.summary["fingerprint"]
        assert info["summary"]["return"] == run.summary["return"]
        assert run.summary["tasks_done"] > 0


def test_macro_s_rule_is_scheme_price_to_the_last_bit(town, tmp_path):
    env = qvecsim.gym.make(town, mode="macro")
    assert env.action_space == gymnasium.spaces.Discrete(64)
    _, info = env.reset(seed=2)
    assert env.action_masks().all()
    over = False
    while not over:
        *_, over, info = env.step(int(info["rule"]))
    run = qvecsim.run(town, scheme="price", replication=2, out=tmp_path / "price")
    assert info["summary"]["fingerprint"] == run.summary["fingerprint"]


def test_macro_actions_differ(town):
    ends = set()
    for action in (0, 24, 48):  # nothing, all to the nearest unit, all by backlog
        env = qvecsim.gym.make(town, mode="macro")
        env.reset(seed=2)
        while not (told := env.step(action))[3]:
            pass
        ends.add(told[4]["summary"]["fingerprint"])
    assert len(ends) == 3


def test_the_reward_is_the_simulator_s_and_the_sum_of_its_parts(town):
    story, _ = played(qvecsim.gym.make(town, rows=4), 1)
    for _, reward, info in story[1:]:
        parts = [info[name.replace("term", "reward")] for name in TERMS]
        assert reward == pytest.approx(sum(parts), rel=1e-12)
    summary = story[-1][2]["summary"]
    assert summary["return"] == sum(reward for _, reward, _ in story)
    assert summary["tasks_done"] == sum(info["done"] for *_, info in story[1:])


def test_an_option_that_is_not_there_is_the_vehicle(town):
    env = qvecsim.gym.make(town, rows=4, candidates=5)  # of three units
    env.reset(seed=1)
    counted = 0
    for _ in range(10):
        masks = env.action_masks().reshape(4, 6)
        assert masks[:, 0].all()
        assert not masks[:, 4:].any()
        tasks = env.sight.asked
        *_, info = env.step(np.full(4, 5))
        assert info["invalid"] == 4
        assert info["offloaded"] == 0
        counted += min(tasks, 4)
    assert counted > 0


def test_rows_hold_the_most_urgent_tasks_and_zeros_after_them(town):
    env = qvecsim.gym.make(town, rows=2)
    shown, info = env.reset(seed=1)
    seen = 0
    for _ in range(12):
        present = shown[:, 0].astype(bool)
        assert info["asked"] == present.sum() == min(2, info["asked"] + info["beyond"])
        assert not shown[~present].any()
        assert ((shown >= 0) & (shown <= 1)).all()
        seen += info["beyond"]
        shown, *_, info = env.step(env.action_space.sample())
    assert seen > 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"mode": "brnch"}, r"'mode' must be .*\(got 'brnch'\)\. Did you mean 'branch'\?"),
        ({"rows": 0}, r"'rows' must be a whole number from 1 to 4096 \(got 0\)\."),
        ({"rows": 5000}, r"'rows' must be a whole number from 1 to 4096 \(got 5000\)\."),
        ({"candidates": 2.0}, r"'candidates' must be a whole number from 1 to 64 \(got 2\.0\)\."),
        ({"mode": "macro", "rows": 3}, r"'rows' is no setting of mode macro\."),
        ({"row": 3}, r"'row' is no setting of mode branch\. Did you mean 'rows'\?"),
        ({"replications": ()}, r"'replications' must name at least one run \(got none\)\."),
        ({"render_mode": "human"}, r"'render_mode' must be ansi \(got 'human'\)\."),
    ],
)
def test_bad_settings_are_told_in_one_line(town, settings, words):
    with pytest.raises(qvecsim.QvecsimError, match=f"^{words}$"):
        qvecsim.gym.make(town, **settings)


def test_bad_use_is_told_in_one_line(town):
    env = qvecsim.gym.make(town, rows=2)
    with pytest.raises(qvecsim.PolicyError, match=r"^'reset' must be called first: no episode has begun\.$"):
        env.step(np.zeros(2, int))
    env.reset(seed=0)
    for action, words in (
        (np.zeros(3, int), r"'action' must have shape \(2,\) \(got \(3,\)\)\."),
        (np.zeros(2), r"'action' must be of an integer type \(got float64\)\."),
        (np.array([0, 4]), r"'action' must lie in \[0, 3\] \(got 4\)\."),
    ):
        with pytest.raises(qvecsim.PolicyError, match=f"^{words}$"):
            env.step(action)
    while not env.step(np.zeros(2, int))[3]:
        pass
    with pytest.raises(qvecsim.PolicyError, match=r"the episode is over\.$"):
        env.step(np.zeros(2, int))
    with pytest.raises(qvecsim.QvecsimError, match=r"^'options' may hold 'replication' alone \(got 'replicaton'\)\.$"):
        env.reset(options={"replicaton": 1})


def test_macro_actions_are_for_few_vehicles(town):
    with pytest.raises(qvecsim.PolicyError, match=r"^'decision\.vehicles' must be"):
        qvecsim.gym.make("urban", mode="macro")
    env = qvecsim.gym.make(town, mode="macro")
    env.reset(seed=0)
    for action, words in ((64, r"lie in \[0, 63\] \(got 64\)"), ([1], r"have shape \(\) \(got \(1,\)\)")):
        with pytest.raises(qvecsim.PolicyError, match=f"^'action' must {words}\\.$"):
            env.step(action)


def test_scenarios_are_found_by_name_by_file_and_as_they_are(town, tmp_path, monkeypatch):
    with pytest.raises(qvecsim.ScenarioError, match="overrides must go to"):
        qvecsim.gym.make(town, "slots=2")
    monkeypatch.chdir(tmp_path)  # as from a folder of one's own, with an installation that stands in the source tree
    monkeypatch.setattr("qvecsim.gym.scenarios.OURS", Path(__file__).parents[2] / "scenarios")
    elsewhere = qvecsim.gym.make("highway", "slots=2")
    assert elsewhere.scenario.name == "highway"
    assert len(played(elsewhere, 0)[1]) == 2
    with pytest.raises(
        qvecsim.ScenarioError, match=r"^'scenario' must be a file, or the name of one in .* \(got 'x'\)"
    ):
        qvecsim.gym.make("x")
    with pytest.raises(qvecsim.ScenarioError, match=r"x\.yaml"):
        qvecsim.gym.make("x.yaml")


def test_faults_last_to_the_end():
    assert len(played(qvecsim.gym.make("fibre_cut", "slots=3"), 0)[1]) == 3


def test_measured_key_rates_last_to_the_end(tmp_path):
    path = found(tmp_path)
    link = qvecsim.Simulation(qvecsim.load(path)).world.scene.link[0]
    (tmp_path / "rate.csv").write_text(f"time_s,link,rate_bps\n0,{link},500\n20,{link},700\n")
    env = qvecsim.gym.make(path, "rate.file=rate.csv", rows=3)
    slots = len(played(env, 0)[1])
    assert slots == env.simulation.slots
    assert env.simulation.state.links.key_rate_bps[0] == pytest.approx(500)
