from __future__ import annotations

import numpy as np
import pytest

from qvecsim.study.verdict import Curves, both, horizon, markdown, verdict

EPISODES = np.arange(0, 241, 8)


def learner(ramp, top=-60.0, seeds=(1, 2, 3), slow=1.0):
    """Rises from -100 to ``top`` within so many episodes, one for each seed, and then stays."""
    rise = np.minimum(EPISODES / np.asarray(ramp, dtype=float)[:, None], 1.0)
    slots = np.tile(EPISODES * 40.0, (len(seeds), 1))
    places = {"slots": slots, "samples": 32 * slots, "cpu_s": slow * slots / 400}
    return Curves(np.array(seeds), places, -100.0 + rise * (top + 100.0))


def found(**told):
    """Verdict on the scale on which -100 is 0 and -60 is 1."""
    return verdict(told, -100.0, -60.0, "hero")


def test_a_learner_twice_as_fast_saves_half():
    hero, other = learner([80, 96, 112]), learner([160, 192, 224])
    for row in found(hero=hero, other=other).against:
        if row.axis != "cpu_s":
            assert row.found.saved == pytest.approx(0.5, abs=0.1)
            assert row.found.faster == pytest.approx(1.0, abs=0.3)
            assert (row.reached, row.other_reached) == (3, 3)


def test_axes_may_disagree():
    rows = found(hero=learner([40, 48, 56], slow=4.0), other=learner([80, 96, 112])).against
    of = {(row.axis, row.level): row.found for row in rows}
    assert of["slots", 0.5].sooner == 1.0
    assert of["cpu_s", 0.5].sooner == 0.0


def test_who_never_gets_there_counts_the_whole_budget():
    told = found(hero=learner([40, 40, 40]), other=learner([40, 40, 40], top=-90.0))
    row = next(row for row in told.against if (row.axis, row.level) == ("slots", 0.75))
    assert (row.reached, row.other_reached) == (3, 0)
    assert row.found.saved == pytest.approx(1 - 40 / 240)
    level = next(row for row in told.levels if (row.scheme, row.axis, row.level) == ("other", "slots", 0.75))
    assert (level.reached, level.mean, level.median) == (0, 9600.0, np.inf)


def test_two_are_compared_on_the_seeds_that_both_have():
    told = {"hero": learner([40, 80, 80], seeds=(1, 2, 3)), "other": learner([80, 40, 80], seeds=(2, 3, 4))}
    assert [one.seeds.tolist() for one in both(*told.values())] == [[2, 3], [2, 3]]
    assert {one.seeds for one in found(**told).summaries} == {3}
    assert {one.seeds for one in found(**told).against} == {2}


def test_the_horizon_is_what_all_were_followed_to():
    assert horizon(np.array([[0.0, 5.0], [0.0, 7.0]]), np.array([[0.0, 6.0]])) == 5.0


def test_the_tables_tell_all_of_it():
    told = found(hero=learner([40, 48, 56]), other=learner([80, 96, 112], top=-90.0))
    text = markdown(told, "hero")
    assert len(text.splitlines()) == (2 + 2) + (1 + 2 + 2 * 12) + (1 + 2 + 12)
    assert "| `other` | slots | 0.75 | 3 | 3, 0 |" in text
    assert "never" in text
