from __future__ import annotations

import sys

import numpy as np
import pytest
from example import play, scenario_of, simulation_of, standing
from scipy import stats

from qvecsim.errors import QvecsimError
from qvecsim.units import db
from qvecsim.world.channel import CHANNELS, free_space, log_distance, reference_gain

RADIO = scenario_of().radio
OPEN = {"radio__gain_min_db": -400.0, "radio__gain_max_db": 100.0}  # nothing is clipped


def loss_db(channel, distance_m, **changes):
    radio = RADIO.model_copy(update=changes)
    return -db(float(channel(np.array([[distance_m]]), np.ones((1, 1)), radio)[0, 0]))


def test_free_space_loses_67_86_db_in_ten_metres_at_5_9_ghz():
    assert loss_db(free_space, 10.0) == pytest.approx(67.86, abs=0.005)
    assert loss_db(free_space, 1.0) == pytest.approx(47.86, abs=0.005)
    assert loss_db(free_space, 1.0) == pytest.approx(-db(reference_gain(5.9e9)))
    assert loss_db(free_space, 100.0, carrier_hz=5.9e10) - loss_db(free_space, 10.0) == pytest.approx(40.0)


@pytest.mark.parametrize("exponent", [2.0, 3.0, 4.5])
def test_log_distance_falls_ten_times_its_exponent_a_decade(exponent):
    slope = loss_db(log_distance, 500.0, exponent=exponent) - loss_db(log_distance, 50.0, exponent=exponent)
    assert slope == pytest.approx(10 * exponent)
    assert loss_db(log_distance, 1.0, exponent=exponent) == pytest.approx(loss_db(free_space, 1.0))


@pytest.mark.parametrize("name", ["log_distance", "free_space"])
def test_nearer_than_a_metre_is_a_metre(name):
    assert loss_db(CHANNELS[name], 0.0) == loss_db(CHANNELS[name], 1.0) == loss_db(CHANNELS[name], 0.5)


def fading_of(**changes):
    """Gains over their mean in 100 slots of a run, (slots, V, M)."""
    story = play(simulation_of(standing(10, 100), **OPEN, **changes), "ralc")
    mean = log_distance(story.seen[0].distance_m, np.ones((10, 4)), story.world.scenario.radio)
    return np.array([seen.gain for seen in story.seen]) / mean


def test_the_power_gain_of_rayleigh_fading_is_exponential_with_mean_one():
    fading = fading_of()
    assert fading.mean() == pytest.approx(1.0, abs=3.3 / np.sqrt(fading.size))
    assert stats.kstest(fading.ravel(), "expon").pvalue > 1e-3
    one, other = fading[1:].ravel(), fading[:-1].ravel()
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(one.size)  # a fresh one in every slot
    assert abs(np.corrcoef(fading[..., 0].ravel(), fading[..., 1].ravel())[0, 1]) < 4 / np.sqrt(1000)
    assert not np.array_equal(fading_of(seed=2), fading)


def test_free_space_does_not_fade():
    story = play(simulation_of(standing(3, 4), **OPEN, world__channel="free_space"), "ralc")
    assert all(np.array_equal(seen.gain, story.seen[0].gain) for seen in story.seen)


def test_gains_are_kept_within_their_limits_and_counted():
    story = play(simulation_of(standing(10, 5), radio__gain_min_db=-120.0, radio__gain_max_db=-110.0), "ralc")
    low, high = 1e-12, 1e-11
    hits = 0
    for seen in story.seen:
        assert ((seen.gain >= low * 0.999999) & (seen.gain <= high * 1.000001)).all()
        hits += np.count_nonzero(np.isclose(seen.gain, low, atol=0) | np.isclose(seen.gain, high, atol=0))
    assert hits == story.simulation.guards.sum() > 0


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module of the user's own in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    yield lambda text: (tmp_path / "mine.py").write_text("import numpy as np\n" + text)
    sys.modules.pop("mine", None)


def test_a_channel_may_be_ones_own(mine):
    mine(
        "def gain(distance_m, fading, radio):\n"
        "    return np.where(distance_m < 100, 1e-8, 1e-9) * (radio.exponent == 2)\n"
    )
    simulation = simulation_of(
        standing(5, 3, x_m=[0.0, 250.0, 300.0, 600.0, 900.0]), world__channel="mine:gain", radio__exponent=2.0
    )
    seen = simulation.observe()
    assert np.array_equal(seen.gain, np.where(seen.distance_m < 100, 1e-8, 1e-9))
    assert simulation.step(seen.action()).slot["vehicles"] == 5
    assert np.array_equal(simulation.fork().observe().gain, seen.gain)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("log_distanse", "", r"'world.channel' must be .*\(got 'log_distanse'\). Did you mean 'log_distance'\?"),
        (
            "nakagami",
            "",
            r"'world.channel' must be .*Known: free_space, log_distance, tr37885_highway, tr37885_urban, tr38901_umi\.",
        ),
        ("mine:loss", "gain = 1", r"'world.channel' must name something in 'mine' \(got 'loss'\)"),
        ("mine:", "", r"'world.channel' must be module:name \(got 'mine:'\)"),
        (
            "mine:gain",
            "import nothere",
            r"'world.channel': importing 'mine' failed: ModuleNotFoundError: No module named 'nothere' \(.*:2\)",
        ),
        ("mine:gain", "1 / 0", r"'world.channel': importing 'mine' failed: ZeroDivisionError: division by zero"),
        ("yours:gain", "", r"'world.channel' must name a module that can be imported \(got 'yours'"),
    ],
)
def test_a_channel_that_cannot_be_had_is_named(mine, name, text, told):
    mine(text)
    with pytest.raises(QvecsimError, match=told):
        simulation_of(standing(2, 2), world__channel=name)
