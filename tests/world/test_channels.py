"""The channels of 3GPP: printed formulas, places that are remembered by nobody, fading against its distributions."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from example import few, play, roaming, same, scenario_of, simulation_of, standing
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qvecsim.errors import QvecsimError
from qvecsim.kernel.simulation import Simulation
from qvecsim.streams import Streams
from qvecsim.world.channels import pathloss, sight, street
from qvecsim.world.channels.fading import fading, rician
from qvecsim.world.channels.landscape import WAVES, height, waves
from qvecsim.world.channels.surroundings import Surroundings

GHZ_5_9 = 5.9e9
METRES = np.array([10.0, 50.0, 100.0, 200.0, 500.0])
# TR 37.885, table 6.2.1-1, and TR 38.901, table 7.4.1-1, worked out at 5.9 GHz; UMi before its breakpoint.
LOSSES_DB = {
    "urban LOS": (69.4995, 81.1723, 86.1995, 91.2267, 97.8723),
    "urban NLOS": (81.4191, 102.388, 111.419, 120.45, 132.388),
    "highway LOS": (67.817, 81.7964, 87.817, 93.8376, 101.796),
    "UMi LOS": (68.817, 83.4954, 89.817, 96.1387, 104.495),
    "UMi NLOS": (74.1191, 98.7928, 109.419, 120.046, 134.093),
}
FAR = (200.0, 1.5)  # a mast so high that its breakpoint is beyond all of these
FORMULAS = {
    "urban LOS": pathloss.urban_los_db,
    "urban NLOS": pathloss.urban_nlos_db,
    "highway LOS": pathloss.highway_los_db,
    "UMi LOS": lambda d, f: pathloss.umi_los_db(d, f, *FAR),
    "UMi NLOS": lambda d, f: pathloss.umi_nlos_db(d, f, *FAR),
}


@pytest.mark.parametrize("name", LOSSES_DB)
def test_path_loss_at_5_9_ghz(name):
    """Case radio.pl."""
    assert FORMULAS[name](METRES, GHZ_5_9) == pytest.approx(LOSSES_DB[name], abs=1e-3)


def test_nlos_of_a_street_is_never_less_than_los():
    metres = np.geomspace(1, 5000, 200)
    heights = (10.0, 1.5)
    los, nlos = (law(metres, GHZ_5_9, *heights) for law in (pathloss.umi_los_db, pathloss.umi_nlos_db))
    assert (nlos >= los).all()
    assert (nlos > los).any()


def test_the_street_canyon_breaks_where_the_standard_says():
    # 4 h'_BS h'_UT f / c with effective heights of one metre less.
    edge_m = pathloss.breakpoint_m(GHZ_5_9, 10.0, 1.5)
    assert edge_m == pytest.approx(4 * 9 * 0.5 * 5.9e9 / 299_792_458.0)
    assert edge_m == pytest.approx(354.2, abs=0.1)
    assert pathloss.breakpoint_m(GHZ_5_9, 10.0, 1.0) == np.inf

    def at(ground_m):
        return pathloss.umi_los_db(np.hypot(np.asarray(ground_m), 8.5), GHZ_5_9, 10.0, 1.5)

    before, after = at([edge_m * (1 - 1e-9), edge_m * (1 + 1e-9)])
    assert before == pytest.approx(after, abs=1e-6)
    far = at([edge_m * 4, edge_m * 40])
    assert far[1] - far[0] == pytest.approx(40.0, abs=0.01)
    near = at([edge_m / 20, edge_m / 2])
    assert near[1] - near[0] == pytest.approx(21.0, abs=1.0)


def test_probabilities_of_sight():
    assert sight.urban_los(np.array([0.0, 100.0, 1000.0])) == pytest.approx(
        [1.0, 1.05 * np.exp(-1.14), 1.175e-5], rel=1e-3
    )
    assert sight.highway_los(np.array([0.0, 100.0, 475.0, 475.001, 1015.0, 2000.0])) == pytest.approx(
        [1.0, 0.840313, 0.543406, 0.54, 0.0, 0.0], abs=1e-5
    )
    assert sight.umi_los(np.array([0.0, 18.0])) == pytest.approx([1.0, 1.0])
    assert sight.umi_los(np.array([100.0])) == pytest.approx([0.18 + 0.82 * np.exp(-100 / 36)])


@given(st.lists(st.floats(0, 3000), min_size=2, max_size=30))
def test_sight_is_a_probability_and_falls_with_distance(metres):
    metres = np.sort(np.array(metres))
    for law in (sight.urban_los, sight.highway_los, sight.umi_los):
        found = law(metres)
        assert ((found >= 0) & (found <= 1)).all()
        assert (np.diff(found) <= 1e-12).all()


def test_a_vehicle_in_between_costs_by_the_heights_of_the_antennas():
    metres = np.array([10.0, 10000.0])
    ramp = np.array([0.0, 15 * 4 - 41.0])
    for heights, mean, spread in (((4.0, 5.0, 3.0), None, 0.0), ((1.6, 2.0, 3.0), 9, 4.5), ((1.6, 5.0, 3.0), 5, 4.0)):
        cost, deviation = pathloss.blockage_db(metres, *heights)
        assert deviation == spread
        assert cost == pytest.approx(np.zeros(2) if mean is None else mean + ramp)


def test_the_distribution_function_is_the_normal_one():
    points = np.linspace(-8, 8, 4001)
    assert np.abs(sight.uniform(points) - stats.norm.cdf(points)).max() < 7.5e-8


def many(landscapes=8000, name="test"):
    return waves.__wrapped__(Streams(7), name, landscapes)


def test_shadowing_is_normal_with_the_autocorrelation_of_its_distance():
    """Gudmundson's exp(-d/d0) over the distance travelled, in every direction, in the mean over landscapes."""
    of, away = many(), np.array([0.0, 2.0, 5.0, 10.0, 20.0, 50.0])
    for turn in (0.0, 0.7, 2.1):
        # Far from the origin, where a phase is large.
        heights = height(of, 5000.0 + away * np.cos(turn), -3000.0 + away * np.sin(turn), 10.0)
        found = (heights * heights[0]).mean(axis=1)
        spread = (heights * heights[0]).std(axis=1, ddof=1) / np.sqrt(heights.shape[1])
        assert (np.abs(found - np.exp(-away / 10.0)) < 3.9 * spread).all(), turn
        assert np.abs(heights.mean(axis=1)).max() < 3.9 / np.sqrt(heights.shape[1])
    assert stats.kstest(heights[0], "norm").pvalue > 1e-3


