"""From what a scenario says to who is absent or Byzantine."""

from __future__ import annotations

from pathlib import Path

import pytest

from qvecsim.consensus.validators import parties
from qvecsim.errors import ScenarioError
from qvecsim.scenario import dump, load
from qvecsim.scenario.parameters import Validators
from qvecsim.streams import Streams

NAMES = ("north", "east", "south", "west", "mid")


def of(seed=1, names=NAMES, **chosen):
    return parties(Validators.model_validate(chosen), names, Streams(seed))


def test_by_default_all_are_honest():
    assert of().honest.all()


def test_lists_name_or_number_them():
    found = of(byzantine=["west", 0], absent=["mid"], behaviour="invalid")
    assert found.byzantine.tolist() == [True, False, False, True, False]
    assert found.absent.tolist() == [False, False, False, False, True]
    assert found.honest.tolist() == [False, True, True, False, False]
    assert found.behaviour == "invalid"


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.2, 1), (0.21, 2), (0.34, 2), (0.4, 2), (0.6, 3), (1.0, 5)])
def test_a_share_is_the_fewest_that_hold_it(share, count):
    assert of(byzantine=share).byzantine.sum() == count
    assert of(absent=share).absent.sum() == count
    assert of(byzantine=share, names=tuple("abcdefghij")).byzantine.sum() == -(-round(share * 1000) // 100)


def test_shares_are_drawn_by_the_seed_and_never_twice():
    drawn = {tuple(of(seed, byzantine=0.4, absent=0.4).byzantine) for seed in range(30)}
    assert len(drawn) > 5
    for seed in range(30):
        found = of(seed, byzantine=["north"], absent=0.8)
        assert found.absent.tolist() == [False] + [True] * 4
        assert of(seed, byzantine=0.4, absent=0.6).honest.sum() == 0


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (
            {"absent": ["noth"]},
            "'chain.validators.absent' must name roadside units (got 'noth'). Did you mean 'north'?",
        ),
        ({"byzantine": [5]}, "'chain.validators.byzantine' must number roadside units, from 0 to 4 (got 5)."),
        ({"byzantine": ["#"]}, "'chain.validators.byzantine' must number roadside units, from 0 to 4 (got )."),
        ({"absent": [1, "east"]}, "'chain.validators.absent' must name each validator once (got 'east' again)."),
        (
            {"absent": ["east"], "byzantine": [1]},
            "'chain.validators.absent' must not name a Byzantine validator (got 'east').",
        ),
        (
            {"absent": ["east"], "byzantine": 0.9},
            "'chain.validators.byzantine' must leave other validators as they are (got 0.9 of 5, which is 5, and only "
            "4 are free).",
        ),
    ],
)
def test_what_no_validators_are(chosen, told):
    with pytest.raises(ScenarioError) as caught:
        of(**chosen)
    assert str(caught.value) == told


URBAN = Path(__file__).parents[2] / "scenarios" / "urban.yaml"


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("byzantine=1.2", "'chain.validators.byzantine' must be at most 1 (got 1.2)."),
        (
            "absent=half",
            "'chain.validators.absent' must be a share from 0 to 1, or a list of roadside units",
        ),
        ("absent=[r1, 1.5]", "'chain.validators.absent.1' must be the name of a roadside unit, or its number, from 0"),
        ("behaviour=equivocat", "Did you mean 'equivocate'?"),
        ("byzantine=0.5", "'chain.validators.absent' must be at most 1 together with 'byzantine', which is 0.5"),
    ],
)
def test_what_no_scenario_may_say(override, told):
    with pytest.raises(ScenarioError) as caught:
        load(URBAN, "chain.validators.absent=0.6", f"chain.validators.{override}")
    assert told in str(caught.value)


def test_a_written_scenario_is_read_again_as_it_was(tmp_path):
    scenario = load(
        URBAN, "chain.validators.absent=[2, r1]", "chain.validators.byzantine=0.25", "world.trace=a.fcd.xml"
    )
    assert (scenario.chain.validators.absent, scenario.chain.validators.byzantine) == (("#2", "r1"), 0.25)
    (tmp_path / "again.yaml").write_text(dump(scenario))
    assert load(tmp_path / "again.yaml") == scenario
