"""The seam: whole answers, bounds that always hold, links of the literature, and its place among the profiles."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from example import roaming, scenario_of, simulation_of, story_of
from hypothesis import given, settings
from hypothesis import strategies as st

from qvecsim.errors import ScenarioError
from qvecsim.physics import profile
from qvecsim.physics.field import qkd
from qvecsim.physics.field.channel import repeaterless_bound
from qvecsim.physics.field.settings import placed
from qvecsim.physics.guards import GUARDS
from qvecsim.physics.paper.qkd import entropy

from .links import GYS, LIM, MFL, channel, parameters, priced, rate

KINDS = {
    "infinite": {},
    "vacuum_weak": {"decoys": "vacuum_weak"},
    "two": {"protocol": "finite", "finite_decoys": "two"},
    "one": {"protocol": "finite", "finite_decoys": "one"},
    "bbm92": {"protocol": "bbm92"},
}


def seam_of(*, efficiency=None, temperature_k=None, drift=None, loss_db=None, km=None, intercepted=0.0, **changes):
    """What the seam answers in the first slot of a small world."""
    simulation = simulation_of(roaming(0), physics__qkd="field", **changes)
    state, scene, prm = simulation.state, simulation.world.scene, simulation.world.scenario
    nodes, links = len(scene.node), len(scene.link)
    action = simulation.observe().action()
    if efficiency is not None:
        action = dataclasses.replace(action, efficiency=np.full(nodes, efficiency))
    if temperature_k is not None:
        state = dataclasses.replace(state, temperature_k=np.full(nodes, temperature_k))
    if drift is not None:
        state = dataclasses.replace(state, drift=np.full((2, nodes), drift))
    if loss_db is not None:
        scene = dataclasses.replace(scene, link_km=np.full(links, km or 0.0), link_db=np.full(links, loss_db))
    draws = SimpleNamespace(outages=SimpleNamespace(intercepted=np.full(links, intercepted)))
    return qkd.seam(state, action, scene, draws, prm)


@pytest.mark.parametrize("field", KINDS.values(), ids=KINDS)
def test_an_eavesdropper_raises_errors_and_costs_key_until_there_is_none(field):
    kind = {f"qkd__field__{name}": value for name, value in field.items()}
    none, some, all_ = (seam_of(**kind, loss_db=3.0, intercepted=share) for share in (0.0, 0.05, 1.0))
    assert (some.qber > none.qber + 0.01).all()
    assert ((some.key_rate_bps > 0) & (some.key_rate_bps < none.key_rate_bps)).all()
    assert (all_.qber > 0.25).all()
    assert not all_.key_rate_bps.any()


@pytest.mark.parametrize("field", KINDS.values(), ids=KINDS)
def test_an_answer_is_whole(field):
    links = seam_of(**{f"qkd__field__{name}": value for name, value in field.items()})
    pairs = links.key_rate_bps.shape
    for name in ("qber", "entropy", "security_margin", "transmittance", "priced_bps"):
        assert getattr(links, name).shape == pairs, name
        assert np.isfinite(getattr(links, name)).all(), name
    assert (links.key_rate_bps > 0.0).all()
    assert links.entropy == pytest.approx(entropy(links.qber))
    assert links.efficiency.tolist() == [0.045, 0.045]
    assert not links.guards.any()
    assert not links.violations.any()
    assert links.priced_bps.tolist() == links.key_rate_bps.tolist()


def test_the_margin_is_the_share_that_is_given_up():
    links = seam_of(loss_db=10.0, qkd__field__mu=0.48)
    sifted = 0.5 * (1.7e-6 - np.expm1(-0.48 * 0.045 * 0.1)) * 1e9
    assert links.key_rate_bps == pytest.approx(sifted * (1.0 - links.security_margin))
    assert seam_of(loss_db=80.0).security_margin == pytest.approx(1.0)


def test_a_link_whose_whole_loss_is_given():
    given_db = seam_of(loss_db=10.5, qkd__field__mu=0.48)
    assert given_db.key_rate_bps == pytest.approx(1e9 * 2.22595e-4, rel=1e-5)
    as_length = seam_of(loss_db=0.5, km=50.0, qkd__field__mu=0.48)
    assert as_length.key_rate_bps == pytest.approx(given_db.key_rate_bps, rel=1e-12)


def test_the_action_s_level_scales_the_efficiency():
    links = seam_of(efficiency=0.8)
    assert links.efficiency.tolist() == pytest.approx([0.036, 0.036])
    assert (links.key_rate_bps < seam_of().key_rate_bps).all()
    assert (links.qber > seam_of().qber).all()
    assert (seam_of(efficiency=0.0).key_rate_bps == 0.0).all()


def test_a_warm_detector_makes_less_key():
    usual, warm = seam_of(loss_db=25.0), seam_of(loss_db=25.0, temperature_k=313.15)
    assert warm.efficiency.tolist() == pytest.approx([0.045 * 0.94] * 2)
    assert (warm.qber > usual.qber).all()
    assert (warm.key_rate_bps < usual.key_rate_bps).all()
    cold = seam_of(loss_db=25.0, temperature_k=273.15)
    assert (cold.key_rate_bps > usual.key_rate_bps).all()


def test_an_impossible_efficiency_is_a_guard():
    links = seam_of(qkd__field__efficiency=1.0, temperature_k=283.15)
    assert links.efficiency.tolist() == [1.0, 1.0]
    assert links.guards[GUARDS.index("eq3.clamp")] == 2


def test_drift_of_the_phase_costs_key():
    still, drifted = seam_of(), seam_of(drift=1.5, qkd__field__misalignment_drift_rad=0.2)
    assert (drifted.qber > still.qber).all()
    assert (drifted.key_rate_bps < still.key_rate_bps).all()
    assert seam_of(drift=1.5).key_rate_bps == pytest.approx(still.key_rate_bps)


def test_dead_time_and_cap():
    free, dead, capped = (
        seam_of(loss_db=3.0),
        seam_of(loss_db=3.0, qkd__field__dead_time_s=1e-6),
        seam_of(loss_db=3.0, qkd__field__post_processing_cap_bps=1e5),
    )
    assert 0.0 < dead.key_rate_bps[0] < 1e6 < free.key_rate_bps[0]
    assert (capped.key_rate_bps == 1e5).all()
    pairs = {"qkd__field__protocol": "bbm92", "qkd__field__mu": 0.1, "loss_db": 3.0}
    click = priced(3.0, parameters(protocol="bbm92", mu=0.1)).click
    lost = seam_of(**pairs, qkd__field__dead_time_s=1e-7).key_rate_bps / seam_of(**pairs).key_rate_bps
    assert lost == pytest.approx((1.0 + 1e9 * click * 1e-7)[0] ** -2)


def test_above_the_abort_threshold_there_is_no_key():
    q = parameters(**GYS)
    assert rate(10.0, q) > 0.0
    assert rate(10.0, q, abort_qber=0.03) == 0.0
    assert rate(10.0, q, abort_qber=None) == rate(10.0, q)
    assert rate(10.0, parameters(**GYS | {"misalignment": 0.12})) == 0.0


@given(
    st.sampled_from(list(KINDS.values())),
    st.floats(0.0, 1.0),
    st.floats(0.0, 0.1),
    st.floats(0.0, 0.5),
    st.floats(1e-3, 3.0),
)
def test_no_link_beats_the_repeaterless_bound_and_more_loss_never_helps(kind, efficiency, dark, misalignment, mu):
    loss_db = np.arange(0.0, 60.0, 2.0)
    field = kind | {"efficiency": efficiency, "dark_per_gate": dark, "misalignment": misalignment, "mu": mu}
    fixed = {"weak": 0.3 * mu, "vacuum": 1e-5, "key_basis": 0.8, "signal_share": 0.5, "weak_share": 0.3}
    q = parameters(**field, **fixed)
    key, found = priced(loss_db, q), rate(loss_db, q)
    assert (found <= repeaterless_bound(channel(loss_db, q).transmittance)).all()
    assert (found >= 0.0).all()
    assert ((key.qber >= 0.0) & (key.qber <= 0.5 + 1e-12)).all()
    assert (np.diff(np.round(key.sifted, 15)) <= 0.0).all()


@pytest.mark.parametrize("field", [{}, {"decoys": "vacuum_weak"}, LIM, LIM | {"finite_decoys": "one"}, MFL])
def test_the_best_rate_falls_with_loss(field):
    found = rate(np.linspace(0.0, 60.0, 25), parameters(**field))
    assert (np.diff(found) <= 0.0).all()
    assert found[0] > 0.0
    assert found[-1] < 1e-9


@settings(max_examples=50)
@given(
    st.sampled_from(list(KINDS.values())),
    st.one_of(st.none(), st.floats(0.01, 3.0)),
    st.one_of(st.none(), st.floats(0.01, 0.9)),
    st.one_of(st.none(), st.floats(0.01, 0.45)),
    st.one_of(st.none(), st.floats(0.01, 0.45)),
    st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5),
)
def test_settings_are_always_allowed(kind, mu, ratio, first, second, shares):
    weak = None if ratio is None or mu is None else 1e-3 + ratio * (mu - 3e-3)
    q = parameters(**kind, mu=mu, weak=weak, signal_share=first, weak_share=second)
    names = ("mu", "weak", "key_basis", "signal_share", "weak_share")
    found = placed({name: np.asarray(share) for name, share in zip(names, shares, strict=True)}, q)
    assert found["mu"] > 0.0
    if kind != KINDS["bbm92"]:
        assert 0.0 < found["weak"] < found["mu"]
    if kind.get("protocol") == "finite":
        assert 0.0 < found["signal_share"] < 1.0
        assert 0.1 <= found["key_basis"] < 1.0
    if kind == KINDS["two"]:
        assert found["mu"] > found["weak"] + 2e-4 > 4e-4
        assert found["signal_share"] + found["weak_share"] < 1.0


# Loss, published rate, clock and receiver of links in the ground: Dynes et al. (2019), Cambridge; Sasaki et al. (2011),
# Tokyo; Peev et al. (2009), Vienna, whose receiver is like that of GYS. Receivers of the others are assumed.
GHZ = {"clock_hz": 1e9, "efficiency": 0.1, "dark_per_gate": 2e-5, "misalignment": 0.033}
DEPLOYED = {
    "CAPE-TREL": (3.9, 2.58e6, GHZ),
    "TREL-ENGI": (4.2, 2.40e6, GHZ),
    "ENGI-CAPE": (2.5, 2.22e6, GHZ),
    "Tokyo, TREL": (14.5, 304e3, GHZ),
    "Tokyo, NEC-NICT": (14.5, 81.7e3, GHZ),
    "Vienna, Toshiba": (7.5, 3.1e3, GYS | {"clock_hz": 7e6}),
}


@pytest.mark.parametrize(("loss_db", "published_bps", "field"), DEPLOYED.values(), ids=DEPLOYED)
def test_links_in_the_ground_make_what_is_published_within_three(loss_db, published_bps, field):
    given_to = {f"qkd__field__{name}": value for name, value in field.items()}
    made = seam_of(loss_db=loss_db, **given_to, qkd__field__post_processing_cap_bps=3e6).key_rate_bps[0]
    assert published_bps / 3.0 < made < published_bps * 3.0


def test_the_link_of_vienna_is_met_closely():
    q = parameters(**GYS, clock_hz=7e6)
    assert 7e6 * rate(7.5, q)[0] == pytest.approx(3.13e3, rel=5e-3)
    assert 7e6 * rate(7.5, q)[0] == pytest.approx(3.1e3, rel=0.02)


@pytest.mark.parametrize("others", ["paper", "amended"])
def test_it_works_beside_the_other_profiles(others):
    story = story_of(0, "roulette", steps=8, profile=others, physics__qkd="field", sources__pair_rate="equation")
    assert (story.states[-1].key_bit > 0).any()
    assert (story.states[-1].links.key_rate_bps > 1e5).all()


def test_a_run_is_as_it_was():
    one, two = (story_of(0, "greedy", steps=6, physics__qkd="field") for _ in range(2))
    assert one.states[-1].fingerprint == two.states[-1].fingerprint


def test_quantities_from_a_table_are_refused():
    for name in ("pair_rate", "visibility", "qber"):
        with pytest.raises(ScenarioError, match=rf"^'sources\.{name}' must be 'equation' with 'physics\.qkd: field'"):
            profile.profile(scenario_of(physics__qkd="field", **{f"sources__{name}": "table"}))


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ({"mu": 0.3, "weak": 0.3}, "mu"),
        ({"weak": 1e-4}, "weak"),
        ({"protocol": "finite", "mu": 0.3, "weak": 0.2999}, "mu"),
        ({"signal_share": 0.6, "weak_share": 0.4}, "weak_share"),
    ],
)
def test_settings_that_do_not_fit_are_refused(field, key):
    with pytest.raises(ValueError, match=f"'?{key}'?|rule") as refusal:
        parameters(**field)
    assert key in str(refusal.value)