def test_one_landscape_has_the_variance_and_correlation_in_space_too():
    # A single run has one landscape a unit: along 4,000 decorrelation distances its averages are those of the ensemble.
    east = np.arange(0.0, 40_000.0, 5.0)
    heights = height(many(6), east, np.full(len(east), 77.0), 10.0)
    assert heights.var(axis=0) == pytest.approx(np.ones(6), abs=0.12)
    for lag in (1, 2, 4):
        found = (heights[lag:] * heights[:-lag]).mean(axis=0)
        assert found.mean() == pytest.approx(np.exp(-5.0 * lag / 10.0), abs=0.05)


def test_units_and_names_have_landscapes_of_their_own():
    east = np.arange(0.0, 20_000.0, 40.0)
    one, other = (height(many(2, name), east, east, 10.0) for name in ("a", "b"))
    both = np.corrcoef(np.concatenate([one, other], axis=1).T)
    assert np.abs(both[np.triu_indices(4, 1)]).max() < 4 / np.sqrt(len(east))
    assert waves(Streams(7), "a", 3) is waves(Streams(7), "a", 3)
    assert not np.array_equal(many(2).east, waves.__wrapped__(Streams(7, 1), "test", 2).east)
    assert many(3).east.shape == (3, WAVES)


RADIO = scenario_of().radio


@pytest.mark.parametrize("k", [0.0, 1.0, 8.0])
def test_rician_fading_has_its_distribution(k):
    draw = np.random.default_rng(3)
    gains = rician(draw.standard_exponential(20_000), 2 * np.pi * draw.random(20_000), k)
    # 2 (1 + K) times the gain is non-central chi square with 2 degrees of freedom and non-centrality 2 K.
    law = stats.ncx2(2, 2 * k) if k else stats.chi2(2)
    assert stats.kstest(2 * (1 + k) * gains, law.cdf).pvalue > 1e-3
    assert gains.mean() == pytest.approx(1.0, abs=4 / np.sqrt(20_000))


