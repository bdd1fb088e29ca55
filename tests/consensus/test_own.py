from __future__ import annotations

import numpy as np
import pytest

from qvecsim.consensus.own import Own
from qvecsim.errors import PluginError, PluginRaisedError, ScenarioError
from qvecsim.scenario.parameters import Chain

STAKE, VOTES = np.array([5, 0, 7]), np.array([1, 1, 1])


class Rules:
    """Answers what it is told to."""

    def __init__(self, answer):
        self.answer = answer

    def elect(self, stake_bit, votes, head):
        return self.answer(stake_bit)

    def settle(self, stake_bit, producer, valid, prm):
        return self.answer(stake_bit)


def own(answer):
    return Own("mine:rules", Rules(answer))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda stake: 3, "a validator's index, from 0 to 2 (got 3)."),
        (lambda stake: -1, "a validator's index, from 0 to 2 (got -1)."),
        (lambda stake: 1.0, "a validator's index, an integer (got 1.0)."),
        (lambda stake: None, "a validator's index, an integer (got None)."),
        (lambda stake: True, "a validator's index, an integer (got bool)."),
        (lambda stake: stake, "a validator's index, an integer (got ndarray)."),
    ],
)
def test_who_is_elected_must_be_a_validator(answer, told):
    with pytest.raises(PluginError) as caught:
        own(answer).elect(STAKE, VOTES, b"")
    assert str(caught.value) == f"'chain.consensus' mine:rules, elect, must return {told}"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda stake: None, "the stakes as a NumPy array of numbers (got None)."),
        (lambda stake: stake.tolist(), "the stakes as a NumPy array of numbers (got list)."),
        (lambda stake: stake > 0, "the stakes as a NumPy array of numbers (got bool)."),
        (lambda stake: stake[:2], "3 stakes, one for each validator (got shape (2,))."),
        (lambda stake: stake[:, None], "3 stakes, one for each validator (got shape (3, 1))."),
        (lambda stake: stake - 6, "finite stakes from 0 on (got -1 at 0)."),
        (lambda stake: stake / [1, 1, np.nan], "finite stakes from 0 on (got nan at 2)."),
        (lambda stake: stake * [1, np.inf, 1] + [0, np.inf, 0], "finite stakes from 0 on (got nan at 1)."),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_what_is_settled_must_be_stakes(answer, told):
    with pytest.raises(PluginError) as caught:
        own(answer).settle(STAKE, 0, True, Chain())
    assert str(caught.value) == f"'chain.consensus' mine:rules, settle, must return {told}"


def test_what_it_raises_is_the_cause():
    def fail(stake):
        raise KeyError("stake")

    with pytest.raises(
        PluginRaisedError, match=r"^'chain\.consensus' mine:rules raised KeyError: 'stake' \(.*:\d+\)\.$"
    ) as e:
        own(fail).elect(STAKE, VOTES, b"")
    assert isinstance(e.value.__cause__, KeyError)
    assert e.value.exit_code == 1


def test_sound_answers_are_handed_on_and_the_state_is_out_of_reach():
    def spend(stake):
        stake[0] = 0
        return stake

    assert own(lambda stake: np.int32(2)).elect(STAKE, VOTES, b"") == 2
    assert own(spend).settle(STAKE, 0, True, Chain()).tolist() == [0, 0, 7]
    assert STAKE.tolist() == [5, 0, 7]


@pytest.mark.parametrize("missing", ["elect", "settle"])
def test_rules_without_a_function_are_refused(missing):
    rules = type("Half", (), {name: lambda *_: 0 for name in ("elect", "settle") if name != missing})
    with pytest.raises(ScenarioError, match=rf"'chain\.consensus' must have a function '{missing}' \(got 'm:Half'\)"):
        Own("m:Half", rules)
