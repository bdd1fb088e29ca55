"""Measured key rates: pools fill by the integral of the series, whatever model computes the other links."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from example import S, few, play, roaming, scenario_of, simulation_of, standing
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.errors import ScenarioError
from qvecsim.kernel.simulation import Simulation
from qvecsim.world.rates import slot_means
from qvecsim.world.world import build


def measured(folder, text, trace=None, **changes):
    path = folder / "rate.csv"
    path.write_text(text)
    return simulation_of(trace or roaming(1, steps=10), rate__file=str(path), **changes)


def refusal(tmp_path, text):
    with pytest.raises(ScenarioError) as caught:
        measured(tmp_path, text)
    return str(caught.value).removeprefix(str(tmp_path / "rate.csv"))


STEPS = st.lists(
    st.tuples(st.integers(0, 12 * S), st.integers(0, 10**9)), min_size=1, max_size=12, unique_by=lambda s: s[0]
)


@few
@given(STEPS, st.sampled_from([S, S // 3, 5 * S]))
def test_the_mean_of_a_slot_is_the_exact_integral_of_the_steps(samples, slot_ns):
    samples.sort()
    edges_ns = 2 * S + slot_ns * np.arange(8)
    time_ns, rate_bps = (np.array(column) for column in zip(*samples, strict=True))
    means = slot_means(time_ns, rate_bps.astype(float), edges_ns)
    for slot, mean in enumerate(means):
        begin, end = 2 * S + slot * slot_ns, 2 * S + (slot + 1) * slot_ns
        bounds = [begin, *(time for time, _ in samples if begin < time < end), end]
        area = Fraction(0)
        for left, right in pairwise(bounds):
            rate = ([rate for time, rate in samples if time <= left] or [samples[0][1]])[-1]
            area += rate * (right - left)
        assert mean == pytest.approx(float(area / slot_ns), rel=1e-14)
        if len(bounds) == 2:
            assert mean == area / slot_ns  # nothing changed within the slot: to the last bit


@few
@given(seed=st.integers(0, 99), profile=st.sampled_from(["amended", "paper"]))
def test_pools_are_filled_with_the_integral_of_the_series(tmp_path_factory, seed, profile):
    draw = np.random.default_rng(seed)
    times = np.sort(draw.choice(9_000, 15, replace=False)) / 1000
    rates = draw.uniform(0, 5000, 15).round(3)
    trace = roaming(seed, steps=10, begin_ns=100 * S)
    scene = simulation_of(trace, profile=profile).world.scene
    link = scene.rsu_link[1]
    rows = "".join(f"{100 + t},{scene.link[link]},{r}\n" for t, r in zip(times, rates, strict=True))
    folder = tmp_path_factory.mktemp("rates")
    story = play(measured(folder, "time_s,link,rate_bps\n" + rows, trace, profile=profile), "nearest")
    whole = rates[0] * times[0] + float((rates * np.diff(times, append=10.0)).sum())
    made = sum(int(outcome.links["generated_bit"][link]) for outcome in story.outcomes)
    assert made == pytest.approx(whole, abs=1.0)
    told = [outcome.links["key_rate_bps"][link] for outcome in story.outcomes]
    assert sum(told) == pytest.approx(whole)
    assert [seen.key_rate_bps[1] for seen in story.seen] == [told[0], *told[:-1]]  # before the first slot, as in it


def test_links_that_are_not_named_are_computed(tmp_path):
    plain = play(simulation_of(roaming(1, steps=10)), "nearest")
    story = play(measured(tmp_path, "time_s,q0-r0\n0,777.25\n"), "nearest")
    assert story.world.scene.link == plain.world.scene.link
    own = story.world.scene.link.index("q0-r0")
    for one, other in zip(story.outcomes, plain.outcomes, strict=True):
        assert one.links["key_rate_bps"][own] == 777.25
        assert np.array_equal(np.delete(one.links["key_rate_bps"], own), np.delete(other.links["key_rate_bps"], own))
        assert one.slot["key_rate_bps"] == one.links["key_rate_bps"].sum() != other.slot["key_rate_bps"]
        assert one.terms.key != other.terms.key  # (22) sees it


def test_a_wide_file_says_the_same_as_a_long_one_and_an_empty_cell_holds_on(tmp_path):
    wide = "time_s,q0-r0,q1-r3\n3,30,\n0:00:01,,5\n0,10,0\n"
    long = "time_s,link,rate_bps,note\n3,q0-r0,30,\n0,q1-r3,0,x\n1,q1-r3,5,\n0,q0-r0,10,\n"
    one, other = (measured(tmp_path, text).world.rates for text in (wide, long))
    assert np.array_equal(one.mean_bps, other.mean_bps)
    assert np.array_equal(one.link, other.link)
    assert one.mean_bps.T.tolist() == [[10.0] * 3 + [30.0] * 7, [0.0] + [5.0] * 9]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("link,rate_bps\nq0-r0,1\n", ":1: must have a column 'time_s' (got 'link', 'rate_bps')."),
        ("time_s,q0_r0\n0,1\n", ":1: 'link' must be one of the links (got 'q0_r0'). Did you mean 'q0-r0'?"),
        ("time_s,link,rate_bps\n0,q0-r0,1\n0,west,1\n", ":3: 'link' must be one of the links (got 'west'). Known: "),
        ("time_s,link,rate_bps\n0,q0-r0,\n", ":2: 'rate_bps' must be a number from 0 to 1e14 (got '')."),
        ("time_s,q0-r0\n0,-1\n", ":2: 'q0-r0' must be a number from 0 to 1e14 (got '-1')."),
        ("time_s,q0-r0\n0,inf\n", ":2: 'q0-r0' must be a number from 0 to 1e14 (got 'inf')."),
        ("time_s,q0-r0\n2,1\n1,1\n2,3\n", ":4: 'q0-r0' must have one rate at a time (got two at one time)."),
        ("time_s,q0-r0\n2,\n", ": must have at least one sample of each link that it names (got none of 'q0-r0')."),
        ("time_s\n2\n", ":1: must have a column for at least one link (got none)."),
        ("time_s,link,rate_bps\n", ": must have at least one sample (got none)."),
    ],
)
def test_what_breaks_a_rule_is_named_by_file_line_and_column(tmp_path, text, message):
    assert refusal(tmp_path, text).startswith(message)


def test_a_run_with_measured_rates_goes_on_from_a_checkpoint_as_before(tmp_path):
    simulation = measured(tmp_path, "time_s,q0-r0\n0,100\n4.5,900\n")
    straight = play(simulation.fork(), "greedy")
    forked = play(simulation, "greedy", renew=lambda one: one.fork())
    assert straight.states[-1].fingerprint == forked.states[-1].fingerprint
    assert simulation.fork().world.rates is simulation.world.rates


def test_a_slot_longer_than_the_trace_is_refused_and_a_part_of_a_slot_is_not_run():
    with pytest.raises(ScenarioError, match=r"'slot_s' must be at most the trace's length, 5 s \(got 6\)\."):
        build(scenario_of(slot_s=6.0), trace=standing(2, 5))
    assert build(scenario_of(slot_s=2.0), trace=standing(2, 5)).slots == 2
    assert Simulation(scenario_of(), world=build(scenario_of(), trace=standing(2, 1))).slots == 1