def test_the_kinds_of_fading_share_what_is_scattered():
    kinds = {
        kind: fading(Streams(1), 5, (40, 3), RADIO.model_copy(update={"fading": kind}))
        for kind in ("rayleigh", "rician", "none")
    }
    assert np.array_equal(kinds["rayleigh"].gain, kinds["rician"].scattered)
    assert not np.array_equal(kinds["rician"].gain, kinds["rician"].scattered)
    assert (kinds["none"].gain == 1).all()
    assert (kinds["none"].scattered == 1).all()


def around(vehicles, seed=1, x_m=None):
    place = np.linspace(0, 3000, vehicles) if x_m is None else np.asarray(x_m, dtype=float)
    zeros = np.zeros(vehicles)
    ones = np.ones((vehicles, 2))
    return Surroundings(np.arange(vehicles), place, zeros, zeros, np.zeros(2), np.zeros(2), 0, 0.0, Streams(seed), ones)


PLAIN = {"fading": "none", "shadow_db": 0.0}


def loss_db(model, metres, **changes):
    metres = np.repeat(np.asarray(metres, dtype=float)[:, None], 2, axis=1)
    radio = RADIO.model_copy(update=PLAIN | changes)
    return -10 * np.log10(model(metres, np.ones(metres.shape), radio, around(len(metres))))[:, 0]


def test_a_link_in_sight_without_shadows_has_the_path_loss_of_its_slope():
    level = RADIO.rsu_antenna_m - RADIO.vehicle_antenna_m
    for model, law in ((street.urban, pathloss.urban_los_db), (street.highway, pathloss.highway_los_db)):
        assert loss_db(model, METRES, sight="los") == pytest.approx(law(np.hypot(METRES, level), GHZ_5_9))
    assert loss_db(street.urban, METRES, sight="nlos") == pytest.approx(
        pathloss.urban_nlos_db(np.hypot(METRES, level), GHZ_5_9)
    )
    umi = pathloss.umi_los_db(np.hypot(METRES, level), GHZ_5_9, 5.0, 1.6)
    assert loss_db(street.umi, METRES, sight="los") == pytest.approx(umi)


@pytest.mark.parametrize("model", [street.urban, street.highway, street.umi])
def test_only_a_link_in_sight_has_the_direct_path(model):
    metres, seen = np.full((5, 2), 80.0), around(5)
    for state, factor in (("los", 3.0), ("nlosv", 1.0), ("nlos", 1.0)):
        radio = RADIO.model_copy(update=PLAIN | {"sight": state})
        direct, without = (model(metres, np.full(metres.shape, gain), radio, seen) for gain in (3.0, 1.0))
        assert direct == pytest.approx(factor * without)


@pytest.mark.parametrize("model", [street.urban, street.highway, street.umi])
def test_what_blocks_the_sight_costs_and_nothing_gains(model):
    metres = np.full(2000, 120.0)
    clear, blocked, hidden = (loss_db(model, metres, sight=state) for state in ("los", "nlosv", "nlos"))
    assert (blocked >= clear - 1e-9).all()
    assert (hidden > clear).all()
    extra = blocked - clear
    # max(0, N(5, 4)): its mean, but for what lies below 0, and the correlation of places.
    mean = 5 * stats.norm.cdf(5 / 4) + 4 * stats.norm.pdf(5 / 4)
    assert extra.mean() == pytest.approx(mean, abs=1.5)


@pytest.mark.parametrize(
    ("model", "law"),
    [(street.urban, sight.urban_los), (street.highway, sight.highway_los), (street.umi, sight.umi_los)],
)
def test_links_are_in_sight_as_often_as_the_probability_says(model, law):
    places = np.linspace(0, 100_000, 4000)  # half a decorrelation distance apart
    for metres in (30.0, 100.0, 300.0):
        distance_m = np.full((4000, 2), metres)
        which = {street.urban: street.URBAN, street.highway: street.HIGHWAY, street.umi: street.UMI}[model]
        found = street.states(which, distance_m, RADIO, around(4000, x_m=places))
        assert (found == sight.LOS).mean() == pytest.approx(float(law(np.array([metres]))[0]), abs=0.06)
        assert set(np.unique(found)) <= {sight.LOS, which.otherwise}


