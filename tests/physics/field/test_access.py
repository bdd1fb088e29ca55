"""How uploads share a band in runs of ``field``: OFDMA in equal parts beside NOMA."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from example import few, play, roaming, simulation_of, standing
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.kernel.simulation import Simulation
from qvecsim.physics.field import noma, ofdma
from qvecsim.types import UPLINK
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
    story, users = play(simulation, "nearest"), set()
    for before, after, outcome, seen in zip(
        story.states[:-1], story.states[1:], story.outcomes, story.seen, strict=True
    ):
        tasks = np.concatenate([after.tasks, outcome.ended])
        under_way = before.tasks["task"][
            (before.tasks["phase"] == UPLINK) & (before.tasks["arrival_ns"] > before.time_ns)
        ]
        sends = tasks[
            (tasks["rsu"] >= 0) & ((tasks["decided_ns"] == before.time_ns) | np.isin(tasks["task"], under_way))
        ]
        row = np.searchsorted(seen.vehicle, sends["vehicle"])
        snr = seen.tx_power_w[row] * seen.gain[row, sends["rsu"]] / seen.noise_w
        for unit in np.unique(sends["rsu"]):
            here = sends["rsu"] == unit
            assert sends["rate_bps"][here] == pytest.approx(3.6e6 * noma.orthogonal(snr[here]))
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


def test_a_run_is_taken_up_at_every_slot():
    make = simulation_of(roaming(8), seed=8, **OFDMA, radio__bandwidth_hz=2e6)

    def continued(simulation):
        return Simulation(simulation.world.scenario, world=simulation.world, state=simulation.state)

    one, other = play(make.fork(), "roulette"), play(make, "roulette", renew=continued)
    assert one.states[-1].fingerprint == other.states[-1].fingerprint
