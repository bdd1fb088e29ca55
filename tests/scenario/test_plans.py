"""What a plan has beside its axes: figure, trainings, small setting; and plans of plans."""

from __future__ import annotations

import pytest

from qvecsim.errors import ScenarioError
from qvecsim.scenario.plan import load_plan, variants
from qvecsim.scenario.plans import load_plans

TOWN = "name: town\nscheme: ralc\nworld: {trace: town.fcd.xml}\n"
BASE = "scenarios: town.yaml\nsweep: {slots: [4, 8]}\n"


@pytest.fixture
def plan(tmp_path):
    """Writes a plan beside a scenario."""
    (tmp_path / "town.yaml").write_text(TOWN)

    def write(text, name="p.yaml"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def told(path, **options):
    """What is told of a plan, without its folder."""
    with pytest.raises(ScenarioError) as refusal:
        load_plans(path, **options)
    return [line.replace(f"{path.parent}/", "") for line in refusal.value.problems]


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        (
            "figure: {title: t, x: slot, y: return}",
            "p.yaml:3: 'figure.x' must be an axis of the study: scenario, trace",
        ),
        ("figure: {title: t, x: slots, y: return, by: sheme}", "p.yaml:3: 'figure.by' must be an axis of the study"),
        ("figure: {title: t, x: scheme, y: return}", "p.yaml:3: 'figure.x' must be another axis than 'by'."),
        ("figure: {title: t, x: slots}", "p.yaml:3: 'figure.y' must be given."),
        ("figure: {title: t, x: slots, y: []}", "p.yaml:3: 'figure.y' must not be empty"),
        ("figure: {title: t, x: slots, y: [return, return]}", "p.yaml:3: 'figure.y' must name each once"),
        ("figure: {title: t, x: slots, y: return, xlabel: a}", "Did you mean 'x_label'?"),
        ("figure: {title: t, x: slots, y: return, x_scale: cubic}", "must be one of linear, log (got 'cubic')"),
        ("figure: {title: t, x: slots, y: return, x_unit: 0}", "'figure.x_unit' must be greater than 0 (got 0"),
        ("figure: {title: t, x: slots, y: a, y_labels: {b: c}}", "p.yaml:3: 'figure.y_labels.b' must be one of"),
        ("figure: {title: t, x: episodes, y: return}", "'figure.x' must be an axis of the study"),
        ("train: {episodes: 0}", "p.yaml:3: 'train.episodes' must be at least 1 (got 0)."),
        ("train: {episode: 3}", "p.yaml:3: 'train.episode' is no key of a plan. Did you mean 'episodes'?"),
        ("train: {episodes: 3}\nreplications: 2", "p.yaml:4: 'replications' must be left out of a plan with 'train'"),
        ("small: {train: {episodes: 0}}", "'train.episodes' must be at least 1 (got 0)."),
        ("small: {scenarios: town.yaml}", "'small.scenarios' is no key of a plan."),
        ("small: {set: {slots: 3}}", "must be set or swept, not both"),
        ("small: {sweep: {slots: []}}", "'small.sweep.slots' must not be empty"),
    ],
)
def test_whatever_breaks_a_rule_is_told_with_its_line(plan, part, problem):
    assert any(problem in line for line in told(plan(BASE + part))), told(plan(BASE + part))


def test_the_small_setting_takes_the_place_of_what_it_names(plan):
    path = plan(
        BASE.replace("}", ", keys.missing: [wait, drop]}") + "schemes: [ralc, greedy]\nreplications: 9\n"
        "set: {seed: 5, radio.bandwidth_hz: 1e6}\nsmall:\n  replications: 2\n  schemes: ralc\n  set: {seed: 6}\n"
        "  sweep: {slots: [2]}\n"
    )
    full, small = load_plan(path), load_plan(path, small=True)
    assert (full.is_small, small.is_small) == (False, True)
    assert (len(full.replications), small.replications, small.schemes) == (9, (0, 1), ("ralc",))
    assert small.settings == {"seed": 6, "radio.bandwidth_hz": 1e6}
    assert small.sweep == {"slots": (2,), "keys.missing": ("wait", "drop")}
    assert [one.key["slots"] for one in variants(small)] == [2, 2]
    assert small.label("sweep", "slots", 0).endswith(":10")


def test_a_plan_without_a_small_setting_says_so(plan):
    assert told(plan(BASE), small=True) == ["p.yaml:1: the plan must have a part 'small' to be run in a small setting."]


def test_plans_are_loaded_together_and_all_that_is_wrong_is_told(plan):
    plan(BASE, "a.yaml")
    plan("scenarios: town.yaml\nname: second\n", "b.yaml")
    name, plans = load_plans(plan("plans: [a.yaml, b.yaml]"))
    assert (name, [one.title for one in plans]) == ("p", ["a", "second"])
    assert load_plans(plan("name: both\nplans: a.yaml"))[0] == "both"
    assert load_plans(plan(BASE))[0] is None
    plan("name: a\nscenarios: town.yaml\nshemes: ralc\n", "c.yaml")
    assert len(told(plan("plans: [a.yaml, c.yaml, gone.yaml]"))) == 2
    plan("name: a\nscenarios: town.yaml\n", "c.yaml")
    assert told(plan("plans:\n  - a.yaml\n  - c.yaml\n")) == [
        "p.yaml:3: 'plans.1' must have another name than a plan before it (got 'a')."
    ]
    assert "is no key of a plan" in told(plan("plans: a.yaml\nscenarios: town.yaml"))[0]
    assert told(plan("plans: []")) == ["p.yaml:1: 'plans' must not be empty (got [])."]