def test_shadowing_is_normal_in_decibels():
    metres = np.full(4000, 100.0)
    radio = RADIO.model_copy(update={"fading": "none", "sight": "nlos"})
    places = around(4000, x_m=np.linspace(0, 400_000, 4000))
    found = -10 * np.log10(street.umi(np.full((4000, 2), 100.0), np.ones((4000, 2)), radio, places))
    shadow = found[:, 0] - loss_db(street.umi, metres, sight="nlos")[0]
    assert shadow.std() == pytest.approx(7.82, abs=0.4)
    assert stats.kstest(shadow / 7.82, "norm").pvalue > 1e-3


def test_places_and_not_vehicles_are_in_the_shadow():
    story = play(simulation_of(standing(3, 4, x_m=[100.0, 100.0, 900.0]), **three("tr38901_umi")), "ralc")
    first = story.seen[0].gain
    assert np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], first[2])
    assert all(np.array_equal(seen.gain, first) for seen in story.seen)  # nobody moves, nothing fades
    assert not np.array_equal(play(simulation_of(standing(3, 1), seed=2, **three("tr38901_umi"))).seen[0].gain, first)


def three(name):
    """A channel without fading."""
    return {"world__channel": name, "radio__fading": "none", "radio__gain_min_db": -400.0}


@few
@given(
    name=st.sampled_from(["tr37885_urban", "tr37885_highway", "tr38901_umi"]),
    kind=st.sampled_from(["rayleigh", "rician"]),
    seed=st.integers(0, 2**32),
)
def test_a_run_taken_up_from_its_state_meets_the_same_channel(name, kind, seed):
    make = simulation_of(roaming(seed, 6, 8), seed=seed, world__channel=name, radio__fading=kind)

    def continued(simulation):
        return Simulation(simulation.world.scenario, world=simulation.world, state=simulation.state)

    one, other = play(make.fork()), play(make, renew=continued)
    assert same(one.states, other.states)
    assert same(one.seen, other.seen)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module of the user's own in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    yield lambda text: (tmp_path / "mine.py").write_text("import numpy as np\n" + text)
    sys.modules.pop("mine", None)


def test_a_channel_of_ones_own_may_ask_where_the_vehicles_are(mine):
    mine(
        "def gain(distance_m, fading, radio, surroundings):\n"
        "    s = surroundings\n"
        "    assert s.speed_m_s.shape == s.x_m.shape == s.vehicle.shape == distance_m.shape[:1]\n"
        "    assert s.rsu_x_m.shape == distance_m.shape[1:] and s.time_s == float(s.slot)\n"
        "    luck = s.streams.at('mine', s.slot).random()\n"
        "    return np.broadcast_to(1e-8 * (1 + s.x_m[:, None] + luck), distance_m.shape).copy()\n"
    )
    story = play(simulation_of(standing(3, 3, x_m=[0.0, 1.0, 2.0]), world__channel="mine:gain"), "ralc")
    luck = story.seen[1].gain[0, 0] / 1e-8 - 1
    assert 0 < luck < 1
    assert story.seen[1].gain[:, 0] == pytest.approx(1e-8 * (1 + np.arange(3) + luck))


def test_a_channel_of_ones_own_cannot_move_the_vehicles(mine):
    mine("def gain(distance_m, fading, radio, surroundings):\n    surroundings.x_m += 1.0\n    return fading\n")
    with pytest.raises(QvecsimError, match=r"'world.channel' mine:gain raised ValueError: .*read-only"):
        simulation_of(standing(2, 2), world__channel="mine:gain")


def test_a_channel_of_ones_own_that_takes_three_is_asked_with_three(mine):
    mine("def gain(distance_m, fading, radio, floor=1e-9):\n    return np.full(distance_m.shape, floor)\n")
    assert (simulation_of(standing(2, 2), world__channel="mine:gain").observe().gain == 1e-9).all()
