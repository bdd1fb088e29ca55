"""How uploads share a band in runs of ``field``: OFDMA in equal parts beside NOMA."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from example import few, play, roaming, scenario_of, simulation_of, standing
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.kernel.simulation import Simulation
from qvecsim.physics.field import noma, ofdma, vec
from qvecsim.types import UNDECIDED, UPLINK
from qvecsim.units import from_db

OPEN = {"physics__vec": "field", "keys__per_task_bit": 0}
OFDMA = OPEN | {"radio__access": "ofdma"}


def first_slot(simulation):
    """What was seen, and the tasks that began to be sent in the first slot in which more than two could."""
    seen = simulation.observe()
    while not seen.deciding.sum() > 2:
        simulation.step(seen.action())
        seen = simulation.observe()
    now = simulation.state.time_ns
    offload = seen.deciding & seen.reachable[np.arange(len(seen)), seen.nearest]
    outcome = simulation.step(seen.action(offload, seen.nearest))
    tasks = np.concatenate([simulation.state.tasks, outcome.ended])
    return seen, tasks[(tasks["decided_ns"] == now) & (tasks["rsu"] >= 0)]


def airs_of(story):
    """Slot by slot: State before, what was seen, the uploads on the air after it, the powers received."""
    for (before, after, outcome), seen in zip(story.slots, story.seen, strict=True):
        tasks, old = np.concatenate([after.tasks, outcome.ended]), before.tasks
        under_way = old["task"][(old["phase"] == UPLINK) & (old["arrival_ns"] > before.time_ns)]
        begun = tasks["decided_ns"] == before.time_ns
        sends = tasks[(tasks["rsu"] >= 0) & (begun | np.isin(tasks["task"], under_way))]
        row = np.searchsorted(seen.vehicle, sends["vehicle"])
        yield before, seen, sends, seen.tx_power_w[row] * seen.gain[row, sends["rsu"]]


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_parts_of_the_band_have_the_rates_of_orthogonal_access(seed):
    seen, sent = first_slot(simulation_of(roaming(seed, vehicles=20, steps=3), **OFDMA))
    row = np.searchsorted(seen.vehicle, sent["vehicle"])
    snr = seen.tx_power_w[row] * seen.gain[row, sent["rsu"]] / seen.noise_w
    shared = 0
    for unit in np.unique(sent["rsu"]):
        here = sent["rsu"] == unit
        assert sent["rate_bps"][here] == pytest.approx(0.9 * 35e6 * noma.orthogonal(snr[here]))
        assert sent["sinr"][here] == pytest.approx(here.sum() * snr[here])
        shared += here.sum() > 1
    assert shared


def test_more_uploads_share_a_band_and_the_rest_has_more_when_one_ends():
    """Three stand at one place; parts of a third, and later of less users: rates of every slot by hand."""
    one = {"world__place__count": 1, "radio__bandwidth_hz": 4e6}
    simulation = simulation_of(standing(3, steps=20, x_m=np.array([400.0, 500.0, 600.0])), **OFDMA, **one)
    users = set()
    for _, seen, sends, received_w in airs_of(play(simulation, "nearest")):
        for unit in np.unique(sends["rsu"]):
            here = sends["rsu"] == unit
            assert sends["rate_bps"][here] == pytest.approx(3.6e6 * noma.orthogonal(received_w[here] / seen.noise_w))
            users.add(int(here.sum()))
    assert users >= {1, 2, 3}


UPLOAD = st.tuples(st.floats(1e-3, 1e2), st.booleans())


@given(st.lists(UPLOAD, min_size=1, max_size=7), st.floats(0.1, 30.0))
def test_no_other_choice_admits_more(uploads, threshold):
    power_w, asks = np.array([power for power, _ in uploads]), np.array([asked for _, asked in uploads])
    unit = np.zeros(len(uploads), dtype=np.int64)
    passed = ofdma.admissible(power_w, unit, asks, 1.0, threshold)
    held = int((~asks).sum())

    def fits(chosen):
        return all(power_w[one] * (held + len(chosen)) >= threshold for one in chosen)

    asking = np.flatnonzero(asks).tolist()
    sizes = [size for size in range(len(asking) + 1) if any(fits(chosen) for chosen in combinations(asking, size))]
    assert passed.sum() == max(sizes)
    assert fits(np.flatnonzero(passed).tolist())
    assert not (passed & ~asks).any()


def test_units_are_apart():
    power_w, unit = np.array([1.0, 1.0, 3.0, 1.0]), np.array([2, 0, 2, 0])
    assert ofdma.admissible(power_w, unit, np.array([True, True, True, False]), 1.0, 2.5).tolist() == [
        False,
        False,
        True,
        False,
    ]
    assert ofdma.admissible(power_w, unit, np.array([True, True, True, False]), 1.0, 2.0).tolist() == [
        True,
        True,
        True,
        False,
    ]


@few
@given(seed=st.integers(0, 2**32), admission_db=st.sampled_from([-10.0, 3.0, 18.0]))
def test_who_begins_to_send_reaches_the_threshold(seed, admission_db):
    story = play(simulation_of(roaming(seed, steps=8), seed=seed, **OFDMA, radio__admission_db=admission_db), "nearest")
    for before, after, outcome in story.slots:
        tasks = np.concatenate([after.tasks, outcome.ended])
        sent = tasks[(tasks["decided_ns"] == before.time_ns) & (tasks["rsu"] >= 0)]
        assert (sent["sinr"] >= from_db(admission_db) * (1 - 1e-9)).all()


def refreshed(received_n, unit, **changes):
    """SINRs, and the rates in bit/s of 1 Hz, of uploads whose powers are so many times the noise."""
    prm = scenario_of(radio__bandwidth_hz=1.0, **changes)
    count = len(received_n)
    draws = SimpleNamespace(gain=np.ones((count, 2)))
    action = SimpleNamespace(bandwidth=np.ones(2))
    power_w = np.array(received_n) * vec.noise(prm)
    return vec.refresh(power_w, np.arange(count), np.array(unit), action, draws, prm)


def test_an_outage_by_hand():
    """100 above 50 above 3 times the noise: 100/54, 50/4 and 3 at their turns; and one alone at another unit."""
    powers, unit = [100.0, 50.0, 3.0, 5.0], [0, 0, 0, 1]
    turns, thirds = np.array([100 / 54, 12.5, 3.0, 5.0]), np.array([300.0, 150.0, 9.0, 5.0])
    part = np.array([1 / 3, 1 / 3, 1 / 3, 1.0])
    for outage, heard in ((1.8, [1, 1, 1, 1]), (1.9, [0, 0, 0, 1])):  # after the first, nobody is decoded
        sinr, rate_bps = refreshed(powers, unit, radio__outage_db=10 * np.log10(outage))
        assert sinr == pytest.approx(turns)
        assert rate_bps == pytest.approx(heard * np.log2(1 + turns))
    for outage, heard in ((2.9, [1, 1, 1, 1]), (9.1, [1, 1, 0, 0])):
        sinr, rate_bps = refreshed(powers, unit, radio__access="ofdma", radio__outage_db=10 * np.log10(outage))
        assert sinr == pytest.approx(thirds)
        assert rate_bps == pytest.approx(heard * part * np.log2(1 + thirds))


def outages_of(seed, access):
    """The bits of every upload against a sum of its own; those that lost a slot, and those of them that arrived."""
    changes = OPEN | {"radio__access": access, "radio__outage_db": 5.0, "radio__bandwidth_hz": 10e6}
    story = play(simulation_of(roaming(seed, steps=15), seed=seed, **changes), "nearest")
    left_bit, arrivals, lost, ends = {}, {}, set(), {int(task["task"]): task for task in story.tasks}
    for before, seen, sends, received_w in airs_of(story):
        unit = sends["rsu"]
        if access == "noma":
            sinr = noma.sinr(received_w, unit, seen.noise_w, 0.0)
            hears = noma.decoded(received_w, unit, seen.noise_w, 0.0, from_db(5.0))
            part = 1.0
        else:
            users = (unit[:, None] == unit).sum(axis=1)
            sinr, part = users * received_w / seen.noise_w, 1.0 / users
            hears = sinr >= from_db(5.0)
        bps = 0.9 * 10e6 * part * np.log2(1 + sinr) * hears
        assert sends["rate_bps"] == pytest.approx(bps)
        for task, rate in zip(sends, bps, strict=True):
            name = int(task["task"])
            left = left_bit.get(name, float(task["input_bit"]))
            left_bit[name] = left - rate
            arrivals[name] = before.time_ns + left / rate * 1e9 if rate else np.inf
            lost |= set() if rate else {name}
    found = {name for name in left_bit if ends[name]["phase"] not in (UPLINK, UNDECIDED)}
    assert all(abs(arrivals[name] - int(ends[name]["arrival_ns"])) < 10 for name in found if ends[name]["input_bit"])
    assert all(left_bit[name] > 0 for name in left_bit.keys() - found)
    return lost, lost & found


@few
@given(seed=st.integers(0, 2**32), access=st.sampled_from(["noma", "ofdma"]))
def test_slots_that_are_lost_count_nothing(seed, access):
    outages_of(seed, access)


@pytest.mark.parametrize("access", ["noma", "ofdma"])
def test_what_an_outage_loses_is_sent_later(access):
    lost, arrived = zip(*(outages_of(seed, access) for seed in range(4)), strict=True)
    assert sum(map(len, lost)) > sum(map(len, arrived)) > 0


@pytest.mark.parametrize(
    "changes",
    [{"radio__access": "ofdma"}, {"radio__outage_db": 5.0}, {"radio__access": "ofdma", "radio__outage_db": 9.0}],
)
def test_a_run_is_taken_up_at_every_slot(changes):
    make = simulation_of(roaming(8), seed=8, **OPEN, **changes, radio__bandwidth_hz=2e6)

    def continued(simulation):
        return Simulation(simulation.world.scenario, world=simulation.world, state=simulation.state)

    one, other = play(make.fork(), "roulette"), play(make, "roulette", renew=continued)
    assert one.states[-1].fingerprint == other.states[-1].fingerprint
